//! The fault matrix, row by row: `cargo test --test matrix row_36` plays one.
//!
//! Most rows are played twice: in memory under paused time, and over real sockets ([`loopback`]).
//!
//! In memory a row passes when the stream that was delivered is the world's canonical chain, nothing panicked, what
//! was recorded is what the row names and nobody else was blamed, and the stream was at the tip within the row's bound.

#![expect(
    clippy::expect_used,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a test may panic and print; clippy sees only functions marked as tests"
)]

#[path = "../scenarios/stage.rs"]
#[expect(dead_code, reason = "the stage is the scenarios', and not all of it is needed here")]
mod stage;

mod batches;
mod cast;
mod evidence;
mod loopback;
mod panics;
mod play;
mod promises;
mod record;
mod rows;
mod sightings;
mod watch;
