//! A block's header, and the hash that names the block.

use alloy_primitives::{Address, B64, B256, Bloom, Bytes, U256, keccak256};
use alloy_rlp::Encodable;
use serde::{Deserialize, Serialize};

use super::{quantity, rlp};

/// Every header field that goes into the hash.
///
/// The first fifteen are as old as Ethereum; each fork since added one or two at the end. A fork's fields are present from
/// its first block on: presence decides, never the value.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(
    missing_docs,
    reason = "the field's standard names, defined by the yellow paper and the EIPs named beside them"
)]
pub struct Header {
    pub parent_hash: B256,
    pub sha3_uncles: B256,
    pub miner: Address,
    pub state_root: B256,
    pub transactions_root: B256,
    pub receipts_root: B256,
    pub logs_bloom: Bloom,
    #[serde(with = "quantity::present")]
    pub difficulty: U256,
    #[serde(with = "quantity::present")]
    pub number: u64,
    #[serde(with = "quantity::present")]
    pub gas_limit: u64,
    #[serde(with = "quantity::present")]
    pub gas_used: u64,
    /// Seconds since 1970.
    #[serde(with = "quantity::present")]
    pub timestamp: u64,
    pub extra_data: Bytes,
    pub mix_hash: B256,
    pub nonce: B64,
    /// London, EIP-1559.
    #[serde(default, with = "quantity::option", skip_serializing_if = "Option::is_none")]
    pub base_fee_per_gas: Option<u128>,
    /// Shanghai, EIP-4895.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub withdrawals_root: Option<B256>,
    /// Cancun, EIP-4844.
    #[serde(default, with = "quantity::option", skip_serializing_if = "Option::is_none")]
    pub blob_gas_used: Option<u64>,
    /// Cancun, EIP-4844.
    #[serde(default, with = "quantity::option", skip_serializing_if = "Option::is_none")]
    pub excess_blob_gas: Option<u64>,
    /// Cancun, EIP-4788.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent_beacon_block_root: Option<B256>,
    /// Prague, EIP-7685.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requests_hash: Option<B256>,
    /// Amsterdam, EIP-7928.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub block_access_list_hash: Option<B256>,
    /// Amsterdam, EIP-7843.
    #[serde(default, with = "quantity::option", skip_serializing_if = "Option::is_none")]
    pub slot_number: Option<u64>,
}

impl Header {
    /// The header as a list of RLP.
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(768);
        rlp::list(&mut out, |out| {
            self.encode_first_fifteen(out);
            self.encode_later_forks(out);
        });
        out
    }

    /// The block's hash: keccak-256 of the encoded header.
    pub fn hash(&self) -> B256 {
        keccak256(self.encode())
    }

    fn encode_first_fifteen(&self, out: &mut Vec<u8>) {
        self.parent_hash.encode(out);
        self.sha3_uncles.encode(out);
        self.miner.encode(out);
        self.state_root.encode(out);
        self.transactions_root.encode(out);
        self.receipts_root.encode(out);
        self.logs_bloom.encode(out);
        self.difficulty.encode(out);
        self.number.encode(out);
        self.gas_limit.encode(out);
        self.gas_used.encode(out);
        self.timestamp.encode(out);
        self.extra_data.encode(out);
        self.mix_hash.encode(out);
        self.nonce.encode(out);
    }

    /// What is absent is left out, not written as empty: Bor has a base fee and no withdrawals.
    fn encode_later_forks(&self, out: &mut Vec<u8>) {
        encode_present(out, self.base_fee_per_gas.as_ref());
        encode_present(out, self.withdrawals_root.as_ref());
        encode_present(out, self.blob_gas_used.as_ref());
        encode_present(out, self.excess_blob_gas.as_ref());
        encode_present(out, self.parent_beacon_block_root.as_ref());
        encode_present(out, self.requests_hash.as_ref());
        encode_present(out, self.block_access_list_hash.as_ref());
        encode_present(out, self.slot_number.as_ref());
    }
}

fn encode_present<T: Encodable>(out: &mut Vec<u8>, field: Option<&T>) {
    if let Some(field) = field {
        field.encode(out);
    }
}
