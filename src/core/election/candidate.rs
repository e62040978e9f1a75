//! Who stands for election.

use serde::Serialize;

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
}
