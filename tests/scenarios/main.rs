//! What blocktap promises, played in the simulated world: paused time, one thread, seeded. One sentence a test.

#![expect(
    clippy::expect_used,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a test may panic and print; clippy sees only functions marked as tests"
)]

mod orders;
mod stage;

mod block_time;
mod budget;
mod canaries;
mod consensus;
mod delivery;
mod election;
mod excuse;
mod finality;
mod footing;
mod halts;
mod memory;
mod panics;
mod pauses;
mod recovery;
mod splits;
mod start;
mod strikes;
mod supervision;
mod swap;
