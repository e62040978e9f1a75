use std::io::Write;

use blocktap::core::numbers::Height;
use blocktap::sim::genesis::Genesis;
use blocktap::sim::world::World;
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};

use crate::terminal::Terminal;

/// A true block and its receipts, as a node answers.
fn block() -> (Value, Value) {
    let genesis = Genesis { chain: 1, premined: 3, transactions_per_block: 3..=3, ..Genesis::default() };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let block = runtime.block_on(async { World::grown_from(genesis).block_at(Height(2)).unwrap() });
    let read = |bytes: &[u8]| serde_json::from_slice(bytes).unwrap();
    (read(&block.full_json()), read(&block.receipts_json()))
}

fn gzipped(value: &Value) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(value.to_string().as_bytes()).unwrap();
    encoder.finish().unwrap()
}

fn terminal(block: &Value, receipts: &Value) -> Terminal {
    let terminal = Terminal::new();
    terminal.write("block.json", block.to_string().as_bytes());
    terminal.write("receipts.json.gz", &gzipped(receipts));
    terminal
}

#[test]
fn a_true_block_is_valid_check_by_check() {
    let (block, receipts) = block();
    let answer = json!({"jsonrpc": "2.0", "id": 1, "result": block});
    let printed = terminal(&answer, &receipts).run(&[
        "verify",
        "block",
        "block.json",
        "--receipts",
        "receipts.json.gz",
    ]);
    assert_eq!(printed.code, 0, "{printed:?}");
    let number = format!("block 2 {}", block["hash"].as_str().unwrap());
    assert!(printed.out.starts_with(&number), "{}", printed.out);
    assert!(!printed.out.contains(" invalid"), "{}", printed.out);
    assert!(printed.out.matches(" valid").count() >= 5, "{}", printed.out);
}

#[test]
fn a_changed_block_is_invalid_and_the_check_is_named() {
    let (mut block, receipts) = block();
    block["transactions"][0]["value"] = json!("0x123456789");
    let printed = terminal(&block, &receipts).run(&["verify", "block", "block.json"]);
    assert_eq!(printed.code, 1, "{printed:?}");
    assert!(printed.out.contains("invalid") && printed.out.contains("computed 0x"), "{}", printed.out);
}

#[test]
fn changed_receipts_are_invalid_too() {
    let (block, mut receipts) = block();
    receipts[0]["cumulativeGasUsed"] = json!("0x1");
    let printed =
        terminal(&block, &receipts).run(&["verify", "block", "block.json", "--receipts", "receipts.json.gz"]);
    assert_eq!(printed.code, 1, "{printed:?}");
}

#[test]
fn what_is_no_block_cannot_be_verified_at_all() {
    let terminal = Terminal::new();
    terminal.write("null.json", b"{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":null}");
    terminal.write("text", b"hello");
    terminal.write("torn.gz", &[0x1f, 0x8b, 8]);
    for file in ["null.json", "text", "torn.gz", "nowhere"] {
        let printed = terminal.run(&["verify", "block", file]);
        assert_eq!(printed.code, 2, "{file}: {printed:?}");
        assert!(printed.err.starts_with("error: "), "{file}: {printed:?}");
    }
    let printed = terminal.run(&["verify", "block", "text", "--chain", "one"]);
    assert!(printed.code == 2 && printed.err.contains("CAIP-2"), "{printed:?}");
    let printed = terminal.run(&["verify", "block", "text", "--chain", "solana:mainnet"]);
    assert!(printed.code == 2 && printed.err.contains("only blocks of EVM chains"), "{printed:?}");
}
