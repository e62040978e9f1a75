//! What chains do differently: known differences are expected, unknown ones noticed, and neither is a lie.

use alloy_primitives::{B256, keccak256};
use serde_json::{Value, json};

use super::samples::{Sample, ethereum, transaction};
use crate::chain::evm::transaction::kind;
use crate::chain::evm::{scan, verify::EvmVerifier};
use crate::chain::family::{RawBlock, Verification, Verifier};
use crate::chain::verdict::{Expectation, Standing};
use crate::core::chain_id::ChainId;

/// A sample one of whose transactions became of a type that no encoding is known for.
fn with_type(chain: u64, kind: &str) -> Sample {
    let mut sample = Sample { chain, ..ethereum() };
    sample.block["transactions"][2]["type"] = json!(kind);
    sample
}

#[test]
fn a_transaction_type_of_the_future_is_noticed_and_is_no_lie() {
    let sample = with_type(1, "0x5");
    assert_eq!(sample.unverifiable(Expectation::Unexpected), ["tx_hashes", "tx_root"]);
    assert_eq!(sample.verify().unwrap().standing(), Standing::Unproved);
}

#[test]
fn a_lie_beside_an_unknown_type_is_still_a_lie() {
    let mut sample = with_type(1, "0x5");
    sample.block["transactions"][0]["nonce"] = json!("0xff");
    assert_eq!(sample.refuted_by(), ["tx_hashes"]);
}

#[test]
fn arbitrums_own_types_are_expected_there_and_nowhere_else() {
    assert_eq!(with_type(42161, "0x68").verify().unwrap().standing(), Standing::Sound);
    assert_eq!(with_type(1, "0x68").verify().unwrap().standing(), Standing::Unproved);
}

#[test]
fn an_unexpected_gap_is_not_hidden_behind_an_expected_one() {
    let mut sample = with_type(42161, "0x68");
    sample.block["transactions"][3]["type"] = json!("0x55");
    assert_eq!(sample.verify().unwrap().standing(), Standing::Unproved);
}

#[test]
fn arbitrums_internal_transaction_is_recomputed() {
    let internal = super::super::transaction::Transaction {
        chain_id: Some(42161),
        ..transaction(kind::ARBITRUM_INTERNAL)
    };
    let mut sample = Sample::of(42161, vec![internal]);
    assert_eq!(sample.verify().unwrap().standing(), Standing::Sound);
    sample.block["transactions"][0]["input"] = json!("0x1234");
    assert_eq!(sample.refuted_by(), ["tx_hashes", "tx_root"]);
}

#[test]
fn receipts_of_an_unknown_type_that_do_not_fit_are_no_lie() {
    let mut sample = with_type(137, "0x7f");
    sample.receipts[2]["type"] = json!("0x7f");
    assert_eq!(sample.unverifiable(Expectation::Expected), ["tx_hashes", "tx_root", "receipts_root"]);
    assert_eq!(sample.verify().unwrap().standing(), Standing::Sound);
}

#[test]
fn a_header_field_of_the_future_is_noticed_and_is_no_lie() {
    let mut sample = ethereum();
    sample.block["futureRoot"] = json!(B256::repeat_byte(1));
    assert_eq!(sample.verify().unwrap().standing(), Standing::Sound, "a surplus field that is in no hash");
    sample.block["extraData"] = json!("0x");
    assert_eq!(sample.unverifiable(Expectation::Unexpected), ["hash"]);
    assert_eq!(sample.verify().unwrap().standing(), Standing::Unproved);
}

#[test]
fn an_op_stack_storage_root_is_expected_in_place_of_withdrawals() {
    let sample = |chain| {
        let mut sample = Sample { chain, ..ethereum() };
        sample.block["withdrawals"] = json!([]);
        sample
    };
    assert_eq!(sample(8453).unverifiable(Expectation::Expected), ["withdrawals_root"]);
    assert_eq!(sample(1).refuted_by(), ["withdrawals_root"]);
}

/// A Bor block with a state-sync transaction at its end, and its receipt.
fn bor(chain: u64) -> Sample {
    let mut sample = Sample { chain, ..ethereum() };
    let hash: B256 = serde_json::from_value(sample.block["hash"].clone()).unwrap();
    let state_sync = keccak256([&b"matic-bor-receipt-"[..], &5u64.to_be_bytes(), hash.as_slice()].concat());
    let position = json!({"blockHash": hash, "blockNumber": "0x5", "transactionIndex": "0x6"});
    let with = |name: &str, more: Value| {
        let mut object = position.clone();
        object[name] = json!(state_sync);
        object.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        object
    };
    let transaction = with(
        "hash",
        json!({"gasPrice": "0x0", "v": "0x0", "to": "0x0000000000000000000000000000000000000000"}),
    );
    let receipt = with("transactionHash", json!({"status": "0x1", "cumulativeGasUsed": "0x0", "logs": []}));
    sample.block["transactions"].as_array_mut().unwrap().push(transaction);
    sample.receipts.as_array_mut().unwrap().push(receipt);
    sample
}

#[test]
fn bors_state_sync_transaction_is_set_aside() {
    let sample = bor(137);
    assert_eq!(sample.verify().unwrap().standing(), Standing::Sound);
    assert_eq!(sample.unverifiable(Expectation::Expected), ["state_sync"]);
    assert!(sample.verify().unwrap().verified().contains(&"receipts_root".to_owned()));
}

#[test]
fn a_state_sync_transaction_is_nothing_special_elsewhere() {
    assert!(bor(1).refuted_by().contains(&"tx_root"));
}

#[test]
fn a_state_sync_transaction_under_another_hash_is_refuted() {
    let mut sample = bor(137);
    sample.block["transactions"][6]["hash"] = json!(B256::ZERO);
    assert!(sample.refuted_by().contains(&"tx_hashes"));
}

#[test]
fn on_a_foreign_chain_nothing_is_recomputed_and_nothing_refuted() {
    let mut sample = Sample { chain: 728_126_428, ..ethereum() };
    sample.block["logsBloom"] = json!("0x");
    sample.block["nonce"] = json!("0x0");
    let all = ["hash", "tx_hashes", "tx_root", "receipts_root"];
    assert_eq!(sample.unverifiable(Expectation::Expected), all);
}

#[test]
fn a_chain_can_be_lowered_to_links() {
    let block = ethereum().block.to_string();
    let header = scan::scan(block.as_bytes()).unwrap();
    let raw = RawBlock { header, block: block.into(), receipts: None };
    let verdict = EvmVerifier::new(&ChainId::evm(1), Verification::LinkOnly).verify(&raw).unwrap();
    assert_eq!((verdict.header, verdict.verified()), (header, vec![]));
    assert_eq!(verdict.standing(), Standing::Sound);
}
