//! What every chain's header has in common: enough to link blocks and to vote on them.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::hash::Hash;
use super::numbers::Height;

/// A block named by both its height and its hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct BlockRef {
    /// Its number.
    pub height: Height,
    /// Its hash.
    pub hash: Hash,
}

impl fmt::Display for BlockRef {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} {}", self.height, self.hash.short())
    }
}

/// A block's place in its chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Header {
    /// Its number.
    pub height: Height,
    /// Its hash.
    pub hash: Hash,
    /// The hash of the block before it.
    pub parent: Hash,
    /// When it was made, by its own account: seconds since 1970.
    pub time_s: u64,
}

impl Header {
    /// Its name: height and hash.
    pub const fn block(&self) -> BlockRef {
        BlockRef { height: self.height, hash: self.hash }
    }

    /// Whether this block follows `parent` directly.
    pub fn follows(&self, parent: &BlockRef) -> bool {
        self.parent == parent.hash && self.height == parent.height.next()
    }
}
