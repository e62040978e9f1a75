//! The chain as it really is: which block is canonical, since when, and what is final.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::{Instant, MissedTickBehavior};

use super::block::Block;
use super::changes::{Changes, Listener};
use super::genesis::Genesis;
use super::view::{Standpoint, View};
use crate::core::at::At;
use crate::core::hash::Hash;
use crate::core::header::Header;
use crate::core::numbers::Height;

mod state;

use state::State;

/// A handle to one world; clones share it. Its verbs act at once, at the moment that tokio's clock tells.
#[derive(Clone, Debug)]
pub struct World {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    state: Mutex<State>,
    started: Instant,
    changes: Changes,
}

impl World {
    /// A world that holds block zero and what its genesis has premined. Its clock starts now.
    pub fn grown_from(genesis: Genesis) -> Self {
        let state = Mutex::new(State::grown_from(genesis));
        let changes = Changes::default();
        Self { shared: Arc::new(Shared { state, started: Instant::now(), changes }) }
    }

    /// Time since the world began.
    pub fn now(&self) -> At {
        At::after_epoch(self.shared.started.elapsed())
    }

    /// The moment `at` on tokio's clock.
    pub fn instant(&self, at: At) -> Instant {
        self.shared.started + at.elapsed()
    }

    /// What it was grown from.
    pub fn genesis(&self) -> Genesis {
        self.state().tree().genesis().clone()
    }

    /// Sees every change of the world, and of anybody who calls [`World::touch`].
    pub fn changes(&self) -> Listener {
        self.shared.changes.listen()
    }

    /// Wakes everybody who waits for a change.
    pub fn touch(&self) {
        self.shared.changes.tell();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.shared.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change<R>(&self, change: impl FnOnce(&mut State, At) -> R) -> R {
        let now = self.now();
        let result = change(&mut self.state(), now);
        self.touch();
        result
    }
}

// === Verbs ===

impl World {
    /// Adds one block to the canonical chain, and gives the head: the old one, if the chain is halted.
    pub fn step(&self) -> Header {
        self.change(State::step)
    }

    /// Adds `count` blocks.
    pub fn mine(&self, count: u64) -> Header {
        (0..count).fold(self.head(), |_, _| self.step())
    }

    /// Adds a block every `block_time`, for ever.
    pub async fn mine_every(self, block_time: Duration) {
        let mut ticks = tokio::time::interval_at(Instant::now() + block_time, block_time);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            self.step();
        }
    }

    /// Replaces the newest `depth` blocks by `depth` + 1 others, and gives the new head. Never replaces block zero.
    pub fn reorg(&self, depth: u64) -> Header {
        self.change(|state, now| state.reorg(depth, now))
    }

    /// Takes the newest `count` blocks away without putting others in their place. The same ones come again.
    pub fn roll_back(&self, count: u64) -> Header {
        self.change(|state, now| state.roll_back(count, now))
    }

    /// Makes the block of this hash the head, whatever its branch. A hash that was never made changes nothing.
    pub fn adopt(&self, hash: &Hash) -> Header {
        self.change(|state, now| state.adopt(hash, now))
    }

    /// Forgets every block below `height` but block zero: nobody is shown them any more, and the oracle does not tell of them.
    /// So a world can live for a long time.
    pub fn forget_below(&self, height: Height) {
        self.state().forget_below(height);
    }

    /// No more blocks, until [`World::resume`].
    pub fn halt(&self) {
        self.change(|state, _| state.halt());
    }

    /// Blocks again.
    pub fn resume(&self) {
        self.change(|state, _| state.resume());
    }
}

// === The oracle ===

impl World {
    /// The newest canonical block.
    pub fn head(&self) -> Header {
        self.state().head().header()
    }

    /// The newest final block.
    pub fn finalized(&self) -> Header {
        let state = self.state();
        state.tree().ancestor(&state.head(), state.finalized()).header()
    }

    /// The canonical chain, block zero first.
    pub fn canonical(&self) -> Vec<Header> {
        self.state().canonical()
    }

    /// Every block that ever was canonical, in the order in which it became so.
    pub fn ever_canonical(&self) -> Vec<Header> {
        self.state().ever_canonical().to_vec()
    }

    /// The block of this hash, of any branch, lies included.
    pub fn block(&self, hash: &Hash) -> Option<Arc<Block>> {
        self.state().tree().get(hash)
    }

    /// Whether the block of this hash lies on the way from block zero to the other, both included.
    pub fn is_on_the_way(&self, hash: &Hash, to: &Hash) -> bool {
        let state = self.state();
        let ends = state.tree().get(hash).zip(state.tree().get(to));
        hash == to || ends.is_some_and(|(block, head)| state.tree().leads_to(&block, &head))
    }

