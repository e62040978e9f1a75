//! What a family of chains must be able to do.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::error::ChainError;
use super::transport::{SocketTransport, Transport};
use super::verdict::Verdict;
use crate::core::chain_id::ChainId;
use crate::core::hash::Hash;
use crate::core::header::{BlockRef, Header};
use crate::core::numbers::Height;

/// Which block.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Key {
    /// The newest.
    Latest,
    /// The newest that the chain calls safe.
    Safe,
    /// The newest that the chain calls final.
    Finalized,
    /// The canonical one of this number, by the provider's view.
    Number(Height),
    /// This very one. The height serves people and checks.
    Hash(BlockRef),
}

impl Key {
    /// The block that it names, as far as it does.
    pub const fn named(self) -> BlockRef {
        match self {
            Self::Hash(block) => block,
            Self::Number(height) => BlockRef { height, hash: Hash::ZERO },
            Self::Latest | Self::Safe | Self::Finalized => BlockRef { height: Height(0), hash: Hash::ZERO },
        }
    }
}

impl fmt::Display for Key {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Latest => out.write_str("latest"),
            Self::Safe => out.write_str("safe"),
            Self::Finalized => out.write_str("finalized"),
            Self::Number(height) => height.fmt(out),
            Self::Hash(block) => block.fmt(out),
        }
    }
}

/// Whether receipts are fetched with a block.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Receipts {
    /// No.
    #[default]
    Without,
    /// Yes, and their root is checked.
    With,
}

/// How much of a block can be proved on a chain.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verification {
    /// Everything the chain's profile can recompute.
    #[default]
    Full,
    /// Only the links between blocks; the rest is taken on agreement.
    LinkOnly,
}

/// A block as a provider sent it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RawBlock {
    /// Its place in the chain, as it claims.
    pub header: Header,
    /// The block's JSON, byte for byte.
    pub block: Bytes,
    /// Its receipts' JSON, byte for byte.
    pub receipts: Option<Bytes>,
}

impl RawBlock {
    /// Bytes it takes.
    pub fn size(&self) -> usize {
        self.block.len() + self.receipts.as_ref().map_or(0, Bytes::len)
    }

    /// A hash of what it says, whatever the order of fields and the white space; of what is no JSON, of its bytes.
    pub fn content_hash(&self) -> Hash {
        let mut digest = Sha256::new();
        for json in [Some(&self.block), self.receipts.as_ref()].into_iter().flatten() {
            let value = serde_json::from_slice::<serde_json::Value>(json);
            let canonical = value.ok().and_then(|value| serde_json::to_vec(&value).ok());
            digest.update(canonical.as_deref().unwrap_or(json));
        }
        Hash(digest.finalize().into())
    }
}

/// Who an endpoint says it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Identity {
    /// Its chain.
    pub chain_id: ChainId,
    /// The hash of its first block.
    pub genesis: Hash,
}

/// A header that an endpoint announced by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Announcement {
    /// Its own fields hash to its hash: as good as an answer.
    Proved(Header),
    /// Only claimed: a hint that there is more.
    Hint(Header),
}

/// The heads that one endpoint announces.
#[async_trait]
pub trait Heads: Send {
    /// Waits for the next announcement, without end.
    ///
    /// # Errors
    /// When the subscription is gone.
    async fn next(&mut self) -> Result<Announcement, ChainError>;
}

/// Asks one endpoint. Every call is one exchange, ends by `deadline`, and answers with a classified error; a block that is
/// not there is `NotYet`, never an empty success.
#[async_trait]
pub trait Client: Send + Sync {
    /// Chain id and genesis.
    async fn identity(&self, deadline: Duration) -> Result<Identity, ChainError>;

    /// A header. One whose fields do not hash to its hash is `Bad`; one that does not answer the key is `Bad`.
    async fn header(&self, key: Key, deadline: Duration) -> Result<Header, ChainError>;

    /// A whole block, unchecked but for being what was asked for.
    async fn block(&self, key: Key, want: Receipts, deadline: Duration) -> Result<RawBlock, ChainError>;

    /// The receipts of a block, as they came.
    async fn receipts(&self, block: Hash, deadline: Duration) -> Result<Bytes, ChainError>;

    /// Several whole blocks in one exchange, each with its own result, in the order of `keys`.
    async fn blocks(
        &self,
        keys: &[Key],
        want: Receipts,
        deadline: Duration,
    ) -> Result<Vec<Result<RawBlock, ChainError>>, ChainError>;
}

/// Recomputes blocks. Pure and CPU-bound: called on a compute pool.
pub trait Verifier: Send + Sync {
    /// Recomputes everything that the profile of the chain can.
    ///
    /// # Errors
    /// `Bad` when the bytes are no block of this family at all.
    fn verify(&self, block: &RawBlock) -> Result<Verdict, ChainError>;
}

/// One kind of chain.
#[async_trait]
pub trait Family: Send + Sync {
    /// A client for one endpoint.
    fn client(&self, transport: Arc<dyn Transport>) -> Arc<dyn Client>;

    /// Connects and subscribes to new heads.
    ///
    /// # Errors
    /// `Capability` when the endpoint refuses the subscription.
    async fn heads(
        &self,
        socket: &dyn SocketTransport,
        deadline: Duration,
    ) -> Result<Box<dyn Heads>, ChainError>;

    /// A verifier for one chain of the family.
    fn verifier(&self, chain: &ChainId, verification: Verification) -> Arc<dyn Verifier>;
}
