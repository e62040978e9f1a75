//! How a block is asked for, and whether an answer is what was asked for.

use serde_json::Value;

use crate::chain::error::ChainError;
use crate::chain::family::Key;
use crate::chain::jsonrpc::{Answer, Call};
use crate::core::class::Class;
use crate::core::hash::Hash;
use crate::core::header::Header;

use bytes::Bytes;

/// How the transactions of a block are wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Transactions {
    /// Their hashes only.
    Hashes,
    /// Whole.
    Whole,
}

/// The call that answers `key`.
pub(super) fn block(key: Key, transactions: Transactions) -> Call {
    let whole = Value::from(transactions == Transactions::Whole);
    match key {
        Key::Hash(block) => Call::new("eth_getBlockByHash", [block.hash.to_string().into(), whole]),
        Key::Number(height) => Call::new("eth_getBlockByNumber", [format!("{:#x}", height.0).into(), whole]),
        Key::Latest => Call::new("eth_getBlockByNumber", ["latest".into(), whole]),
        Key::Safe => Call::new("eth_getBlockByNumber", ["safe".into(), whole]),
        Key::Finalized => Call::new("eth_getBlockByNumber", ["finalized".into(), whole]),
    }
}

/// The receipts of the very block with this hash: by number they might be another fork's (creditcoin3#1362).
pub(super) fn receipts(block: Hash) -> Call {
    Call::new("eth_getBlockReceipts", [block.to_string().into()])
}

/// The block's JSON. A chain that knows no `safe` or `finalized` says so with `null` or an error as if the block were still
/// to come (execution-apis#879), so "not yet" means "cannot" there.
pub(super) fn found(key: Key, answer: Result<Answer, ChainError>) -> Result<Bytes, ChainError> {
    let found = answer.and_then(|answer| answer.or_not_yet(&format!("block {key}")));
    match key {
        Key::Safe | Key::Finalized => found.map_err(|error| match error.class {
            Class::NotYet => ChainError { class: Class::Capability, ..error },
            _ => error,
        }),
        Key::Latest | Key::Number(_) | Key::Hash(_) => found,
    }
}

/// Refuses another block than the one asked for.
///
/// A right hash at a wrong height is nobody's lie but perhaps the key's, which may stem from another provider: there is no
/// such block.
pub(super) fn expect(key: Key, header: &Header) -> Result<(), ChainError> {
    match key {
        Key::Number(height) if header.height != height => {
            Err(ChainError::bad(format!("asked for block {height}, got {}", header.block()))
                .claiming(header.block()))
        }
        Key::Hash(block) if header.hash != block.hash => {
            Err(ChainError::bad(format!("asked for block {block}, got {}", header.block()))
                .claiming(header.block()))
        }
        Key::Hash(block) if header.height != block.height => {
            Err(ChainError::not_yet(format!("no block {block}: this hash is at {}", header.height)))
        }
        Key::Latest | Key::Safe | Key::Finalized | Key::Number(_) | Key::Hash(_) => Ok(()),
    }
}
