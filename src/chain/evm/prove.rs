//! The checks, each by its name, each recomputing one thing that a block claims.

use std::fmt::Display;

use crate::chain::verdict::{Check, Expectation, Outcome};
use crate::core::plain;

/// Characters kept of what is said about a check: two hashes and some words.
const LONGEST: usize = 300;

pub mod body;
pub mod header;
pub mod receipts;

/// A check that holds.
pub const fn valid(name: &'static str) -> Check {
    Check { name, outcome: Outcome::Valid }
}

/// A check that does not hold.
pub fn invalid(name: &'static str, claimed: impl Display, computed: impl Display) -> Check {
    Check { name, outcome: Outcome::Invalid { claimed: said(claimed), computed: said(computed) } }
}

/// A check that cannot be made.
pub fn unverifiable(name: &'static str, reason: impl Display, expectation: Expectation) -> Check {
    Check { name, outcome: Outcome::Unverifiable { reason: said(reason), expectation } }
}

/// Some of it may be copied out of the block, which a provider wrote.
fn said(words: impl Display) -> String {
    plain::line(&words.to_string()).chars().take(LONGEST).collect()
}

/// A check that holds if what is claimed is what was computed.
fn compare<T: Display + PartialEq>(name: &'static str, claimed: T, computed: T) -> Check {
    if claimed == computed { valid(name) } else { invalid(name, claimed, computed) }
}

/// A check that holds unless a contradiction was found: what is claimed, and what it should be.
fn settle(name: &'static str, contradiction: Option<(String, String)>) -> Check {
    match contradiction {
        Some((claimed, computed)) => invalid(name, claimed, computed),
        None => valid(name),
    }
}
