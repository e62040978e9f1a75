//! What an answer itself shows when it is refuted: for the evidence that is kept of it.
//!
//! Nothing that a provider sent gets here as it is: it is cut, freed of whatever looks like a key, and of all that a terminal
//! would act on.

use serde_json::Value;
use sha2::{Digest, Sha256};

use super::error::ChainError;
use super::family::RawBlock;
use super::redact::redact;
use super::verdict::{Outcome, Verdict};
use crate::core::case::{Exhibit, Finding, Fingerprint};
use crate::core::strikes::Offence;

/// Fields shown of a header.
const MOST_FIELDS: usize = 48;
/// Characters shown of one value.
const LONGEST_VALUE: usize = 130;
/// The checks that fail when a list was left out and nothing else is wrong.
const MISSING_BODY: [&str; 2] = ["tx_root", "withdrawals_root"];
const MISSING_RECEIPTS: [&str; 5] = ["receipts", "receipts_root", "bloom", "gas", "log_indexes"];

/// What a recomputed block shows against whoever served it. Sound blocks show nothing.
pub fn of(block: &RawBlock, verdict: &Result<Verdict, ChainError>) -> Exhibit {
    let findings = verdict.as_ref().map(findings).unwrap_or_default();
    let sound = verdict.as_ref().is_ok_and(|verdict| verdict.header.block() == block.header.block());
    if sound && findings.is_empty() {
        return Exhibit::bare(Offence::Corrupt);
    }
    let receipts = block.receipts.as_deref().map(|bytes| fingerprint("receipts", bytes));
    let content = serde_json::from_slice::<Value>(&block.block).unwrap_or_default();
    Exhibit {
        offence: offence(&findings, &content, block),
        findings,
        answers: std::iter::once(fingerprint("block", &block.block)).chain(receipts).collect(),
        excerpt: excerpt(&content),
    }
}

fn findings(verdict: &Verdict) -> Vec<Finding> {
    let failed = verdict.checks.iter().filter_map(|check| match &check.outcome {
        Outcome::Invalid { claimed, computed } => {
            let (claimed, computed) = (shown(claimed), shown(computed));
            Some(Finding { check: check.name.into(), claimed, computed })
        }
        _ => None,
    });
    failed.collect()
}

fn offence(findings: &[Finding], content: &Value, block: &RawBlock) -> Offence {
    let only = |checks: &[&str]| {
        !findings.is_empty() && findings.iter().all(|finding| checks.contains(&finding.check.as_str()))
    };
    let is_empty = |list: &Value| list.as_array().is_some_and(Vec::is_empty);
    let receipts = block.receipts.as_deref().and_then(|json| serde_json::from_slice::<Value>(json).ok());
    let no_body = only(&MISSING_BODY) && is_empty(&content["transactions"]);
    let no_receipts = only(&MISSING_RECEIPTS) && receipts.as_ref().is_some_and(is_empty);
    if no_body || no_receipts { Offence::Partial } else { Offence::Corrupt }
}

fn fingerprint(what: &'static str, bytes: &[u8]) -> Fingerprint {
    Fingerprint { what, bytes: bytes.len(), sha256: hex::encode(Sha256::digest(bytes)) }
}

/// The fields of a header, one a line; of lists only how long they are.
fn excerpt(content: &Value) -> String {
    let Some(fields) = content.as_object() else { return String::new() };
    let line = |(name, value): (&String, &Value)| format!("  {}: {}", shown(name), told(value));
    let mut lines: Vec<String> = fields.iter().take(MOST_FIELDS).map(line).collect();
    if fields.len() > MOST_FIELDS {
        lines.push(format!("  and {} more", fields.len() - MOST_FIELDS));
    }
    lines.join("\n")
}

fn told(value: &Value) -> String {
    match value {
        Value::Array(list) => format!("a list of {}", list.len()),
        Value::Object(fields) => format!("an object of {} fields", fields.len()),
        Value::String(text) => shown(text),
        Value::Null | Value::Bool(_) | Value::Number(_) => shown(&value.to_string()),
    }
}

