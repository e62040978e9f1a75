//! What is known about one provider: how often it fails, how fast it answers, how late it sees new heads.
//!
//! All of it decays with time ([`super::ewma`]). What was never measured is `None`, not zero: the score decides what to
//! think of the unknown.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::at::At;
use super::ewma::{self, Ewma};
use super::health::Health;
use super::outcome::{FailureKind, Outcome};
use super::quantile::Quantile;

/// The measures of one provider.
#[derive(Clone, Debug)]
pub struct Measures {
    errors: Ewma,
    throttled: Ewma,
    latency: Ewma,
    latencies: Quantile,
    head_delay: Ewma,
    lag: Ewma,
    strikes: Ewma,
}

/// The measures as they are kept over a restart. The lag is not: the first look tells it anew.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Kept {
    errors: ewma::Kept,
    throttled: ewma::Kept,
    latency: ewma::Kept,
    latencies: BTreeMap<usize, f64>,
    head_delay: ewma::Kept,
    strikes: ewma::Kept,
}

/// Everything the measures say at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Reading {
    /// Effective number of failures.
    pub errors: f64,
    /// Effective number of requests that succeeded or failed.
    pub samples: f64,
    /// Effective number of refusals for too many requests.
    pub throttled: f64,
    /// Effective number of requests among which they were counted.
    pub throttle_samples: f64,
    /// The time-weighted response time, in which a timeout counts as the limit it ran into.
    pub latency_ms: Option<f64>,
    /// The response time that 70 % of the requests kept.
    pub latency_p70_ms: Option<f64>,
    /// The response time that 95 % of the requests kept.
    pub latency_p95_ms: Option<f64>,
    /// How long after the first sight of a block this provider showed it.
    pub head_delay_s: Option<f64>,
    /// The time-weighted lag behind the reference tip.
    pub lag_s: Option<f64>,
    /// Effective number of strikes.
    pub strikes: f64,
}

impl Measures {
    /// No measures yet, to be forgotten as `health` says.
    pub fn new(health: &Health) -> Self {
        Self {
            errors: Ewma::new(health.error_half_life()),
            throttled: Ewma::new(health.throttle_half_life()),
            latency: Ewma::new(health.latency_half_life()),
            latencies: Quantile::new(health.latency_half_life()),
            head_delay: Ewma::new(health.head_delay_half_life()),
            lag: Ewma::new(health.lag_half_life()),
            strikes: Ewma::new(health.strike_half_life()),
        }
    }

    /// As they are kept over a restart.
    pub fn kept(&self, now: At) -> Kept {
        Kept {
            errors: self.errors.kept(now),
            throttled: self.throttled.kept(now),
            latency: self.latency.kept(now),
            latencies: self.latencies.kept(now),
            head_delay: self.head_delay.kept(now),
            strikes: self.strikes.kept(now),
        }
    }

    /// What was kept, `passed` ago, to be forgotten as `health` says.
    pub fn recalled(health: &Health, kept: &Kept, passed: Duration, now: At) -> Self {
        let mean = |half_life: Duration, kept: ewma::Kept| Ewma::recalled(half_life, kept, passed, now);
        Self {
            errors: mean(health.error_half_life(), kept.errors),
            throttled: mean(health.throttle_half_life(), kept.throttled),
            latency: mean(health.latency_half_life(), kept.latency),
            latencies: Quantile::recalled(health.latency_half_life(), &kept.latencies, passed, now),
            head_delay: mean(health.head_delay_half_life(), kept.head_delay),
            lag: Ewma::new(health.lag_half_life()),
            strikes: mean(health.strike_half_life(), kept.strikes),
        }
    }

    /// A request ended after `latency`.
    pub fn on_request(&mut self, outcome: Outcome, latency: Duration, at: At) {
        match outcome {
            Outcome::Success => self.on_answer(0.0, latency, at),
            Outcome::Failure(FailureKind::Timeout) => self.on_answer(1.0, latency, at),
            Outcome::Failure(_) => self.errors.add(1.0, at),
            Outcome::Throttled | Outcome::Ignored => {}
        }
        if outcome != Outcome::Ignored {
            self.throttled.add(f64::from(u8::from(outcome == Outcome::Throttled)), at);
        }
    }

