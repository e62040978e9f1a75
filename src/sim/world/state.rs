//! What a world remembers. Time is an argument here.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use crate::core::at::At;
use crate::core::hash::Hash;
use crate::core::header::Header;
use crate::core::numbers::Height;
use crate::sim::block::Block;
use crate::sim::genesis::Genesis;
use crate::sim::tree::Tree;
use crate::sim::view::{Fork, Standpoint, View};

/// Branches of forks and lies are numbered from here, far above those of reorgs: they never meet by accident.
const SIDE_BRANCHES: u64 = 1 << 63;

/// The branch of blocks that exist only to be mistaken for their siblings.
const SIBLINGS: u64 = (1 << 63) | (1 << 61);

/// The tree, and how its head moved.
#[derive(Debug)]
pub struct State {
    tree: Tree,
    sights: Vec<Sight>,
    branch: u64,
    sides: BTreeMap<Fork, Arc<Block>>,
    ever: Vec<Header>,
    ever_known: BTreeSet<Hash>,
    pace: Pace,
}

/// A head, and when it became one.
#[derive(Clone, Debug)]
struct Sight {
    at: At,
    head: Arc<Block>,
    finalized: Height,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Pace {
    Running,
    Halted,
}

impl State {
    /// Holds block zero and what is premined.
    pub fn grown_from(genesis: Genesis) -> Self {
        let tree = Tree::grown_from(genesis);
        let first = tree.first();
        let mut state = Self {
            sights: vec![Sight { at: At::ZERO, head: first.clone(), finalized: Height(0) }],
            tree,
            branch: 0,
            sides: BTreeMap::new(),
            ever: Vec::new(),
            ever_known: BTreeSet::new(),
            pace: Pace::Running,
        };
        state.remember(&first);
        for _ in 0..state.tree.genesis().premined {
            state.step(At::ZERO);
        }
        state
    }

    pub fn tree(&self) -> &Tree {
        &self.tree
    }

    pub fn head(&self) -> Arc<Block> {
        self.sights.last().map_or_else(|| self.tree.first(), |sight| sight.head.clone())
    }

    pub fn finalized(&self) -> Height {
        self.sights.last().map_or(Height(0), |sight| sight.finalized).min(self.head().height())
    }

    pub fn ever_canonical(&self) -> &[Header] {
        &self.ever
    }

    pub fn canonical(&self) -> Vec<Header> {
        let first = self.tree.first();
        let path = self.tree.path(&first, &self.head());
        std::iter::once(first).chain(path).map(|block| block.header()).collect()
    }

    pub fn step(&mut self, now: At) -> Header {
        if self.pace == Pace::Running {
            let next = self.tree.extend(&self.head(), self.branch);
            self.become_head(next, now);
        }
        self.head().header()
    }

    pub fn reorg(&mut self, depth: u64, now: At) -> Header {
        let head = self.head();
        let base = self.tree.ancestor(&head, head.height().minus(depth));
        self.branch += 1;
        let replaced = head.number() - base.number();
        let tip = (0..=replaced).fold(base, |block, _| self.tree.extend(&block, self.branch));
        self.become_head(tip, now);
        self.head().header()
    }

    pub fn roll_back(&mut self, count: u64, now: At) -> Header {
        let head = self.head();
        let lower = self.tree.ancestor(&head, head.height().minus(count));
        self.become_head(lower, now);
        self.head().header()
    }

    pub fn adopt(&mut self, hash: &Hash, now: At) -> Header {
        if let Some(block) = self.tree.get(hash) {
            self.become_head(block, now);
        }
        self.head().header()
    }

    pub fn halt(&mut self) {
        self.pace = Pace::Halted;
    }

    pub fn resume(&mut self) {
        self.pace = Pace::Running;
    }

    pub fn forget_below(&mut self, height: Height) {
        let height = height.min(self.head().height());
        self.tree.forget_below(height);
        self.sights.retain(|sight| sight.head.height() >= height);
        self.sides.retain(|_, tip| tip.height() >= height);
        self.ever.retain(|header| header.height >= height);
        self.ever_known.retain(|hash| self.tree.get(hash).is_some());
    }

    pub fn view(&mut self, from: &Standpoint) -> View {
        let sight = self.seen(from.seen_at);
        let canonical = self.tree.ancestor(&sight.head, sight.head.height().minus(from.lag));
        let head = match from.fork {
            Some(fork) if fork.from <= canonical.height() => self.side(fork, &canonical),
            _ => canonical,
        };
        let (safe_depth, final_depth) = {
            let genesis = self.tree.genesis();
            (genesis.safe_depth, genesis.final_depth)
        };
        let known_final = sight.finalized.minus(from.lag).min(head.height());
        let finalized = head.height().minus(final_depth).max(known_final);
        let safe = head.height().minus(safe_depth).max(finalized);
        View { head, safe, finalized }
    }

    pub fn by_hash(&self, view: &View, hash: &Hash) -> Option<Arc<Block>> {
        let block = self.tree.get(hash).filter(|block| block.height() <= view.head.height())?;
        let known = self.ever_known.contains(hash) || self.tree.leads_to(&block, &view.head);
        known.then_some(block)
    }

    pub fn sibling(&mut self, block: &Arc<Block>) -> Arc<Block> {
        let parent = self.tree.parent(block);
        parent.map_or_else(|| block.clone(), |parent| self.tree.extend(&parent, SIBLINGS))
    }

    pub fn next_sight(&self, now: At, late: Duration) -> Option<At> {
        let unseen = self.sights.partition_point(|sight| sight.at + late <= now);
        self.sights.get(unseen).map(|sight| sight.at + late)
    }

    fn seen(&self, at: At) -> Sight {
        let seen = self.sights.partition_point(|sight| sight.at <= at);
        self.sights[seen.saturating_sub(1)].clone()
    }

    /// The block of a side branch that stands as high as the canonical one. The branch grows as it is looked at; what it
    /// holds does not depend on when that is.
    fn side(&mut self, fork: Fork, canonical: &Arc<Block>) -> Arc<Block> {
        let base = || self.tree.ancestor(canonical, fork.from.minus(1));
        let mut tip = self.sides.get(&fork).cloned().unwrap_or_else(base);
        while tip.height() < canonical.height() {
            tip = self.tree.extend(&tip, SIDE_BRANCHES | fork.branch);
        }
        self.sides.insert(fork, tip.clone());
        self.tree.ancestor(&tip, canonical.height())
    }

    fn become_head(&mut self, head: Arc<Block>, at: At) {
        for block in self.tree.path(&self.head(), &head) {
            self.remember(&block);
        }
        let depth = self.tree.genesis().final_depth;
        let finalized = head.height().minus(depth).max(self.finalized());
        // What was before the beginning is seen by everybody.
        if at == At::ZERO {
            self.sights.clear();
        }
        self.sights.push(Sight { at, head, finalized });
    }

    fn remember(&mut self, block: &Block) {
        if self.ever_known.insert(block.hash()) {
            self.ever.push(block.header());
        }
    }
}
