//! A block as `eth_getBlockByNumber` answers it.

use alloy_primitives::B256;
use serde::{Deserialize, Serialize};

use super::bounded;
use super::header::Header;
use super::transaction::Transaction;
use super::withdrawal::Withdrawal;

/// A whole block.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Block {
    /// What it claims to be.
    pub hash: B256,
    /// Its header.
    #[serde(flatten)]
    pub header: Header,
    /// Its transactions, in order.
    #[serde(deserialize_with = "bounded::list")]
    pub transactions: Vec<Transaction>,
    /// The hashes of its uncles' headers; the headers themselves are not here.
    #[serde(default)]
    pub uncles: Option<Vec<B256>>,
    /// Its withdrawals, since Shanghai.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub withdrawals: Option<Vec<Withdrawal>>,
}
