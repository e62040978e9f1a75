//! Asks one EVM endpoint.
//!
//! *Checked here*: that an answer is an answer, is the block that was asked for, and that a header without its transactions
//! hashes to its hash. Whole blocks are handed on as they came; recomputing them is the verifier's, on another thread.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::future::try_join;
use serde::Deserialize;
use serde::de::IgnoredAny;
use tokio::time::Instant;

use super::profile::Profile;
use super::question::{Transactions, expect, found};
use super::scan::{parse_header, scan};
use super::{quantity, question};
use crate::chain::error::ChainError;
use crate::chain::family::{Client, Identity, Key, RawBlock, Receipts};
use crate::chain::jsonrpc::caller::Caller;
use crate::chain::jsonrpc::{Answer, Call};
use crate::chain::transport::{Limits, Transport};
use crate::chain::verdict::Outcome;
use crate::core::chain_id::ChainId;
use crate::core::hash::Hash;
use crate::core::header::Header;
use crate::core::numbers::Height;

/// Bytes of a block, of its receipts, or of a whole batch: what is longer must be asked for in smaller pieces.
const BLOCK_BYTES: usize = 64 << 20;

/// Bytes of a header with the hashes of its transactions: room for 60,000 of them.
const HEADER_BYTES: usize = 4 << 20;

/// A client for one endpoint.
#[derive(Debug)]
pub struct EvmClient {
    caller: Caller,
    profile: Profile,
}

type Blocks = Vec<Result<RawBlock, ChainError>>;

impl EvmClient {
    /// Asks over `transport`; `profile` says whether headers of the chain can be recomputed.
    pub fn new(transport: Arc<dyn Transport>, profile: Profile) -> Self {
        Self { caller: Caller::new(transport), profile }
    }

    async fn chain_id(&self, limits: Limits) -> Result<ChainId, ChainError> {
        #[derive(Deserialize)]
        struct Number(#[serde(with = "quantity::present")] u64);
        let answer = self.caller.call(&Call::new("eth_chainId", []), limits).await?;
        let number: Result<Number, _> = serde_json::from_slice(&answer.or_not_yet("chain id")?);
        number
            .map(|number| ChainId::evm(number.0))
            .map_err(|_| ChainError::bad("a chain id that is no number"))
    }

    async fn claimed_header(&self, key: Key, limits: Limits) -> Result<(Header, Outcome), ChainError> {
        let call = question::block(key, Transactions::Hashes);
        let json = found(key, self.caller.call(&call, limits).await)?;
        let (header, outcome) = parse_header(&json, &self.profile)?;
        expect(key, &header)?;
        Ok((header, outcome))
    }

    async fn whole(&self, key: Key, limits: Limits) -> Result<RawBlock, ChainError> {
        let call = question::block(key, Transactions::Whole);
        raw(key, self.caller.call(&call, limits).await)
    }

    async fn receipts_of(&self, block: Hash, limits: Limits) -> Result<Bytes, ChainError> {
        receipts(self.caller.call(&question::receipts(block), limits).await)
    }

    /// Fetches the receipts of all blocks that came, by their hashes.
    async fn add_receipts(&self, blocks: &mut Blocks, limits: Limits) -> Result<(), ChainError> {
        let came: Vec<Hash> = blocks.iter().flatten().map(|block| block.header.hash).collect();
        let calls: Vec<Call> = came.into_iter().map(question::receipts).collect();
        let answers = self.caller.batch(&calls, limits).await?;
        for (block, answer) in blocks.iter_mut().filter(|block| block.is_ok()).zip(answers) {
            match (receipts(answer), &mut *block) {
                (Ok(json), Ok(block)) => block.receipts = Some(json),
                (Err(error), _) => *block = Err(error),
                (Ok(_), Err(_)) => {}
            }
        }
        Ok(())
    }
}

#[async_trait]
impl Client for EvmClient {
    /// Two exchanges at once rather than a batch, which some providers refuse.
    async fn identity(&self, deadline: Duration) -> Result<Identity, ChainError> {
        let limits = Limits { deadline, max_bytes: HEADER_BYTES };
        let genesis = self.claimed_header(Key::Number(Height(0)), limits);
        let (chain_id, (genesis, _)) = try_join(self.chain_id(limits), genesis).await?;
        Ok(Identity { chain_id, genesis: genesis.hash })
    }

