//! Turns a header's and a body's free fields into a block in which everything fits.

use alloy_consensus::EMPTY_OMMER_ROOT_HASH;
use alloy_primitives::{B256, Bloom};

use super::block::Block;
use super::bloom::Filter;
use super::header::Header;
use super::receipt::Receipt;
use super::roots;
use super::transaction::{Transaction, Unencodable};
use super::withdrawal::Withdrawal;

/// What a block is made of.
#[derive(Clone, Debug, Default)]
pub struct Ingredients {
    /// With its free fields: parent, number, time, state root and so on.
    pub header: Header,
    /// With everything that is signed.
    pub transactions: Vec<Transaction>,
    /// With `status`, `gas_used` and their logs' addresses, topics and data: as many as there are transactions.
    pub receipts: Vec<Receipt>,
    /// Present since Shanghai, even if empty.
    pub withdrawals: Option<Vec<Withdrawal>>,
}

/// Fills in all that follows: hashes, roots, filters, gas used, and every position.
///
/// # Errors
/// When a transaction has no known encoding.
pub fn seal(ingredients: Ingredients) -> Result<(Block, Vec<Receipt>), Unencodable> {
    let Ingredients { mut header, mut transactions, mut receipts, withdrawals } = ingredients;
    for transaction in &mut transactions {
        transaction.hash = transaction.hash()?;
    }
    execute(&transactions, &mut receipts);
    header.transactions_root = roots::of_transactions(&transactions)?;
    header.receipts_root = roots::of_receipts(&receipts);
    header.logs_bloom =
        receipts.iter().filter_map(|receipt| receipt.logs_bloom).fold(Bloom::ZERO, |all, one| all | one);
    header.gas_used = receipts.last().map_or(0, |receipt| receipt.cumulative_gas_used);
    header.withdrawals_root = withdrawals.as_deref().map(roots::of_withdrawals);
    header.sha3_uncles = EMPTY_OMMER_ROOT_HASH;
    let hash = header.hash();
    place(hash, header.number, &mut transactions, &mut receipts);
    Ok((Block { hash, header, transactions, uncles: Some(Vec::new()), withdrawals }, receipts))
}

/// What follows from a receipt's place among the others, and stands in its encoding.
fn execute(transactions: &[Transaction], receipts: &mut [Receipt]) {
    let mut filter = Filter::default();
    let mut gas_used = 0u64;
    for (transaction, receipt) in transactions.iter().zip(receipts) {
        gas_used = gas_used.saturating_add(receipt.gas_used.unwrap_or_default());
        receipt.kind = transaction.kind;
        receipt.transaction_hash = transaction.hash;
        receipt.cumulative_gas_used = gas_used;
        receipt.logs_bloom = Some(filter.of(&receipt.logs));
    }
}

/// Writes every position.
fn place(hash: B256, number: u64, transactions: &mut [Transaction], receipts: &mut [Receipt]) {
    for (index, transaction) in (0..).zip(transactions) {
        transaction.block_hash = Some(hash);
        transaction.block_number = Some(number);
        transaction.transaction_index = Some(index);
    }
    let mut log_index = 0..;
    for (index, receipt) in (0..).zip(receipts) {
        receipt.block_hash = Some(hash);
        receipt.block_number = Some(number);
        receipt.transaction_index = Some(index);
        for log in &mut receipt.logs {
            log.block_hash = Some(hash);
            log.block_number = Some(number);
            log.transaction_hash = Some(receipt.transaction_hash);
            log.transaction_index = Some(index);
            log.log_index = log_index.next();
            log.removed = Some(false);
        }
    }
}
