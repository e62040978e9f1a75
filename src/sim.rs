//! The simulated world: a chain that nobody can look up, and providers that fail on command.
//!
//! [`world::World`] grows a tree of blocks with real EVM hashes and roots.
//!
//! *The same seed gives the same trace*, in every process: what a block holds follows from the seed, its parent and its
//! branch, never from who asked first; maps that are iterated are ordered; the only clock is tokio's.
//!
//! *Not promised*: signatures are random numbers, so no sender can be recovered, and no state lies behind the state roots.

pub mod block;
pub mod chain_maker;
pub mod genesis;
pub mod random;
pub mod receipts;
pub mod transactions;
pub mod tree;
pub mod view;
pub mod world;
