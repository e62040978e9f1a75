//! The canonical chain as far as it was delivered and may still change: from the last final block to the tip.
//!
//! *Invariants.* Every block follows the one before it. Nothing at or below the final height ever leaves. There is always
//! an anchor: the place where the next block must go, even before the first one. As long as nothing is final, a reorg may
//! reach below the stream's first block: then only the height of that place is fixed, not the parent.

use std::collections::VecDeque;

use serde::Serialize;

use super::hash::Hash;
use super::header::{BlockRef, Header};
use super::numbers::Height;

/// The place where the next block must go. It names the block below by its hash alone, so that a stream may begin with a
/// chain's very first block.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Anchor {
    /// The height of the block to come.
    pub next: Height,
    /// The hash that it must name as its parent.
    pub parent: Hash,
}

impl Anchor {
    /// The place right above a block.
    pub const fn above(block: &BlockRef) -> Self {
        Self { next: block.height.next(), parent: block.hash }
    }

    /// The place where `header` itself stands.
    pub const fn under(header: &Header) -> Self {
        Self { next: header.height, parent: header.parent }
    }
}

/// Why a change was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// The block does not follow the tip.
    #[error("the block does not follow the tip")]
    NotLinked,
    /// The block is final.
    #[error("block {0} is final")]
    Final(Height),
    /// There is nothing left that could be undone.
    #[error("nothing is left to undo")]
    Empty,
}

/// Whether the block at the base can be replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ground {
    /// The stream begins there by height alone: another block of that height may take its place.
    Open,
    /// The stream begins there, with this very block.
    Named(BlockRef),
    /// Blocks below were delivered and cannot be undone any more.
    Firm,
}

/// A delivered block that is never undone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Fixed {
    /// The block.
    pub block: BlockRef,
    /// Why.
    pub because: Because,
}

/// Why a block is never undone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Because {
    /// It is final.
    Final,
    /// The stream is to begin with it.
    Named,
    /// It is [`Canonical::CAPACITY`] blocks deep.
    Deep,
}

/// The canonical chain from the last final block to the tip.
#[derive(Clone, Debug)]
pub struct Canonical {
    base: Anchor,
    ground: Ground,
    blocks: VecDeque<Header>,
    finalized: Option<Height>,
}

impl Canonical {
    /// The longest ring kept when nothing ever becomes final.
    pub const CAPACITY: usize = 10_000;

    /// A chain that begins at `base` and has no block yet.
    pub const fn starting_at(base: Anchor, ground: Ground) -> Self {
        Self { base, ground, blocks: VecDeque::new(), finalized: None }
    }

    /// A chain read back: `blocks` oldest first and linked; `None` if there are none. A full ring has lost its beginning.
    pub fn resumed(blocks: &[Header], finalized: Option<Height>) -> Option<Self> {
        let ground = if blocks.len() < Self::CAPACITY { Ground::Open } else { Ground::Firm };
        let mut chain = Self::starting_at(Anchor::under(blocks.first()?), ground);
        for block in blocks {
            chain.apply(*block).ok()?;
        }
        chain.finalized = finalized;
        Some(chain)
    }

    /// The same on the ground that the stream was begun on; what is firm stays so.
    #[must_use]
    pub fn on(mut self, ground: Ground) -> Self {
        self.ground = match ground {
            Ground::Named(first) if self.base.next == first.height && self.contains(&first) => ground,
            Ground::Firm => ground,
            Ground::Named(_) | Ground::Open => self.ground,
        };
        self
    }

    /// The highest block that was delivered and is never undone.
    pub fn fixed(&self) -> Option<Fixed> {
        let last_final = self.finalized.and_then(|height| self.at(height)).map(Header::block);
        let below = || Some(BlockRef { height: self.base.next.previous()?, hash: self.base.parent });
        let (block, because) = match (last_final, self.ground) {
            (Some(block), _) => (block, Because::Final),
            (None, Ground::Named(first)) if !self.is_empty() => (first, Because::Named),
            (None, Ground::Firm) => (below()?, Because::Deep),
            (None, Ground::Named(_) | Ground::Open) => return None,
        };
        Some(Fixed { block, because })
    }

    /// Where the next block must go.
    pub fn anchor(&self) -> Anchor {
        self.tip().map_or(self.base, |tip| Anchor::above(&tip.block()))
    }

