//! Whether a provider may serve, and if not, why: in words.
//!
//! Flags are independent of each other; a provider is eligible while it has none. Some are **declared** by whoever found them
//! out (a wrong chain, a fork, a quarantine, an operator's order) and merely carried here. The others are **derived** from
//! measures each time, so that no path through the code can forget to clear one.
//!
//! Flags differ in what they mean when nobody else is left. One about *truth* bars a provider whatever happens. One about
//! *health* may not remove the last provider: it serves as the last resort.

use std::time::Duration;

use serde::Serialize;

use super::at::At;
use super::block_time::BlockTime;
use super::breaker;
use super::health::Health;
use super::measures::Reading;
use super::numbers::Height;

mod flag;

pub use flag::{Flag, Severity};

/// A provider so little behind as this, in blocks, never lags.
const ALWAYS_TOLERATED_BLOCKS: u64 = 3;
/// One that lagged does so until it is no further behind than this.
const CAUGHT_UP_BLOCKS: u64 = 1;

/// The flags of one provider at one moment.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Eligibility {
    flags: Vec<Flag>,
}

/// What flags are derived from.
#[derive(Clone, Copy, Debug)]
pub struct Inputs<'a> {
    /// Flags that somebody found out; those whose time is over are dropped.
    pub declared: &'a [Flag],
    /// Its newest block, if it has shown one.
    pub head: Option<Height>,
    /// The reference tip, if there is one.
    pub reference: Option<Height>,
    /// When it last showed a new block.
    pub shown_at: Option<At>,
    /// When another provider last showed a new block.
    pub others_shown_at: Option<At>,
    /// The chain's block time.
    pub block_time: &'a BlockTime,
    /// Its measures.
    pub reading: &'a Reading,
    /// Its breaker.
    pub breaker: breaker::State,
    /// The end of its account's pause.
    pub paused_until: Option<At>,
    /// The operator's knobs.
    pub health: &'a Health,
}

/// What an election may do with a provider.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "fitness")]
pub enum Fitness {
    /// Elect it.
    Eligible,
    /// Only if nobody is eligible.
    LastResort {
        /// How little can be expected of it.
        severity: Severity,
        /// What is wrong.
        why: String,
    },
    /// Never.
    Barred {
        /// What is wrong.
        why: String,
    },
}

impl Eligibility {
    /// Derives the flags at `now`. The `previous` ones tell who lagged: it must catch up wholly to be free of that.
    pub fn assess(inputs: &Inputs<'_>, previous: &Self, now: At) -> Self {
        let declared = inputs.declared.iter().filter(|flag| flag.holds(now)).cloned();
        let derived = [
            inputs.syncing(),
            inputs.lagging(previous),
            inputs.no_heads(now),
            inputs.breaker_open(),
            inputs.throttled(now),
            inputs.failure_ratio(),
            inputs.slow(),
        ];
        Self { flags: declared.chain(derived.into_iter().flatten()).collect() }
    }

    /// Its flags.
    pub fn flags(&self) -> &[Flag] {
        &self.flags
    }

    /// Whether it has none.
    pub fn eligible(&self) -> bool {
        self.flags.is_empty()
    }

    /// Why it is not eligible, such as `breaker open for 14s: several timeouts in a row, error ratio 0.41`.
    pub fn why_not(&self, now: At) -> Option<String> {
        let reasons: Vec<String> = self.flags.iter().map(|flag| flag.describe(now)).collect();
        (!self.eligible()).then(|| reasons.join("; "))
    }

    /// What an election may do with it.
    pub fn fitness(&self, now: At) -> Fitness {
        let why = self.why_not(now).unwrap_or_default();
        match self.severity() {
            None => Fitness::Eligible,
            Some(Severity::Barring) => Fitness::Barred { why },
            Some(severity) => Fitness::LastResort { severity, why },
        }
    }

    /// How little may be expected of it, unless it is eligible.
    pub fn severity(&self) -> Option<Severity> {
        self.flags.iter().map(Flag::severity).max()
    }

    fn lagged(&self) -> bool {
        self.flags.iter().any(|flag| matches!(flag, Flag::Lagging { .. }))
    }
}

impl Inputs<'_> {
    /// Whoever is verified and has no newest block is at the very beginning; whoever once had one lags.
    fn syncing(&self) -> Option<Flag> {
        let verified = !self.declared.iter().any(|flag| matches!(flag, Flag::Unverified | Flag::WrongChain));
        (verified && self.head.is_none()).then_some(Flag::Syncing)
    }

    fn lagging(&self, previous: &Eligibility) -> Option<Flag> {
        let blocks = self.head.zip(self.reference).map_or(0, |(head, reference)| reference.beyond(head));
        let tolerated = if previous.lagged() { CAUGHT_UP_BLOCKS } else { self.tolerated_blocks() };
        let mean_s = self.reading.lag_s.unwrap_or_default();
        let lags = blocks > tolerated || mean_s > self.health.lag_threshold.as_secs_f64();
        lags.then_some(Flag::Lagging { blocks, mean_s })
    }

    /// So many blocks behind is no lag yet: three, or on a fast chain as many as it makes within the threshold.
    fn tolerated_blocks(&self) -> u64 {
        let within = self.health.lag_threshold.as_secs_f64() / self.block_time.get().as_secs_f64();
        (within as u64).max(ALWAYS_TOLERATED_BLOCKS)
    }

    fn no_heads(&self, now: At) -> Option<Flag> {
        let shown_at = self.shown_at?;
        let others_advance = self.others_shown_at.is_some_and(|others| others > shown_at);
        let silent = now.since(shown_at);
        let stuck = others_advance && silent > self.block_time.longest_silence();
        stuck.then_some(Flag::NoHeads { since: shown_at })
    }

    fn breaker_open(&self) -> Option<Flag> {
        (self.breaker.phase != breaker::Phase::Closed).then_some(Flag::BreakerOpen { breaker: self.breaker })
    }

    fn throttled(&self, now: At) -> Option<Flag> {
        let until = self.paused_until.filter(|until| *until > now)?;
        Some(Flag::Throttled { until })
    }

    fn failure_ratio(&self) -> Option<Flag> {
        let ratio = self.reading.error_ratio().filter(|ratio| *ratio > self.health.failure_ratio)?;
        Some(Flag::FailureRatio { ratio })
    }

    fn slow(&self) -> Option<Flag> {
        let latency = Duration::from_secs_f64(self.reading.latency_ms?.max(0.0) / 1000.0);
        (latency > self.health.lag_threshold).then_some(Flag::Slow { latency })
    }
}

#[cfg(test)]
mod tests;
