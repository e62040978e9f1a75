//! How long a provider asks to be left alone, in its error's data or words.

use std::time::Duration;

use serde_json::Value;

/// The longest wait that a provider may impose.
const LONGEST: Duration = Duration::from_secs(3600);

/// Phrases that a wait follows.
const LEADS: [&str; 6] =
    ["try again in ", "retry in ", "retry after ", "retry-after: ", "wait ", "backoff for "];

/// The wait, if a provider may impose it; else the longest it may.
pub fn bounded(wait: Duration) -> Duration {
    wait.min(LONGEST)
}

/// From `data.rate.backoff_seconds`, as MetaMask's clients know it from Infura.
pub fn from_data(data: &Value) -> Option<Duration> {
    seconds(data["rate"]["backoff_seconds"].as_f64()?)
}

/// From words such as "try again in 2s" or "retry after 500 ms". A number without a unit is seconds.
pub fn from_words(text: &str) -> Option<Duration> {
    let text = text.to_ascii_lowercase();
    let rest = LEADS.iter().find_map(|lead| text.split_once(lead)).map(|(_, rest)| rest)?;
    let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
    let (number, unit) = rest.split_at(digits);
    let number: f64 = number.trim_end_matches('.').parse().ok()?;
    let unit: String = unit.trim_start().chars().take_while(char::is_ascii_alphabetic).collect();
    seconds(match unit.as_str() {
        "ms" | "millisecond" | "milliseconds" => number / 1000.0,
        "m" | "min" | "minute" | "minutes" => number * 60.0,
        "h" | "hour" | "hours" => number * 3600.0,
        _ => number,
    })
}

fn seconds(number: f64) -> Option<Duration> {
    Duration::try_from_secs_f64(number).ok().map(bounded)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_is_read_with_its_unit() {
        for (text, milliseconds) in [
            ("Too many requests, try again in 2s", 2_000),
            ("Retry after 10 seconds.", 10_000),
            ("please retry in 350ms", 350),
            ("wait 1.5. Thanks", 1_500),
            ("try again in 2 minutes", 120_000),
            ("try again in 900 hours", 3_600_000),
        ] {
            assert_eq!(from_words(text), Some(Duration::from_millis(milliseconds)), "{text}");
        }
    }

    #[test]
    fn no_number_is_no_wait() {
        for text in ["", "try again in a while", "wait", "retry after -3 s", "retry in 1.2.3s"] {
            assert_eq!(from_words(text), None, "{text}");
        }
        assert_eq!(from_data(&serde_json::json!({ "rate": { "backoff_seconds": -1 } })), None);
    }
}
