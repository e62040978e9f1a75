//! What of the world a provider sees.

use std::sync::Arc;

use super::block::Block;
use crate::core::at::At;
use crate::core::numbers::Height;

/// Where a provider stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standpoint {
    /// It knows nothing that happened later.
    pub seen_at: At,
    /// Blocks that it is behind what it has seen.
    pub lag: u64,
    /// The branch that it follows instead of the canonical one.
    pub fork: Option<Fork>,
}

/// A branch that leaves the canonical chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fork {
    /// The height of its first block.
    pub from: Height,
    /// Who follows the same number from the same height, follows the same branch.
    pub branch: u64,
}

/// What is seen.
#[derive(Clone, Debug)]
pub struct View {
    /// The newest block.
    pub head: Arc<Block>,
    /// The newest safe height.
    pub safe: Height,
    /// The newest final height.
    pub finalized: Height,
}
