//! Changes every single value of a true block, one at a time.

use serde_json::Value;

use super::samples::{Sample, ethereum, transaction};
use crate::chain::evm::transaction::kind;
use crate::chain::verdict::Standing;

/// The pointers (RFC 6901) of all values within one that are no lists and no objects.
fn leaves(value: &Value, pointer: &str) -> Vec<String> {
    let below = |(key, value): (String, &Value)| leaves(value, &format!("{pointer}/{key}"));
    match value {
        Value::Object(map) => map.iter().map(|(key, value)| (key.clone(), value)).flat_map(below).collect(),
        Value::Array(list) => {
            list.iter().enumerate().map(|(index, value)| (index.to_string(), value)).flat_map(below).collect()
        }
        Value::Null => Vec::new(),
        _ => vec![pointer.to_owned()],
    }
}

/// Changes a value a little, and keeps its shape.
fn tamper(value: &mut Value) {
    match value {
        Value::String(text) => {
            let digit = text.pop().and_then(|digit| digit.to_digit(16)).expect("hexadecimal");
            text.push(char::from_digit(digit ^ 1, 16).expect("hexadecimal"));
        }
        Value::Bool(flag) => *flag = !*flag,
        other => panic!("{other} is no leaf"),
    }
}

/// What refutes the sample after each change within the block, by pointer.
fn changes_of_block(sample: &Sample, within: &str) -> Vec<(String, Vec<&'static str>)> {
    let part = sample.block.pointer(within).expect("a part of the block");
    let refuted = |pointer: String| {
        let mut changed = sample.clone();
        tamper(changed.block.pointer_mut(&pointer).expect("a leaf"));
        (pointer, changed.refuted_by())
    };
    leaves(part, within).into_iter().map(refuted).collect()
}

fn changes_of_receipts(sample: &Sample) -> Vec<(String, Vec<&'static str>)> {
    let refuted = |pointer: String| {
        let mut changed = sample.clone();
        tamper(changed.receipts.pointer_mut(&pointer).expect("a leaf"));
        (pointer, changed.refuted_by())
    };
    leaves(&sample.receipts, "").into_iter().map(refuted).collect()
}

fn last(pointer: &str) -> &str {
    pointer.rsplit('/').next().unwrap_or_default()
}

#[test]
fn a_true_block_holds_in_every_check() {
    let verdict = ethereum().verify().unwrap();
    assert_eq!(verdict.standing(), Standing::Sound);
    assert_eq!(
        verdict.verified(),
        [
            "hash",
            "tx_hashes",
            "tx_root",
            "withdrawals_root",
            "uncles",
            "positions",
            "receipts",
            "receipts_root",
            "bloom",
            "gas",
            "log_indexes"
        ]
    );
}

#[test]
fn every_field_of_the_header_is_bound_by_the_hash() {
    let mut sample = ethereum();
    let header = sample.block.as_object_mut().unwrap();
    header.retain(|_, value| !value.is_array());
    let fields = leaves(&sample.block, "");
    assert_eq!(fields.len(), 24, "fifteen fields, eight of later forks, and the hash");
    for pointer in fields {
        let mut changed = ethereum();
        tamper(changed.block.pointer_mut(&pointer).unwrap());
        let refuted = changed.refuted_by();
        let also = match pointer.as_str() {
            "/transactionsRoot" => "tx_root",
            "/withdrawalsRoot" => "withdrawals_root",
            "/receiptsRoot" => "receipts_root",
            "/logsBloom" => "bloom",
            "/gasUsed" => "gas",
            "/number" => "positions",
            _ => "hash",
        };
        assert!(refuted.contains(&"hash") && refuted.contains(&also), "{pointer}: {refuted:?}");
    }
}

#[test]
fn every_field_of_a_transaction_is_bound_by_its_hash_and_the_root() {
    let changes = changes_of_block(&ethereum(), "/transactions");
    assert!(changes.len() > 100);
    for (pointer, refuted) in changes {
        match last(&pointer) {
            "blockHash" | "blockNumber" | "transactionIndex" => {
                assert_eq!(refuted, ["positions"], "{pointer}")
            }
            "hash" => assert_eq!(refuted, ["tx_hashes", "receipts"], "{pointer}"),
            "from" => assert!(refuted.is_empty(), "{pointer}: implied by the signature, and not recovered"),
            // Changing the type may ask for fields that are not there.
            "type" => assert!(changed_type_is_noticed(&pointer), "{pointer}"),
            _ => assert_eq!(refuted, ["tx_hashes", "tx_root"], "{pointer}"),
        }
    }
}

fn changed_type_is_noticed(pointer: &str) -> bool {
    let mut changed = ethereum();
    tamper(changed.block.pointer_mut(pointer).expect("a type"));
    changed.verify().expect("still a block").standing() != Standing::Sound
}

#[test]
fn every_field_of_a_deposit_is_bound_too() {
    let sample = Sample::of(10, vec![transaction(kind::DEPOSIT)]);
    assert_eq!(sample.verify().unwrap().standing(), Standing::Sound);
    for (pointer, refuted) in changes_of_block(&sample, "/transactions/0") {
        let bound = refuted == ["tx_hashes", "tx_root"];
        let expected = match last(&pointer) {
            // A deposit has neither a nonce nor a signature of its own.
            "nonce" | "r" | "s" => refuted.is_empty(),
            "blockHash" | "blockNumber" | "transactionIndex" => refuted == ["positions"],
            "hash" => refuted == ["tx_hashes", "receipts"],
            "type" => true,
            _ => bound,
        };
        assert!(expected, "{pointer}: {refuted:?}");
    }
}

#[test]
fn every_field_of_a_withdrawal_is_bound_by_its_root() {
    let changes = changes_of_block(&ethereum(), "/withdrawals");
    assert_eq!(changes.len(), 12);
    for (pointer, refuted) in changes {
        assert_eq!(refuted, ["withdrawals_root"], "{pointer}");
    }
}

#[test]
fn every_field_of_a_receipt_is_bound_by_some_check() {
    let changes = changes_of_receipts(&ethereum());
    assert!(changes.len() > 200);
    for (pointer, refuted) in changes {
        let of_log = pointer.contains("/logs/");
        let expected: &[&str] = match last(&pointer) {
            "status" | "type" => &["receipts_root"],
            "cumulativeGasUsed" => &["receipts_root", "gas"],
            "gasUsed" => &["gas"],
            "logsBloom" => &["receipts_root", "bloom"],
            "address" => &["receipts_root", "bloom"],
            "data" => &["receipts_root"],
            "transactionHash" if !of_log => &["receipts"],
            "blockHash" | "blockNumber" | "transactionIndex" if !of_log => &["receipts"],
            _ if pointer.contains("/topics/") => &["receipts_root", "bloom"],
            _ => &["log_indexes"],
        };
        // A receipt's own hash also stands in its logs.
        let at_least = expected.iter().all(|name| refuted.contains(name));
        assert!(at_least, "{pointer}: {refuted:?}");
    }
}
