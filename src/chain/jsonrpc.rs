//! JSON-RPC 2.0, as providers speak it.
//!
//! **Why so strict, and so lenient.** An answer is taken only under the id it was asked with: a proxy that mixes up answers
//! would otherwise feed one block as another (erpc#59). Everything else is forgiven: ids as text, a missing `jsonrpc`, answers
//! out of order, one error in place of a whole batch.
//!
//! **Bytes.** A result leaves here as a slice of the body it came in: it is neither copied nor parsed. It keeps the whole
//! body alive.
//!
//! **Errors.** There is no agreement on codes. [`classify`] knows the ones in use and the words around them, and brings them
//! down to a [`crate::core::class::Class`].

pub mod batch;
pub mod caller;
pub mod classify;
pub mod fault;
mod nesting;
pub mod notification;
pub mod request;
pub mod response;
pub mod retry_hint;

pub use self::classify::says_rate_limited;
pub use self::request::Call;
pub use self::response::Answer;

use self::fault::Fault;
use self::response::Envelope;
use super::error::ChainError;
use crate::core::class::Class;

/// Whether a body is an answer of JSON-RPC rather than any other JSON: it holds a result, or an error that is an object.
pub fn is_answer(body: &[u8]) -> bool {
    envelopes(body)
        .iter()
        .any(|answer| answer.result.is_some() || answer.error.is_some_and(|raw| raw.get().starts_with('{')))
}

/// The first error in an answer.
pub fn error(body: &[u8]) -> Option<ChainError> {
    fault(body).map(ChainError::from)
}

/// What the first error in an answer means, if its code or words are known.
pub fn recognised(body: &[u8]) -> Option<Class> {
    fault(body).and_then(|fault| fault.recognised())
}

fn fault(body: &[u8]) -> Option<Fault> {
    envelopes(body).iter().find_map(Envelope::fault)
}

/// The answers in a body, or none if it holds anything else.
fn envelopes(body: &[u8]) -> Vec<Envelope<'_>> {
    match Envelope::read(body) {
        Ok(one) => vec![one],
        Err(_) => serde_json::from_slice(body).unwrap_or_default(),
    }
}

/// Whether a body holds one answer rather than a list of them, by its first byte.
fn is_object(body: &[u8]) -> bool {
    body.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'{')
}
