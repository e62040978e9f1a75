//! What probing will cost.

use serde::Serialize;

use super::Settings;
use super::chain::{Chain, Health};
use super::provider::Provider;

const SECONDS_A_DAY: f64 = 86_400.0;

/// Probing never takes more of a provider's rate limit than this share.
const LARGEST_SHARE: f64 = 0.05;

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
        let each = |provider: &Provider| Forecast {
            chain: chain.name.clone(),
            provider: provider.name.clone(),
            requests_a_day: requests_a_day(&chain.health, provider.rate_limit.rate_per_s),
        };
        chain.providers.iter().map(each).collect::<Vec<_>>()
    };
    settings.chains.iter().flat_map(of_chain).collect()
}

/// One request each `probe_interval`, but never more than the probes' share of the rate limit.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "positive, and far below 2^52")]
pub fn requests_a_day(health: &Health, per_second: f64) -> u64 {
    let wanted = SECONDS_A_DAY / health.probe_interval.as_secs_f64();
    let allowed = SECONDS_A_DAY * per_second * LARGEST_SHARE;
    wanted.min(allowed).ceil() as u64
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn health(probe_interval: Duration) -> Health {
        let minute = Duration::from_secs(60);
        Health { lag_threshold: minute, failure_ratio: 0.2, score_halflife: minute, probe_interval }
    }

    #[test]
    fn a_probe_each_fifteen_seconds_is_5760_requests_a_day() {
        assert_eq!(requests_a_day(&health(Duration::from_secs(15)), 25.0), 5760);
    }

    #[test]
    fn probing_keeps_to_its_share_of_the_rate_limit() {
        assert_eq!(requests_a_day(&health(Duration::from_secs(1)), 1.0), 4320);
    }
}
