//! How long to leave something alone before the next try.
//!
//! The wait doubles with every try, up to a cap, and is spread by jitter so that those who failed together do not come
//! back together. The spread is kept at the cap as well, where everybody ends up.

use std::time::Duration;

/// An exponential back-off.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Backoff {
    /// The wait before the first retry, without jitter.
    pub first: Duration,
    /// No wait is longer than this, jitter included.
    pub cap: Duration,
    /// The largest share by which jitter lengthens or shortens a wait, from 0 to 1.
    pub spread: f64,
}

impl Backoff {
    /// The wait after `failures` earlier waits of this row (0 for the first), for a `jitter` from 0 to 1.
    pub fn wait(&self, failures: u32, jitter: f64) -> Duration {
        let doubled = self.first.as_secs_f64() * f64::from(failures.min(63)).exp2();
        let highest = self.cap.as_secs_f64() / (1.0 + self.spread);
        let factor = 1.0 + self.spread * (2.0 * jitter.clamp(0.0, 1.0) - 1.0);
        Duration::from_secs_f64(doubled.min(highest) * factor).min(self.cap)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const BACKOFF: Backoff =
        Backoff { first: Duration::from_secs(5), cap: Duration::from_secs(300), spread: 0.2 };

    #[test]
    fn waits_double_up_to_the_cap() {
        let seconds = |failures| BACKOFF.wait(failures, 0.5).as_secs();
        assert_eq!([seconds(0), seconds(1), seconds(2), seconds(3)], [5, 10, 20, 40]);
        assert_eq!(BACKOFF.wait(u32::MAX, 1.0), BACKOFF.cap);
    }

    #[test]
    fn jitter_spreads_waits_at_the_cap_too() {
        assert_eq!(BACKOFF.wait(0, 0.0), Duration::from_secs(4));
        assert_eq!(BACKOFF.wait(0, 1.0), Duration::from_secs(6));
        assert_eq!(BACKOFF.wait(20, 0.0), Duration::from_secs(200));
    }

    proptest! {
        #[test]
        fn no_wait_leaves_its_bounds(failures in any::<u32>(), jitter in 0.0..1.0f64) {
            let wait = BACKOFF.wait(failures, jitter);
            prop_assert!(wait >= BACKOFF.first.mul_f64(0.799) && wait <= BACKOFF.cap);
        }
    }
}
