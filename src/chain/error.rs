//! What can go wrong between us and a provider.

use super::redact::redact;
use crate::core::class::Class;
use crate::core::header::BlockRef;
use crate::core::plain;

/// A failed request: what the machine does about it, and what a person reads.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{class}: {message}")]
pub struct ChainError {
    /// How to act.
    pub class: Class,
    /// What happened, in a few words: on one line without control characters, cut to [`ChainError::LONGEST`], and free of addresses
    /// and of whatever looks like a key.
    pub message: String,
    /// The JSON-RPC code of an error that no rule knows, so that it can be counted and a rule be made for it.
    pub unknown_code: Option<i64>,
    /// The block that a refuted answer says it is.
    pub claimed: Option<BlockRef>,
}

impl ChainError {
    /// Characters kept of a message: some of it comes from providers.
    pub const LONGEST: usize = 200;

    /// An error of `class`. The message may hold a provider's words: they are made harmless here.
    pub fn new(class: Class, message: impl AsRef<str>) -> Self {
        let message = redact(&plain::line(message.as_ref())).chars().take(Self::LONGEST).collect();
        Self { class, message, unknown_code: None, claimed: None }
    }

    /// "Ask again shortly."
    pub fn not_yet(message: impl AsRef<str>) -> Self {
        Self::new(Class::NotYet, message)
    }

    /// "Ask another one now."
    pub fn transient(message: impl AsRef<str>) -> Self {
        Self::new(Class::Transient, message)
    }

    /// "This is provably wrong."
    pub fn bad(message: impl AsRef<str>) -> Self {
        Self::new(Class::Bad, message)
    }

    /// The same, of an answer that says it is `block`.
    pub fn claiming(self, block: BlockRef) -> Self {
        Self { claimed: Some(block), ..self }
    }
}
