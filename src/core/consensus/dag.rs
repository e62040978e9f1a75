//! The headers seen lately, by hash: enough to tell which head descends from which block.

use std::collections::BTreeMap;

use crate::core::canonical::Canonical;
use crate::core::hash::Hash;
use crate::core::header::{BlockRef, Header};
use crate::core::numbers::Height;

/// Headers by hash. About 100 bytes each; at most [`Dag::CAPACITY`].
#[derive(Clone, Debug, Default)]
pub struct Dag {
    headers: BTreeMap<Hash, Header>,
    by_height: BTreeMap<(Height, Hash), ()>,
}

/// How a head hangs together with the canonical chain.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub enum Descent {
    /// It is part of the canonical chain.
    Canonical,
    /// It grows out of the chain: these blocks lead up to it, oldest first. The first one attaches to the chain.
    Branch(Vec<Header>),
    /// The header of this block is needed to tell.
    Missing(BlockRef),
    /// It belongs to a history that does not contain our oldest block.
    Foreign,
}

impl Dag {
    /// The most headers kept; the lowest go first.
    pub const CAPACITY: usize = 10_000;

    /// Adds a header whose own content was shown to hash to its hash. Tells whether it is new.
    pub fn insert(&mut self, header: Header) -> bool {
        if self.headers.insert(header.hash, header).is_some() {
            return false;
        }
        self.by_height.insert((header.height, header.hash), ());
        if self.headers.len() > Self::CAPACITY {
            self.drop_lowest();
        }
        true
    }

    /// Whether the header of `hash` is known.
    pub fn contains(&self, hash: &Hash) -> bool {
        self.headers.contains_key(hash)
    }

    /// How many headers are held.
    pub fn len(&self) -> usize {
        self.headers.len()
    }

    /// Whether none is held.
    pub fn is_empty(&self) -> bool {
        self.headers.is_empty()
    }

    /// Forgets everything below `height`.
    pub fn forget_below(&mut self, height: Height) {
        while self.by_height.first_key_value().is_some_and(|((lowest, _), ())| *lowest < height) {
            self.drop_lowest();
        }
    }

    fn drop_lowest(&mut self) {
        if let Some(((_, hash), ())) = self.by_height.pop_first() {
            self.headers.remove(&hash);
        }
    }

    /// Walks from `head` down to the canonical chain.
    pub fn descent(&self, head: &Header, chain: &Canonical) -> Descent {
        if chain.contains(&head.block()) {
            return Descent::Canonical;
        }
        let mut branch = vec![*head];
        let mut lowest = *head;
        while !chain.attaches(&lowest) {
            let Some(below) = lowest.height.previous().filter(|_| lowest.height > chain.base().next) else {
                return Descent::Foreign;
            };
            let Some(parent) = self.headers.get(&lowest.parent) else {
                return Descent::Missing(BlockRef { height: below, hash: lowest.parent });
            };
            if parent.height != below {
                return Descent::Foreign;
            }
            lowest = *parent;
            branch.push(lowest);
        }
        branch.reverse();
        Descent::Branch(branch)
    }

    /// Whether `ancestor` lies on the way down from `head`, as far as is known.
    pub fn descends(&self, head: &Header, ancestor: &BlockRef) -> bool {
        let mut walk = Some(*head);
        while let Some(block) = walk {
            if block.height <= ancestor.height {
                return block.block() == *ancestor;
            }
            walk = self.headers.get(&block.parent).copied();
        }
        false
    }
}
