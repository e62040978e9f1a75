//! Whether a branch that lies far ahead is the one on which those stand who are behind.
//!
//! *Why.* The end of a span is voted on by those that have come so far. Whoever is behind, or has just died, says nothing there;
//! yet its last head may lie on a branch that the far one has left. At the tip its vote would count against it, so it must count
//! here: else the stream would leave for the far branch and be called back.
//! *Decision.* One that agrees on the far end is asked what it has at the heights where the others stand. Where it names other
//! blocks, more must agree on the far end than stand on those.

use std::collections::{BTreeMap, BTreeSet};

use super::consensus::ruling::Claim;
use super::consensus::votes::Operator;
use super::hash::Hash;
use super::header::{BlockRef, Header};
use super::numbers::Height;

/// What one operator shows of the way to a block that it has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Crossing {
    to: BlockRef,
    guide: Operator,
    shown: BTreeMap<Height, Shown>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shown {
    Asked,
    Block(Hash),
}

/// What the way is like.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Way {
    /// It is not known yet: the guide is to be asked for its blocks at these heights.
    Unknown(BTreeSet<Height>),
    /// It leads past where these stand.
    Past(Vec<Claim>),
}

impl Crossing {
    /// To the block `to`, which `guide` has.
    pub fn new(to: BlockRef, guide: &str) -> Self {
        Self { to, guide: guide.to_owned(), shown: BTreeMap::new() }
    }

    /// Whether it leads there, and is the same operator's.
    pub fn leads(&self, to: &BlockRef, guide: &str) -> bool {
        self.to == *to && self.guide == guide
    }

    /// The way past `others`, each of whom stands on a block.
    pub fn past(&mut self, others: &[(Operator, BlockRef)]) -> Way {
        let shown = |(_, stands): &(Operator, BlockRef)| self.shown.get(&stands.height).copied();
        if others.iter().all(|other| matches!(shown(other), Some(Shown::Block(_)))) {
            let left = others.iter().filter(|other| shown(other) != Some(Shown::Block(other.1.hash)));
            let claim = |(operator, block): &(Operator, BlockRef)| Claim {
                block: *block,
                operators: vec![operator.clone()],
            };
            return Way::Past(left.map(claim).collect());
        }
        let unasked: BTreeSet<Height> =
            others.iter().filter(|other| shown(other).is_none()).map(|(_, stands)| stands.height).collect();
        self.shown.extend(unasked.iter().map(|height| (*height, Shown::Asked)));
        Way::Unknown(unasked)
    }

    /// The guide answers: with its block at `height`, or not at all, and may be asked again.
    pub fn showed(&mut self, height: Height, block: Option<&Header>) {
        match block {
            Some(block) => drop(self.shown.insert(height, Shown::Block(block.hash))),
            None => drop(self.shown.remove(&height)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block(height: u64, tag: u8) -> BlockRef {
        BlockRef { height: Height(height), hash: Hash([tag; 32]) }
    }

    fn header(height: u64, tag: u8) -> Header {
        Header { height: Height(height), hash: Hash([tag; 32]), parent: Hash::ZERO, time_s: 0 }
    }

    #[test]
    fn a_way_leads_past_those_whose_blocks_the_guide_does_not_have() {
        let mut crossing = Crossing::new(block(50, 9), "a");
        assert!(crossing.leads(&block(50, 9), "a") && !crossing.leads(&block(50, 9), "b"));
        let others = [("b".to_owned(), block(10, 1)), ("c".into(), block(10, 1)), ("d".into(), block(12, 2))];
        let heights = |heights: &[u64]| Way::Unknown(heights.iter().map(|height| Height(*height)).collect());
        assert_eq!(crossing.past(&others), heights(&[10, 12]));
        assert_eq!(crossing.past(&others), heights(&[]), "each is asked for once");
        crossing.showed(Height(10), Some(&header(10, 1)));
        crossing.showed(Height(12), None);
        assert_eq!(crossing.past(&others), heights(&[12]), "it gave no answer");
        crossing.showed(Height(12), Some(&header(12, 3)));
        let left = Claim { block: block(12, 2), operators: vec!["d".into()] };
        assert_eq!(crossing.past(&others), Way::Past(vec![left]));
    }
}
