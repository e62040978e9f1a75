//! What an election decides, and why.

use serde::Serialize;

/// The result of an evaluation.
#[must_use]
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case", tag = "decision")]
pub enum Decision {
    /// The eligible leader stays.
    Keep,
    /// Another leads, in a new term.
    Switch {
        /// Its name.
        to: String,
        /// Why.
        reason: Reason,
    },
    /// Nobody is eligible, and this one serves all the same; in a new term, if it did not lead before.
    LastResort {
        /// Its name.
        to: String,
        /// What is wrong with it.
        why: String,
    },
    /// Nobody may lead.
    Nobody {
        /// What is wrong with each.
        why: String,
    },
}

/// Why the leader changed.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case", tag = "reason")]
pub enum Reason {
    /// There was none before.
    First,
    /// The one before may lead no longer.
    Forced {
        /// What is wrong with it.
        why: String,
    },
    /// This one is clearly better.
    Voluntary {
        /// By this factor.
        ratio: f64,
    },
}