    /// The canonical block of this height.
    pub fn block_at(&self, height: Height) -> Option<Arc<Block>> {
        let state = self.state();
        let head = state.head();
        standing_at(height, state.tree().ancestor(&head, height))
    }
}

// === What providers see ===

impl World {
    /// What is seen from there.
    pub fn view(&self, from: &Standpoint) -> View {
        self.state().view(from)
    }

    /// The block of this height in a view.
    pub fn at_height(&self, view: &View, height: Height) -> Option<Arc<Block>> {
        standing_at(height, self.state().tree().ancestor(&view.head, height))
    }

    /// The block of this hash, if a provider of this view has it: on its branch, or once canonical.
    pub fn by_hash(&self, view: &View, hash: &Hash) -> Option<Arc<Block>> {
        self.state().by_hash(view, hash)
    }

    /// Another block of the same height and parent; block zero has none.
    pub fn sibling(&self, block: &Arc<Block>) -> Arc<Block> {
        self.state().sibling(block)
    }

    /// The blocks that a subscriber who knows `from` must be told of, oldest first.
    pub fn path(&self, from: &Block, to: &Arc<Block>) -> Vec<Arc<Block>> {
        self.state().tree().path(from, to)
    }

    /// When the next head that already exists is seen by somebody who sees everything `late`.
    pub fn next_sight(&self, now: At, late: Duration) -> Option<At> {
        self.state().next_sight(now, late)
    }
}

/// The block, if it is the one of this height: there may be none, or none any more.
fn standing_at(height: Height, block: Arc<Block>) -> Option<Arc<Block>> {
    (block.height() == height).then_some(block)
}

#[cfg(test)]
mod tests {
    use super::World;
    use crate::core::numbers::Height;
    use crate::sim::genesis::Genesis;

    fn grown(blocks: u64) -> World {
        let world = World::grown_from(Genesis::default());
        world.mine(blocks);
        world
    }

    #[tokio::test]
    async fn the_canonical_chain_is_linked() {
        let world = grown(30);
        let chain = world.canonical();
        assert_eq!(chain.len(), 31);
        assert!(chain.windows(2).all(|pair| pair[1].follows(&pair[0].block())));
        assert_eq!(world.finalized().height, Height(14));
    }

    #[tokio::test]
    async fn a_reorg_replaces_what_it_says_and_grows_the_chain() {
        let world = grown(10);
        let old = world.canonical();
        let head = world.reorg(3);
        let new = world.canonical();
        assert_eq!(head.height, Height(11));
        assert_eq!(new[..8], old[..8]);
        assert!((8..11).all(|height| new[height] != old[height]));
        assert_eq!(world.ever_canonical().len(), 11 + 4);
    }

    #[tokio::test]
    async fn a_rollback_brings_the_same_blocks_again() {
        let world = grown(10);
        let old = world.canonical();
        assert_eq!(world.roll_back(4).height, Height(6));
        world.mine(4);
        assert_eq!(world.canonical(), old);
        assert_eq!(world.ever_canonical().len(), 11);
    }

    #[tokio::test]
    async fn a_branch_can_win_lose_and_win_again() {
        let world = grown(10);
        let first = world.head();
        let second = world.reorg(2);
        world.adopt(&first.hash);
        assert_eq!(world.head(), first);
        world.adopt(&second.hash);
        assert_eq!(world.head(), second);
    }

    #[tokio::test]
    async fn what_is_forgotten_is_shown_to_nobody() {
        let world = grown(50);
        let (head, old) = (world.head(), world.block_at(Height(20)).unwrap());
        world.forget_below(Height(30));
        assert!(world.block_at(Height(29)).is_none() && world.block(&old.hash()).is_none());
        assert_eq!(world.block_at(Height(30)).unwrap().number(), 30);
        assert!(world.block_at(Height(0)).is_some());
        assert_eq!((world.head(), world.finalized().height), (head, Height(34)));
        assert_eq!(world.reorg(3).height, Height(51));
    }

    #[tokio::test]
    async fn a_halted_chain_stands_still() {
        let world = grown(3);
        world.halt();
        assert_eq!(world.step().height, Height(3));
        world.resume();
        assert_eq!(world.step().height, Height(4));
    }

    #[tokio::test]
    async fn finality_never_goes_back() {
        let world = grown(40);
        let finalized = world.finalized();
        world.roll_back(10);
        assert_eq!(world.finalized(), finalized);
    }

    #[tokio::test(start_paused = true)]
    async fn blocks_come_in_their_time() {
        let world = grown(0);
        let mining = tokio::spawn(world.clone().mine_every(std::time::Duration::from_secs(2)));
        tokio::time::sleep(std::time::Duration::from_secs(21)).await;
        mining.abort();
        assert_eq!(world.head().height, Height(10));
    }
}
