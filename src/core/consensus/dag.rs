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
    /// The most headers kept. The highest go first: the lowest are what links to the chain, and heights are easily made up.
    pub const CAPACITY: usize = 10_000;

    /// Adds a header. Tells whether it is new: of two that bear one hash, as can be where hashes cannot be recomputed, the
    /// first stays.
    pub fn insert(&mut self, header: Header) -> bool {
        if self.contains(&header.hash) {
            return false;
        }
        self.headers.insert(header.hash, header);
        self.by_height.insert((header.height, header.hash), ());
        if self.headers.len() > Self::CAPACITY {
            self.drop_highest();
        }
        true
    }

    /// Whether the header of `hash` is known.
    pub fn contains(&self, hash: &Hash) -> bool {
        self.headers.contains_key(hash)
    }

    /// The header of `hash`, if it is known.
    pub fn get(&self, hash: &Hash) -> Option<&Header> {
        self.headers.get(hash)
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

    fn drop_highest(&mut self) {
        if let Some(((_, hash), ())) = self.by_height.pop_last() {
            self.headers.remove(&hash);
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
            // Where hashes cannot be recomputed, a liar may make parents go round in a circle.
            let parent = self.headers.get(&block.parent);
            walk = parent.filter(|parent| parent.height.next() == block.height).copied();
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(height: u64, tag: u8, parent: u8) -> Header {
        Header { height: Height(height), hash: Hash([tag; 32]), parent: Hash([parent; 32]), time_s: 0 }
    }

    #[test]
    fn parents_that_go_round_in_a_circle_lead_nowhere() {
        let (mut dag, one, other) = (Dag::default(), header(9, 1, 2), header(9, 2, 1));
        assert!(dag.insert(one) && dag.insert(other));
        assert!(!dag.descends(&one, &BlockRef { height: Height(3), hash: Hash([3; 32]) }));
    }

    #[test]
    fn a_header_does_not_take_the_place_of_another() {
        let mut dag = Dag::default();
        assert!(dag.insert(header(8, 1, 0)) && dag.insert(header(9, 2, 1)));
        assert!(!dag.insert(header(900, 2, 7)));
        assert!(dag.descends(&header(9, 2, 1), &header(8, 1, 0).block()));
    }

    #[test]
    fn made_up_heights_do_not_push_out_what_links_to_the_chain() {
        let mut dag = Dag::default();
        dag.insert(header(9, 1, 0));
        for count in 0..=Dag::CAPACITY as u64 {
            let mut hash = [7; 32];
            hash[..8].copy_from_slice(&count.to_be_bytes());
            dag.insert(Header { height: Height(u64::MAX - count), hash: Hash(hash), ..header(0, 0, 0) });
        }
        assert_eq!(dag.len(), Dag::CAPACITY);
        assert!(dag.contains(&Hash([1; 32])));
    }
}