    async fn header(&self, key: Key, deadline: Duration) -> Result<Header, ChainError> {
        let limits = Limits { deadline, max_bytes: HEADER_BYTES };
        match self.claimed_header(key, limits).await? {
            (header, Outcome::Invalid { computed, .. }) => {
                let block = header.block();
                Err(ChainError::bad(format!("header {block} hashes to {computed}")).claiming(block))
            }
            (header, Outcome::Valid | Outcome::Unverifiable { .. }) => Ok(header),
        }
    }

    /// A hash lets both parts be asked for at once; else the receipts wait for the block's hash.
    async fn block(&self, key: Key, want: Receipts, deadline: Duration) -> Result<RawBlock, ChainError> {
        let budget = Budget::new(deadline);
        match (want, key) {
            (Receipts::Without, _) => self.whole(key, budget.limits()).await,
            (Receipts::With, Key::Hash(named)) => {
                let receipts = self.receipts_of(named.hash, budget.limits());
                let (block, receipts) = try_join(self.whole(key, budget.limits()), receipts).await?;
                Ok(RawBlock { receipts: Some(receipts), ..block })
            }
            (Receipts::With, _) => {
                let block = self.whole(key, budget.limits()).await?;
                let receipts = self.receipts_of(block.header.hash, budget.limits()).await?;
                Ok(RawBlock { receipts: Some(receipts), ..block })
            }
        }
    }

    async fn receipts(&self, block: Hash, deadline: Duration) -> Result<Bytes, ChainError> {
        self.receipts_of(block, Budget::new(deadline).limits()).await
    }

    /// One batch of blocks; with receipts a second one, because they are asked for by hash.
    async fn blocks(
        &self,
        keys: &[Key],
        want: Receipts,
        deadline: Duration,
    ) -> Result<Vec<Result<RawBlock, ChainError>>, ChainError> {
        let budget = Budget::new(deadline);
        let calls: Vec<Call> = keys.iter().map(|key| question::block(*key, Transactions::Whole)).collect();
        let answers = self.caller.batch(&calls, budget.limits()).await?;
        let mut blocks: Blocks = keys.iter().zip(answers).map(|(key, answer)| raw(*key, answer)).collect();
        if want == Receipts::With {
            self.add_receipts(&mut blocks, budget.limits()).await?;
        }
        Ok(blocks)
    }
}

/// A deadline that several exchanges share.
struct Budget {
    ends: Instant,
}

impl Budget {
    fn new(deadline: Duration) -> Self {
        Self { ends: Instant::now() + deadline }
    }

    fn limits(&self) -> Limits {
        Limits { deadline: self.ends.saturating_duration_since(Instant::now()), max_bytes: BLOCK_BYTES }
    }
}

fn raw(key: Key, answer: Result<Answer, ChainError>) -> Result<RawBlock, ChainError> {
    let block = found(key, answer)?;
    let header = scan(&block)?;
    expect(key, &header)?;
    Ok(RawBlock { header, block, receipts: None })
}

/// Receipts are a list or nothing at all, and whoever has `null` for one of them does not have it yet (go-ethereum#18423).
/// What else stands in the list is the verifier's to judge.
fn receipts(answer: Result<Answer, ChainError>) -> Result<Bytes, ChainError> {
    let json = answer?.or_not_yet("receipts")?;
    if !json.starts_with(b"[") {
        return Err(ChainError::bad("receipts that are no list"));
    }
    match serde_json::from_slice::<Vec<Option<IgnoredAny>>>(&json) {
        Ok(list) if list.iter().any(Option::is_none) => Err(ChainError::not_yet("a receipt is null")),
        _ => Ok(json),
    }
}

#[cfg(test)]
mod tests;
