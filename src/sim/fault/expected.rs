//! What blocktap makes of a fault.

use std::fmt;

/// What is recorded while a fault lasts: the class of the requests that fail for it, or what becomes of the provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Expected {
    /// No request fails, and nobody is held guilty.
    Tolerated,
    /// [`crate::core::class::Class::NotYet`].
    NotYet,
    /// [`crate::core::class::Class::Transient`].
    Transient,
    /// [`crate::core::class::Class::RateLimited`].
    RateLimited,
    /// [`crate::core::class::Class::Split`].
    Split,
    /// [`crate::core::class::Class::Capability`].
    Capability,
    /// [`crate::core::class::Class::Config`].
    Config,
    /// Provably wrong: refused, and the provider is quarantined with the proof.
    Quarantine,
    /// No request fails; the provider is not eligible while it lasts, and its flags say why.
    Demoted,
    /// The stream halts, and says why.
    Halted,
}

impl Expected {
    /// The name of the class that failed requests are counted under, if requests fail.
    pub const fn class(self) -> Option<&'static str> {
        match self {
            Self::NotYet => Some("not_yet"),
            Self::Transient => Some("transient"),
            Self::RateLimited => Some("rate_limited"),
            Self::Split => Some("split"),
            Self::Capability => Some("capability"),
            Self::Config => Some("config"),
            Self::Tolerated | Self::Quarantine | Self::Demoted | Self::Halted => None,
        }
    }
}

impl fmt::Display for Expected {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Tolerated => "tolerated",
            Self::NotYet => "not yet",
            Self::Transient => "transient",
            Self::RateLimited => "rate limited",
            Self::Split => "split",
            Self::Capability => "capability",
            Self::Config => "config",
            Self::Quarantine => "quarantine",
            Self::Demoted => "demoted",
            Self::Halted => "halted",
        })
    }
}
