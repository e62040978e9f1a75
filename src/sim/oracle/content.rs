//! Whether an applied block is what its hash says: held against the block that the world made under that hash.
//!
//! Bytes need not be equal: providers write numbers in many ways and add fields of their own, and what they send is passed on as
//! it is. Every value that the block's hash covers must be.

use serde_json::Value;

use super::terms::Terms;
use crate::core::event::Event;
use crate::sim::world::World;

/// What no hash covers, in blocks, transactions, receipts and logs.
const UNCOVERED: [&str; 9] = [
    "from",
    "to",
    "contractAddress",
    "effectiveGasPrice",
    "totalDifficulty",
    "size",
    "blockTimestamp",
    "removed",
    "yParity",
];

pub fn check(event: &Event, world: &World, terms: &Terms) -> Result<(), String> {
    let envelope = &event.envelope;
    let told = |what: &str| {
        format!("event {} applies {} {}: {what}", envelope.seq, envelope.block_number, envelope.block_hash)
    };
    let Some(made) = world.block(&envelope.block_hash) else { return Err(told("nobody made it")) };
    let Some(body) = &event.body else { return Err(told("it has no body")) };
    alike(&made.full_json(), &body.block, In::Block).map_err(|what| told(&what))?;
    match (&body.receipts, terms.with_receipts) {
        (Some(receipts), true) => {
            alike(&made.receipts_json(), receipts, In::Receipts).map_err(|what| told(&what))?;
        }
        (None, false) => {}
        (Some(_), false) => return Err(told("it has receipts that nobody asked for")),
        (None, true) => return Err(told("its receipts are missing")),
    }
    let verified = envelope.source.iter().flat_map(|source| &source.verified);
    let verified: Vec<&str> = verified.map(String::as_str).collect();
    match terms.checks.iter().find(|check| !verified.contains(check)) {
        Some(missing) => Err(told(&format!("its {missing} was not verified, only {verified:?}"))),
        None => Ok(()),
    }
}

/// Where a value stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum In {
    Block,
    Receipts,
}

fn alike(made: &[u8], found: &[u8], place: In) -> Result<(), String> {
    if made == found {
        return Ok(());
    }
    let Ok(made) = serde_json::from_slice::<Value>(made) else { return Ok(()) };
    let found: Value =
        serde_json::from_slice(found).map_err(|error| format!("its body is no JSON: {error}"))?;
    differ(&made, &found, place, &mut String::new())
        .map_or(Ok(()), |path| Err(format!("{path} is not the block's")))
}

/// The path to the first covered value that differs.
fn differ(made: &Value, found: &Value, place: In, path: &mut String) -> Option<String> {
    match (made, found) {
        (Value::Object(made), Value::Object(found)) => made.iter().find_map(|(key, value)| {
            let free = UNCOVERED.contains(&key.as_str()) && !(place == In::Block && key == "to");
            let priced = key == "gasPrice" && made.contains_key("maxFeePerGas");
            let named = key == "chainId" && made.get("type").is_none_or(|kind| kind == "0x0");
            if free || priced || named {
                return None;
            }
            let end = path.len();
            path.push('/');
            path.push_str(key);
            let differing = match found.get(key) {
                Some(found) => differ(value, found, place, path),
                // Of an empty list the hash above it tells.
                None => {
                    let empty = value.is_null() || value.as_array().is_some_and(Vec::is_empty);
                    (!empty).then(|| path.clone())
                }
            };
            path.truncate(end);
            differing
        }),
        (Value::Array(made), Value::Array(found)) if made.len() == found.len() => {
            made.iter().zip(found).enumerate().find_map(|(index, (made, found))| {
                let end = path.len();
                path.push_str(&format!("/{index}"));
                let differing = differ(made, found, place, path);
                path.truncate(end);
                differing
            })
        }
        _ => (written(made) != written(found)).then(|| path.clone()),
    }
}

/// A scalar as everybody writes it: lower case, numbers without leading zeros.
fn written(value: &Value) -> String {
    match value {
        Value::String(text) => {
            let text = text.to_lowercase();
            match text.strip_prefix("0x") {
                // Too long for a number: bytes, whose zeros count.
                Some(digits) if digits.len() <= 32 => format!("0x{}", digits.trim_start_matches('0')),
                _ => text,
            }
        }
        Value::Number(number) => number
            .as_u64()
            .map_or_else(|| number.to_string(), |number| written(&format!("{number:#x}").into())),
        Value::Bool(is) => written(&Value::from(if *is { "0x1" } else { "0x0" })),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::{In, alike};

    #[test]
    fn other_ways_of_writing_and_more_fields_are_no_difference() {
        let made = br#"{"number":"0x1f","input":"0x","txs":[{"hash":"0xAB","from":"0x1"}]}"#;
        let found =
            br#"{"number":31,"input":"0x","txs":[{"hash":"0x0ab","from":"0x2","new":1}],"size":"0x5"}"#;
        assert_eq!(alike(made, found, In::Block), Ok(()));
    }

    #[test]
    fn a_covered_value_that_differs_is_named() {
        let made = br#"{"txs":[{"value":"0x1"},{"value":"0x2"}]}"#;
        let differing = |found: &str| alike(made, found.as_bytes(), In::Block).unwrap_err();
        assert_eq!(
            differing(r#"{"txs":[{"value":"0x1"},{"value":"0x3"}]}"#),
            "/txs/1/value is not the block's"
        );
        assert_eq!(differing(r#"{"txs":[{"value":"0x1"},{}]}"#), "/txs/1/value is not the block's");
        assert_eq!(differing(r#"{"txs":[{"value":"0x1"}]}"#), "/txs is not the block's");
    }
}
