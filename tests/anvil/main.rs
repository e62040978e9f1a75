//! The program itself, before real nodes: three `anvil` in lockstep are three operators' providers, and whatever was delivered
//! is held against what they answer, block by block, byte by byte.
//!
//! `scripts/test` installs `anvil` and runs this; `BLOCKTAP_ANVIL` names another one.

#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test may panic; clippy sees only functions marked as tests"
)]

mod chain;
mod client;
mod daemon;
mod liar;
mod message;
mod node;
mod patience;
mod road;
mod settings;
mod sinks;
mod stage;

mod lies;
mod single;
mod survival;
