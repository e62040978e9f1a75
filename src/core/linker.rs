//! From agreement to action: what must be undone and applied so that the chain ends at an agreed block.
//!
//! *Inputs.* The canonical chain, the proved blocks that wait, and the block up to which operators agree.
//! *Decision.* Walk back from the agreed block through waiting blocks until one attaches to the canonical chain. Because every
//! step is a parent hash, whoever served the blocks in between cannot have chosen them.
//! *Not promised.* That the agreed block is right: that is the vote's business.

use super::canonical::Canonical;
use super::hash::Hash;
use super::header::{BlockRef, Header};
use super::numbers::Height;

/// What to do next.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub enum Step {
    /// The agreed block is already part of the chain, or older than all that can be told apart.
    Done,
    /// This block must be fetched first.
    Missing(BlockRef),
    /// Undo so many blocks, then apply these, oldest first.
    Move {
        /// Blocks to undo, from the tip down.
        undo: u64,
        /// Blocks to apply, from the common ancestor up.
        apply: Vec<Header>,
    },
    /// The agreed branch leaves the chain at or below a final block.
    ContradictsFinal {
        /// The final height it contradicts.
        finalized: Height,
        /// The block of the branch at which that showed.
        block: BlockRef,
    },
}

/// Whether the chain need not move for the sake of `agreed`. What lies below the oldest block that is held was final when it was
/// forgotten: a word on it came late, and contradicts nothing that could still be shown.
pub fn is_past(chain: &Canonical, agreed: &BlockRef) -> bool {
    chain.contains(agreed) || agreed.height < chain.base().next
}

/// Plans the way from the chain's tip to `agreed`. `waiting` gives a proved block by its hash.
pub fn plan<'a>(chain: &Canonical, agreed: &BlockRef, waiting: impl Fn(&Hash) -> Option<&'a Header>) -> Step {
    if is_past(chain, agreed) {
        return Step::Done;
    }
    let mut apply = Vec::new();
    let mut wanted = *agreed;
    loop {
        if wanted.height < chain.base().next {
            return Step::ContradictsFinal { finalized: chain.base().next.minus(1), block: wanted };
        }
        let Some(block) = waiting(&wanted.hash).filter(|block| block.height == wanted.height) else {
            return Step::Missing(wanted);
        };
        apply.push(*block);
        if chain.attaches(block) {
            break;
        }
        let Some(below) = block.height.previous() else {
            return Step::ContradictsFinal { finalized: chain.base().next, block: wanted };
        };
        wanted = BlockRef { height: below, hash: block.parent };
    }
    apply.reverse();
    let first = apply.first().map_or(agreed.height, |block| block.height);
    if chain.finalized().is_some_and(|finalized| first <= finalized) {
        let block = apply.first().map_or(*agreed, Header::block);
        return Step::ContradictsFinal { finalized: chain.finalized().unwrap_or_default(), block };
    }
    Step::Move { undo: chain.anchor().next.beyond(first), apply }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::core::canonical::{Anchor, Ground};

    fn branch(from: Height, parent: Hash, tag: u8, count: u64) -> Vec<Header> {
        let mut parent = parent;
        let mut blocks = Vec::new();
        for height in from.0..from.0 + count {
            let mut hash = [tag; 32];
            hash[..8].copy_from_slice(&height.to_be_bytes());
            blocks.push(Header { height: Height(height), hash: Hash(hash), parent, time_s: 0 });
            parent = Hash(hash);
        }
        blocks
    }

    fn chain_of(blocks: &[Header]) -> Canonical {
        Canonical::resumed(blocks, None).unwrap()
    }

    fn run(chain: &Canonical, agreed: &Header, waiting: &[Header]) -> Step {
        let waiting: BTreeMap<Hash, Header> = waiting.iter().map(|block| (block.hash, *block)).collect();
        plan(chain, &agreed.block(), |hash| waiting.get(hash))
    }

    #[test]
    fn an_extension_is_applied_from_the_tip_up() {
        let blocks = branch(Height(10), Hash::ZERO, 1, 6);
        let chain = chain_of(&blocks[..3]);
        let step = run(&chain, &blocks[5], &blocks[3..]);
        assert_eq!(step, Step::Move { undo: 0, apply: blocks[3..].to_vec() });
    }

    #[test]
    fn a_missing_ancestor_is_named_by_hash() {
        let blocks = branch(Height(10), Hash::ZERO, 1, 6);
        let chain = chain_of(&blocks[..3]);
        let step = run(&chain, &blocks[5], &[blocks[3], blocks[5]]);
        assert_eq!(step, Step::Missing(blocks[4].block()));
    }

    #[test]
    fn a_shorter_branch_still_replaces_when_it_is_agreed() {
        let old = branch(Height(10), Hash::ZERO, 1, 6);
        let new = branch(Height(13), old[2].hash, 2, 1);
        let step = run(&chain_of(&old), &new[0], &new);
        assert_eq!(step, Step::Move { undo: 3, apply: new });
    }

    #[test]
    fn an_agreed_ancestor_of_the_tip_changes_nothing() {
        let blocks = branch(Height(10), Hash::ZERO, 1, 6);
        assert_eq!(run(&chain_of(&blocks), &blocks[2], &[]), Step::Done);
    }

    #[test]
    fn a_branch_below_the_final_block_is_never_followed() {
        let old = branch(Height(10), Hash::ZERO, 1, 6);
        let mut chain = chain_of(&old);
        chain.finalize(Height(14)).unwrap();
        let new = branch(Height(14), old[3].hash, 2, 3);
        assert!(matches!(run(&chain, &new[2], &new), Step::ContradictsFinal { .. }));
    }

    #[test]
    fn a_late_word_on_what_was_final_long_ago_contradicts_nothing() {
        let blocks = branch(Height(10), Hash::ZERO, 1, 6);
        let mut chain = chain_of(&blocks);
        chain.finalize(Height(15)).unwrap();
        assert_eq!(run(&chain, &blocks[2], &blocks), Step::Done);
        let other = branch(Height(15), blocks[4].hash, 2, 1);
        assert!(
            matches!(run(&chain, &other[0], &other), Step::ContradictsFinal { .. }),
            "the oldest that is held"
        );
    }

    #[test]
    fn a_stream_that_has_no_block_yet_begins_at_its_anchor() {
        let blocks = branch(Height(0), Hash::ZERO, 1, 2);
        let chain = Canonical::starting_at(Anchor { next: Height(0), parent: Hash::ZERO }, Ground::Firm);
        assert_eq!(run(&chain, &blocks[1], &blocks), Step::Move { undo: 0, apply: blocks });
    }
}
