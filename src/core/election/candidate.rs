//! Who stands for election.

use serde::Serialize;

use super::rejoin::Standing;
use crate::core::eligibility::Fitness;

/// Somebody who could lead.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Candidate {
    /// Its name, unique among the candidates.
    pub name: String,
    /// Its score: larger is better.
    pub score: f64,
    /// The operator's preference, which settles ties.
    pub weight: f64,
    /// Whether it may lead.
    pub fitness: Fitness,
    /// Whether it has shown the last block delivered.
    pub cursor: Cursor,
    /// Whether it has followed our chain for a while.
    pub standing: Standing,
}

/// Whether a candidate has shown the last block delivered: it, or one that descends from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Cursor {
    /// It has, or nothing was delivered yet.
    Shown,
    /// It has not, or what it showed is not known to link to it.
    NotShown,
}
