//! `hash`: the header hashes to the block's hash.

use alloy_primitives::B256;

use super::super::fields::Survey;
use super::super::header::Header;
use super::super::malformed;
use super::super::profile::Profile;
use crate::chain::error::ChainError;
use crate::chain::verdict::{Expectation, Outcome};
use crate::core::class::Class;

/// Whether a header hashes to what its block claims. `json` is the block's, read again only if it does not.
///
/// A mismatch proves a lie only where every field is known: a field that came with a fork would have to be hashed, too.
pub fn hash(claimed: B256, header: &Header, json: &[u8], profile: &Profile) -> Outcome {
    let computed = header.hash();
    if computed == claimed {
        return Outcome::Valid;
    }
    if let Some(reason) = profile.foreign_header() {
        return Outcome::Unverifiable { reason: reason.into(), expectation: Expectation::Expected };
    }
    let unknown = Survey::of(json).unknown;
    if unknown.is_empty() {
        return Outcome::Invalid { claimed: claimed.to_string(), computed: computed.to_string() };
    }
    unexpected(format!("unknown fields that may belong to the header: {}", unknown.join(", ")))
}

/// As [`hash`], for a header that is not read yet. What is not there cannot be proved wrong; what is malformed is wrong.
///
/// # Errors
/// `Transient` when a field is said twice.
pub fn hash_of_json(claimed: B256, json: &[u8], profile: &Profile) -> Result<Outcome, ChainError> {
    let error = match serde_json::from_slice::<Header>(json) {
        Ok(header) => return Ok(hash(claimed, &header, json, profile)),
        Err(error) => error,
    };
    let refused = malformed::refuse("header", &error);
    if refused.class != Class::Bad {
        return Err(refused);
    }
    let missing = Survey::of(json).missing;
    Ok(match profile.foreign_header() {
        Some(reason) => Outcome::Unverifiable { reason: reason.into(), expectation: Expectation::Expected },
        None if !missing.is_empty() => unexpected(format!("the header lacks {}", missing.join(", "))),
        None => Outcome::Invalid {
            claimed: claimed.to_string(),
            computed: format!("a malformed header: {error}"),
        },
    })
}

fn unexpected(reason: String) -> Outcome {
    Outcome::Unverifiable { reason, expectation: Expectation::Unexpected }
}
