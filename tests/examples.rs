//! The examples do what they say, each as a program of its own.

#![expect(clippy::unwrap_used, reason = "a test may panic; clippy sees only functions marked as tests")]

use std::time::Duration;

use assert_cmd::Command;

/// What an example prints. The time covers building it, where nobody has yet.
fn printed(example: &str) -> String {
    let mut run = Command::new(env!("CARGO"));
    run.args(["run", "--quiet", "--locked", "--example", example]).timeout(Duration::from_secs(900));
    // What cargo tells this test about itself would make build scripts of dependencies run again.
    let told = |name: &str| ["CARGO_PKG_", "CARGO_MANIFEST_"].iter().any(|told| name.starts_with(told));
    for (name, _) in std::env::vars().filter(|(name, _)| told(name)) {
        run.env_remove(name);
    }
    let ended = run.assert().success();
    String::from_utf8(ended.get_output().stdout.clone()).unwrap()
}

#[test]
fn a_sink_of_ones_own_gets_every_event_in_order() {
    let printed = printed("custom_sink");
    let cells: Vec<Vec<&str>> = printed.lines().map(|line| line.split(',').collect()).collect();
    assert!(cells.len() >= 16, "{printed}");
    let numbers: Vec<u64> = cells.iter().map(|cells| cells[0].parse().unwrap()).collect();
    assert!(numbers.iter().copied().eq(1..=numbers.len() as u64), "{printed}");
    assert_eq!((cells[0][2], cells[0][3]), ("apply", "0"));
}

#[test]
fn an_actor_of_ones_own_is_fed_and_answers() {
    let printed = printed("custom_sink_actor");
    let blocks: u64 = printed.trim().strip_suffix(" blocks").unwrap().parse().unwrap();
    assert!(blocks >= 16, "{printed}");
}
