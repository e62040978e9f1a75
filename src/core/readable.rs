//! Durations as people read them.

use std::time::Duration;

/// Whole seconds, rounded up, such as `14s` or `2m 5s`: what is not over yet never reads as `0s`.
pub fn seconds(duration: Duration) -> String {
    let whole = duration.as_secs() + u64::from(duration.subsec_nanos() > 0);
    humantime::format_duration(Duration::from_secs(whole)).to_string()
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
