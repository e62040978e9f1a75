//! Recorded blocks of real chains, recomputed.
//!
//! The recordings are not part of the repository: `BLOCKTAP_FIXTURES` names the folder that holds them, laid out as
//! `evm/<network>/<number>.block.json[.gz]` with `<number>.receipts.json[.gz]` beside it.

#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test may panic and print; clippy sees only functions marked as tests"
)]

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use blocktap::chain::evm::verify::verify_json;
use blocktap::chain::verdict::{Expectation, Outcome, Standing, Verdict};
use blocktap::core::chain_id::ChainId;

/// The recorded blocks of a network, sorted; a missing or empty folder fails the test.
fn blocks(network: &str) -> Vec<PathBuf> {
    let root =
        std::env::var("BLOCKTAP_FIXTURES").expect("BLOCKTAP_FIXTURES names the folder of recorded blocks");
    let folder = Path::new(&root).join("evm").join(network);
    let entries = fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let paths = entries.map(|entry| entry.expect("a folder's entry").path());
    let mut blocks: Vec<PathBuf> =
        paths.filter(|path| path.to_string_lossy().contains(".block.json")).collect();
    blocks.sort();
    assert!(!blocks.is_empty(), "{} holds no blocks", folder.display());
    blocks
}

fn read(path: &Path) -> Vec<u8> {
    let bytes = fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    if path.extension().is_none_or(|extension| extension != "gz") {
        return bytes;
    }
    let mut plain = Vec::new();
    flate2::read::GzDecoder::new(bytes.as_slice()).read_to_end(&mut plain).expect("a complete gzip file");
    plain
}

/// The receipts recorded with a block, compressed or not.
fn receipts(block: &Path) -> Option<Vec<u8>> {
    let plain = block.to_string_lossy().replace(".block.json", ".receipts.json").replace(".gz", "");
    let candidates = [PathBuf::from(&plain), PathBuf::from(format!("{plain}.gz"))];
    candidates.iter().find(|path| path.exists()).map(|path| read(path))
}

/// Verifies a recorded block and prints every check; the flag tells whether receipts were there.
fn verdict(path: &Path, chain: u64) -> (Verdict, bool) {
    let receipts = receipts(path);
    let verdict = verify_json(&read(path), receipts.as_deref(), &ChainId::evm(chain))
        .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    println!("{} {:?}", path.display(), verdict.standing());
    for check in &verdict.checks {
        println!("    {:<17}{:?}", check.name, check.outcome);
    }
    (verdict, receipts.is_some())
}

/// Every block of a network is sound, and every check that applies to it holds.
fn all_hold(network: &str, chain: u64) {
    for path in blocks(network) {
        let (verdict, has_receipts) = verdict(&path, chain);
        assert_eq!(verdict.standing(), Standing::Sound, "{}", path.display());
        let mut expected = vec!["hash", "tx_hashes", "tx_root", "positions"];
        if has_receipts {
            expected.extend(["receipts", "receipts_root", "bloom", "gas", "log_indexes"]);
        }
        let verified = verdict.verified();
        for name in expected {
            assert!(verified.iter().any(|one| one == name), "{}: {name} does not hold", path.display());
        }
        // Uncles' headers are not in a block: where there are some, nobody can recompute their hash.
        let others = verdict.checks.iter().filter(|check| check.outcome != Outcome::Valid);
        for check in others {
            let excused = Expectation::Expected;
            assert!(
                matches!(check.outcome, Outcome::Unverifiable { expectation, .. } if expectation == excused)
                    && check.name == "uncles",
                "{}: {} does not hold",
                path.display(),
                check.name
            );
        }
    }
}

#[test]
#[ignore = "needs recorded real blocks: set BLOCKTAP_FIXTURES"]
fn every_recorded_ethereum_block_is_proved() {
    all_hold("ethereum-mainnet", 1);
}

#[test]
#[ignore = "needs recorded real blocks: set BLOCKTAP_FIXTURES"]
fn every_recorded_polygon_block_is_proved() {
    all_hold("polygon-mainnet", 137);
}

#[test]
#[ignore = "needs recorded real blocks: set BLOCKTAP_FIXTURES"]
fn every_recorded_base_block_is_proved() {
    all_hold("base-goerli", 84531);
}

#[test]
#[ignore = "needs recorded real blocks: set BLOCKTAP_FIXTURES"]
fn recorded_arbitrum_blocks_are_never_refuted() {
    for path in blocks("arbitrum-mainnet") {
        let (verdict, _) = verdict(&path, 42161);
        assert_eq!(verdict.standing(), Standing::Sound, "{}", path.display());
        assert!(verdict.verified().contains(&"hash".to_owned()));
    }
}

#[test]
#[ignore = "needs recorded real blocks: set BLOCKTAP_FIXTURES"]
fn spoiled_blocks_are_refuted_by_the_check_that_their_name_says() {
    for path in blocks("negative") {
        let check = match path.to_string_lossy() {
            name if name.contains("bad-transactions") => "tx_root",
            name if name.contains("bad-withdrawals") => "withdrawals_root",
            name => panic!("{name}: which check should refute it?"),
        };
        let (verdict, _) = verdict(&path, 5);
        let refuted = |outcome: &Outcome| matches!(outcome, Outcome::Invalid { .. });
        assert!(
            verdict.checks.iter().any(|one| one.name == check && refuted(&one.outcome)),
            "{}: {check} holds",
            path.display()
        );
    }
}
