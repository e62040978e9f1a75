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
/// How often an idle provider is asked for a recent final block, which is then recomputed.
pub const CANARY_EVERY: Duration = Duration::from_secs(300);
/// How often a provider is asked again who it is.
pub const IDENTITY_EVERY: Duration = Duration::from_secs(600);
/// Chain id and first block.
const IDENTITY_REQUESTS: f64 = 2.0;
const SECONDS_A_DAY: f64 = 86_400.0;

/// How often a provider is asked for what is final, at the earliest.
pub fn finality_interval(block_time: Duration) -> Duration {
    (block_time * FINALITY_BLOCKS).clamp(FINALITY_OFTENEST, FINALITY_RAREST)
}

/// The requests a day that probing an idle provider costs, which may be asked `per_second` times a second: its head at every
/// probe, with the first probe after each finality interval what is final, now and then who it is, and the canaries, each of
/// so many requests.
pub fn requests_a_day(health: &Health, block_time: Duration, canary_requests: u32, per_second: f64) -> u64 {
    let probe_s = health.probe_interval.as_secs_f64();
    let finality_s = (finality_interval(block_time).as_secs_f64() / probe_s).ceil() * probe_s;
    let beside = f64::from(canary_requests) / CANARY_EVERY.as_secs_f64()
        + IDENTITY_REQUESTS / IDENTITY_EVERY.as_secs_f64();
    let wanted = SECONDS_A_DAY * (1.0 / probe_s + FINALITY_REQUESTS / finality_s + beside);
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
    fn a_day_of_probing_is_heads_finality_identity_and_canaries() {
        let beside = 2 * 144 + 288;
        assert_eq!(requests_a_day(&health(15), Duration::from_secs(12), 1, 25.0), 5_760 + 2_880 + beside);
        assert_eq!(
            requests_a_day(&health(15), Duration::from_secs(12), 2, 25.0),
            5_760 + 2_880 + beside + 288
        );
    }

    #[test]
    fn probing_keeps_to_its_share_of_the_rate_limit() {
        assert_eq!(requests_a_day(&health(1), Duration::from_secs(12), 1, 1.0), 4_320);
    }
}
