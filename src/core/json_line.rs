//! JSON that must fit on one line.

/// Appends `json` to `line`: as it is if it holds no line break, else without the white space between its tokens.
pub fn append(line: &mut Vec<u8>, json: &[u8]) {
    if !json.contains(&b'\n') && !json.contains(&b'\r') {
        line.extend_from_slice(json);
        return;
    }
    let (mut in_string, mut escaped) = (false, false);
    for &byte in json {
        if in_string {
            in_string = escaped || byte != b'"';
            escaped = !escaped && byte == b'\\';
        } else if byte.is_ascii_whitespace() {
            continue;
        } else {
            in_string = byte == b'"';
        }
        line.push(byte);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::append;

    proptest! {
        #[test]
        fn minified_json_means_the_same(words in proptest::collection::vec(".*", 0..6)) {
            let value = serde_json::json!({ "words": words, "n": [1, 2.5, null] });
            let mut line = Vec::new();
            append(&mut line, serde_json::to_string_pretty(&value).unwrap().as_bytes());
            prop_assert!(!line.contains(&b'\n'));
            prop_assert_eq!(serde_json::from_slice::<serde_json::Value>(&line).unwrap(), value);
        }
    }
}
