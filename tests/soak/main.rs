//! Endurance: the real program over loopback for very many blocks, watched from outside, in `/proc`.
//!
//! A simulated fleet fails and heals all the while. Nothing that the program holds may grow with the blocks it has seen: not its
//! memory, its file descriptors, its threads, its actors, nor the journal's disk.

#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "a test may panic; clippy sees only functions marked as tests")]
#![expect(clippy::print_stdout, reason = "a soak says what it measured")]

mod course;
mod daemon;
mod fates;
mod fleet;
mod samples;
mod stuck_sink;
mod trend;

use blocktap::core::numbers::Height;

use course::{Course, run};

/// A day of a chain that makes a block every 0.25 s. `BLOCKTAP_SOAK_BLOCKS` asks for another length.
const DAY: u64 = 345_600;

#[test]
#[ignore = "half an hour and more; scripts/nightly soak runs it in release mode"]
fn a_day_of_quarter_second_blocks_leaves_nothing_behind() {
    let asked = std::env::var("BLOCKTAP_SOAK_BLOCKS").ok();
    let blocks = Height(asked.map_or(DAY, |blocks| blocks.parse().unwrap()));
    let endured = run(&Course { blocks, seed: 1, pauses: 200..=2_500 });
    println!("{endured}");
    let growth = endured.memory_growth_mib();
    assert!(growth <= 1.0, "resident memory grows by {growth:.2} MiB in 100,000 blocks");
    endured.assert_flat();
}

#[test]
fn ten_minutes_of_quarter_second_blocks_leave_nothing_behind() {
    let endured = run(&Course { blocks: Height(2_400), seed: 2, pauses: 20..=300 });
    println!("{endured}");
    // Too short for a trend of the memory: the caches are still filling.
    let peak = endured.peak_memory_mib();
    assert!(peak <= 160.0, "{peak:.0} MiB resident after so few blocks");
    endured.assert_flat();
}
