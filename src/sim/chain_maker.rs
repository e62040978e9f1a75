//! Makes a block that follows another one.

use alloy_consensus::constants::EMPTY_WITHDRAWALS;
use alloy_consensus::proofs::{calculate_withdrawals_root, ordered_trie_root_encoded};
use alloy_consensus::{EMPTY_OMMER_ROOT_HASH, Header};
use alloy_eips::eip1559::BaseFeeParams;
use alloy_eips::eip4844::DATA_GAS_PER_BLOB;
use alloy_eips::eip4895::Withdrawal;
use alloy_eips::eip7685::EMPTY_REQUESTS_HASH;
use alloy_eips::eip7840::BlobParams;
use alloy_primitives::{Address, B64, B256, Bloom, U256};

use super::block::{Block, Body};
use super::genesis::{Flavour, Genesis};
use super::random::Random;
use super::receipts::{self, Receipt};
use super::transactions::{Transaction, Writer};

/// The most gas that a block may use: enough for a thousand of our transactions.
const GAS_LIMIT: u64 = 100_000_000;
/// The base fee of block zero, in wei.
const FIRST_BASE_FEE: u64 = 1_000_000_000;

/// Block zero: empty.
pub fn first(genesis: &Genesis) -> Block {
    let mut random = Random::seeded(genesis.seed);
    let header = Header {
        timestamp: genesis.time_s,
        base_fee_per_gas: Some(FIRST_BASE_FEE),
        excess_blob_gas: Some(0),
        ..template(genesis, &mut random)
    };
    let withdrawals = Vec::new();
    Block::sealed(header, Body { transactions: Vec::new(), receipts: Vec::new(), withdrawals })
}

/// The block after `parent` on the branch of this number. Equal arguments give equal blocks.
pub fn next(genesis: &Genesis, parent: &Block, branch: u64) -> Block {
    let mut random = Random::derived(&[genesis.seed, parent.word(), branch]);
    let number = parent.number() + 1;
    let base_fee = parent.evm().next_block_base_fee(BaseFeeParams::ethereum()).unwrap_or(FIRST_BASE_FEE);
    let transactions = Writer::new(genesis, &mut random, base_fee).write();
    let receipts = receipts::write(&transactions, &mut random);
    let withdrawals = match genesis.flavour {
        Flavour::Ethereum => withdrawals(number, &mut random),
        Flavour::Optimism => Vec::new(),
    };
    let header = Header {
        parent_hash: parent.evm_hash(),
        number,
        timestamp: genesis.time_of_s(number),
        base_fee_per_gas: Some(base_fee),
        excess_blob_gas: parent.evm().next_block_excess_blob_gas(BlobParams::prague()),
        blob_gas_used: Some(transactions.iter().map(Transaction::blobs).sum::<u64>() * DATA_GAS_PER_BLOB),
        gas_used: receipts.last().map_or(0, |last| last.cumulative_gas_used),
        transactions_root: root(transactions.iter().map(|transaction| transaction.encoded.clone())),
        receipts_root: root(receipts.iter().map(Receipt::encoded)),
        logs_bloom: receipts.iter().fold(Bloom::ZERO, |bloom, receipt| bloom | receipt.bloom),
        withdrawals_root: Some(calculate_withdrawals_root(&withdrawals)),
        ..template(genesis, &mut random)
    };
    Block::sealed(header, Body { transactions, receipts, withdrawals })
}

/// What every block of the chain has alike, or at random.
fn template(genesis: &Genesis, random: &mut Random) -> Header {
    Header {
        ommers_hash: EMPTY_OMMER_ROOT_HASH,
        beneficiary: Address::from(random.array()),
        state_root: B256::from(random.array()),
        difficulty: U256::ZERO,
        gas_limit: GAS_LIMIT,
        extra_data: format!("simulated {}", genesis.chain).into_bytes().into(),
        mix_hash: B256::from(random.array()),
        nonce: B64::ZERO,
        withdrawals_root: Some(EMPTY_WITHDRAWALS),
        blob_gas_used: Some(0),
        parent_beacon_block_root: Some(B256::from(random.array())),
        requests_hash: Some(EMPTY_REQUESTS_HASH),
        ..Header::default()
    }
}

fn withdrawals(number: u64, random: &mut Random) -> Vec<Withdrawal> {
    let count = random.below(4);
    let withdrawal = |place| Withdrawal {
        index: number * 4 + place,
        validator_index: random.below(1_000_000),
        address: Address::from(random.array()),
        amount: random.below(100_000_000),
    };
    (0..count).map(withdrawal).collect()
}

fn root(encoded: impl Iterator<Item = Vec<u8>>) -> B256 {
    let encoded: Vec<Vec<u8>> = encoded.collect();
    ordered_trie_root_encoded(&encoded)
}

#[cfg(test)]
mod tests;
