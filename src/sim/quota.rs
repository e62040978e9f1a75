//! How many requests a simulated provider takes.

use std::time::Duration;

use crate::core::at::At;

/// A bucket that holds one second's worth of requests and fills evenly.
///
/// Written apart from the limiter of the production code: a provider that counted as we do would hide our mistakes.
#[derive(Clone, Copy, Debug)]
pub struct Quota {
    per_second: u32,
    /// Requests left, in millionths.
    left_micro: u64,
    filled_at: At,
}

const MICRO: u64 = 1_000_000;

impl Quota {
    /// A full bucket.
    pub fn full(per_second: u32, now: At) -> Self {
        Self { per_second, left_micro: u64::from(per_second) * MICRO, filled_at: now }
    }

    /// How much it takes.
    pub fn per_second(&self) -> u32 {
        self.per_second
    }

    /// Takes `count` requests at once, or none of them and says how long to wait.
    #[must_use]
    pub fn take(&mut self, count: u64, now: At) -> Taken {
        let rate = u64::from(self.per_second);
        let elapsed_us = u64::try_from(now.since(self.filled_at).as_micros()).unwrap_or(u64::MAX);
        let filled = self.left_micro.saturating_add(elapsed_us.saturating_mul(rate));
        self.left_micro = filled.min(rate * MICRO);
        self.filled_at = now;
        let cost = count.saturating_mul(MICRO);
        match self.left_micro.checked_sub(cost) {
            Some(left) => {
                self.left_micro = left;
                Taken::Granted
            }
            None => Taken::Refused { wait: Duration::from_micros((cost - self.left_micro) / rate.max(1)) },
        }
    }
}

/// What a bucket says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    /// There were enough.
    Granted,
    /// There were not.
    Refused {
        /// Until there will be.
        wait: Duration,
    },
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Quota, Taken};
    use crate::core::at::At;

    #[test]
    fn one_second_gives_no_more_than_its_share() {
        let mut quota = Quota::full(5, At::ZERO);
        let granted = (0..10).filter(|_| quota.take(1, At::ZERO) == Taken::Granted).count();
        assert_eq!(granted, 5);
        assert_eq!(quota.take(1, At::ZERO), Taken::Refused { wait: Duration::from_millis(200) });
        assert_eq!(quota.take(1, At::from_millis(200)), Taken::Granted);
    }

    #[test]
    fn a_batch_counts_as_its_requests() {
        let mut quota = Quota::full(5, At::ZERO);
        assert_eq!(quota.take(4, At::ZERO), Taken::Granted);
        assert!(matches!(quota.take(4, At::ZERO), Taken::Refused { .. }));
    }
}
