//! What an election shows to people.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{Challenger, Election, Leader};
use crate::core::at::At;
use crate::core::numbers::Term;

/// An election's state at one moment.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct State {
    /// The current term.
    pub term: Term,
    /// Who leads.
    pub leader: Option<Leader>,
    /// How long it has led.
    pub led_for_s: u64,
    /// Who is clearly better than the leader.
    pub challengers: BTreeMap<String, Challenger>,
    /// Who is passed over for having lost the lead too often, and its penalty.
    pub passed_over: BTreeMap<String, u64>,
    /// Switches within the last hour that nobody needed.
    pub voluntary_switches: usize,
}

impl Election {
    /// Its state at `now`.
    pub fn state(&self, now: At) -> State {
        State {
            term: self.term,
            leader: self.leader.clone(),
            led_for_s: self.leader.as_ref().map_or(0, |leader| now.since(leader.since).as_secs()),
            challengers: self.challenges.rows(),
            passed_over: self.damping.suppressed(now),
            voluntary_switches: self.voluntary_within_the_hour(now),
        }
    }
}
