//! Three operators' providers before one chain, a daemon behind them, and what must hold at the end.

use serde_json::Value;
use sqlx::Row;

use super::chain::Chain;
use super::daemon::Daemon;
use super::patience::wait_for;
use super::sinks::{Line, fold, lines, query, text};

/// Waits until both sinks have arrived where the nodes are.
pub fn wait_until_delivered(daemon: &Daemon, chain: &mut Chain) {
    let tip = chain.tip();
    wait_for("the nodes' tip in both sinks", || {
        let file = file(daemon).last().map(|line| line.block_hash.clone());
        let newest = "SELECT hash FROM blocks ORDER BY number DESC LIMIT 1";
        let archive = query(&daemon.path("sinks/blocks.db"), newest, |row| row.get::<String, _>(0)).pop();
        if [&file, &archive].iter().all(|held| held.as_ref() == Some(&tip)) {
            return Ok(());
        }
        let log = daemon.log();
        let end: Vec<&str> = log.lines().rev().take(20).collect();
        let told: String = end.into_iter().rev().flat_map(|line| [line, "\n"]).collect();
        Err(format!(
            "{tip} is the tip, the file has {file:?}, the archive {archive:?}; the log ends with\n{told}"
        ))
    });
}

/// The chain in the file.
pub fn file(daemon: &Daemon) -> Vec<Line> {
    fold(lines(&daemon.path("sinks/blocks.jsonl")))
}

/// Holds both sinks against the nodes, block by block, and asks blocktap's own verification for its opinion.
pub fn assert_delivered(daemon: &Daemon, chain: &mut Chain) {
    wait_until_delivered(daemon, chain);
    let blocks: Vec<_> = (0..=chain.height()).map(|height| chain.block(height)).collect();
    let file = file(daemon);
    assert_eq!(file.len(), blocks.len());
    for (line, block) in file.iter().zip(&blocks) {
        let data = line.data.as_ref().expect("a block that is applied has a body");
        assert_eq!(line.block_hash, block.value["hash"]);
        assert_eq!(data.block.get(), block.raw.get(), "the body is not what the nodes say");
        let receipts = data.receipts.as_ref().expect("receipts were asked for");
        assert_eq!(receipts.get(), block.receipts.get(), "the receipts are not what the nodes say");
    }
    let values: Vec<&Value> = blocks.iter().map(|block| &block.value).collect();
    assert_blocks(daemon, &values);
    assert_transactions(daemon, &values);
    assert_verified(daemon, blocks.len());
}

fn assert_blocks(daemon: &Daemon, blocks: &[&Value]) {
    let sql = "SELECT number, hash, parent_hash, state_root, transaction_count FROM blocks ORDER BY number";
    let held = query(&daemon.path("sinks/blocks.db"), sql, |row| {
        let hashes = ["hash", "parent_hash", "state_root"].map(|column| text(row, column));
        (row.get::<i64, _>("number"), hashes, row.get::<i64, _>("transaction_count"))
    });
    let expected = blocks.iter().map(|block| {
        let hashes = ["hash", "parentHash", "stateRoot"].map(|field| block[field].clone());
        (number(&block["number"]), hashes, block["transactions"].as_array().map_or(0, Vec::len) as i64)
    });
    assert_eq!(held, expected.collect::<Vec<_>>());
}

fn assert_transactions(daemon: &Daemon, blocks: &[&Value]) {
    let sql = "SELECT * FROM transactions ORDER BY block_number, transaction_index";
    let held = query(&daemon.path("sinks/blocks.db"), sql, |row| {
        let place = ["block_number", "transaction_index", "transaction_type", "receipt_status"];
        let texts = ["block_hash", "hash", "from_address", "to_address", "input"];
        (place.map(|column| row.get::<i64, _>(column)), texts.map(|column| text(row, column)))
    });
    let all = blocks.iter().flat_map(|block| block["transactions"].as_array().into_iter().flatten());
    let expected = all.map(|one| {
        let place = ["blockNumber", "transactionIndex", "type"].map(|field| number(&one[field]));
        let texts = ["blockHash", "hash", "from", "to", "input"].map(|field| one[field].clone());
        ([place[0], place[1], place[2], 1], texts)
    });
    assert_eq!(held, expected.collect::<Vec<_>>());
}

fn assert_verified(daemon: &Daemon, blocks: usize) {
    for command in [&["verify", "journal"][..], &["verify", "sink", "archive"], &["verify", "sink", "file"]] {
        let output = daemon.also(command);
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        assert_eq!(
            output.status.code(),
            Some(0),
            "{command:?}: {said}{}",
            String::from_utf8_lossy(&output.stderr)
        );
        let [applied, undone] = [" applied", " undone"].map(|word| count_before(&said, word));
        assert_eq!(applied - undone, blocks, "{command:?}: {said}");
    }
}

fn count_before(text: &str, word: &str) -> usize {
    let (before, _) = text.split_once(word).unwrap_or_else(|| panic!("{text:?} does not tell{word}"));
    before.rsplit(' ').next().and_then(|count| count.parse().ok()).expect("a count")
}

fn number(quantity: &Value) -> i64 {
    i64::from_str_radix(&quantity.as_str().expect("a quantity")[2..], 16).expect("a number")
}