/// A provider's words, harmless: printable ASCII on one line, without keys, and short.
fn shown(text: &str) -> String {
    let printable = |sign: char| if sign.is_ascii_graphic() || sign == ' ' { sign } else { '?' };
    let start: String = text.chars().take(4 * LONGEST_VALUE).map(printable).collect();
    let safe = redact(&start);
    match safe.char_indices().nth(LONGEST_VALUE) {
        None => safe,
        Some((end, _)) => format!("{}... ({} characters)", &safe[..end], text.chars().count()),
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use serde_json::json;

    use super::*;
    use crate::chain::verdict::Check;
    use crate::core::hash::Hash;
    use crate::core::header::Header;
    use crate::core::numbers::Height;

    fn shows(block: &Value, receipts: Option<&str>, failed: &[&'static str]) -> Exhibit {
        let header = Header { height: Height(7), hash: Hash([7; 32]), parent: Hash([6; 32]), time_s: 0 };
        let raw = RawBlock {
            header,
            block: Bytes::from(block.to_string()),
            receipts: receipts.map(|text| Bytes::copy_from_slice(text.as_bytes())),
        };
        let outcome = || Outcome::Invalid { claimed: "0xaa".into(), computed: "0xbb".into() };
        let checks = failed.iter().map(|name| Check { name, outcome: outcome() }).collect();
        of(&raw, &Ok(Verdict { header, checks }))
    }

    #[test]
    fn every_failed_check_and_the_hash_of_what_was_sent_are_shown() {
        let shown =
            shows(&json!({"number": "0x7", "transactions": [1, 2]}), Some("[1]"), &["tx_hashes", "tx_root"]);
        let checks: Vec<&str> = shown.findings.iter().map(|finding| finding.check.as_str()).collect();
        assert_eq!((shown.offence, checks), (Offence::Corrupt, vec!["tx_hashes", "tx_root"]));
        assert_eq!(shown.excerpt, "  number: 0x7\n  transactions: a list of 2");
        let block = json!({"number": "0x7", "transactions": [1, 2]}).to_string();
        assert_eq!(shown.answers[0].sha256, hex::encode(Sha256::digest(&block)));
        assert_eq!((shown.answers[1].what, shown.answers[1].bytes), ("receipts", 3));
    }

    #[test]
    fn a_body_left_out_is_told_from_a_body_that_lies() {
        let empty = json!({"transactions": []});
        assert_eq!(shows(&empty, None, &["tx_root"]).offence, Offence::Partial);
        assert_eq!(shows(&empty, None, &["hash", "tx_root"]).offence, Offence::Corrupt);
        assert_eq!(shows(&json!({"transactions": [1]}), None, &["tx_root"]).offence, Offence::Corrupt);
        let full = json!({"transactions": [1]});
        assert_eq!(shows(&full, Some("[]"), &["receipts_root", "gas"]).offence, Offence::Partial);
        assert_eq!(shows(&full, Some("[1]"), &["receipts_root", "gas"]).offence, Offence::Corrupt);
    }

    #[test]
    fn nothing_that_is_sound_is_hashed() {
        assert_eq!(shows(&json!({}), None, &[]), Exhibit::bare(Offence::Corrupt));
    }

    #[test]
    fn a_provider_s_words_reach_no_terminal_and_quote_no_key() {
        let spoiled = json!({
            "extraData": format!("0x{}", "ab".repeat(5000)),
            "error": "no key 9aa3d95b3bc440fa88ea12eaa4456161 \u{1b}[2J\u{9b}31m\u{202e}\nforged: line",
            "\u{1b}]0;title": 1,
        });
        let shown = shows(&spoiled, None, &["hash"]).excerpt;
        assert!(shown.is_ascii() && shown.lines().count() == 3, "{shown}");
        assert!(!shown.contains('\u{1b}') && !shown.contains("9aa3d95b"), "{shown}");
        assert!(shown.contains("... (10002 characters)") && shown.len() < 800, "{shown}");
        let many: serde_json::Map<String, Value> = (0..1000).map(|nr| (nr.to_string(), json!(nr))).collect();
        assert!(shows(&many.into(), None, &["hash"]).excerpt.ends_with("and 952 more"));
    }
}
