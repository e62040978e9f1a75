//! A block's place in its chain, read without looking at anything else.

use alloy_primitives::B256;
use serde::Deserialize;

use super::profile::Profile;
use super::{malformed, prove, quantity};
use crate::chain::error::ChainError;
use crate::chain::verdict::{Expectation, Outcome};
use crate::core::hash::Hash;
use crate::core::header::Header;
use crate::core::numbers::Height;

/// What links a block to others. A pending block has `null` for some of it (alloy#2117).
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Place {
    #[serde(default, with = "quantity::option")]
    number: Option<u64>,
    hash: Option<B256>,
    parent_hash: B256,
    #[serde(with = "quantity::present")]
    timestamp: u64,
}

/// Reads the number, hash, parent and time of a block, whole or not, or of an announced header.
///
/// # Errors
/// `NotYet` for `null` and for a pending block, `Transient` for what is not complete JSON, `Bad` for what is no block.
pub fn scan(json: &[u8]) -> Result<Header, ChainError> {
    let place: Option<Place> =
        serde_json::from_slice(json).map_err(|error| malformed::refuse("block", &error))?;
    let place = place.ok_or_else(|| ChainError::not_yet("no such block"))?;
    match (place.number, place.hash) {
        (Some(number), Some(hash)) => Ok(Header {
            height: Height(number),
            hash: Hash(hash.0),
            parent: Hash(place.parent_hash.0),
            time_s: place.timestamp,
        }),
        _ => Err(ChainError::not_yet("a pending block")),
    }
}

/// Reads as [`scan`] does, and recomputes the hash: `Valid` if the header's fields hash to it, `Unverifiable` if some are
/// missing or unknown, or if the chain does not allow it. Transactions, if any, are not looked at.
///
/// # Errors
/// Those of [`scan`]; `Transient` also when a field is said twice.
pub fn parse_header(json: &[u8], profile: &Profile) -> Result<(Header, Outcome), ChainError> {
    let place = scan(json)?;
    let outcome = match profile.link_only() {
        Some(reason) => Outcome::Unverifiable { reason: reason.into(), expectation: Expectation::Expected },
        None => prove::header::hash_of_json(B256::from(place.hash.0), json, profile)?,
    };
    Ok((place, outcome))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::header;
    use super::{B256, Outcome, Profile, parse_header, scan};
    use crate::chain::error::ChainError;
    use crate::chain::family::Verification;
    use crate::core::chain_id::ChainId;
    use crate::core::class::Class;

    fn announced() -> Value {
        let header = header::Header { number: 7, timestamp: 9, ..Default::default() };
        let mut json = serde_json::to_value(&header).unwrap();
        json["hash"] = json!(header.hash());
        json
    }

    fn parse(json: &Value, chain: u64) -> Result<Outcome, ChainError> {
        let profile = Profile::of(&ChainId::evm(chain), Verification::Full);
        Ok(parse_header(&serde_json::to_vec(json).unwrap(), &profile)?.1)
    }

    #[test]
    fn a_place_is_read_from_any_block() {
        let place = scan(&serde_json::to_vec(&announced()).unwrap()).unwrap();
        assert_eq!((place.height.0, place.time_s), (7, 9));
    }

    #[test]
    fn what_is_not_there_is_not_yet_and_what_is_cut_is_transient() {
        let mut pending = announced();
        pending["hash"] = Value::Null;
        assert_eq!(scan(b"null").unwrap_err().class, Class::NotYet);
        assert_eq!(scan(&serde_json::to_vec(&pending).unwrap()).unwrap_err().class, Class::NotYet);
        assert_eq!(scan(b"{\"number\":\"0x1").unwrap_err().class, Class::Transient);
        assert_eq!(scan(b"{\"hash\":{},\"hash\":{}}").unwrap_err().class, Class::Bad);
        assert_eq!(scan(b"[]").unwrap_err().class, Class::Bad);
    }

    #[test]
    fn an_announced_header_proves_itself() {
        assert_eq!(parse(&announced(), 1), Ok(Outcome::Valid));
    }

    #[test]
    fn a_changed_field_refutes_and_a_missing_one_leaves_a_hint() {
        let mut changed = announced();
        changed["stateRoot"] = json!(B256::repeat_byte(1));
        assert!(matches!(parse(&changed, 1), Ok(Outcome::Invalid { .. })));
        let mut missing = announced();
        missing.as_object_mut().unwrap().remove("stateRoot");
        assert!(matches!(parse(&missing, 1), Ok(Outcome::Unverifiable { .. })));
    }

    #[test]
    fn an_unknown_header_field_is_a_fork_and_no_lie() {
        let mut forked = announced();
        forked["hash"] = json!(B256::repeat_byte(1));
        forked["brandNewRoot"] = json!(B256::repeat_byte(2));
        assert!(matches!(parse(&forked, 1), Ok(Outcome::Unverifiable { .. })));
    }

    #[test]
    fn a_foreign_header_is_taken_as_it_is() {
        let json = json!({"number": "0x1", "hash": B256::ZERO, "parentHash": B256::ZERO, "timestamp": "0x1", "logsBloom": "0x0"});
        assert!(matches!(parse(&json, 324), Ok(Outcome::Unverifiable { .. })));
    }
}
