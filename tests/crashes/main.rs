//! `kill -9`, and disks that refuse: the program itself, before a fleet that goes on while it is dead, with a reorg every few
//! blocks, into a file and a database. Whatever happened to it, both end up with the world's chain, each event once.
//!
//! Needs the feature `crash-points`; `scripts/test` runs it. `BLOCKTAP_KILLS_EACH` says how often it dies at each point (3),
//! `BLOCKTAP_KILLS_RANDOM` how often at random (50).

#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test may panic; clippy sees only functions marked as tests"
)]

mod cases;
mod daemon;
mod disks;
mod held;
mod land;
mod moments;
mod patience;
mod points;
mod stage;
