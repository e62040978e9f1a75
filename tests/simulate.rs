//! `blocktap simulate`: the same seed plays the same in every process, and promises are kept.

#![expect(clippy::unwrap_used, reason = "a test may panic; clippy sees only functions marked as tests")]

use std::process::{Command, Output};

use sha2::{Digest, Sha256};

fn simulate(arguments: &[&str]) -> Output {
    Command::new(assert_cmd::cargo::cargo_bin!("blocktap")).arg("simulate").args(arguments).output().unwrap()
}

/// The lines of all plays, without those that tell how long they took.
fn traces(arguments: &[&str]) -> String {
    let output = simulate(&[arguments, &["--trace"]].concat());
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().filter(|line| !line.contains("processor time")).map(|line| format!("{line}\n")).collect()
}

fn digest(text: &str) -> String {
    hex::encode(Sha256::digest(text.as_bytes()))
}

fn plays_the_same_in_three_processes(seeds: &str, jobs: [&str; 2]) {
    let arguments = ["--seeds", seeds, "--blocks", "20"];
    let first = traces(&arguments);
    assert!(first.lines().any(|line| line.contains(" + ")), "{first}");
    for jobs in jobs {
        assert_eq!(digest(&traces(&[&arguments[..], &["--jobs", jobs]].concat())), digest(&first));
    }
}

#[test]
fn the_same_seed_plays_the_same_in_three_processes() {
    plays_the_same_in_three_processes("6", ["1", "3"]);
}

#[test]
#[ignore = "takes minutes unless it is optimised: `CARGO_PROFILE_DEV_OPT_LEVEL=2 cargo test --test simulate -- --ignored`"]
fn a_hundred_seeds_play_the_same_in_three_processes() {
    plays_the_same_in_three_processes("100", ["3", "5"]);
}

#[test]
fn another_seed_plays_otherwise() {
    assert_ne!(traces(&["--seed", "1"]), traces(&["--seed", "2"]));
}

#[test]
fn a_fault_that_nobody_knows_is_refused_with_those_there_are() {
    let output = simulate(&["--faults", "dead,lying"]);
    let told = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{told}");
    assert!(told.contains("\"dead\"") && told.contains("half-open"), "{told}");
}

#[test]
fn the_users_own_providers_are_played_and_never_asked() {
    let folder = tempfile::tempdir().unwrap();
    let settings = folder.path().join("Settings.toml");
    let text = "
        data_dir = \"data\"
        [[chains]]
        name = \"mine\"
        chain_id = \"eip155:1\"
        block_time = \"2s\"
        [[chains.providers]]
        name = \"one\"
        endpoints = [\"https://rpc.one.invalid/key\"]
        rate_limit = { per_second = 50 }
        [[chains.providers]]
        name = \"two\"
        endpoints = [\"https://rpc.two.invalid/key\"]
        rate_limit = { per_second = 50 }
        [[sinks]]
        name = \"lines\"
        kind = \"console\"
    ";
    std::fs::write(&settings, text).unwrap();
    let played = traces(&["--blocks", "30", "--settings", settings.to_str().unwrap(), "--faults", "none"]);
    assert!(played.contains("agreed by one.invalid two.invalid"), "{played}");
    assert!(!folder.path().join("data").exists());
}
