//! Unusual ways to write what is true.
//!
//! A reader either understands what is meant or refuses the answer; nobody lied, so nobody may be held guilty.

use std::fmt;

use bytes::Bytes;
use serde_json::{Value, json};

/// One way to write a block or its receipts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Oddity {
    /// Fields that others do not have, some of them `null`.
    FieldsMore,
    /// Without the fields that no hash covers.
    FieldsLess,
    /// Quantities with leading zeros.
    LeadingZeros,
    /// Quantities as JSON numbers, and whether it came through as a boolean.
    Unquoted,
    /// `0x` for zero.
    EmptyZeros,
    /// Its first key twice.
    DoubledKey,
    /// A field a hundred thousand levels deep.
    Deep,
}

/// How deep [`Oddity::Deep`] is.
const LEVELS: usize = 100_000;

/// Fields that hold quantities, in blocks, transactions and receipts.
const QUANTITIES: [&str; 13] = [
    "number",
    "gasLimit",
    "gasUsed",
    "timestamp",
    "baseFeePerGas",
    "blobGasUsed",
    "excessBlobGas",
    "nonce",
    "gas",
    "transactionIndex",
    "blockNumber",
    "cumulativeGasUsed",
    "status",
];

impl Oddity {
    /// The answer, written that way.
    pub fn applied(self, plain: Bytes) -> Bytes {
        match self {
            Self::DoubledKey => doubled(&plain).map_or(plain, Bytes::from),
            Self::Deep => deep(&plain).map_or(plain, Bytes::from),
            _ => {
                let Ok(mut value) = serde_json::from_slice::<Value>(&plain) else { return plain };
                self.change(&mut value);
                serde_json::to_vec(&value).map_or(plain, Bytes::from)
            }
        }
    }

    /// Changes every object in `value`, however deep it lies.
    fn change(self, value: &mut Value) {
        match value {
            Value::Array(items) => items.iter_mut().for_each(|item| self.change(item)),
            Value::Object(fields) => {
                fields.values_mut().for_each(|field| self.change(field));
                match self {
                    Self::FieldsMore => add_fields(fields),
                    Self::FieldsLess => remove_fields(fields),
                    _ => fields.iter_mut().for_each(|(name, field)| self.rewrite(name, field)),
                }
            }
            _ => {}
        }
    }

    fn rewrite(self, name: &str, field: &mut Value) {
        let Some(digits) = quantity(name, field) else { return };
        match (self, u64::from_str_radix(&digits, 16)) {
            (Self::LeadingZeros, _) => *field = json!(format!("0x{digits:0>32}")),
            (Self::Unquoted, Ok(number)) if name == "status" => *field = json!(number == 1),
            (Self::Unquoted, Ok(number)) => *field = json!(number),
            (Self::EmptyZeros, Ok(0)) => *field = json!("0x"),
            _ => {}
        }
    }
}

/// The digits of a quantity; nothing for other fields, nor for a header's nonce, which is eight bytes.
fn quantity(name: &str, field: &Value) -> Option<String> {
    let digits = field.as_str()?.strip_prefix("0x")?;
    (QUANTITIES.contains(&name) && digits.len() < 16).then(|| digits.to_owned())
}

fn add_fields(fields: &mut serde_json::Map<String, Value>) {
    fields.insert("totalDifficulty".into(), json!("0xc70d815d562d3cfa955"));
    fields.insert("sealFields".into(), Value::Null);
    fields.insert("yield".into(), json!({ "of": ["another", "client"] }));
}

fn remove_fields(fields: &mut serde_json::Map<String, Value>) {
    for name in ["size", "uncles", "effectiveGasPrice", "contractAddress", "removed", "from"] {
        fields.remove(name);
    }
}

/// Repeats the first field of an object, or of the first object of a list: a plain text, as every first field is.
fn doubled(json: &[u8]) -> Option<Vec<u8>> {
    let start = json.iter().position(|byte| *byte == b'{')? + 1;
    let end = json.get(start..)?.iter().position(|byte| *byte == b',')? + start + 1;
    Some([json.get(..end)?, json.get(start..)?].concat())
}

fn deep(json: &[u8]) -> Option<Vec<u8>> {
    let start = json.iter().position(|byte| *byte == b'{')? + 1;
    let nested = format!("\"calls\":{}{},", "[".repeat(LEVELS), "]".repeat(LEVELS));
    Some([json.get(..start)?, nested.as_bytes(), json.get(start..)?].concat())
}

impl fmt::Display for Oddity {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::FieldsMore => "fields that others do not have",
            Self::FieldsLess => "no field that it need not",
            Self::LeadingZeros => "quantities with leading zeros",
            Self::Unquoted => "quantities as plain numbers",
            Self::EmptyZeros => "nothing for zero",
            Self::DoubledKey => "a key twice",
            Self::Deep => "a field a hundred thousand levels deep",
        })
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::{LEVELS, Oddity};

    fn written(oddity: Oddity, json: &'static str) -> String {
        String::from_utf8(oddity.applied(Bytes::from_static(json.as_bytes())).to_vec()).unwrap()
    }

    #[test]
    fn quantities_are_written_otherwise_and_data_is_left_alone() {
        let json = r#"{"hash":"0x01","number":"0x1f","t":[{"status":"0x1","value":"0x0"}]}"#;
        assert!(written(Oddity::LeadingZeros, json).contains("000000001f\""));
        assert_eq!(
            written(Oddity::Unquoted, json),
            r#"{"hash":"0x01","number":31,"t":[{"status":true,"value":"0x0"}]}"#
        );
        assert_eq!(written(Oddity::EmptyZeros, r#"{"gasUsed":"0x0"}"#), r#"{"gasUsed":"0x"}"#);
    }

    #[test]
    fn a_key_is_doubled_in_front() {
        assert_eq!(written(Oddity::DoubledKey, r#"[{"a":1,"b":2}]"#), r#"[{"a":1,"a":1,"b":2}]"#);
        assert_eq!(written(Oddity::DoubledKey, "null"), "null");
    }

    #[test]
    fn deep_is_deep_and_balanced() {
        let text = written(Oddity::Deep, r#"{"a":1}"#);
        assert_eq!(text.matches('[').count(), LEVELS);
        assert_eq!(text.matches(']').count(), LEVELS);
    }
}
