//! Whether an answer comes fast enough to wait for its end.
//!
//! A server that drips a byte now and then would hold a request until its deadline, which in the catch-up is long. Once an
//! answer has begun, every two seconds must bring two kilobytes, or its end. How long the server thinks before it begins is the
//! deadline's business alone.

use std::time::Duration;

/// How often the pace is looked at.
const EVERY: Duration = Duration::from_secs(2);

/// What must have come by then: far below what the slowest usable line carries.
const LEAST_BYTES: usize = 2 * 1024;

/// The pace of one answer's body.
#[derive(Clone, Copy, Debug)]
pub struct Pace<T> {
    /// When it is looked at next.
    look: T,
    bytes: usize,
}

impl<T: Copy + PartialOrd + std::ops::Add<Duration, Output = T>> Pace<T> {
    /// The body begins now.
    pub fn new(now: T) -> Self {
        Self { look: now + EVERY, bytes: 0 }
    }

    /// When to look whether it keeps up, if nothing comes until then.
    pub const fn next_look(&self) -> T {
        self.look
    }

    /// So much came, or nothing. Tells whether the answer keeps up.
    pub fn keeps_up(&mut self, bytes: usize, now: T) -> bool {
        self.bytes += bytes;
        if now < self.look {
            return true;
        }
        let enough = self.bytes >= LEAST_BYTES;
        *self = Self::new(now);
        enough
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether a body of which `bytes` come every `pause` is read on after `length`.
    fn lasts(bytes: usize, pause: Duration, length: Duration) -> bool {
        let mut now = Duration::ZERO;
        let mut pace = Pace::new(now);
        while now < length {
            now += pause;
            if !pace.keeps_up(bytes, now) {
                return false;
            }
        }
        true
    }

    #[test]
    fn a_drip_is_given_up() {
        assert!(!lasts(1, Duration::from_millis(10), Duration::from_secs(3)));
        assert!(!lasts(1000, Duration::from_secs(1), Duration::from_secs(3)));
    }

    #[test]
    fn a_slow_line_is_not() {
        assert!(lasts(1500, Duration::from_millis(500), Duration::from_secs(60)));
        assert!(lasts(65_536, Duration::from_millis(1900), Duration::from_secs(60)));
    }

    #[test]
    fn a_drip_after_a_rush_is_given_up_too() {
        let mut pace = Pace::new(Duration::ZERO);
        assert!(pace.keeps_up(1 << 20, Duration::from_secs(2)));
        assert!(!pace.keeps_up(1, Duration::from_secs(4)));
    }
}
