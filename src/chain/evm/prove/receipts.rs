//! `receipts`, `receipts_root`, `bloom`, `gas`, `log_indexes`: the receipts are those that the header binds, each of its own
//! transaction.

use alloy_primitives::{B256, Bloom};

use super::super::block::Block;
use super::super::bloom::Filter;
use super::super::profile::Profile;
use super::super::receipt::{Log, Receipt};
use super::super::roots;
use super::super::transaction::Transaction;
use super::body::differs;
use super::{compare, invalid, settle, unverifiable};
use crate::chain::verdict::{Check, Expectation, Outcome};

/// A contradiction: what is claimed, and what it should be.
type Contradiction = Option<(String, String)>;

/// All checks of a block's receipts. `hash` is what was found about the block's hash.
pub fn checks(block: &Block, receipts: &[Receipt], profile: &Profile, hash: &Outcome) -> Vec<Check> {
    let (transactions, state_sync) = profile.divide(block);
    let bound = match receipts.split_last() {
        Some((last, bound)) if state_sync.is_some_and(|sync| sync.hash == last.transaction_hash) => bound,
        _ => receipts,
    };
    let root = soften(root(block, bound), transactions, profile);
    let proved = *hash == Outcome::Valid && root.outcome == Outcome::Valid;
    let bloom = soften(bloom(block, bound), transactions, profile);
    vec![
        membership(block, transactions, bound),
        root,
        bloom,
        gas(block, bound, proved),
        log_indexes(block, bound),
    ]
}

/// Where a type of transaction is not understood, neither is a root over its receipts, unless it happens to fit.
fn soften(check: Check, transactions: &[Transaction], profile: &Profile) -> Check {
    if !matches!(check.outcome, Outcome::Invalid { .. }) {
        return check;
    }
    let is_foreign = |transaction: &&Transaction| transaction.hash().is_err();
    let mut foreign = transactions.iter().filter(is_foreign).peekable();
    let Some(first) = foreign.peek() else {
        return check;
    };
    let reason = format!("transaction type {:#x} is not known", first.kind);
    let expected = foreign.all(|transaction| profile.has_opaque(transaction.kind));
    let expectation = if expected { Expectation::Expected } else { Expectation::Unexpected };
    unverifiable(check.name, reason, expectation)
}

/// One receipt for each transaction, in order, and of this block: not fewer (paladin#1048), not another's (tidx#160).
fn membership(block: &Block, transactions: &[Transaction], receipts: &[Receipt]) -> Check {
    let name = "receipts";
    if transactions.len() != receipts.len() {
        return compare(name, receipts.len(), transactions.len());
    }
    let pairs = (0..).zip(transactions.iter().zip(receipts));
    let mut contradictions = pairs.filter_map(|(index, (transaction, receipt))| {
        differs("transactionHash", Some(receipt.transaction_hash), transaction.hash)
            .or_else(|| differs("transactionIndex", receipt.transaction_index, index))
            .or_else(|| differs("blockHash", receipt.block_hash, block.hash))
            .or_else(|| differs("blockNumber", receipt.block_number, block.header.number))
    });
    settle(name, contradictions.next())
}

fn root(block: &Block, receipts: &[Receipt]) -> Check {
    let name = "receipts_root";
    if receipts.iter().all(Receipt::has_outcome) {
        compare(name, block.header.receipts_root, roots::of_receipts(receipts))
    } else {
        unverifiable(name, "a receipt has neither status nor root", Expectation::Unexpected)
    }
}

/// Each receipt's filter is that of its logs, and the header's is all of them together.
fn bloom(block: &Block, receipts: &[Receipt]) -> Check {
    let name = "bloom";
    let mut filter = Filter::default();
    let mut all = Bloom::ZERO;
    for receipt in receipts {
        let computed = filter.of(&receipt.logs);
        if let Some(claimed) = receipt.logs_bloom.filter(|claimed| *claimed != computed) {
            return invalid(name, claimed, computed);
        }
        all |= computed;
    }
    compare(name, block.header.logs_bloom, all)
}

/// Gas adds up, receipt by receipt, to what the header says.
///
/// Where hash and root are both proved, header and receipts are the chain's own, and a different sum is its rule
/// (EIP-7778 would make it so) and nobody's lie.
fn gas(block: &Block, receipts: &[Receipt], proved: bool) -> Check {
    let name = "gas";
    let mut sum = 0u64;
    for receipt in receipts {
        let cumulative = receipt.cumulative_gas_used;
        let used = cumulative.checked_sub(sum);
        if used.is_none_or(|used| receipt.gas_used.is_some_and(|claimed| claimed != used)) {
            let claimed = receipt.gas_used.unwrap_or_default();
            return invalid(name, format!("{claimed} used, {cumulative} in all"), format!("{sum} before it"));
        }
        sum = cumulative;
    }
    if proved && sum != block.header.gas_used {
        return unverifiable(name, "the chain adds gas up in another way", Expectation::Unexpected);
    }
    compare(name, block.header.gas_used, sum)
}

/// Logs are numbered through the block without a gap, and each names its own transaction.
fn log_indexes(block: &Block, receipts: &[Receipt]) -> Check {
    let mut next = 0;
    for (index, receipt) in (0..).zip(receipts) {
        for log in &receipt.logs {
            let contradiction = misplaced(log, block, (index, receipt.transaction_hash), next);
            if contradiction.is_some() {
                return settle("log_indexes", contradiction);
            }
            next += 1;
        }
    }
    settle("log_indexes", None)
}

fn misplaced(log: &Log, block: &Block, transaction: (u64, B256), index: u64) -> Contradiction {
    differs("logIndex", log.log_index, index)
        .or_else(|| differs("transactionIndex", log.transaction_index, transaction.0))
        .or_else(|| differs("transactionHash", log.transaction_hash, transaction.1))
        .or_else(|| differs("blockHash", log.block_hash, block.hash))
        .or_else(|| differs("blockNumber", log.block_number, block.header.number))
        .or_else(|| differs("removed", log.removed, false))
}
