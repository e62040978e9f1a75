//! What the process tells of its chains: written by the actors, read by whoever asks.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use serde::{Deserialize, Serialize};

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
    /// When the last block was delivered, seconds since 1970.
    pub delivered_at_s: Option<u64>,
}

impl ChainStatus {
    /// Whether the chain delivers.
    pub const fn is_ready(&self) -> bool {
        matches!(self.pace, Pace::Live | Pace::CatchingUp) && self.tip.is_some()
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
