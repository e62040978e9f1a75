//! The rules, by the names under which their breach is told.

use std::fmt;

use crate::core::at::At;

/// A rule that was broken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Breach {
    /// Which.
    pub invariant: Invariant,
    /// When: on the world's clock.
    pub at: At,
    /// How.
    pub what: String,
}

/// What must hold, whatever the providers do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Invariant {
    /// Numbers without a gap, ids chained and unique.
    Sequence,
    /// Apply and undo fold to one contiguous chain.
    Fold,
    /// Nothing at or below a final block is touched again, and only what is final is called so.
    Finality,
    /// Every applied block passed its checks, and is what its hash says.
    Content,
    /// Who is named as having agreed has shown the block.
    Votes,
    /// No lone word is followed while another operator is reachable and advancing.
    Corroboration,
    /// Nobody is quarantined who never failed.
    Innocence,
    /// No request before the time that a provider asked to be left alone for is over.
    RetryAfter,
    /// No more requests than the account allows.
    RateLimit,
    /// Memory keeps its bound.
    Memory,
    /// Every sink gets the log as it is, and none waits for another.
    Sinks,
    /// Caught up within a minute once nothing fails any more.
    CatchUp,
    /// Nothing panics, and no actor dies but by the injected panics.
    Alive,
}

impl Invariant {
    /// In words.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sequence => "ids are chained and unique, numbers have no gap",
            Self::Fold => "apply and undo fold to one contiguous chain",
            Self::Finality => "only what is final is called so, and nothing below it is touched",
            Self::Content => "every applied block passed its checks and is what its hash says",
            Self::Votes => "who is named as having agreed has shown the block",
            Self::Corroboration => "no lone word is followed while another operator advances",
            Self::Innocence => "nobody is quarantined who never failed",
            Self::RetryAfter => "no request before a provider's Retry-After",
            Self::RateLimit => "no more requests than the account allows",
            Self::Memory => "memory keeps its bound",
            Self::Sinks => "every sink gets the log as it is, independent of the others",
            Self::CatchUp => "caught up within 60 s once nothing fails any more",
            Self::Alive => "nothing panics or dies by itself",
        }
    }
}

impl fmt::Display for Breach {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { invariant, at, what } = self;
        write!(out, "{}, broken at {:.3} s: {what}", invariant.name(), at.elapsed().as_secs_f64())
    }
}
