use std::process::Command;
use std::time::Duration;

use serde_json::json;

use crate::core::numbers::Height;
use crate::sim::fleet::Fleet;
use crate::sim::genesis::Genesis;
use crate::sim::script::{Director, demo_script};
use crate::sim::world::World;

/// What marks the trace in the output of another process.
const MARK: &str = "trace of seed 7: ";

/// A demonstration of 40 blocks, in which every provider is asked for its head and its receipts after each block.
fn trace(seed: u64) -> String {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    runtime.block_on(async {
        let fleet = Fleet::of_five(World::grown_from(Genesis { seed, ..Genesis::default() }));
        fleet.trace().start();
        let mut director = Director::new(fleet.clone(), demo_script(Height(0), 40, seed)).unwrap();
        for _ in 0..40 {
            director.step();
            tokio::time::sleep(Duration::from_secs(2)).await;
            for provider in fleet.providers() {
                for (method, params) in [
                    ("eth_getBlockByNumber", json!(["latest", true])),
                    ("eth_getBlockReceipts", json!(["latest"])),
                ] {
                    let body = json!({ "id": 1, "method": method, "params": params });
                    let served = provider.serve(body.to_string().as_bytes());
                    tokio::time::sleep(served.after).await;
                }
            }
        }
        fleet.trace().text()
    })
}

fn digest(seed: u64) -> String {
    use sha2::{Digest, Sha256};
    hex::encode(Sha256::digest(trace(seed)))
}

#[test]
fn the_same_seed_gives_the_same_trace_and_another_seed_another() {
    let first = trace(7);
    assert_eq!(first.lines().count(), 400);
    assert!(first.contains("reset") && first.contains("-> 429"), "the script acted");
    assert_eq!(first, trace(7));
    assert_ne!(first, trace(8));
}

#[test]
#[ignore = "run by the_same_seed_gives_the_same_trace_in_another_process, in that process"]
fn tell_the_trace() {
    // Straight to the output: the test harness of the other process must not keep it.
    use std::io::Write as _;
    writeln!(std::io::stdout(), "{MARK}{}", digest(7)).unwrap();
}

#[test]
fn the_same_seed_gives_the_same_trace_in_another_process() {
    let this = std::env::current_exe().unwrap();
    let test = concat!(module_path!(), "::tell_the_trace").split_once("::").unwrap().1;
    let output = Command::new(this).args([test, "--exact", "--ignored", "--nocapture"]).output().unwrap();
    let told = String::from_utf8(output.stdout).unwrap();
    let theirs = told.lines().find_map(|line| line.split_once(MARK)).map(|(_, digest)| digest);
    assert_eq!(theirs, Some(digest(7).as_str()), "{told}");
}
