//! A true block with everything in it, as JSON, to be tampered with.

use alloy_primitives::{Address, B256, Bytes, U256};
use serde_json::Value;

use super::super::header::Header;
use super::super::receipt::{Log, Receipt};
use super::super::seal::{Ingredients, seal};
use super::super::transaction::{Access, Authorization, Transaction, kind};
use super::super::verify::verify_json;
use super::super::withdrawal::Withdrawal;
use crate::chain::error::ChainError;
use crate::chain::verdict::{Expectation, Outcome, Verdict};
use crate::core::chain_id::ChainId;

/// A block and its receipts, as a provider on `chain` would answer them.
#[derive(Clone, Debug)]
pub struct Sample {
    pub chain: u64,
    pub block: Value,
    pub receipts: Value,
}

impl Sample {
    /// A block of these transactions, each with a receipt.
    pub fn of(chain: u64, transactions: Vec<Transaction>) -> Self {
        let receipts = (1..=transactions.len()).map(receipt).collect();
        let withdrawals = Some((1..=3).map(withdrawal).collect());
        let sealed = seal(Ingredients { header: header(), transactions, receipts, withdrawals });
        let (block, receipts) = sealed.expect("only known types");
        let value = "own structs are JSON";
        let block = serde_json::to_value(block).expect(value);
        Self { chain, block, receipts: serde_json::to_value(receipts).expect(value) }
    }

    pub fn verify(&self) -> Result<Verdict, ChainError> {
        let (block, receipts) = (self.block.to_string(), self.receipts.to_string());
        verify_json(block.as_bytes(), Some(receipts.as_bytes()), &ChainId::evm(self.chain))
    }

    /// The names of the checks that do not hold.
    pub fn refuted_by(&self) -> Vec<&'static str> {
        self.named(|outcome| matches!(outcome, Outcome::Invalid { .. }))
    }

    /// The names of the checks that cannot be made, and are missed (or not).
    pub fn unverifiable(&self, wanted: Expectation) -> Vec<&'static str> {
        self.named(
            |outcome| matches!(outcome, Outcome::Unverifiable { expectation, .. } if *expectation == wanted),
        )
    }

    fn named(&self, wanted: impl Fn(&Outcome) -> bool) -> Vec<&'static str> {
        let checks = self.verify().expect("still a block").checks;
        checks.iter().filter(|check| wanted(&check.outcome)).map(|check| check.name).collect()
    }
}

/// One transaction of every type that Ethereum has, and a contract's creation.
pub fn ethereum() -> Sample {
    let kinds = [kind::LEGACY, kind::ACCESS_LIST, kind::DYNAMIC_FEE, kind::BLOB, kind::SET_CODE];
    let mut transactions: Vec<_> = kinds.into_iter().map(transaction).collect();
    transactions.push(Transaction { to: None, ..transaction(kind::DYNAMIC_FEE) });
    Sample::of(1, transactions)
}

/// A transaction whose every field differs from its default.
pub fn transaction(kind: u8) -> Transaction {
    let signature = Transaction {
        kind,
        from: Some(Address::repeat_byte(0x11)),
        to: Some(Address::repeat_byte(0x12)),
        nonce: 13,
        gas: 21_000,
        value: U256::from(14),
        input: Bytes::from_static(b"input"),
        r: U256::from(15) << 200,
        s: U256::from(16),
        v: Some(u64::from(kind != kind::LEGACY) | 0x26),
        ..Transaction::default()
    };
    if kind == kind::DEPOSIT {
        return Transaction {
            source_hash: Some(B256::repeat_byte(0x17)),
            mint: Some(U256::from(18)),
            is_system_tx: Some(false),
            v: None,
            ..signature
        };
    }
    let gas_price = Some(19);
    if kind == kind::LEGACY {
        return Transaction { gas_price, ..signature };
    }
    let typed = Transaction {
        chain_id: Some(1),
        access_list: Some(vec![access(), Access::default()]),
        y_parity: Some(1),
        v: None,
        ..signature
    };
    if kind == kind::ACCESS_LIST {
        return Transaction { gas_price, ..typed };
    }
    let is_blob = kind == kind::BLOB;
    Transaction {
        max_fee_per_gas: Some(20),
        max_priority_fee_per_gas: Some(21),
        max_fee_per_blob_gas: is_blob.then_some(22),
        blob_versioned_hashes: is_blob.then(|| vec![B256::repeat_byte(0x23)]),
        authorization_list: (kind == kind::SET_CODE).then(|| vec![authorization()]),
        ..typed
    }
}

fn header() -> Header {
    Header {
        parent_hash: B256::repeat_byte(1),
        miner: Address::repeat_byte(2),
        state_root: B256::repeat_byte(3),
        difficulty: U256::from(4),
        number: 5,
        gas_limit: 30_000_000,
        timestamp: 1_700_000_000,
        extra_data: Bytes::from_static(b"extra"),
        mix_hash: B256::repeat_byte(6),
        base_fee_per_gas: Some(7),
        blob_gas_used: Some(8),
        excess_blob_gas: Some(9),
        parent_beacon_block_root: Some(B256::repeat_byte(10)),
        requests_hash: Some(B256::repeat_byte(11)),
        block_access_list_hash: Some(B256::repeat_byte(12)),
        slot_number: Some(13),
        ..Header::default()
    }
}

fn access() -> Access {
    Access { address: Address::repeat_byte(0x31), storage_keys: vec![B256::repeat_byte(0x32); 2] }
}

fn authorization() -> Authorization {
    Authorization {
        chain_id: U256::from(0x33),
        address: Address::repeat_byte(0x34),
        nonce: 0x35,
        y_parity: Some(1),
        v: None,
        r: U256::from(0x36),
        s: U256::from(0x37),
    }
}

fn withdrawal(index: u64) -> Withdrawal {
    Withdrawal {
        index,
        validator_index: index + 100,
        address: Address::repeat_byte(0x41),
        amount: index * 1000,
    }
}

fn receipt(index: usize) -> Receipt {
    let address = [u8::try_from(index).unwrap_or_default(); 20].into();
    let logs = (0..index).map(|topics| Log {
        address,
        topics: vec![B256::with_last_byte(0x52); topics],
        data: Bytes::from_static(b"data"),
        ..Log::default()
    });
    Receipt { status: Some(1), gas_used: Some(21_000), logs: logs.collect(), ..Receipt::default() }
}
