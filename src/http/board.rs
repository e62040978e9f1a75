//! What the process tells of its chains: written by the actors, read by whoever asks.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use serde::{Deserialize, Serialize};

use crate::core::footing::Weakness;
use crate::core::header::BlockRef;
use crate::core::numbers::{Height, Term};

/// How a chain's stream is doing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Pace {
    /// It has not begun: no provider could be verified, or the start is not there yet.
    #[default]
    Starting,
    /// It follows the tip.
    Live,
    /// It is behind the tip and catching up.
    CatchingUp,
    /// No provider answers: nothing new can come.
    Cut,
    /// Nothing can be made durable: the disk refuses, or a `required` sink is too far behind.
    Paused,
    /// Operators contradict each other, or a person must decide: nothing is delivered.
    Halted,
}

/// One chain's stream, for people and probes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ChainStatus {
    /// How it is doing.
    pub pace: Pace,
    /// The newest block of the chain, as far as operators agree that there is one.
    pub head: Option<Height>,
    /// The last block that was delivered.
    pub tip: Option<BlockRef>,
    /// Blocks missing between the two.
    pub lag_blocks: Option<u64>,
    /// The last final block.
    pub finalized: Option<Height>,
    /// Who leads.
    pub active_provider: Option<String>,
    /// The present term.
    pub term: Term,
    /// Operators that carry the last delivered block.
    pub operators_heard: usize,
    /// Why nothing is delivered, if that is so.
    pub halted: Option<String>,
    /// What the next block waits for.
    pub waiting_for: Option<String>,
    /// What makes its footing weak while it goes on.
    pub degraded: Vec<Weakness>,
    /// When the last block was delivered, seconds since 1970.
    pub delivered_at_s: Option<u64>,
}

impl ChainStatus {
    /// Whether the chain delivers.
    pub const fn is_ready(&self) -> bool {
        matches!(self.pace, Pace::Live | Pace::CatchingUp) && self.tip.is_some()
    }

    /// Why the chain does not deliver, if it does not.
    pub fn why_not_ready(&self) -> Option<String> {
        if self.is_ready() {
            return None;
        }
        // The rest is a page, and stands in `halted` itself.
        let headline = self.halted.as_ref().and_then(|page| Some(page.lines().next()?.to_owned()));
        let (state, reason) = match self.pace {
            Pace::Halted => ("halted", &headline),
            Pace::Starting => ("starting", &self.waiting_for),
            Pace::Cut => ("no provider answers", &self.waiting_for),
            Pace::Paused => ("paused", &self.waiting_for),
            Pace::Live | Pace::CatchingUp => ("nothing delivered yet", &self.waiting_for),
        };
        Some(reason.as_ref().map_or_else(|| state.to_owned(), |reason| format!("{state}: {reason}")))
    }
}

/// All chains by name.
#[derive(Clone, Debug, Default)]
pub struct Board(Arc<Mutex<BTreeMap<String, ChainStatus>>>);

impl Board {
    /// Puts a chain's status up.
    pub fn put(&self, chain: &str, status: ChainStatus) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(chain.into(), status);
    }

    /// All that is up.
    pub fn read(&self) -> BTreeMap<String, ChainStatus> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

#[cfg(test)]
mod tests {
    use super::{ChainStatus, Height, Pace};
    use crate::core::hash::Hash;
    use crate::core::header::BlockRef;

    #[test]
    fn a_chain_is_ready_or_says_why_not() {
        let block = BlockRef { height: Height(7), hash: Hash([7; 32]) };
        for pace in [Pace::Starting, Pace::Cut, Pace::Paused, Pace::Live, Pace::CatchingUp, Pace::Halted] {
            for tip in [None, Some(block)] {
                let status = ChainStatus { pace, tip, ..ChainStatus::default() };
                assert_eq!(status.is_ready(), status.why_not_ready().is_none(), "{status:?}");
            }
        }
    }

    #[test]
    fn the_reason_is_the_one_that_holds_it() {
        let halted = Some("a says x, b says y\n\n  a  block 7".to_owned());
        let status = ChainStatus { pace: Pace::Halted, halted, ..ChainStatus::default() };
        assert_eq!(status.why_not_ready().unwrap(), "halted: a says x, b says y");
        let waiting_for = Some("a second operator".to_owned());
        let status = ChainStatus { waiting_for, ..ChainStatus::default() };
        assert_eq!(status.why_not_ready().unwrap(), "starting: a second operator");
    }
}
