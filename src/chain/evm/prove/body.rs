//! `tx_hashes`, `tx_root`, `withdrawals_root`, `uncles`, `positions`: the block's lists are those that its header binds.

use std::fmt::Display;

use alloy_consensus::EMPTY_OMMER_ROOT_HASH;
use alloy_primitives::{B256, keccak256};

use super::super::block::Block;
use super::super::profile::Profile;
use super::super::roots::{self, Encoded};
use super::super::transaction::{Transaction, Unencodable};
use super::{compare, invalid, settle, unverifiable, valid};
use crate::chain::verdict::{Check, Expectation};

/// Bytes of an encoded transaction beyond its input, roughly.
const OVERHEAD: usize = 256;

/// All checks of a block's body.
pub fn checks(block: &Block, profile: &Profile) -> Vec<Check> {
    let (bound, state_sync) = profile.divide(block);
    let mut checks = transactions(bound, block.header.transactions_root, profile).to_vec();
    checks.extend(withdrawals(block, profile));
    checks.push(uncles(block));
    checks.push(positions(block));
    checks.extend(state_sync.map(|_| {
        unverifiable("state_sync", "a state-sync transaction stands in no root", Expectation::Expected)
    }));
    checks
}

/// Encodes each transaction once, for its hash and for the root.
fn transactions(transactions: &[Transaction], claimed_root: B256, profile: &Profile) -> [Check; 2] {
    let size = transactions.iter().map(|transaction| transaction.input.len() + OVERHEAD).sum();
    let mut encoded = Encoded::with_capacity(size);
    let mut wrong = None;
    let mut gap: Option<(Unencodable, Expectation)> = None;
    for transaction in transactions {
        let computed = match encoded.push(|out| transaction.encode(out)) {
            Ok(bytes) => keccak256(bytes),
            Err(error) => {
                let expectation = expectation(transaction, profile);
                if gap.is_none_or(|(_, known)| known == Expectation::Expected) {
                    gap = Some((error, expectation));
                }
                continue;
            }
        };
        if computed != transaction.hash && wrong.is_none() {
            wrong = Some((transaction.hash.to_string(), computed.to_string()));
        }
    }
    match (wrong, gap) {
        (Some(wrong), Some((error, expectation))) => {
            [settle("tx_hashes", Some(wrong)), unverifiable("tx_root", error, expectation)]
        }
        (None, Some((error, expectation))) => {
            ["tx_hashes", "tx_root"].map(|name| unverifiable(name, error, expectation))
        }
        (wrong, None) => [settle("tx_hashes", wrong), compare("tx_root", claimed_root, encoded.root())],
    }
}

fn expectation(transaction: &Transaction, profile: &Profile) -> Expectation {
    if profile.has_opaque(transaction.kind) { Expectation::Expected } else { Expectation::Unexpected }
}

/// No check before Shanghai, where there is nothing to check.
fn withdrawals(block: &Block, profile: &Profile) -> Option<Check> {
    let name = "withdrawals_root";
    let list = block.withdrawals.as_deref().unwrap_or_default();
    let Some(claimed) = block.header.withdrawals_root else {
        let surplus = !list.is_empty();
        return surplus
            .then(|| invalid(name, format!("{} withdrawals", list.len()), "no root in the header"));
    };
    let computed = roots::of_withdrawals(list);
    if claimed != computed && list.is_empty() && profile.has_storage_root_for_withdrawals() {
        return Some(unverifiable(name, "it is a storage root since Isthmus", Expectation::Expected));
    }
    Some(compare(name, claimed, computed))
}

/// Uncles' headers are not part of an answer: a list that is not empty cannot be hashed from it.
fn uncles(block: &Block) -> Check {
    let name = "uncles";
    let claimed = block.header.sha3_uncles;
    let listed = block.uncles.as_ref().map(Vec::len);
    match (claimed == EMPTY_OMMER_ROOT_HASH, listed) {
        (true, None | Some(0)) => valid(name),
        (true, Some(count)) => invalid(name, format!("{count} uncles"), "none by the header"),
        (false, Some(0)) => invalid(name, claimed, EMPTY_OMMER_ROOT_HASH),
        (false, _) => unverifiable(name, "the uncles' headers are not in the block", Expectation::Expected),
    }
}

/// Absent positions contradict nothing.
fn positions(block: &Block) -> Check {
    let contradiction = (0..).zip(&block.transactions).find_map(|(index, transaction)| {
        differs("blockHash", transaction.block_hash, block.hash)
            .or_else(|| differs("blockNumber", transaction.block_number, block.header.number))
            .or_else(|| differs("transactionIndex", transaction.transaction_index, index))
    });
    settle("positions", contradiction)
}

/// The contradiction between what a field claims, if anything, and what it should be.
pub(super) fn differs<T: Display + PartialEq>(
    field: &str,
    claimed: Option<T>,
    computed: T,
) -> Option<(String, String)> {
    let claimed = claimed.filter(|claimed| *claimed != computed)?;
    Some((format!("{field} {claimed}"), computed.to_string()))
}
