//! How long somebody has been clearly better than the leader.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Serialize;

use super::{CLEARLY_BETTER, Candidate};
use crate::core::at::At;
use crate::core::eligibility::Fitness;

const EVALUATIONS: u32 = 3;
const SPAN: Duration = Duration::from_secs(15);

/// Somebody who is clearly better than the leader.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Challenger {
    /// Since this moment,
    pub since: At,
    /// in so many evaluations without interruption.
    pub evaluations: u32,
}

/// Everybody who is. Each has its own row: when two better ones take turns at being best, the leader must go all the same.
#[derive(Clone, Debug, Default)]
pub(super) struct Challenges {
    rows: BTreeMap<String, Challenger>,
}

impl Challenges {
    /// Takes one evaluation in. Without an eligible leader nobody needs to challenge.
    pub(super) fn observe(&mut self, leader: Option<&Candidate>, candidates: &[Candidate], now: At) {
        let better = |candidate: &&Candidate| {
            let clearly = |leader: &Candidate| candidate.score > CLEARLY_BETTER * leader.score;
            candidate.fitness == Fitness::Eligible && leader.is_some_and(clearly)
        };
        let rows = candidates.iter().filter(better).map(|candidate| {
            let before = self.rows.get(&candidate.name).copied();
            let mut row = before.unwrap_or(Challenger { since: now, evaluations: 0 });
            row.evaluations = row.evaluations.saturating_add(1);
            (candidate.name.clone(), row)
        });
        self.rows = rows.collect();
    }

    /// Whether `name` has been better for long enough.
    pub(super) fn is_ripe(&self, name: &str, now: At) -> bool {
        let long = |row: &Challenger| row.evaluations >= EVALUATIONS && now.since(row.since) >= SPAN;
        self.rows.get(name).is_some_and(long)
    }

    pub(super) fn rows(&self) -> BTreeMap<String, Challenger> {
        self.rows.clone()
    }
}
