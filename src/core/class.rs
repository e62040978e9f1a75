//! What an error means to the machine.
//!
//! Providers fail in many words; the machine knows seven answers. Whatever goes wrong on the wire is brought down to one
//! of these at the edge, and nothing above the edge ever reads an error's text.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// How to act on a failed request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// The provider does not have it yet. Ask again shortly; it is no fault, and never a reorg.
    NotYet,
    /// It failed this once: ask another provider now. The breaker counts it.
    Transient,
    /// Too many requests: leave the provider alone. Not counted by the breaker.
    RateLimited {
        /// How long the provider asked to be left alone, if it said.
        retry_after: Option<Duration>,
    },
    /// The request was too large: never repeat it unchanged, halve it.
    Split,
    /// The provider cannot do this at all: remember that, ask another.
    Capability,
    /// The operator must change something (key, plan, address): park the provider, try again rarely.
    Config,
    /// Provably wrong content: refuse it, and hold it against the provider.
    Bad,
}

impl Class {
    /// The name used in metrics and logs.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::NotYet => "not_yet",
            Self::Transient => "transient",
            Self::RateLimited { .. } => "rate_limited",
            Self::Split => "split",
            Self::Capability => "capability",
            Self::Config => "config",
            Self::Bad => "bad",
        }
    }
}

impl fmt::Display for Class {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.name())
    }
}
