//! A block of the simulated chain, with everything that a provider can be asked about it.

use std::sync::OnceLock;

use alloy_consensus::Header as EvmHeader;
use alloy_eips::eip4895::Withdrawal;
use alloy_primitives::B256;
use bytes::Bytes;

use super::receipts::Receipt;
use super::transactions::Transaction;
use crate::core::hash::Hash;
use crate::core::header::Header;
use crate::core::numbers::Height;

mod rendering;

/// A sealed block. Its JSON is made when first asked for, and kept.
#[derive(Debug)]
pub struct Block {
    evm: EvmHeader,
    hash: B256,
    body: Body,
    rendered: Rendered,
}

/// What a block holds besides its header.
#[derive(Clone, Debug)]
pub struct Body {
    /// In order.
    pub transactions: Vec<Transaction>,
    /// One a transaction, in order.
    pub receipts: Vec<Receipt>,
    /// In order.
    pub withdrawals: Vec<Withdrawal>,
}

#[derive(Debug, Default)]
struct Rendered {
    full: OnceLock<Bytes>,
    hashes: OnceLock<Bytes>,
    head: OnceLock<Bytes>,
    receipts: OnceLock<Bytes>,
}

impl Block {
    /// Seals a header over its body.
    pub fn sealed(evm: EvmHeader, body: Body) -> Self {
        let hash = evm.hash_slow();
        Self { evm, hash, body, rendered: Rendered::default() }
    }

    /// Its place in the chain.
    pub fn header(&self) -> Header {
        Header {
            height: Height(self.evm.number),
            hash: self.hash(),
            parent: Hash(self.evm.parent_hash.0),
            time_s: self.evm.timestamp,
        }
    }

    /// Its hash.
    pub fn hash(&self) -> Hash {
        Hash(self.hash.0)
    }

    /// Its number.
    pub fn number(&self) -> u64 {
        self.evm.number
    }

    /// Its number, as a height.
    pub fn height(&self) -> Height {
        Height(self.evm.number)
    }

    /// Its header, as EVM chains have it.
    pub fn evm(&self) -> &EvmHeader {
        &self.evm
    }

    /// Its hash, as EVM libraries have it.
    pub fn evm_hash(&self) -> B256 {
        self.hash
    }

    /// What it holds.
    pub fn body(&self) -> &Body {
        &self.body
    }

    /// 64 bits that name it well enough to derive randomness from.
    pub fn word(&self) -> u64 {
        self.hash.0.iter().take(8).fold(0, |word, byte| word << 8 | u64::from(*byte))
    }

    /// As `eth_getBlockByHash` gives it, with whole transactions.
    pub fn full_json(&self) -> Bytes {
        self.rendered.full.get_or_init(|| rendering::full(self)).clone()
    }

    /// As `eth_getBlockByHash` gives it, with the hashes of its transactions.
    pub fn hashes_json(&self) -> Bytes {
        self.rendered.hashes.get_or_init(|| rendering::hashes(self)).clone()
    }

    /// As a `newHeads` subscription gives it.
    pub fn head_json(&self) -> Bytes {
        self.rendered.head.get_or_init(|| rendering::head(self)).clone()
    }

    /// As `eth_getBlockReceipts` gives its receipts.
    pub fn receipts_json(&self) -> Bytes {
        self.rendered.receipts.get_or_init(|| rendering::receipts(self)).clone()
    }
}
