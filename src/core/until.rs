//! A moment in the future that is kept over a restart.
//!
//! *Why two numbers.* A monotonic clock begins anew with each process, and the wall clock may be set. So a deadline is kept as
//! the moment on the wall clock and as the time that was left when it was written down: whatever the clock does, it never lasts
//! longer than that. A clock set forward ends it early; nobody can tell that from a long sleep.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::at::At;

/// Now, on both clocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Now {
    /// On the monotonic clock.
    pub at: At,
    /// On the wall clock, seconds since 1970.
    pub unix_s: u64,
}

/// A moment in the future, as it is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Until {
    /// On the wall clock, seconds since 1970.
    pub until_unix_s: u64,
    /// How long that was off when it was written down.
    pub left_s: u64,
}

impl Until {
    /// `until` as it is kept; `None` if it is over.
    pub fn of(until: At, now: Now) -> Option<Self> {
        let left = until.since(now.at);
        let left_s = left.as_secs() + u64::from(left.subsec_nanos() > 0);
        (left_s > 0).then(|| Self { until_unix_s: now.unix_s.saturating_add(left_s), left_s })
    }

    /// The moment on this process's clock, no further off than when it was written down, and than `longest`; `None` if it is
    /// over.
    pub fn resumed(self, longest: Duration, now: Now) -> Option<At> {
        let left_s = self.until_unix_s.saturating_sub(now.unix_s).min(self.left_s);
        (left_s > 0).then(|| now.at + Duration::from_secs(left_s).min(longest))
    }
}

/// The time that passed since `unix_s`; zero when the clock was set back.
pub fn passed_since(unix_s: u64, now: Now) -> Duration {
    Duration::from_secs(now.unix_s.saturating_sub(unix_s))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const HOUR: Duration = Duration::from_secs(3600);

    fn now(at_s: u64, unix_s: u64) -> Now {
        Now { at: At::from_secs(at_s), unix_s }
    }

    #[test]
    fn time_that_passed_while_nobody_ran_counts() {
        let kept = Until::of(At::from_secs(700), now(100, 1_000_000)).unwrap();
        assert_eq!(kept, Until { until_unix_s: 1_000_600, left_s: 600 });
        assert_eq!(kept.resumed(HOUR, now(5, 1_000_200)), Some(At::from_secs(405)));
        assert_eq!(kept.resumed(HOUR, now(5, 1_000_600)), None);
        assert_eq!(Until::of(At::from_secs(700), now(700, 1_000_000)), None);
    }

    #[test]
    fn a_clock_set_back_by_an_hour_prolongs_nothing() {
        let kept = Until::of(At::from_secs(600), now(0, 1_000_000)).unwrap();
        assert_eq!(kept.resumed(HOUR, now(0, 1_000_000 - 3600)), Some(At::from_secs(600)));
    }

    #[test]
    fn a_clock_set_forward_ends_it() {
        let kept = Until::of(At::from_secs(600), now(0, 1_000_000)).unwrap();
        assert_eq!(kept.resumed(HOUR, now(0, 1_000_000 + 3600)), None);
        assert_eq!(passed_since(1_000_000, now(0, 999_999)), Duration::ZERO);
    }

    proptest! {
        #[test]
        fn it_never_lasts_longer_than_it_did(
            until_unix_s: u64, left_s: u64, unix_s: u64, at_s in 0u64..1_000_000, longest_s in 1u64..1_000_000,
        ) {
            let kept = Until { until_unix_s, left_s };
            if let Some(until) = kept.resumed(Duration::from_secs(longest_s), now(at_s, unix_s)) {
                let left = until.since(At::from_secs(at_s)).as_secs();
                prop_assert!(left > 0 && left <= left_s.min(longest_s));
            }
        }
    }
}
