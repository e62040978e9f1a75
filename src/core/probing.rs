//! What probing asks, how often, and what that comes to in a day.

use std::time::Duration;

use super::health::Health;

/// Finality is asked for once in so many block times,
const FINALITY_BLOCKS: u32 = 4;
/// but not more often,
const FINALITY_OFTENEST: Duration = Duration::from_secs(2);
/// and not more seldom than this.
const FINALITY_RAREST: Duration = Duration::from_secs(60);
/// The finalized block and the safe one.
const FINALITY_REQUESTS: f64 = 2.0;
/// Probing never takes more of a provider's rate limit than this share.
const LARGEST_SHARE: f64 = 0.05;
const SECONDS_A_DAY: f64 = 86_400.0;

/// How often a provider is asked for what is final, at the earliest.
pub fn finality_interval(block_time: Duration) -> Duration {
    (block_time * FINALITY_BLOCKS).clamp(FINALITY_OFTENEST, FINALITY_RAREST)
}

/// The requests a day that probing an idle provider costs, which may be asked `per_second` times a second: its head at every
/// probe, and with the first probe after each finality interval what is final.
pub fn requests_a_day(health: &Health, block_time: Duration, per_second: f64) -> u64 {
    let probe_s = health.probe_interval.as_secs_f64();
    let finality_s = (finality_interval(block_time).as_secs_f64() / probe_s).ceil() * probe_s;
    let wanted = SECONDS_A_DAY / probe_s + FINALITY_REQUESTS * SECONDS_A_DAY / finality_s;
    let allowed = SECONDS_A_DAY * per_second * LARGEST_SHARE;
    wanted.min(allowed).ceil() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn health(seconds: u64) -> Health {
        Health { probe_interval: Duration::from_secs(seconds), ..Health::default() }
    }

    #[test]
    fn a_probe_each_fifteen_seconds_and_finality_each_minute_make_8640_requests_a_day() {
        assert_eq!(requests_a_day(&health(15), Duration::from_secs(12), 25.0), 5_760 + 2_880);
    }

    #[test]
    fn probing_keeps_to_its_share_of_the_rate_limit() {
        assert_eq!(requests_a_day(&health(1), Duration::from_secs(12), 1.0), 4_320);
    }
}
