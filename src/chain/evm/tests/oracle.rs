//! Our encodings are alloy's, on whatever fields come along.

use alloy_consensus::{Receipt as AlloyReceipt, ReceiptEnvelope};
use alloy_eips::eip2718::Encodable2718;
use alloy_primitives::{Address, B64, B256, Bytes, LogData, U256};
use proptest::prelude::*;

use super::super::header::Header;
use super::super::receipt::{Log, Receipt};
use super::super::transaction::{Access, Authorization, Transaction, kind};

type AlloyTransaction = alloy_rpc_types_eth::Transaction;

fn number() -> impl Strategy<Value = U256> {
    prop_oneof![any::<u8>().prop_map(U256::from), any::<[u64; 4]>().prop_map(U256::from_limbs)]
}

fn hash() -> impl Strategy<Value = B256> {
    any::<[u8; 32]>().prop_map(B256::from)
}

fn address() -> impl Strategy<Value = Address> {
    any::<[u8; 20]>().prop_map(Address::from)
}

prop_compose! {
    fn access()(address in address(), storage_keys in prop::collection::vec(hash(), 0..3)) -> Access {
        Access { address, storage_keys }
    }
}

prop_compose! {
    fn authorization()(
        chain_id in number(), address in address(), nonce: u64, parity: bool, r in number(), s in number(),
    ) -> Authorization {
        Authorization { chain_id, address, nonce, y_parity: Some(parity.into()), v: None, r, s }
    }
}

prop_compose! {
    /// The fields that all types share.
    fn common()(
        from in address(), to in prop::option::of(address()), nonce: u64, gas: u64, value in number(),
        input: Vec<u8>, r in number(), s in number(), position in (hash(), any::<u32>()),
    ) -> Transaction {
        Transaction {
            from: Some(from), to, nonce, gas, value, input: input.into(), r, s,
            block_hash: Some(position.0), block_number: Some(position.1.into()), transaction_index: Some(1),
            ..Transaction::default()
        }
    }
}

prop_compose! {
    fn transaction()(
        kind in kind::LEGACY..=kind::SET_CODE, common in common(), chain_id in 1..u64::from(u32::MAX), parity: bool,
        fees: [u128; 3], accesses in prop::collection::vec(access(), 0..3),
        blobs in prop::collection::vec(hash(), 0..3), authorizations in prop::collection::vec(authorization(), 0..3),
    ) -> Transaction {
        let is = |kinds: &[u8]| kinds.contains(&kind);
        let typed = kind != kind::LEGACY;
        let to_somebody = common.to.or(Some(Address::ZERO)).filter(|_| kind >= kind::BLOB);
        Transaction {
            kind,
            chain_id: typed.then_some(chain_id),
            to: to_somebody.or(common.to),
            gas_price: (kind < kind::DYNAMIC_FEE).then_some(fees[0]),
            max_fee_per_gas: (kind >= kind::DYNAMIC_FEE).then_some(fees[0]),
            max_priority_fee_per_gas: (kind >= kind::DYNAMIC_FEE).then_some(fees[1]),
            max_fee_per_blob_gas: is(&[kind::BLOB]).then_some(fees[2]),
            access_list: typed.then_some(accesses),
            blob_versioned_hashes: is(&[kind::BLOB]).then_some(blobs),
            authorization_list: is(&[kind::SET_CODE]).then_some(authorizations),
            y_parity: typed.then_some(parity.into()),
            v: Some(if typed { parity.into() } else { chain_id * 2 + 35 + u64::from(parity) }),
            ..common
        }
    }
}

prop_compose! {
    fn header()(
        hashes: [[u8; 32]; 6], miner in address(), difficulty in number(), numbers: [u64; 4], extra: Vec<u8>,
        nonce: [u8; 8], forks in 0..7, fees: [u32; 3], later: [[u8; 32]; 4],
    ) -> Header {
        Header {
            parent_hash: hashes[0].into(), sha3_uncles: hashes[1].into(), state_root: hashes[2].into(),
            transactions_root: hashes[3].into(), receipts_root: hashes[4].into(), mix_hash: hashes[5].into(),
            miner, difficulty, number: numbers[0], gas_limit: numbers[1], gas_used: numbers[2],
            timestamp: numbers[3], extra_data: extra.into(), nonce: B64::from(nonce),
            base_fee_per_gas: (forks > 0).then(|| fees[0].into()),
            withdrawals_root: (forks > 1).then(|| later[0].into()),
            blob_gas_used: (forks > 2).then(|| fees[1].into()),
            excess_blob_gas: (forks > 2).then(|| fees[2].into()),
            parent_beacon_block_root: (forks > 3).then(|| later[1].into()),
            requests_hash: (forks > 4).then(|| later[2].into()),
            block_access_list_hash: (forks > 5).then(|| later[3].into()),
            slot_number: (forks > 5).then_some(numbers[0]),
            ..Header::default()
        }
    }
}

prop_compose! {
    fn log()(address in address(), topics in prop::collection::vec(hash(), 0..5), data: Vec<u8>) -> Log {
        Log { address, topics, data: data.into(), ..Log::default() }
    }
}

fn alloys(log: &Log) -> alloy_primitives::Log {
    let data = LogData::new_unchecked(log.topics.clone(), log.data.clone());
    alloy_primitives::Log { address: log.address, data }
}

proptest! {
    #[test]
    fn a_transaction_is_encoded_and_hashed_as_alloy_does(mut ours in transaction()) {
        ours.hash = ours.hash().unwrap();
        let json = serde_json::to_string(&ours).unwrap();
        let theirs: AlloyTransaction = serde_json::from_str(&json).unwrap();
        let mut encoded = Vec::new();
        ours.encode(&mut encoded).unwrap();
        prop_assert_eq!(Bytes::from(encoded), Bytes::from(theirs.inner.encoded_2718()));
        prop_assert_eq!(serde_json::from_str::<Transaction>(&json).unwrap(), ours);
    }

    #[test]
    fn a_header_is_hashed_as_alloy_does(ours in header()) {
        let json = serde_json::to_string(&ours).unwrap();
        let theirs: alloy_consensus::Header = serde_json::from_str(&json).unwrap();
        prop_assert_eq!(ours.hash(), theirs.hash_slow());
        prop_assert_eq!(serde_json::from_str::<Header>(&json).unwrap(), ours);
    }

    #[test]
    fn a_receipt_is_encoded_as_alloy_does(
        kind in kind::LEGACY..=kind::SET_CODE, success: bool, gas: u64, logs in prop::collection::vec(log(), 0..4),
    ) {
        let logs_of_alloy = logs.iter().map(alloys).collect();
        let theirs = AlloyReceipt { status: success.into(), cumulative_gas_used: gas, logs: logs_of_alloy };
        let theirs = ReceiptEnvelope::from_typed(alloy_consensus::TxType::try_from(kind).unwrap(), theirs.with_bloom());
        let ours = Receipt {
            kind, status: Some(success.into()), cumulative_gas_used: gas, logs, ..Receipt::default()
        };
        let mut encoded = Vec::new();
        ours.encode(&mut encoded);
        prop_assert_eq!(Bytes::from(encoded), Bytes::from(theirs.encoded_2718()));
    }
}
