//! Credits that flow in with time.

use std::time::Duration;

use crate::core::at::At;

/// Added to waits, so that rounding never makes one end too early.
const ROUNDING: Duration = Duration::from_millis(1);
/// Credits that rounding may make up or lose.
const EPSILON: f64 = 1e-9;

/// Credits at one moment.
#[derive(Clone, Copy, Debug)]
pub(super) struct Level {
    pub(super) credits: f64,
    pub(super) at: At,
}

impl Level {
    pub(super) fn credits_at(&self, now: At, rate_per_s: f64, burst: f64) -> f64 {
        (self.credits + now.since(self.at).as_secs_f64() * rate_per_s).min(burst)
    }

    pub(super) fn settle(&mut self, rate_per_s: f64, burst: f64, now: At) {
        self.credits = self.credits_at(now, rate_per_s, burst);
        self.at = self.at.max(now);
    }

    pub(super) fn spend(&mut self, cost: f64, rate_per_s: f64, burst: f64, now: At) {
        self.settle(rate_per_s, burst, now);
        self.credits -= cost;
    }

    /// Zero if `wanted` credits, or a full bucket if that is less, are there.
    pub(super) fn wait_for(&self, wanted: f64, rate_per_s: f64, burst: f64, now: At) -> Duration {
        let paused = self.at.since(now);
        let missing = wanted.min(burst) - self.credits_at(now, rate_per_s, burst);
        if missing <= EPSILON && paused.is_zero() {
            return Duration::ZERO;
        }
        let refill = Duration::try_from_secs_f64((missing / rate_per_s).max(0.0)).unwrap_or(Duration::MAX);
        paused.saturating_add(refill).saturating_add(ROUNDING)
    }
}
