//! What a finished request says about the provider's health.
//!
//! A request can end in many ways that are nobody's fault: the block is not there yet, the answer would be too large. Only
//! what tells something about the provider may be held for or against it.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::class::Class;

/// One finished request, as breaker and measures see it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It answered as it should.
    Success,
    /// It failed, and that is held against the provider.
    Failure(FailureKind),
    /// Too many requests: it lowers the rate and the score, but trips no breaker.
    Throttled,
    /// It says nothing about health: not there yet, too large, unsupported, or given up by us.
    Ignored,
}

/// How a request failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FailureKind {
    /// Refused, reset, a server error, or an answer that is no answer.
    Transport,
    /// No whole answer in time.
    Timeout,
    /// Key, plan or address refused: somebody must change something.
    Config,
    /// Provably wrong content.
    Bad,
}

/// Whether a request ran into its deadline; its class alone does not tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deadline {
    /// It ended in time, well or badly.
    Kept,
    /// It was still running.
    Missed,
}

impl Outcome {
    /// The outcome of a failed request of `class`.
    pub const fn of_failure(class: Class, deadline: Deadline) -> Self {
        match (class, deadline) {
            (Class::RateLimited { .. }, _) => Self::Throttled,
            (Class::NotYet | Class::Split | Class::Capability, _) => Self::Ignored,
            (Class::Config, _) => Self::Failure(FailureKind::Config),
            (Class::Bad, _) => Self::Failure(FailureKind::Bad),
            (Class::Transient, Deadline::Missed) => Self::Failure(FailureKind::Timeout),
            (Class::Transient, Deadline::Kept) => Self::Failure(FailureKind::Transport),
        }
    }
}

impl Deadline {
    /// Whether a request that took `elapsed` of the `limit` ran into it.
    pub fn of(elapsed: Duration, limit: Duration) -> Self {
        if elapsed >= limit { Self::Missed } else { Self::Kept }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_tells_of_health_counts() {
        let of = |class| Outcome::of_failure(class, Deadline::Kept);
        assert_eq!(of(Class::NotYet), Outcome::Ignored);
        assert_eq!(of(Class::Split), Outcome::Ignored);
        assert_eq!(of(Class::RateLimited { retry_after: None }), Outcome::Throttled);
        assert_eq!(of(Class::Config), Outcome::Failure(FailureKind::Config));
    }

    #[test]
    fn a_missed_deadline_is_a_timeout() {
        let deadline = Deadline::of(Duration::from_secs(5), Duration::from_secs(5));
        assert_eq!(Outcome::of_failure(Class::Transient, deadline), Outcome::Failure(FailureKind::Timeout));
    }
}
