//! Words that must not be repeated.
//!
//! Providers like to quote the key that they refuse, or the address that was asked. Nobody can list every key, but a key
//! has a look: long, unbroken, letters and digits mixed. What looks so is masked, whether it is one or not.

/// Characters from which on a word of letters and digits counts as a key. UUIDs, hexadecimal and base-62 keys are longer;
/// the names of methods hold no digits, and hashes are told by `0x` and hexadecimal digits alone.
const KEY_LENGTH: usize = 16;

/// What stands in place of what was taken away.
const MASK: &str = "[hidden]";

/// The text without anything that looks like a key, and without what follows the host in an address.
pub fn redact(text: &str) -> String {
    let pieces = text.split_inclusive(char::is_whitespace);
    pieces.map(|piece| piece.split_once("://").map_or_else(|| without_keys(piece), address)).collect()
}

/// Keeps scheme, host and port of an address.
fn address((scheme, rest): (&str, &str)) -> String {
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = authority.rsplit('@').next().unwrap_or_default();
    format!("{}://{} ", without_keys(scheme), without_keys(host.trim_end()))
}

fn without_keys(piece: &str) -> String {
    let mut kept = String::with_capacity(piece.len());
    let mut rest = piece;
    while !rest.is_empty() {
        let word_length = rest.find(|c| !in_word(c)).unwrap_or(rest.len());
        let (word, after) = rest.split_at(word_length);
        kept.push_str(if looks_like_a_key(word) { MASK } else { word });
        let gap_length = after.find(in_word).unwrap_or(after.len());
        let (gap, next) = after.split_at(gap_length);
        kept.push_str(gap);
        rest = next;
    }
    kept
}

fn in_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '-' || c == '_'
}

fn looks_like_a_key(word: &str) -> bool {
    word.len() >= KEY_LENGTH
        && !is_hexadecimal(word)
        && word.contains(|c: char| c.is_ascii_digit())
        && word.contains(|c: char| c.is_ascii_alphabetic())
}

fn is_hexadecimal(word: &str) -> bool {
    word.strip_prefix("0x").is_some_and(|digits| digits.chars().all(|c| c.is_ascii_hexdigit()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_people_need_to_read_stays() {
        let hash = format!("0x{}", "ab".repeat(32));
        for text in [
            "the method eth_getBlockReceipts does not exist/is not available",
            "query returned more than 10000 results. Try with this block range [0x1, 0x2].",
            &format!("block {hash} not found"),
        ] {
            assert_eq!(redact(text), text);
        }
    }

    #[test]
    fn keys_and_addresses_go() {
        for text in [
            "invalid key 9aa3d95b3bc440fa88ea12eaa4456161",
            "key 0xCANARY_9f86d081884c7d65",
            "project id=CANARY_9f86d081884c7d65, disabled",
            "no route https://user:pw@host.example/v3/short?x=y",
            "\u{e9}9aa3d95b-3bc4-40fa-88ea-12eaa4456161\u{e9}",
        ] {
            let safe = redact(text);
            for secret in ["9aa3d95b", "CANARY", "pw", "short", "user"] {
                assert!(!safe.contains(secret), "{safe}");
            }
        }
    }

    proptest! {
        #[test]
        fn no_key_survives_in_any_text(before in ".{0,20}", key in "[a-z]{8}[0-9]{8}[A-Z]{0,8}", after in ".{0,20}") {
            let text = [before, key.clone(), after].concat();
            prop_assume!(!text.contains("0x"));
            let safe = redact(&text);
            prop_assert!(!safe.contains(&key));
        }
    }
}
