//! A sink that never returns, while blocks of 200 transactions go on.

use std::io::{PipeReader, PipeWriter, Write};
use std::process::Stdio;
use std::thread::sleep;
use std::time::Duration;

use blocktap::core::numbers::Height;
use blocktap::sim::genesis::Genesis;

use crate::daemon::Daemon;
use crate::fleet::{Living, Plan};
use crate::samples::peak_mib;

/// Of 441 kB each, 290 MB: more than the bound, if they were all held.
const BLOCKS: u64 = 700;
/// What README.md says.
const BOUND_MIB: f64 = 256.0;
const LOOK_EVERY: Duration = Duration::from_millis(100);
/// Five minutes.
const LOOKS_WITHOUT_PROGRESS: usize = 3_000;

const SETTINGS: &str = r#"
[[sinks]]
name = "console"
kind = "console"
[[sinks]]
name = "lines"
kind = "file"
path = "blocks.jsonl"
[[chains]]
name = "large"
chain_id = "eip155:1337"
start = 1
"#;

#[test]
fn a_stuck_sink_keeps_memory_under_the_stated_bound() {
    let (living, _last) = Living::listen(Plan {
        genesis: Genesis { transactions_per_block: 200..=200, input_bytes: 700..=740, ..Genesis::default() },
        last: Height(BLOCKS),
        names: &["north", "south", "east"],
        faults: None,
    });
    let (unread, output) = full_pipe();
    let mut daemon = Daemon::start(living.addresses(), SETTINGS, Stdio::from(output));
    living.grow();
    let (mut tip, mut standing) = (0, 0);
    while tip < BLOCKS {
        sleep(LOOK_EVERY);
        assert!(daemon.runs(), "it ended: {}", daemon.log());
        let now = daemon.metric("blocktap_tip_height") as u64;
        standing = if now == tip { standing + 1 } else { 0 };
        assert!(standing < LOOKS_WITHOUT_PROGRESS, "no block after {now}");
        living.delivered(now);
        tip = now;
    }
    let (behind, peak) = (daemon.metric("blocktap_sink_events_behind"), peak_mib(daemon.id()));
    println!("stuck sink: {behind} events behind, {peak:.0} MiB resident at the most");
    assert!(behind > 100.0, "the console is only {behind} events behind: it was never stuck");
    assert!(peak <= BOUND_MIB, "{peak:.0} MiB resident");
    drop(unread);
}

/// A pipe that nobody reads from: a write to it never returns.
fn full_pipe() -> (PipeReader, PipeWriter) {
    let (unread, output) = std::io::pipe().unwrap();
    let mut filler = output.try_clone().unwrap();
    // It waits for room as well, until the test ends.
    std::thread::spawn(move || while filler.write_all(&[b'.'; 4096]).is_ok() {});
    (unread, output)
}