    /// The last block.
    pub fn tip(&self) -> Option<&Header> {
        self.blocks.back()
    }

    /// The last final height.
    pub const fn finalized(&self) -> Option<Height> {
        self.finalized
    }

    /// The blocks that are held, oldest first.
    pub fn blocks(&self) -> impl Iterator<Item = &Header> {
        self.blocks.iter()
    }

    /// How many blocks are held.
    pub fn len(&self) -> usize {
        self.blocks.len()
    }

    /// Whether no block is held.
    pub fn is_empty(&self) -> bool {
        self.blocks.is_empty()
    }

    /// Where the ring begins: nothing is known below.
    pub fn base(&self) -> Anchor {
        self.base
    }

    /// The block at `height`, if it is held.
    pub fn at(&self, height: Height) -> Option<&Header> {
        let first = self.blocks.front()?.height;
        self.blocks.get(usize::try_from(height.0.checked_sub(first.0)?).ok()?)
    }

    /// Whether this very block is part of the chain.
    pub fn contains(&self, block: &BlockRef) -> bool {
        self.at(block.height).is_some_and(|held| held.hash == block.hash)
    }

    /// Whether `header`'s parent is part of the chain, be it the tip or a block below.
    pub fn attaches(&self, header: &Header) -> bool {
        self.may_stand_at_base(header) || self.at_anchor(Anchor::under(header))
    }

    fn may_stand_at_base(&self, header: &Header) -> bool {
        match self.ground {
            Ground::Open if self.finalized.is_none() => header.height == self.base.next,
            Ground::Open | Ground::Firm => Anchor::under(header) == self.base,
            Ground::Named(first) => header.block() == first,
        }
    }

    fn at_anchor(&self, place: Anchor) -> bool {
        let below = place.next.previous().and_then(|height| self.at(height));
        below.is_some_and(|block| block.hash == place.parent)
    }

    /// Adds the next block.
    ///
    /// # Errors
    /// [`Refused::NotLinked`].
    pub fn apply(&mut self, block: Header) -> Result<(), Refused> {
        let place = Anchor::under(&block);
        let fits = if self.is_empty() { self.may_stand_at_base(&block) } else { place == self.anchor() };
        if !fits {
            return Err(Refused::NotLinked);
        }
        if self.is_empty() {
            self.base = place;
        }
        self.blocks.push_back(block);
        if self.blocks.len() > Self::CAPACITY {
            self.drop_oldest();
        }
        Ok(())
    }

    /// Takes the last block away.
    ///
    /// # Errors
    /// [`Refused::Final`], [`Refused::Empty`].
    pub fn undo(&mut self) -> Result<Header, Refused> {
        let tip = self.tip().ok_or(Refused::Empty)?;
        if self.finalized.is_some_and(|finalized| tip.height <= finalized) {
            return Err(Refused::Final(tip.height));
        }
        self.blocks.pop_back().ok_or(Refused::Empty)
    }

    /// Declares everything up to `height` final, as far as it lies above what already is and not above the tip. Gives the
    /// newest final block if that is news, and forgets what lies below it.
    pub fn finalize(&mut self, height: Height) -> Option<Header> {
        let height = height.min(self.tip()?.height);
        if self.finalized.is_some_and(|finalized| height <= finalized) {
            return None;
        }
        let block = *self.at(height)?;
        self.finalized = Some(height);
        while self.blocks.front().is_some_and(|oldest| oldest.height < height) {
            self.drop_oldest();
        }
        Some(block)
    }

