//! Transactions, and the bytes that each of them is hashed as.

use alloy_primitives::{Address, B256, Bytes, U256, keccak256};
use alloy_rlp::Encodable;
use serde::{Deserialize, Serialize};

use super::{quantity, rlp};

mod encode;

/// A transaction's type byte (EIP-2718).
pub mod kind {
    /// Before EIP-2718: no type byte.
    pub const LEGACY: u8 = 0;
    /// EIP-2930.
    pub const ACCESS_LIST: u8 = 1;
    /// EIP-1559.
    pub const DYNAMIC_FEE: u8 = 2;
    /// EIP-4844.
    pub const BLOB: u8 = 3;
    /// EIP-7702.
    pub const SET_CODE: u8 = 4;
    /// Arbitrum's first transaction of every block, made by the chain itself.
    pub const ARBITRUM_INTERNAL: u8 = 0x6a;
    /// The OP stack's deposit from the chain below.
    pub const DEPOSIT: u8 = 0x7e;
}

/// A transaction of any known type; a field that its type does not have is absent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[expect(missing_docs, reason = "the field's standard names, defined by the EIP of each type")]
pub struct Transaction {
    /// One of [`kind`], or a type that is not known here.
    #[serde(rename = "type", with = "quantity")]
    pub kind: u8,
    pub hash: B256,
    pub block_hash: Option<B256>,
    #[serde(with = "quantity::option")]
    pub block_number: Option<u64>,
    #[serde(with = "quantity::option")]
    pub transaction_index: Option<u64>,
    /// Only a deposit's hash covers it; elsewhere the signature implies it.
    pub from: Option<Address>,
    pub to: Option<Address>,
    #[serde(with = "quantity::option", skip_serializing_if = "Option::is_none")]
    pub chain_id: Option<u64>,
    #[serde(with = "quantity")]
    pub nonce: u64,
    #[serde(with = "quantity")]
    pub gas: u64,
    /// In wei.
    #[serde(with = "quantity")]
    pub value: U256,
    #[serde(with = "quantity::data")]
    pub input: Bytes,
    #[serde(with = "quantity::option", skip_serializing_if = "Option::is_none")]
    pub gas_price: Option<u128>,
    #[serde(with = "quantity::option", skip_serializing_if = "Option::is_none")]
    pub max_priority_fee_per_gas: Option<u128>,
    #[serde(with = "quantity::option", skip_serializing_if = "Option::is_none")]
    pub max_fee_per_gas: Option<u128>,
    #[serde(with = "quantity::option", skip_serializing_if = "Option::is_none")]
    pub max_fee_per_blob_gas: Option<u128>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub access_list: Option<Vec<Access>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub blob_versioned_hashes: Option<Vec<B256>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub authorization_list: Option<Vec<Authorization>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source_hash: Option<B256>,
    #[serde(with = "quantity::option", skip_serializing_if = "Option::is_none")]
    pub mint: Option<U256>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is_system_tx: Option<bool>,
    #[serde(with = "quantity::option", skip_serializing_if = "Option::is_none")]
    pub y_parity: Option<u64>,
    #[serde(with = "quantity::option", skip_serializing_if = "Option::is_none")]
    pub v: Option<u64>,
    #[serde(with = "quantity")]
    pub r: U256,
    #[serde(with = "quantity")]
    pub s: U256,
}

/// Storage that a transaction announces it will touch (EIP-2930).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Access {
    /// The account.
    pub address: Address,
    /// Its slots.
    pub storage_keys: Vec<B256>,
}

/// An account's consent to be given code (EIP-7702).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[expect(missing_docs, reason = "the field's standard names, defined by EIP-7702")]
pub struct Authorization {
    #[serde(with = "quantity")]
    pub chain_id: U256,
    pub address: Address,
    #[serde(with = "quantity")]
    pub nonce: u64,
    #[serde(with = "quantity::option", skip_serializing_if = "Option::is_none")]
    pub y_parity: Option<u64>,
    /// An older spelling of `y_parity`.
    #[serde(with = "quantity::option", skip_serializing_if = "Option::is_none")]
    pub v: Option<u64>,
    #[serde(with = "quantity")]
    pub r: U256,
    #[serde(with = "quantity")]
    pub s: U256,
}

/// Why a transaction cannot be encoded, and so not hashed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unencodable {
    /// No encoding of this type is known here.
    #[error("transaction type {0:#x} is not known")]
    Type(u8),
    /// A field that the type must have is not there.
    #[error("a transaction of type {kind:#x} lacks {field}")]
    Missing {
        /// The transaction's type.
        kind: u8,
        /// The JSON name of the field.
        field: &'static str,
    },
    /// Both spellings of the signature's parity are there, and they differ.
    #[error("v and yParity contradict each other")]
    Contradiction,
}

impl Transaction {
    /// Appends the signed transaction as it stands in the trie and is hashed (EIP-2718). After an error `out` may hold a
    /// part of it.
    ///
    /// # Errors
    /// When the type is not known, or a field of it is missing.
    pub fn encode(&self, out: &mut Vec<u8>) -> Result<(), Unencodable> {
        match self.kind {
            kind::LEGACY => self.encode_legacy(out),
            kind::ACCESS_LIST => self.encode_access_list(out),
            kind::DYNAMIC_FEE => self.encode_dynamic_fee(out),
            kind::BLOB => self.encode_blob(out),
            kind::SET_CODE => self.encode_set_code(out),
            kind::ARBITRUM_INTERNAL => self.encode_arbitrum_internal(out),
            kind::DEPOSIT => self.encode_deposit(out),
            other => Err(Unencodable::Type(other)),
        }
    }

    /// The hash, recomputed: keccak-256 of the encoding.
    ///
    /// # Errors
    /// As [`Self::encode`].
    pub fn hash(&self) -> Result<B256, Unencodable> {
        let mut out = Vec::with_capacity(self.input.len() + 256);
        self.encode(&mut out)?;
        Ok(keccak256(out))
    }
}

impl Encodable for Access {
    fn encode(&self, out: &mut dyn alloy_rlp::BufMut) {
        let mut list = Vec::with_capacity(40 + 33 * self.storage_keys.len());
        rlp::list(&mut list, |list| {
            self.address.encode(list);
            rlp::list_of(list, &self.storage_keys);
        });
        out.put_slice(&list);
    }
}

impl Encodable for Authorization {
    fn encode(&self, out: &mut dyn alloy_rlp::BufMut) {
        let mut list = Vec::with_capacity(128);
        rlp::list(&mut list, |list| {
            self.chain_id.encode(list);
            self.address.encode(list);
            self.nonce.encode(list);
            self.y_parity.or(self.v).unwrap_or_default().encode(list);
            self.r.encode(list);
            self.s.encode(list);
        });
        out.put_slice(&list);
    }
}
