//! A moment on a clock that never goes back.
//!
//! Core never asks what time it is: the caller says. That is what lets a test, or the simulated world, play a week in a
//! second and get the same answer twice.

use std::ops::{Add, Sub};
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// A monotonic moment, counted from an epoch that the process chooses (its own start).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct At(Duration);

impl At {
    /// The epoch itself.
    pub const ZERO: Self = Self(Duration::ZERO);

    /// The moment `elapsed` after the epoch.
    pub const fn after_epoch(elapsed: Duration) -> Self {
        Self(elapsed)
    }

    /// The moment `seconds` after the epoch.
    pub const fn from_secs(seconds: u64) -> Self {
        Self(Duration::from_secs(seconds))
    }

    /// The moment `milliseconds` after the epoch.
    pub const fn from_millis(milliseconds: u64) -> Self {
        Self(Duration::from_millis(milliseconds))
    }

    /// Time since the epoch.
    pub const fn elapsed(self) -> Duration {
        self.0
    }

    /// Time from `earlier` to here; zero if `earlier` is in fact later.
    pub const fn since(self, earlier: At) -> Duration {
        self.0.saturating_sub(earlier.0)
    }
}

impl Add<Duration> for At {
    type Output = At;

    fn add(self, later: Duration) -> At {
        At(self.0.saturating_add(later))
    }
}

impl Sub<Duration> for At {
    type Output = At;

    fn sub(self, earlier: Duration) -> At {
        At(self.0.saturating_sub(earlier))
    }
}
