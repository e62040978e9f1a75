//! What a breaker shows to people, and to the rules of eligibility.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Breaker, FailureKind, Position};
use crate::core::at::At;
use crate::core::readable;

/// A breaker's state at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct State {
    /// Open, closed, or in between.
    #[serde(flatten)]
    pub phase: Phase,
    /// What opened it last, if anything ever did.
    pub cause: Option<Cause>,
    /// Failures among the recent requests, if there were any.
    pub error_ratio: Option<f64>,
    /// Openings not yet forgiven: each doubles the next wait.
    pub openings: u32,
}

/// Where a breaker stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "phase")]
pub enum Phase {
    /// Requests pass.
    Closed,
    /// Requests are refused.
    Open {
        /// Until then.
        until: At,
    },
    /// One request at a time is tried.
    HalfOpen {
        /// Successes in a row so far.
        successes: u32,
    },
}

/// What opened a breaker.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// Three failures in a row.
    Failures,
    /// Two timeouts in a row.
    Timeouts,
    /// Half of the recent requests failed.
    ErrorRatio,
    /// Key, plan or address was refused.
    Config,
    /// It was half-open, and the trial failed.
    TrialFailed,
}

impl Breaker {
    /// Its state at `now`.
    pub fn state(&self, now: At) -> State {
        let phase = match self.position {
            Position::Closed { .. } => Phase::Closed,
            Position::Open { until, .. } if now < until => Phase::Open { until },
            Position::Open { .. } => Phase::HalfOpen { successes: 0 },
            Position::HalfOpen { successes, .. } => Phase::HalfOpen { successes },
        };
        State { phase, cause: self.cause, error_ratio: self.errors.mean(now), openings: self.openings }
    }
}

impl Cause {
    pub(super) const fn of_trial(kind: FailureKind) -> Self {
        match kind {
            FailureKind::Config => Self::Config,
            FailureKind::Transport | FailureKind::Timeout | FailureKind::Bad => Self::TrialFailed,
        }
    }

    const fn words(self) -> &'static str {
        match self {
            Self::Failures => "several failures in a row",
            Self::Timeouts => "several timeouts in a row",
            Self::ErrorRatio => "too many failures",
            Self::Config => "key, plan or address refused",
            Self::TrialFailed => "the last trial failed",
        }
    }
}

impl State {
    /// In words, such as `open for 14s: several timeouts in a row, error ratio 0.41`.
    pub fn describe(&self, now: At) -> String {
        let phase = match self.phase {
            Phase::Closed => return "closed".into(),
            Phase::Open { until } => format!("open for {}", readable::seconds(until.since(now))),
            Phase::HalfOpen { successes } => format!("half-open after {successes} good trials"),
        };
        let ratio = self.error_ratio.map(|ratio| format!("error ratio {ratio:.2}"));
        let reasons: Vec<String> =
            self.cause.map(|cause| cause.to_string()).into_iter().chain(ratio).collect();
        format!("{phase}: {}", reasons.join(", "))
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.words())
    }
}
