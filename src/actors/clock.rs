//! The only place where blocktap learns what time it is.

use std::time::{Duration, UNIX_EPOCH};

use tokio::time::Instant;

use crate::core::at::At;
use crate::core::until::Now;

/// Tells monotonic time, and wall time for display. Follows tokio's clock, so that a paused runtime pauses it too.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    epoch: Instant,
    epoch_unix: Duration,
}

impl Clock {
    /// A clock that shows `unix` at this moment; the simulated world chooses it.
    pub fn showing(unix: Duration) -> Self {
        Self { epoch: Instant::now(), epoch_unix: unix }
    }

    /// The machine's clock. The wall clock is read once, here: later jumps of it change nothing.
    #[allow(clippy::disallowed_methods)] // the one reading that all others are derived from
    pub fn system() -> Self {
        let unix = std::time::SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Self::showing(unix)
    }

    /// Now, for every decision.
    pub fn now(&self) -> At {
        At::after_epoch(self.epoch.elapsed())
    }

    /// `at` as seconds since 1970, for people.
    pub fn unix_s(&self, at: At) -> u64 {
        (self.epoch_unix + at.elapsed()).as_secs()
    }

    /// `at` on both clocks, for what is kept over a restart.
    pub fn both(&self, at: At) -> Now {
        Now { at, unix_s: self.unix_s(at) }
    }

    /// `at` in RFC 3339, for people.
    pub fn rfc3339(&self, at: At) -> String {
        humantime::format_rfc3339_millis(UNIX_EPOCH + self.epoch_unix + at.elapsed()).to_string()
    }
}