    fn drop_oldest(&mut self) {
        if let Some(oldest) = self.blocks.pop_front() {
            self.base = Anchor::above(&oldest.block());
            self.ground = Ground::Firm;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn block(height: u64, branch: u8, parent: Hash) -> Header {
        let mut hash = [branch; 32];
        hash[..8].copy_from_slice(&height.to_be_bytes());
        Header { height: Height(height), hash: Hash(hash), parent, time_s: height }
    }

    #[test]
    fn a_chain_may_begin_with_the_very_first_block() {
        let mut chain = Canonical::starting_at(Anchor { next: Height(0), parent: Hash::ZERO }, Ground::Open);
        let genesis = block(0, 1, Hash::ZERO);
        assert!(chain.attaches(&genesis));
        chain.apply(genesis).unwrap();
        assert_eq!(chain.anchor(), Anchor { next: Height(1), parent: genesis.hash });
    }

    #[test]
    fn the_first_block_may_be_replaced_until_something_is_final() {
        let mut chain = Canonical::starting_at(Anchor { next: Height(5), parent: Hash::ZERO }, Ground::Open);
        let (first, other) = (block(5, 1, Hash::ZERO), block(5, 2, Hash([9; 32])));
        chain.apply(first).unwrap();
        assert!(chain.attaches(&other));
        chain.undo().unwrap();
        chain.apply(other).unwrap();
        assert_eq!(chain.base(), Anchor::under(&other));
        chain.finalize(Height(5)).unwrap();
        assert!(!chain.attaches(&first));
    }

    #[test]
    fn the_first_block_is_the_one_that_was_named_before_and_after_it_is_there() {
        let (named, sibling) = (block(5, 1, Hash::ZERO), block(5, 2, Hash::ZERO));
        let mut chain = Canonical::starting_at(Anchor::under(&named), Ground::Named(named.block()));
        for other in [sibling, block(5, 2, Hash([9; 32]))] {
            assert!(!chain.attaches(&other));
            assert_eq!(chain.apply(other), Err(Refused::NotLinked));
        }
        chain.apply(named).unwrap();
        assert!(!chain.attaches(&sibling) && chain.attaches(&named));
        let resumed = Canonical::resumed(&[named], None).unwrap();
        assert!(resumed.attaches(&sibling));
        assert!(!resumed.on(Ground::Named(named.block())).attaches(&sibling));
    }

    #[test]
    fn a_name_holds_the_first_block_of_the_stream_and_no_later_one() {
        let blocks: Vec<_> = (5..8)
            .scan(Hash::ZERO, |parent, height| {
                let block = block(height, 1, *parent);
                *parent = block.hash;
                Some(block)
            })
            .collect();
        let ground = Ground::Named(blocks[0].block());
        let resumed = Canonical::resumed(&blocks[1..], Some(Height(6))).unwrap().on(ground);
        let fixed = resumed.fixed().unwrap();
        assert_eq!((fixed.block, fixed.because), (blocks[1].block(), Because::Final));
        let resumed = Canonical::resumed(&blocks, None).unwrap().on(ground);
        let fixed = resumed.fixed().unwrap();
        assert_eq!((fixed.block, fixed.because), (blocks[0].block(), Because::Named));
    }

    #[test]
    fn on_firm_ground_the_first_block_follows_what_was_there_before() {
        let mut chain = Canonical::starting_at(Anchor { next: Height(5), parent: Hash::ZERO }, Ground::Firm);
        assert_eq!(chain.apply(block(5, 2, Hash([9; 32]))), Err(Refused::NotLinked));
        assert!(!chain.attaches(&block(5, 2, Hash([9; 32]))));
    }

    #[test]
    fn final_blocks_never_leave() {
        let mut chain = Canonical::starting_at(Anchor { next: Height(0), parent: Hash::ZERO }, Ground::Open);
        for height in 0..5 {
            chain.apply(block(height, 1, chain.anchor().parent)).unwrap();
        }
        assert_eq!(chain.finalize(Height(3)).map(|block| block.height), Some(Height(3)));
        assert_eq!(chain.finalize(Height(3)), None);
        chain.undo().unwrap();
        assert_eq!(chain.undo(), Err(Refused::Final(Height(3))));
        assert_eq!(chain.len(), 1);
    }

    proptest! {
        #[test]
        fn whatever_happens_the_chain_stays_linked(steps in proptest::collection::vec((0u8..4, any::<u8>()), 0..200)) {
            let mut chain = Canonical::starting_at(Anchor { next: Height(0), parent: Hash::ZERO }, Ground::Open);
            for (step, value) in steps {
                let before = chain.finalized();
                match step {
                    0 | 1 => { let anchor = chain.anchor(); chain.apply(block(anchor.next.0, value, anchor.parent)).unwrap(); }
                    2 => { let _ = chain.undo(); }
                    _ => { let _ = chain.finalize(Height(u64::from(value) / 4)); }
                }
                prop_assert!(chain.finalized() >= before);
                let blocks: Vec<_> = chain.blocks.iter().copied().collect();
                for pair in blocks.windows(2) {
                    prop_assert!(pair[1].follows(&pair[0].block()));
                }
                if let Some(first) = blocks.first() {
                    prop_assert_eq!(Anchor::under(first), chain.base());
                }
            }
        }
    }
}
