//! Durations and moments as people read them.

use std::time::{Duration, UNIX_EPOCH};

/// Whole seconds, rounded up, such as `14s` or `2m 5s`: what is not over yet never reads as `0s`.
pub fn seconds(duration: Duration) -> String {
    let whole = duration.as_secs() + u64::from(duration.subsec_nanos() > 0);
    humantime::format_duration(Duration::from_secs(whole)).to_string()
}

/// A moment by the wall clock, `unix_s` seconds since 1970, in UTC by RFC 3339.
pub fn utc(unix_s: u64) -> String {
    // The last moment that can be written down: 9999-12-31T23:59:59Z.
    let shown = unix_s.min(253_402_300_799);
    humantime::format_rfc3339_seconds(UNIX_EPOCH + Duration::from_secs(shown)).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_over_is_not_zero() {
        assert_eq!(seconds(Duration::from_millis(1)), "1s");
        assert_eq!(seconds(Duration::from_millis(13_400)), "14s");
        assert_eq!(seconds(Duration::from_secs(125)), "2m 5s");
    }
}
