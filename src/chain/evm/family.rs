//! The EVM as a family of chains.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;

use super::client::EvmClient;
use super::heads::NewHeads;
use super::profile::Profile;
use super::verify::EvmVerifier;
use crate::chain::error::ChainError;
use crate::chain::family::{Client, Family, Heads, Verification, Verifier};
use crate::chain::transport::{SocketTransport, Transport};
use crate::core::chain_id::ChainId;

/// Clients and heads for one EVM chain.
#[derive(Clone, Copy, Debug)]
pub struct Evm {
    profile: Profile,
}

impl Evm {
    /// For `chain`, by its profile.
    pub fn new(chain: &ChainId, verification: Verification) -> Self {
        Self { profile: Profile::of(chain, verification) }
    }
}

#[async_trait]
impl Family for Evm {
    fn client(&self, transport: Arc<dyn Transport>) -> Arc<dyn Client> {
        Arc::new(EvmClient::new(transport, self.profile))
    }

    async fn heads(
        &self,
        socket: &dyn SocketTransport,
        deadline: Duration,
    ) -> Result<Box<dyn Heads>, ChainError> {
        Ok(Box::new(NewHeads::subscribe(socket, self.profile, deadline).await?))
    }

    fn verifier(&self, chain: &ChainId, verification: Verification) -> Arc<dyn Verifier> {
        Arc::new(EvmVerifier::new(chain, verification))
    }
}
