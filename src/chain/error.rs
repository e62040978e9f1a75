//! What can go wrong between us and a provider.

use super::redact::redact;
use crate::core::class::Class;

/// A failed request: what the machine does about it, and what a person reads.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{class}: {message}")]
pub struct ChainError {
    /// How to act.
    pub class: Class,
    /// What happened, in a few words: cleaned of control characters, cut to [`ChainError::LONGEST`], and free of addresses
    /// and of whatever looks like a key.
    pub message: String,
}

impl ChainError {
    /// Characters kept of a message: some of it comes from providers.
    pub const LONGEST: usize = 200;

    /// An error of `class`. The message may hold a provider's words: they are made harmless here.
    pub fn new(class: Class, message: impl AsRef<str>) -> Self {
        let plain: String = message.as_ref().chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        Self { class, message: redact(&plain).chars().take(Self::LONGEST).collect() }
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
}
