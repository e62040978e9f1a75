//! Blocks and receipts with something missing, doubled, moved or broken.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::samples::ethereum;
use crate::chain::evm::verify::verify_json;
use crate::chain::verdict::{Expectation, Standing};
use crate::core::chain_id::ChainId;
use crate::core::class::Class;

#[test]
fn an_empty_list_against_a_root_is_refuted() {
    let mut sample = ethereum();
    sample.block["transactions"] = json!([]);
    assert_eq!(sample.refuted_by(), ["tx_root", "receipts"]);
}

#[test]
fn hashes_in_place_of_transactions_are_refuted() {
    let mut sample = ethereum();
    let transactions = sample.block["transactions"].as_array().unwrap();
    sample.block["transactions"] = transactions.iter().map(|one| one["hash"].clone()).collect();
    assert_eq!(sample.refuted_by(), ["tx_root"]);
}

#[test]
fn a_transaction_left_out_or_moved_is_refuted() {
    let mut sample = ethereum();
    sample.block["transactions"].as_array_mut().unwrap().swap(1, 2);
    assert_eq!(sample.refuted_by(), ["tx_root", "positions", "receipts"]);
    sample = ethereum();
    sample.block["transactions"].as_array_mut().unwrap().pop();
    assert_eq!(sample.refuted_by(), ["tx_root", "receipts"]);
}

#[test]
fn withdrawals_that_are_gone_or_were_never_due_are_refuted() {
    let mut sample = ethereum();
    sample.block.as_object_mut().unwrap().remove("withdrawals");
    assert_eq!(sample.refuted_by(), ["withdrawals_root"]);
    sample = ethereum();
    sample.block["withdrawals"][1] = Value::Null;
    assert_eq!(sample.refuted_by(), ["withdrawals_root"]);
    sample = ethereum();
    sample.block.as_object_mut().unwrap().remove("withdrawalsRoot");
    assert_eq!(sample.refuted_by(), ["hash", "withdrawals_root"]);
}

#[test]
fn an_uncle_out_of_nowhere_is_refuted() {
    let mut sample = ethereum();
    sample.block["uncles"] = json!([sample.block["hash"]]);
    assert_eq!(sample.refuted_by(), ["uncles"]);
}

#[test]
fn fewer_receipts_than_transactions_are_refuted() {
    let mut sample = ethereum();
    sample.receipts.as_array_mut().unwrap().pop();
    assert_eq!(sample.refuted_by(), ["receipts", "receipts_root", "bloom", "gas"]);
    sample.receipts = json!([]);
    assert_eq!(sample.refuted_by(), ["receipts", "receipts_root", "bloom", "gas"]);
}

#[test]
fn receipts_in_another_order_are_refuted() {
    let mut sample = ethereum();
    sample.receipts.as_array_mut().unwrap().swap(1, 2);
    assert_eq!(sample.refuted_by(), ["receipts", "receipts_root", "gas", "log_indexes"]);
}

#[test]
fn missing_receipts_are_not_yet_there() {
    let mut sample = ethereum();
    sample.receipts[2] = Value::Null;
    assert_eq!(sample.verify().unwrap_err().class, Class::NotYet);
    sample.receipts = Value::Null;
    assert_eq!(sample.verify().unwrap_err().class, Class::NotYet);
}

#[test]
fn a_receipt_without_an_outcome_cannot_be_proved() {
    let mut sample = ethereum();
    sample.receipts[0].as_object_mut().unwrap().remove("status");
    assert_eq!(sample.unverifiable(Expectation::Unexpected), ["receipts_root"]);
}

#[test]
fn a_header_with_a_field_missing_cannot_be_proved() {
    let mut sample = ethereum();
    sample.block.as_object_mut().unwrap().remove("stateRoot");
    assert_eq!(sample.unverifiable(Expectation::Unexpected), ["hash"]);
    assert!(sample.refuted_by().is_empty());
}

#[test]
fn a_malformed_header_is_refuted() {
    for bloom in ["0x", "0x0", "0xzz"] {
        let mut sample = ethereum();
        sample.block["logsBloom"] = json!(bloom);
        assert_eq!(sample.refuted_by(), ["hash"], "{bloom}");
    }
}

#[test]
fn a_pending_block_is_not_yet_there() {
    for field in ["hash", "number"] {
        let mut sample = ethereum();
        sample.block[field] = Value::Null;
        assert_eq!(sample.verify().unwrap_err().class, Class::NotYet, "{field}");
    }
}

#[test]
fn bytes_with_half_a_digit_too_many_are_bad() {
    let mut sample = ethereum();
    sample.block["transactions"][0]["input"] = json!("0x123");
    assert_eq!(sample.verify().unwrap_err().class, Class::Bad);
}

#[test]
fn a_field_said_twice_is_an_accident() {
    let sample = ethereum();
    let block = sample.block.to_string().replacen("{\"", "{\"gasUsed\":\"0x1\",\"", 1);
    let error = verify_json(block.as_bytes(), None, &ChainId::evm(1)).unwrap_err();
    assert_eq!(error.class, Class::Transient);
}

#[test]
fn odd_spellings_and_extra_fields_change_nothing() {
    let mut sample = ethereum();
    sample.block["gasUsed"] = json!(21_000 * 6);
    sample.block["number"] = json!("0x0005");
    sample.block["totalDifficulty"] = json!("0x1");
    sample.block["transactions"][2]["nonce"] = json!("0x0d");
    sample.block["transactions"][2]["v"] = json!("0x1c");
    sample.block["transactions"][2]["note"] = json!({"deep": [1, 2, 3]});
    sample.receipts[0]["status"] = json!(true);
    assert_eq!(sample.verify().unwrap().standing(), Standing::Sound);
}

#[test]
fn two_parities_that_contradict_each_other_are_refuted() {
    let mut sample = ethereum();
    sample.block["transactions"][2]["v"] = json!("0x0");
    assert_eq!(sample.refuted_by(), ["tx_hashes"]);
}

#[test]
fn a_whole_answer_is_read_like_its_result() {
    let sample = ethereum();
    let answer = |result: &Value| json!({"jsonrpc": "2.0", "id": 1, "result": result}).to_string();
    let (block, receipts) = (answer(&sample.block), answer(&sample.receipts));
    let verdict = verify_json(block.as_bytes(), Some(receipts.as_bytes()), &ChainId::evm(1));
    assert_eq!(verdict, sample.verify());
}

proptest! {
    #[test]
    fn a_block_that_breaks_off_is_never_called_a_lie(kept in 0.0..1.0f64) {
        let block = ethereum().block.to_string();
        let end = (block.len() as f64 * kept) as usize;
        let error = verify_json(&block.as_bytes()[..end], None, &ChainId::evm(1)).unwrap_err();
        prop_assert_eq!(error.class, Class::Transient);
    }

    #[test]
    fn a_broken_byte_never_passes_and_never_panics(at: prop::sample::Index, byte: u8) {
        let sample = ethereum();
        let mut block = sample.block.to_string().into_bytes();
        let at = at.index(block.len());
        block[at] = byte;
        if let Ok(verdict) = verify_json(&block, None, &ChainId::evm(1)) {
            prop_assert_eq!(verdict.checks.is_empty(), false);
        }
    }
}
