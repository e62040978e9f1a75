//! The simulated world: a chain that nobody can look up, and providers that fail on command.
//!
//! [`world::World`] grows a tree of blocks with real EVM hashes and roots. [`fleet::Fleet`] puts simulated providers in front
//! of it, each with its own view, pace, quota and [`symptom::Symptom`]s. They answer through [`memory`], where tests run under
//! paused time, or through [`loopback`], over real sockets ([`playground`] is one for examples and for tests of one's own); both ask the same [`provider::Provider`].
//!
//! *The same seed gives the same trace*, in every process: what a block holds follows from the seed, its parent and its
//! branch, never from who asked first; maps that are iterated are ordered; the only clock is tokio's.
//!
//! Blocks are made with `alloy-consensus`, and requests read by a reader of our own, on purpose: a world made with the code it
//! is there to test would repeat its mistakes.
//!
//! *Not promised*: signatures are random numbers, so no sender can be recovered, and no state lies behind the state roots.

pub mod block;
pub mod chain_maker;
pub mod changes;
pub mod corruption;
pub mod fault;
pub mod fleet;
pub mod frames;
pub mod genesis;
pub mod loopback;
pub mod memory;
pub mod oddity;
pub mod oracle;
pub mod playground;
pub mod profile;
pub mod provider;
pub mod quota;
pub mod random;
pub mod receipts;
pub mod reply;
pub mod rpc;
pub mod schedule;
pub mod script;
pub mod session;
pub mod symptom;
pub mod trace;
pub mod transactions;
pub mod tree;
pub mod view;
pub mod watch;
pub mod wire;
pub mod world;
