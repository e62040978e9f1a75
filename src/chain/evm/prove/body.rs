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

/// Each transaction is encoded once, for its hash and for the root.
fn transactions(transactions: &[Transaction], claimed_root: B256, profile: &Profile) -> [Check; 2] {
    let size = transactions.iter().map(|transaction| transaction.input.len() + OVERHEAD).sum();
    let mut recomputed = Recomputed { encoded: Encoded::with_capacity(size), contradiction: None, gap: None };
    for transaction in transactions {
        recomputed.take(transaction, profile);
    }
    let Recomputed { encoded, contradiction, gap } = recomputed;
    let gap_in = |name| gap.map(|(error, expectation)| unverifiable(name, error, expectation));
    let hashes = match (&contradiction, gap_in("tx_hashes")) {
        (None, Some(gap)) => gap,
        _ => settle("tx_hashes", contradiction),
    };
    let root = gap_in("tx_root").unwrap_or_else(|| compare("tx_root", claimed_root, encoded.root()));
    [hashes, root]
}

/// What recomputing a block's transactions found so far.
struct Recomputed {
    encoded: Encoded,
    /// The first hash that is wrong.
    contradiction: Option<(String, String)>,
    /// The first transaction that cannot be encoded; one that should be comes before one that need not be.
    gap: Option<(Unencodable, Expectation)>,
}

impl Recomputed {
    fn take(&mut self, transaction: &Transaction, profile: &Profile) {
        match self.encoded.try_add(|out| transaction.encode(out)) {
            Ok(bytes) => {
                let computed = keccak256(bytes);
                self.contradict(differs("hash", Some(transaction.hash), computed));
            }
            Err(error) => self.miss(transaction, error, profile),
        }
    }

    fn miss(&mut self, transaction: &Transaction, error: Unencodable, profile: &Profile) {
        if error == Unencodable::Contradiction {
            self.contradict(Some((transaction.hash.to_string(), error.to_string())));
        }
        let is_opaque = profile.has_opaque(transaction.kind);
        let expectation = if is_opaque { Expectation::Expected } else { Expectation::Unexpected };
        if self.gap.is_none_or(|(_, known)| known == Expectation::Expected) {
            self.gap = Some((error, expectation));
        }
    }

    fn contradict(&mut self, contradiction: Option<(String, String)>) {
        self.contradiction = self.contradiction.take().or(contradiction);
    }
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
