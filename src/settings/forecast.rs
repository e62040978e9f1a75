//! What probing will cost.

use serde::Serialize;

use super::Settings;
use super::chain::Chain;
use super::provider::Provider;
use crate::chain::family::Receipts;
use crate::core::block_time::BlockTime;
use crate::core::health::Health;
use crate::core::probing::requests_a_day;

/// The requests that probing one provider costs while it is idle.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Forecast {
    /// The chain's name.
    pub chain: String,
    /// The provider's name.
    pub provider: String,
    /// Requests a day.
    pub requests_a_day: u64,
}

/// The forecast for every provider, in the order of the file.
pub fn forecast(settings: &Settings) -> Vec<Forecast> {
    let of_chain = |chain: &Chain| {
        let health = Health { probe_interval: chain.health.probe_interval, ..Health::default() };
        let block_time = chain.block_time.unwrap_or(BlockTime::DEFAULT);
        let canary = if chain.receipts == Receipts::With { 2 } else { 1 };
        let each = |provider: &Provider| Forecast {
            chain: chain.name.clone(),
            provider: provider.name.clone(),
            requests_a_day: requests_a_day(&health, block_time, canary, provider.rate_limit.rate_per_s),
        };
        chain.providers.iter().map(each).collect::<Vec<_>>()
    };
    settings.chains.iter().flat_map(of_chain).collect()
}
