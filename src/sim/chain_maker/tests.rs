use std::collections::BTreeSet;
use std::sync::Arc;

use alloy_rpc_types_eth as rpc;

use crate::chain::evm;
use crate::sim::block::Block;
use crate::sim::genesis::{Flavour, Genesis};
use crate::sim::tree::Tree;

fn chain(genesis: Genesis, length: u64) -> Vec<Arc<Block>> {
    let mut tree = Tree::grown_from(genesis);
    let mut blocks = vec![tree.first()];
    for _ in 0..length {
        let next = tree.extend(&blocks[blocks.len() - 1].clone(), 0);
        blocks.push(next);
    }
    blocks
}

fn assert_recomputed(block: &Block) {
    let read: evm::block::Block = serde_json::from_slice(&block.full_json()).unwrap();
    let receipts: Vec<evm::receipt::Receipt> = serde_json::from_slice(&block.receipts_json()).unwrap();
    assert_eq!(read.header.hash(), read.hash, "block {}", block.number());
    assert_eq!(evm::roots::of_transactions(&read.transactions).unwrap(), read.header.transactions_root);
    assert_eq!(evm::roots::of_receipts(&receipts), read.header.receipts_root);
    assert_eq!(receipts.len(), read.transactions.len());
    for (transaction, made) in read.transactions.iter().zip(&block.body().transactions) {
        assert_eq!(transaction.hash().unwrap(), made.hash);
    }
}

#[test]
fn blocks_in_json_hash_to_what_they_claim() {
    let blocks = chain(Genesis::default(), 60);
    blocks.iter().for_each(|block| assert_recomputed(block));
    let kinds: BTreeSet<u8> =
        blocks.iter().flat_map(|block| &block.body().transactions).map(|one| one.kind()).collect();
    assert_eq!(kinds, BTreeSet::from([0, 1, 2, 3, 4]));
    assert!(blocks.iter().any(|block| !block.body().withdrawals.is_empty()));
}

#[test]
fn deposits_hash_to_what_they_claim() {
    let blocks = chain(Genesis { flavour: Flavour::Optimism, ..Genesis::default() }, 20);
    blocks.iter().for_each(|block| assert_recomputed(block));
    assert!(blocks[1..].iter().all(|block| block.body().transactions[0].kind() == 0x7e));
}

#[test]
fn blocks_are_what_other_tools_read() {
    for block in chain(Genesis::default(), 30) {
        let read: rpc::Block = serde_json::from_slice(&block.full_json()).unwrap();
        assert_eq!(read.header.hash, block.evm_hash());
        assert_eq!(read.header.inner.hash_slow(), block.evm_hash());
        let receipts: Vec<rpc::TransactionReceipt> = serde_json::from_slice(&block.receipts_json()).unwrap();
        let hashes: Vec<_> = receipts.iter().map(|receipt| receipt.transaction_hash).collect();
        assert_eq!(read.transactions.hashes().collect::<Vec<_>>(), hashes);
        let head: rpc::Header = serde_json::from_slice(&block.head_json()).unwrap();
        assert_eq!(head.hash, block.evm_hash());
        let short: rpc::Block = serde_json::from_slice(&block.hashes_json()).unwrap();
        assert_eq!(short.transactions.hashes().collect::<Vec<_>>(), hashes);
    }
}

#[test]
fn a_block_can_be_as_large_as_throughput_needs() {
    let genesis =
        Genesis { transactions_per_block: 200..=200, input_bytes: 2000..=2000, ..Genesis::default() };
    let blocks = chain(genesis, 1);
    assert_recomputed(&blocks[1]);
    assert!(blocks[1].full_json().len() > 200 * 4000);
}
