//! Recomputes whole blocks.

use alloy_primitives::B256;
use bytes::Bytes;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::block::Block;
use super::profile::Profile;
use super::receipt::Receipt;
use super::{bounded, malformed, prove, scan};
use crate::chain::error::ChainError;
use crate::chain::family::{RawBlock, Verification, Verifier};
use crate::chain::verdict::{Check, Expectation, Verdict};
use crate::core::chain_id::ChainId;
use crate::core::hash::Hash;
use crate::core::header::Header;
use crate::core::numbers::Height;

/// Recomputes the blocks of one EVM chain.
#[derive(Clone, Copy, Debug)]
pub struct EvmVerifier {
    profile: Profile,
}

impl EvmVerifier {
    /// A verifier for a chain, by its profile.
    pub fn new(chain: &ChainId, verification: Verification) -> Self {
        Self { profile: Profile::of(chain, verification) }
    }
}

impl Verifier for EvmVerifier {
    /// The checks, in order: `hash`, `tx_hashes`, `tx_root`, `withdrawals_root` (since Shanghai), `uncles`, `positions`,
    /// `state_sync` (Bor, where there is one); with receipts also `receipts`, `receipts_root`, `bloom`, `gas`, `log_indexes`.
    ///
    /// # Errors
    /// `NotYet` for `null`, a pending block or missing receipts, `Transient` for what is not complete JSON, `Bad` for what
    /// is no block.
    fn verify(&self, raw: &RawBlock) -> Result<Verdict, ChainError> {
        if let Some(reason) = self.profile.link_only() {
            return linked(raw, reason);
        }
        bounded::check("block", &raw.block)?;
        let block: Block = match serde_json::from_slice(&raw.block) {
            Ok(block) => block,
            Err(error) => return malformed::explain(&raw.block, &error, &self.profile),
        };
        let hash = prove::header::hash(block.hash, &block.header, &raw.block, &self.profile);
        let mut checks = vec![Check { name: "hash", outcome: hash.clone() }];
        checks.extend(prove::body::checks(&block, &self.profile));
        if let Some(json) = &raw.receipts {
            checks.extend(prove::receipts::checks(&block, &receipts(json)?, &self.profile, &hash));
        }
        Ok(Verdict { header: place(&block), checks })
    }
}

/// Verifies a block out of files: each is the bare object or list, or a whole JSON-RPC answer with a `result`.
///
/// # Errors
/// As [`EvmVerifier::verify`].
pub fn verify_json(block: &[u8], receipts: Option<&[u8]>, chain: &ChainId) -> Result<Verdict, ChainError> {
    let block = result(block);
    let raw = RawBlock {
        header: scan::scan(block)?,
        block: Bytes::copy_from_slice(block),
        receipts: receipts.map(|json| Bytes::copy_from_slice(result(json))),
    };
    EvmVerifier::new(chain, Verification::Full).verify(&raw)
}

/// The `result` of a JSON-RPC answer; anything else as it is.
fn result(json: &[u8]) -> &[u8] {
    #[derive(Deserialize)]
    struct Answer<'a> {
        #[serde(borrow)]
        result: &'a RawValue,
    }
    let is_object = json.trim_ascii_start().starts_with(b"{");
    let answer = is_object.then(|| serde_json::from_slice::<Answer<'_>>(json).ok()).flatten();
    answer.map_or(json, |answer| answer.result.get().as_bytes())
}

/// Of a chain on which nothing can be recomputed.
fn linked(raw: &RawBlock, reason: &'static str) -> Result<Verdict, ChainError> {
    let header = scan::scan(&raw.block)?;
    let names: &[&'static str] = match raw.receipts {
        Some(_) => &["hash", "tx_hashes", "tx_root", "receipts_root"],
        None => &["hash", "tx_hashes", "tx_root"],
    };
    let check = |name: &&'static str| prove::unverifiable(name, reason, Expectation::Expected);
    Ok(Verdict { header, checks: names.iter().map(check).collect() })
}

/// A provider that answers `null` for a mined transaction's receipt does not have it yet (go-ethereum#18423).
fn receipts(json: &[u8]) -> Result<Vec<Receipt>, ChainError> {
    #[derive(Deserialize)]
    struct List(#[serde(deserialize_with = "bounded::list")] Vec<Option<Receipt>>);
    bounded::check("receipts", json)?;
    let list: Option<List> =
        serde_json::from_slice(json).map_err(|error| malformed::refuse("receipts", &error))?;
    let receipts = list.and_then(|list| list.0.into_iter().collect());
    receipts.ok_or_else(|| ChainError::not_yet("no receipts for this block"))
}

fn place(block: &Block) -> Header {
    let hash = |hash: B256| Hash(hash.0);
    Header {
        height: Height(block.header.number),
        hash: hash(block.hash),
        parent: hash(block.header.parent_hash),
        time_s: block.header.timestamp,
    }
}
