//! The fields that a block's JSON may have at its top.
//!
//! Only looked at when a header does not hash to its hash: a field that is not known here may belong to it, as on the day of
//! a fork.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

/// Fields that are looked at: many times those of any chain. Without a bound, a provider that means harm could fill the memory with
/// names.
const MOST_FIELDS: usize = 1024;

/// Header fields that every block has.
const REQUIRED: [&str; 15] = [
    "parentHash",
    "sha3Uncles",
    "miner",
    "stateRoot",
    "transactionsRoot",
    "receiptsRoot",
    "logsBloom",
    "difficulty",
    "number",
    "gasLimit",
    "gasUsed",
    "timestamp",
    "extraData",
    "mixHash",
    "nonce",
];

/// Header fields that came with forks, and are known.
const LATER: [&str; 8] = [
    "baseFeePerGas",
    "withdrawalsRoot",
    "blobGasUsed",
    "excessBlobGas",
    "parentBeaconBlockRoot",
    "requestsHash",
    "blockAccessListHash",
    "slotNumber",
];

/// Fields beside the header: the body, and what nodes add for convenience.
const BESIDE: [&str; 21] = [
    "hash",
    "transactions",
    "uncles",
    "withdrawals",
    "size",
    "totalDifficulty",
    "author",     // Parity and Erigon: the miner again
    "sealFields", // Parity: mix hash and nonce again
    "transactionCount",
    "blockAccessList", // the list behind blockAccessListHash
    "calls",           // Otterscan
    "l1BlockNumber",   // Arbitrum; packed into mixHash
    "sendCount",       // Arbitrum; packed into mixHash
    "sendRoot",        // Arbitrum; equals extraData
    "milliTimestamp",  // BSC; packed into mixHash
    "timestampMs",
    "l1BatchNumber", // ZK Stack
    "l1BatchTimestamp",
    "epochNumber", // Conflux, Celo
    "randomness",  // Celo
    "blockTimestamp",
];

/// What is unusual about a block's fields.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Survey {
    /// Header fields that every block should have, and this one has not, or as `null`.
    pub missing: Vec<&'static str>,
    /// Fields that are not known here and could belong to the header.
    pub unknown: Vec<String>,
}

impl Survey {
    /// Surveys a block's JSON; of what is no object, everything is missing.
    pub fn of(json: &[u8]) -> Self {
        let fields =
            serde_json::from_slice(json).map_or_else(|_| BTreeMap::new(), |fields: Fields<'_>| fields.0);
        let absent = |name: &&str| fields.get(*name).is_none_or(|value| value.get() == "null");
        let known = |name: &str| [&REQUIRED[..], &LATER, &BESIDE].iter().any(|list| list.contains(&name));
        let unknown = fields.iter().filter(|(name, value)| !known(name) && is_scalar(value));
        Self {
            missing: REQUIRED.into_iter().filter(absent).collect(),
            unknown: unknown.map(|(name, _)| name.clone()).collect(),
        }
    }
}

/// The first [`MOST_FIELDS`] fields of an object, as they stand there.
struct Fields<'a>(BTreeMap<String, &'a RawValue>);

impl<'de: 'a, 'a> Deserialize<'de> for Fields<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(FieldsVisitor)
    }
}

struct FieldsVisitor;

impl<'de> Visitor<'de> for FieldsVisitor {
    type Value = Fields<'de>;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fields<'de>, A::Error> {
        let mut fields = BTreeMap::new();
        while let Some((name, value)) = map.next_entry::<String, &RawValue>()? {
            if fields.len() < MOST_FIELDS {
                fields.insert(name, value);
            }
        }
        Ok(Fields(fields))
    }
}

/// Header fields are numbers, hashes and bytes: never lists, never objects, never nothing.
fn is_scalar(value: &RawValue) -> bool {
    value.get().starts_with("\"0x") || value.get().starts_with(|first: char| first.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::{BESIDE, LATER, REQUIRED, Survey};

    #[test]
    fn known_fields_are_no_surprise_and_missing_ones_are_named() {
        let fields = [&REQUIRED[1..], &LATER, &BESIDE].concat();
        let json: serde_json::Map<_, _> = fields.iter().map(|name| ((*name).into(), "0x1".into())).collect();
        let survey = Survey::of(&serde_json::to_vec(&json).unwrap());
        assert_eq!(survey, Survey { missing: vec!["parentHash"], unknown: vec![] });
    }

    #[test]
    fn only_what_could_be_a_header_field_is_called_unknown() {
        let json = br#"{"newRoot":"0x12","newCount":3,"note":"hello","list":[],"object":{},"nothing":null}"#;
        assert_eq!(Survey::of(json).unknown, ["newCount", "newRoot"]);
    }

    #[test]
    fn names_without_end_are_not_kept() {
        let many: Vec<String> = (0..100_000).map(|n| format!("\"x{n}\":\"0x1\"")).collect();
        assert_eq!(
            Survey::of(format!("{{{}}}", many.join(",")).as_bytes()).unknown.len(),
            super::MOST_FIELDS
        );
    }

    #[test]
    fn a_null_is_as_good_as_missing() {
        assert!(Survey::of(br#"{"nonce":null}"#).missing.contains(&"nonce"));
        assert_eq!(Survey::of(b"[]").missing.len(), REQUIRED.len());
    }
}
