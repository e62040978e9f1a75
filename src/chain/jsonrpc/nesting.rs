//! How deep an answer is nested.
//!
//! Our own readers skip what they do not know without a stack; whoever reads the delivered JSON may not. So depth ends where
//! serde_json's own limit for trees lies.

/// Levels that an answer may have: blocks and receipts have six.
const LEVELS: usize = 128;

/// Whether valid JSON is nested no deeper than anybody can read.
pub fn is_shallow(json: &[u8]) -> bool {
    let (mut depth, mut text, mut escaped) = (0_usize, false, false);
    for byte in json {
        match (text, escaped, byte) {
            (true, true, _) => escaped = false,
            (true, false, b'\\') => escaped = true,
            (_, _, b'"') => text = !text,
            (false, _, b'[' | b'{') => depth += 1,
            (false, _, b']' | b'}') => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > LEVELS {
            return false;
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::{LEVELS, is_shallow};

    #[test]
    fn depth_is_counted_outside_of_texts() {
        let nested = |levels: usize| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
        assert!(is_shallow(nested(LEVELS).as_bytes()));
        assert!(!is_shallow(nested(LEVELS + 1).as_bytes()));
        let text = format!("[\"{}\\\"{}\"]", "[".repeat(200), "{".repeat(200));
        assert!(is_shallow(text.as_bytes()));
        assert!(is_shallow("[{}],".repeat(1000).as_bytes()));
    }
}
