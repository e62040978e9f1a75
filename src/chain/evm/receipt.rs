//! Receipts: what executing a transaction left behind.

use alloy_primitives::{Address, B256, Bloom, Bytes};
use alloy_rlp::Encodable;
use serde::{Deserialize, Serialize};

use super::bloom::bloom;
use super::transaction::kind;
use super::{quantity, rlp};

/// One transaction's receipt.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[expect(missing_docs, reason = "the field's standard names, defined by the JSON-RPC specification")]
pub struct Receipt {
    /// Of its transaction.
    #[serde(rename = "type", with = "quantity")]
    pub kind: u8,
    pub transaction_hash: B256,
    #[serde(with = "quantity::option")]
    pub transaction_index: Option<u64>,
    pub block_hash: Option<B256>,
    #[serde(with = "quantity::option")]
    pub block_number: Option<u64>,
    /// Since Byzantium (EIP-658): 1 for success.
    #[serde(with = "quantity::option", skip_serializing_if = "Option::is_none")]
    pub status: Option<u64>,
    /// Before Byzantium: the state's root after the transaction. Some providers send an empty one later on, too.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub root: Option<Bytes>,
    #[serde(with = "quantity")]
    pub cumulative_gas_used: u64,
    #[serde(with = "quantity::option")]
    pub gas_used: Option<u64>,
    /// Absent, it follows from the logs.
    pub logs_bloom: Option<Bloom>,
    pub logs: Vec<Log>,
    /// OP stack, since Regolith.
    #[serde(with = "quantity::option", skip_serializing_if = "Option::is_none")]
    pub deposit_nonce: Option<u64>,
    /// OP stack, since Canyon.
    #[serde(with = "quantity::option", skip_serializing_if = "Option::is_none")]
    pub deposit_receipt_version: Option<u64>,
}

/// One event of a contract.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[expect(missing_docs, reason = "the field's standard names, defined by the JSON-RPC specification")]
pub struct Log {
    pub address: Address,
    pub topics: Vec<B256>,
    #[serde(with = "quantity::data")]
    pub data: Bytes,
    pub block_hash: Option<B256>,
    #[serde(with = "quantity::option")]
    pub block_number: Option<u64>,
    pub transaction_hash: Option<B256>,
    #[serde(with = "quantity::option")]
    pub transaction_index: Option<u64>,
    #[serde(with = "quantity::option")]
    pub log_index: Option<u64>,
    pub removed: Option<bool>,
}

impl Receipt {
    /// Appends the receipt as it stands in the trie (EIP-2718).
    pub fn encode(&self, out: &mut Vec<u8>) {
        if self.kind != kind::LEGACY {
            out.push(self.kind);
        }
        rlp::list(out, |out| {
            self.encode_outcome(out);
            self.cumulative_gas_used.encode(out);
            self.logs_bloom.unwrap_or_else(|| bloom(&self.logs)).encode(out);
            rlp::list(out, |out| self.logs.iter().for_each(|log| log.encode(out)));
            self.encode_deposit(out);
        });
    }

    /// Whether it says how its transaction went, in either era's way.
    pub fn has_outcome(&self) -> bool {
        self.status.is_some() || self.state_root().is_some()
    }

    /// A root wins over a status: some providers add statuses to receipts from before Byzantium.
    fn encode_outcome(&self, out: &mut Vec<u8>) {
        match self.state_root() {
            Some(root) => root.encode(out),
            None => self.status.unwrap_or_default().encode(out),
        }
    }

    fn state_root(&self) -> Option<B256> {
        self.root.as_ref().and_then(|root| B256::try_from(root.as_ref()).ok())
    }

    /// The nonce entered the encoding only together with the version: op-geth, `core/types/receipt.go`.
    fn encode_deposit(&self, out: &mut Vec<u8>) {
        if let (kind::DEPOSIT, Some(version)) = (self.kind, self.deposit_receipt_version) {
            self.deposit_nonce.unwrap_or_default().encode(out);
            version.encode(out);
        }
    }
}

impl Log {
    fn encode(&self, out: &mut Vec<u8>) {
        rlp::list(out, |out| {
            self.address.encode(out);
            rlp::list_of(out, &self.topics);
            self.data.encode(out);
        });
    }
}
