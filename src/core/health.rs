//! The operator's four knobs on health, and what derives from them.
//!
//! Few numbers are worth turning; the rest follow from these, so that they cannot contradict each other.

use std::time::Duration;

use serde::Serialize;

/// When a provider is no longer good enough.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Health {
    /// How fast measures forget: half of a sample's weight is gone after this.
    pub score_halflife: Duration,
    /// A provider slower than this, or further than this behind the reference tip, is not eligible.
    pub lag_threshold: Duration,
    /// A provider with a larger share of failed requests than this, from 0 to 1, is not eligible.
    pub failure_ratio: f64,
    /// How often an idle provider is asked something, so that no score goes stale.
    pub probe_interval: Duration,
}

impl Default for Health {
    fn default() -> Self {
        Self {
            score_halflife: Duration::from_secs(60),
            lag_threshold: Duration::from_secs(30),
            failure_ratio: 0.2,
            probe_interval: Duration::from_secs(15),
        }
    }
}

impl Health {
    /// Half-life of errors: twice the knob, for they are rare and must be seen to matter.
    pub const fn error_half_life(&self) -> Duration {
        self.score_halflife.saturating_mul(2)
    }

    /// Half-life of refusals for too many requests: the knob itself, for they pass with the quota's window.
    pub const fn throttle_half_life(&self) -> Duration {
        self.score_halflife
    }

    /// Half-life of the lag behind the reference tip: the knob itself, so that who caught up is soon back.
    pub const fn lag_half_life(&self) -> Duration {
        self.score_halflife
    }

    /// Half-life of latencies: five times the knob, for single values scatter widely.
    pub const fn latency_half_life(&self) -> Duration {
        self.score_halflife.saturating_mul(5)
    }

    /// Half-life of head delays: as latencies.
    pub const fn head_delay_half_life(&self) -> Duration {
        self.score_halflife.saturating_mul(5)
    }

    /// Half-life of strikes: thirty times the knob, for trust comes back slowly.
    pub const fn strike_half_life(&self) -> Duration {
        self.score_halflife.saturating_mul(30)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_give_the_half_lives_of_the_design() {
        let health = Health::default();
        assert_eq!(health.error_half_life(), Duration::from_secs(120));
        assert_eq!(health.throttle_half_life(), Duration::from_secs(60));
        assert_eq!(health.latency_half_life(), Duration::from_secs(300));
        assert_eq!(health.strike_half_life(), Duration::from_secs(1800));
    }

    #[test]
    fn an_idle_provider_is_probed_before_it_is_forgotten() {
        let health = Health::default();
        assert!(health.probe_interval < health.score_halflife);
    }
}
