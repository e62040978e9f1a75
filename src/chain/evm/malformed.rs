//! What to make of bytes that are not the block they should be.

use alloy_consensus::EMPTY_ROOT_HASH;
use alloy_primitives::B256;
use serde::Deserialize;
use serde_json::error::Category;

use super::header::Header;
use super::profile::Profile;
use super::withdrawal::Withdrawal;
use super::{prove, scan};
use crate::chain::error::ChainError;
use crate::chain::verdict::{Check, Verdict};
use crate::core::class::Class;

/// The error for JSON that could not be read as a `what`.
///
/// An answer that breaks off or says a field twice is an accident on the way and not a lie.
pub fn refuse(what: &str, error: &serde_json::Error) -> ChainError {
    let text = error.to_string();
    match error.classify() {
        Category::Data if !text.starts_with("duplicate field") => {
            ChainError::bad(format!("malformed {what}: {text}"))
        }
        _ => ChainError::transient(format!("broken {what}: {text}")),
    }
}

/// Finds out what is wrong with a block that could not be read for `error`.
///
/// A header that is incomplete or malformed, hashes in place of transactions, and withdrawals that are none, are findings
/// about the block.
///
/// # Errors
/// `NotYet` for a pending block or none, otherwise as [`refuse`].
pub fn explain(json: &[u8], error: &serde_json::Error, profile: &Profile) -> Result<Verdict, ChainError> {
    let refused = refuse("block", error);
    let header = scan::scan(json)?;
    let hash = Check {
        name: "hash",
        outcome: prove::header::hash_of_json(B256::from(header.hash.0), json, profile)?,
    };
    let Ok(fields) = serde_json::from_slice::<Header>(json) else {
        return Ok(Verdict { header, checks: vec![hash] });
    };
    let list = list(json, &fields).filter(|_| refused.class == Class::Bad).ok_or(refused)?;
    Ok(Verdict { header, checks: vec![hash, list] })
}

/// The check that a malformed list fails.
fn list(json: &[u8], header: &Header) -> Option<Check> {
    if serde_json::from_slice::<Hashes>(json).is_ok() {
        let claimed = header.transactions_root;
        return Some(prove::invalid("tx_root", claimed, "hashes instead of transactions"));
    }
    let error = serde_json::from_slice::<Withdrawals>(json).err()?;
    let claimed = header.withdrawals_root.unwrap_or(EMPTY_ROOT_HASH);
    Some(prove::invalid("withdrawals_root", claimed, format!("malformed withdrawals: {error}")))
}

#[derive(Deserialize)]
struct Hashes {
    #[serde(rename = "transactions")]
    _transactions: Vec<B256>,
}

#[derive(Deserialize)]
struct Withdrawals {
    #[serde(rename = "withdrawals")]
    _withdrawals: Option<Vec<Withdrawal>>,
}
