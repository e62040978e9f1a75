//! The reasons not to use a provider.

use std::time::Duration;

use serde::Serialize;

use crate::core::at::At;
use crate::core::breaker;
use crate::core::cordon::Cordon;
use crate::core::readable::seconds;
use crate::core::strikes::Offence;

/// One reason not to use a provider.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case", tag = "flag")]
pub enum Flag {
    /// Nobody has checked yet that it serves the right chain.
    Unverified,
    /// It serves another chain.
    WrongChain,
    /// It has not shown any block yet.
    Syncing,
    /// It is behind the reference tip.
    Lagging {
        /// By so many blocks now,
        blocks: u64,
        /// and by so many seconds on a time-weighted average.
        mean_s: f64,
    },
    /// It shows no new blocks while others do.
    NoHeads {
        /// Since its last one.
        since: At,
    },
    /// It holds to a branch that lost.
    Forked,
    /// It misbehaved, and is not used for a while.
    Quarantined {
        /// Until it is given another chance.
        until: At,
        /// What it did.
        offence: Offence,
    },
    /// Its breaker is not closed.
    BreakerOpen {
        /// How it stands.
        breaker: breaker::State,
    },
    /// Its account asked too much.
    Throttled {
        /// Until it may ask again.
        until: At,
    },
    /// A person ordered it out of service.
    Cordoned {
        /// The order.
        cordon: Cordon,
    },
    /// Too many of its requests fail.
    FailureRatio {
        /// The time-weighted share of failures.
        ratio: f64,
    },
    /// Its answers take too long.
    Slow {
        /// The time-weighted response time.
        latency: Duration,
    },
    /// It cannot do something that the stream needs.
    NoCapability {
        /// What.
        missing: String,
    },
}

/// What a flag leaves of a provider's use, most useful first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// It answers, only badly.
    Poor,
    /// It will answer when its pause is over.
    Resting,
    /// It hardly answers.
    Down,
    /// It may not be believed, or the operator does not want it: even the last one does not serve.
    Barring,
}

impl Flag {
    /// Whether it is not over by `now`. Flags without an end are cleared by whoever declared them.
    pub fn holds(&self, now: At) -> bool {
        match self {
            Self::Quarantined { until, .. } | Self::Throttled { until } => now < *until,
            Self::Cordoned { cordon } => cordon.holds(now),
            _ => true,
        }
    }

    /// How much it leaves of the provider's use.
    pub const fn severity(&self) -> Severity {
        match self {
            Self::Unverified
            | Self::WrongChain
            | Self::Forked
            | Self::Quarantined { .. }
            | Self::Cordoned { .. } => Severity::Barring,
            Self::BreakerOpen { .. } => Severity::Down,
            Self::Throttled { .. } => Severity::Resting,
            Self::Syncing
            | Self::Lagging { .. }
            | Self::NoHeads { .. }
            | Self::FailureRatio { .. }
            | Self::Slow { .. }
            | Self::NoCapability { .. } => Severity::Poor,
        }
    }

    /// In words.
    pub fn describe(&self, now: At) -> String {
        match self {
            Self::Unverified => "its chain is not verified yet".into(),
            Self::WrongChain => "it serves another chain".into(),
            Self::Syncing => "it has shown no newest block yet, as a node that is still syncing".into(),
            // An average that hardly moved says nothing about a provider that just fell behind.
            Self::Lagging { blocks, mean_s } if *mean_s < 1.0 => {
                format!("{blocks} blocks behind the reference tip")
            }
            Self::Lagging { blocks, mean_s } => {
                format!("{blocks} blocks behind the reference tip, {mean_s:.0} s on average")
            }
            Self::NoHeads { since } => format!("no new block for {}", seconds(now.since(*since))),
            Self::Forked => "it holds to a branch that lost".into(),
            Self::Quarantined { until, offence } => {
                format!("quarantined for {}: {offence}", seconds(until.since(now)))
            }
            Self::BreakerOpen { breaker } => format!("breaker {}", breaker.describe(now)),
            Self::Throttled { until } => {
                format!("throttled for {}: too many requests", seconds(until.since(now)))
            }
            Self::Cordoned { cordon } => cordon.describe(now),
            Self::FailureRatio { ratio } => format!("error ratio {ratio:.2}"),
            Self::Slow { latency } => format!("answers take {}", seconds(*latency)),
            Self::NoCapability { missing } => format!("it cannot serve {missing}"),
        }
    }
}
