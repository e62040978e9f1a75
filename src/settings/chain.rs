//! A chain, as it is to be streamed.

use std::path::Path;
use std::time::Duration;

use super::provider::Provider;
use super::raw::chain::{RawChain, RawHealth};
use crate::chain::family::{Receipts, Verification};
use crate::core::chain_id::ChainId;
use crate::core::consensus::ruling::{Corroboration, OnSingle};
use crate::core::start::Start;

/// A chain, as it is to be streamed.
#[derive(Clone, Debug)]
pub struct Chain {
    /// What people call it; unique.
    pub name: String,
    /// Which one it is; unique.
    pub chain_id: ChainId,
    /// The first block delivered, on the first start.
    pub start: Start,
    /// Whether receipts come with each block.
    pub receipts: Receipts,
    /// How many operators must carry a block.
    pub corroboration: Corroboration,
    /// What happens when only one operator is left.
    pub on_single: OnSingle,
    /// How much of a block is recomputed.
    pub verification: Verification,
    /// Blocks below the tip that count as final, on a chain whose providers know no finalized tag.
    pub finality_depth: Option<u64>,
    /// The expected time between two blocks, until it has been measured.
    pub block_time: Option<Duration>,
    /// When a provider counts as healthy.
    pub health: Health,
    /// Who is asked; at least one.
    pub providers: Vec<Provider>,
}

/// When a provider counts as healthy.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Health {
    /// A provider whose response time or lag, averaged over time, exceeds this is not eligible.
    pub lag_threshold: Duration,
    /// A provider whose share of failed requests, averaged over time, exceeds this is not eligible.
    pub failure_ratio: f64,
    /// The time after which a sample counts half.
    pub score_halflife: Duration,
    /// How often an idle provider is asked for its head.
    pub probe_interval: Duration,
}

impl Chain {
    /// The operators, each once, in order of their names.
    pub fn operators(&self) -> Vec<&str> {
        let mut operators: Vec<&str> =
            self.providers.iter().map(|provider| provider.operator.as_str()).collect();
        operators.sort_unstable();
        operators.dedup();
        operators
    }

    pub(super) fn from_raw(raw: RawChain, folder: &Path) -> Option<Self> {
        Some(Self {
            name: raw.name?.into_inner().0,
            chain_id: raw.chain_id?.into_inner(),
            start: raw.start.into_inner(),
            receipts: raw.receipts.into_inner(),
            corroboration: raw.corroboration.into_inner(),
            on_single: raw.on_single.into_inner(),
            verification: raw.verification.into_inner(),
            finality_depth: raw.finality_depth.map(toml::Spanned::into_inner),
            block_time: raw.block_time.map(toml::Spanned::into_inner),
            health: Health::from_raw(raw.health),
            providers: raw
                .providers
                .into_iter()
                .map(|raw| Provider::from_raw(raw, folder))
                .collect::<Option<_>>()?,
        })
    }
}

impl Health {
    /// The time within which samples count for a score: twice the half-life. Two probes at least must fall into it.
    pub const fn score_window(halflife: Duration) -> Duration {
        halflife.saturating_mul(2)
    }

    fn from_raw(raw: RawHealth) -> Self {
        Self {
            lag_threshold: raw.lag_threshold.into_inner(),
            failure_ratio: raw.failure_ratio.into_inner(),
            score_halflife: raw.score_halflife.into_inner(),
            probe_interval: raw.probe_interval.into_inner(),
        }
    }
}
