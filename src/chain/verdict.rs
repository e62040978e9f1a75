//! What recomputing a block says about it.

use serde::Serialize;

use crate::core::header::Header;

/// What one check found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "outcome")]
pub enum Outcome {
    /// Recomputed, and it holds.
    Valid,
    /// Recomputed, and it does not hold: the content is provably wrong.
    Invalid {
        /// What the block claims.
        claimed: String,
        /// What its content gives.
        computed: String,
    },
    /// It cannot be recomputed.
    Unverifiable {
        /// Why.
        reason: String,
        /// Whether the chain's profile says so beforehand.
        expectation: Expectation,
    },
}

/// Whether a missing proof is no surprise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Expectation {
    /// The profile of the chain, or the nature of the check, says that it cannot be recomputed.
    Expected,
    /// It should have been possible: an unknown field or transaction type, as on the day of a fork.
    Unexpected,
}

/// One named check.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Check {
    /// Such as `hash`, `tx_root`, `withdrawals_root`, `receipts_root`, `bloom`.
    pub name: &'static str,
    /// What it found.
    #[serde(flatten)]
    pub outcome: Outcome,
}

/// Everything that recomputing one block found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Verdict {
    /// The block's place in its chain, as its content claims.
    pub header: Header,
    /// Every check that applies to the block.
    pub checks: Vec<Check>,
}

/// The verdict in one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// Nothing is invalid, nothing is unexpectedly unverifiable.
    Sound,
    /// Nothing is invalid, but something that should have been provable is not.
    Unproved,
    /// Something is invalid.
    Refuted,
}

impl Verdict {
    /// The verdict in one word.
    pub fn standing(&self) -> Standing {
        let surprised = |check: &Check| {
            matches!(check.outcome, Outcome::Unverifiable { expectation: Expectation::Unexpected, .. })
        };
        if self.refutation().is_some() {
            Standing::Refuted
        } else if self.checks.iter().any(surprised) {
            Standing::Unproved
        } else {
            Standing::Sound
        }
    }

    /// The first check that is invalid.
    pub fn refutation(&self) -> Option<&Check> {
        self.checks.iter().find(|check| matches!(check.outcome, Outcome::Invalid { .. }))
    }

    /// The checks that are invalid, each with what its content gives.
    pub fn computed(&self) -> Vec<(&'static str, String)> {
        let invalid = self.checks.iter().filter_map(|check| match &check.outcome {
            Outcome::Invalid { computed, .. } => Some((check.name, computed.clone())),
            Outcome::Valid | Outcome::Unverifiable { .. } => None,
        });
        invalid.collect()
    }

    /// The names of the checks that hold.
    pub fn verified(&self) -> Vec<String> {
        let valid = self.checks.iter().filter(|check| check.outcome == Outcome::Valid);
        valid.map(|check| check.name.to_owned()).collect()
    }
}
