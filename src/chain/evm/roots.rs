//! The tries that bind a block's lists to its header.
//!
//! Each list is a Merkle-Patricia trie from an item's RLP-encoded index to its encoding.

use alloy_primitives::B256;
use alloy_trie::root::ordered_trie_root_encoded;

use super::receipt::Receipt;
use super::transaction::{Transaction, Unencodable};
use super::withdrawal::Withdrawal;

/// Encoded items in one stretch of memory, each to be hashed by itself and all to be put into a trie.
#[derive(Debug, Default)]
pub struct Encoded {
    bytes: Vec<u8>,
    ends: Vec<usize>,
}

impl Encoded {
    /// No items, and room for `bytes`.
    pub fn with_capacity(bytes: usize) -> Self {
        Self { bytes: Vec::with_capacity(bytes), ends: Vec::new() }
    }

    /// Appends the item that `encode` writes.
    pub fn add(&mut self, encode: impl FnOnce(&mut Vec<u8>)) {
        encode(&mut self.bytes);
        self.ends.push(self.bytes.len());
    }

    /// Appends the item that `encode` writes, and returns its bytes. A failed one leaves nothing behind.
    ///
    /// # Errors
    /// Those of `encode`.
    pub fn try_add<E>(&mut self, encode: impl FnOnce(&mut Vec<u8>) -> Result<(), E>) -> Result<&[u8], E> {
        let start = self.bytes.len();
        if let Err(error) = encode(&mut self.bytes) {
            self.bytes.truncate(start);
            return Err(error);
        }
        self.ends.push(self.bytes.len());
        Ok(self.bytes.get(start..).unwrap_or_default())
    }

    /// The root of the trie over the items.
    pub fn root(&self) -> B256 {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        let items =
            starts.zip(&self.ends).map(|(start, end)| self.bytes.get(start..*end).unwrap_or_default());
        ordered(&items.collect::<Vec<_>>())
    }
}

/// The root of the trie over encoded items, in order.
pub fn ordered<T: AsRef<[u8]>>(items: &[T]) -> B256 {
    ordered_trie_root_encoded(items)
}

/// A header's `transactionsRoot`.
///
/// # Errors
/// When a transaction has no known encoding.
pub fn of_transactions(transactions: &[Transaction]) -> Result<B256, Unencodable> {
    let mut encoded = Encoded::default();
    for transaction in transactions {
        encoded.try_add(|out| transaction.encode(out))?;
    }
    Ok(encoded.root())
}

/// A header's `receiptsRoot`.
pub fn of_receipts(receipts: &[Receipt]) -> B256 {
    let mut encoded = Encoded::default();
    receipts.iter().for_each(|receipt| encoded.add(|out| receipt.encode(out)));
    encoded.root()
}

/// A header's `withdrawalsRoot`.
pub fn of_withdrawals(withdrawals: &[Withdrawal]) -> B256 {
    let mut encoded = Encoded::default();
    withdrawals.iter().for_each(|withdrawal| encoded.add(|out| withdrawal.encode(out)));
    encoded.root()
}
