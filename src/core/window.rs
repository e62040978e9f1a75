//! The last requests, for people to read.
//!
//! The machine decides by means that decay with time; a person looking at a provider wants to see what just happened. That
//! is all this is for.

use std::collections::VecDeque;
use std::time::Duration;

use serde::Serialize;

use super::at::At;
use super::outcome::Outcome;

/// The last [`Window::LENGTH`] requests of one provider.
#[derive(Clone, Debug, Default)]
pub struct Window {
    requests: VecDeque<Request>,
}

#[derive(Clone, Copy, Debug)]
struct Request {
    outcome: Outcome,
    latency: Duration,
    at: At,
}

/// What a window shows.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Summary {
    /// Requests it covers.
    pub requests: usize,
    /// Age of the oldest of them.
    pub oldest_s: u64,
    /// Failures among the requests that tell of health; none if there were none of these.
    pub error_ratio: Option<f64>,
    /// Requests refused for being too many.
    pub throttled: usize,
    /// The median latency of the successes.
    pub latency_p50_ms: Option<u64>,
    /// The latency that 95 % of the successes kept.
    pub latency_p95_ms: Option<u64>,
}

impl Window {
    /// How many requests are kept.
    pub const LENGTH: usize = 30;

    /// Adds a request that ended at `at` after `latency`.
    pub fn add(&mut self, outcome: Outcome, latency: Duration, at: At) {
        if self.requests.len() == Self::LENGTH {
            self.requests.pop_front();
        }
        self.requests.push_back(Request { outcome, latency, at });
    }

    /// What it shows at `now`.
    pub fn summary(&self, now: At) -> Summary {
        let latencies = self.latencies_ms();
        Summary {
            requests: self.requests.len(),
            oldest_s: self.requests.front().map_or(0, |request| now.since(request.at).as_secs()),
            error_ratio: self.error_ratio(),
            throttled: self.count(|outcome| outcome == Outcome::Throttled),
            latency_p50_ms: nearest_rank(&latencies, 50),
            latency_p95_ms: nearest_rank(&latencies, 95),
        }
    }

    fn error_ratio(&self) -> Option<f64> {
        let failures = self.count(|outcome| matches!(outcome, Outcome::Failure(_)));
        let telling = failures + self.count(|outcome| outcome == Outcome::Success);
        (telling > 0).then(|| failures as f64 / telling as f64)
    }

    fn count(&self, which: impl Fn(Outcome) -> bool) -> usize {
        self.requests.iter().filter(|request| which(request.outcome)).count()
    }

    fn latencies_ms(&self) -> Vec<u64> {
        let successes = self.requests.iter().filter(|request| request.outcome == Outcome::Success);
        let mut latencies: Vec<u64> = successes.map(|request| request.latency.as_millis() as u64).collect();
        latencies.sort_unstable();
        latencies
    }
}

/// The smallest of `sorted` that `percent` of them do not exceed.
pub(super) fn nearest_rank<T: Copy>(sorted: &[T], percent: usize) -> Option<T> {
    let rank = (sorted.len() * percent).div_ceil(100).max(1);
    sorted.get(rank - 1).copied()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::core::outcome::FailureKind;

    const FAILURE: Outcome = Outcome::Failure(FailureKind::Transport);

    fn window(outcomes: &[Outcome]) -> Window {
        let mut window = Window::default();
        for (index, outcome) in (1u64..).zip(outcomes) {
            window.add(*outcome, Duration::from_millis(index * 10), At::from_secs(index));
        }
        window
    }

    #[test]
    fn an_empty_window_claims_nothing() {
        assert_eq!(Window::default().summary(At::from_secs(9)), Summary::default());
    }

    #[test]
    fn it_shows_errors_latencies_and_age() {
        let summary =
            window(&[Outcome::Success, FAILURE, Outcome::Success, Outcome::Throttled, Outcome::Ignored])
                .summary(At::from_secs(11));
        assert_eq!(summary.error_ratio, Some(1.0 / 3.0));
        assert_eq!((summary.requests, summary.throttled, summary.oldest_s), (5, 1, 10));
        assert_eq!((summary.latency_p50_ms, summary.latency_p95_ms), (Some(10), Some(30)));
    }

    #[test]
    fn only_the_last_thirty_count() {
        let mut outcomes = vec![FAILURE; 10];
        outcomes.extend([Outcome::Success; Window::LENGTH]);
        let summary = window(&outcomes).summary(At::from_secs(40));
        assert_eq!((summary.requests, summary.error_ratio), (Window::LENGTH, Some(0.0)));
    }

    proptest! {
        #[test]
        fn percentiles_are_samples_and_in_order(mut values in prop::collection::vec(0u64..10_000, 1..40)) {
            values.sort_unstable();
            let (median, high) = (nearest_rank(&values, 50).unwrap(), nearest_rank(&values, 95).unwrap());
            prop_assert!(values.contains(&median) && values.contains(&high) && median <= high);
        }
    }
}