    /// The provider showed a block `delay` after somebody first did, and others agreed on the block.
    pub fn on_head(&mut self, delay: Duration, at: At) {
        self.head_delay.add(delay.as_secs_f64(), at);
    }

    /// The provider was seen to be `lag` behind the reference tip; zero if it was not.
    pub fn on_lag(&mut self, lag: Duration, at: At) {
        self.lag.add(lag.as_secs_f64(), at);
    }

    /// The provider misbehaved.
    pub fn on_strike(&mut self, at: At) {
        self.strikes.add(1.0, at);
    }

    /// Everything known at `now`.
    pub fn reading(&self, now: At) -> Reading {
        Reading {
            errors: self.errors.sum(now),
            samples: self.errors.samples(now),
            throttled: self.throttled.sum(now),
            throttle_samples: self.throttled.samples(now),
            latency_ms: self.latency.mean(now),
            latency_p70_ms: self.latencies.at_rank(0.70, now),
            latency_p95_ms: self.latencies.at_rank(0.95, now),
            head_delay_s: self.head_delay.mean(now),
            lag_s: self.lag.mean(now),
            strikes: self.strikes.sum(now),
        }
    }

    fn on_answer(&mut self, error: f64, latency: Duration, at: At) {
        let latency_ms = latency.as_secs_f64() * 1000.0;
        self.errors.add(error, at);
        self.latency.add(latency_ms, at);
        self.latencies.add(latency_ms, at);
    }
}

impl Reading {
    /// Fewer effective samples than this make no error ratio to act on.
    pub const ENOUGH_SAMPLES: f64 = 5.0;

    /// The time-weighted share of failures, if there were enough requests to tell.
    pub fn error_ratio(&self) -> Option<f64> {
        (self.samples >= Self::ENOUGH_SAMPLES).then(|| self.errors / self.samples)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const MS_100: Duration = Duration::from_millis(100);

    fn fresh() -> Measures {
        Measures::new(&Health::default())
    }

    #[test]
    fn the_unknown_is_not_zero() {
        let reading = fresh().reading(At::from_secs(100));
        assert_eq!((reading.latency_ms, reading.head_delay_s, reading.lag_s), (None, None, None));
        assert_eq!(reading.error_ratio(), None);
    }

    #[test]
    fn a_timeout_counts_as_slow_and_a_refused_connection_does_not_count_as_fast() {
        let mut measures = fresh();
        measures.on_request(Outcome::Failure(FailureKind::Transport), Duration::from_millis(1), At::ZERO);
        assert_eq!(measures.reading(At::ZERO).latency_ms, None);
        measures.on_request(Outcome::Failure(FailureKind::Timeout), Duration::from_secs(5), At::ZERO);
        assert_eq!(measures.reading(At::ZERO).latency_ms, Some(5000.0));
    }

    #[test]
    fn what_is_nobodys_fault_is_not_counted() {
        let mut measures = fresh();
        measures.on_request(Outcome::Ignored, MS_100, At::ZERO);
        assert_eq!(measures.reading(At::ZERO), Reading::default());
    }

    #[test]
    fn throttling_is_no_error() {
        let mut measures = fresh();
        (0..9).for_each(|_| measures.on_request(Outcome::Success, MS_100, At::ZERO));
        measures.on_request(Outcome::Throttled, MS_100, At::ZERO);
        let reading = measures.reading(At::ZERO);
        assert_eq!((reading.errors, reading.samples), (0.0, 9.0));
        assert_eq!((reading.throttled, reading.throttle_samples), (1.0, 10.0));
    }

    proptest! {
        #[test]
        fn ratios_stay_between_zero_and_one(outcomes in prop::collection::vec((0u8..4, 0u64..600), 1..100)) {
            let mut measures = fresh();
            for (outcome, second) in outcomes {
                let outcome = match outcome {
                    0 => Outcome::Success,
                    1 => Outcome::Failure(FailureKind::Timeout),
                    2 => Outcome::Throttled,
                    _ => Outcome::Ignored,
                };
                measures.on_request(outcome, MS_100, At::from_secs(second));
            }
            let reading = measures.reading(At::from_secs(600));
            prop_assert!(reading.errors <= reading.samples + 1e-9);
            prop_assert!(reading.throttled <= reading.throttle_samples + 1e-9);
        }
    }
}
