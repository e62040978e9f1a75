//! What was arranged, and with it what may be asked of the daemon.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::core::chain_id::ChainId;
use crate::core::numbers::Height;

/// The terms of one play.
#[derive(Clone, Debug)]
pub struct Terms {
    /// The stream.
    pub stream: ChainId,
    /// The providers by name.
    pub providers: BTreeMap<String, Account>,
    /// What one operator's word is worth.
    pub lone_word: LoneWord,
    /// An operator counts as advancing when it showed a new block within this time.
    pub lag_threshold: Duration,
    /// Checks that every applied block must have passed.
    pub checks: Vec<&'static str>,
    /// Whether receipts come with each block.
    pub with_receipts: bool,
    /// Most bytes that may be under way between providers and the log.
    pub most_bytes: usize,
    /// The lowest height that may be called final is as many blocks below the head, whatever providers say.
    pub final_depth: u64,
    /// The first height of the stream, where it was said.
    pub start: Option<Height>,
}

/// A provider as the daemon was told of it.
#[derive(Clone, Debug)]
pub struct Account {
    /// Who runs it.
    pub operator: String,
    /// Requests a second.
    pub rate_per_s: f64,
    /// Requests at once.
    pub burst: f64,
}

/// What one operator's word is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LoneWord {
    /// Nothing.
    Nothing,
    /// It is followed while nobody else advances.
    WhileAlone,
    /// The leader's is followed at once.
    Always,
}
