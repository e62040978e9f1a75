//! What a world is grown from.

use std::ops::RangeInclusive;
use std::time::Duration;

/// Everything that decides what a world's blocks hold: two worlds of equal genesis are equal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Genesis {
    /// The number of the EVM chain.
    pub chain: u64,
    /// The seed of everything random.
    pub seed: u64,
    /// When block zero was made: seconds since 1970.
    pub time_s: u64,
    /// From block to block.
    pub block_time: Duration,
    /// Blocks that exist already when the world begins, block zero not counted.
    pub premined: u64,
    /// Transactions in a block. The range costs what its blocks hold: 0 to 5 suits tests, 200 measures throughput.
    pub transactions_per_block: RangeInclusive<u64>,
    /// Bytes of a transaction's input.
    pub input_bytes: RangeInclusive<u64>,
    /// What kinds of transactions there are.
    pub flavour: Flavour,
    /// Blocks between the head and the newest safe block.
    pub safe_depth: u64,
    /// Blocks between the head and the newest final block.
    pub final_depth: u64,
}

/// What kinds of transactions a chain has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Flavour {
    /// Types 0 to 4, and withdrawals.
    #[default]
    Ethereum,
    /// Types 0 to 2 and 4, after a leading deposit of type 0x7e; no withdrawals.
    Optimism,
}

impl Default for Genesis {
    fn default() -> Self {
        Self {
            chain: 1337,
            seed: 1,
            time_s: 1_700_000_000,
            block_time: Duration::from_secs(2),
            premined: 0,
            transactions_per_block: 0..=5,
            input_bytes: 0..=80,
            flavour: Flavour::Ethereum,
            safe_depth: 8,
            final_depth: 16,
        }
    }
}

impl Genesis {
    /// When the block of this number is made, by its own account: seconds since 1970.
    pub fn time_of_s(&self, number: u64) -> u64 {
        let block_ms = u64::try_from(self.block_time.as_millis()).unwrap_or(u64::MAX);
        self.time_s.saturating_add(number.saturating_mul(block_ms) / 1000)
    }
}
