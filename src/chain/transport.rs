//! How bytes reach a provider.
//!
//! The only seam between production and the simulated world: everything above it is the same code in both.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;

use super::error::ChainError;
use super::secret_url::SecretUrl;

/// What one exchange may cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// From the first byte sent to the last one read.
    pub deadline: Duration,
    /// Of the answer, after decompression.
    pub max_bytes: usize,
}

/// Exchanges bodies with one endpoint.
#[async_trait]
pub trait Transport: Send + Sync + fmt::Debug {
    /// Sends one JSON body and reads the answer's body.
    ///
    /// # Errors
    /// Classified: `Transient` for everything the network does, `RateLimited`, `Config` and `Capability` by HTTP status,
    /// `Split` for an answer beyond `max_bytes`. An HTTP error whose body is a JSON-RPC answer is returned as `Ok`: its body
    /// says more than its status.
    async fn post(&self, body: Bytes, limits: Limits) -> Result<Bytes, ChainError>;

    /// Lets go of the connections that are kept: the next exchange makes a new one, which may lead to another node.
    fn renew(&self) {}

    /// The endpoint's host, for people: never its path or key.
    fn host(&self) -> String {
        "an endpoint without a name".into()
    }
}

/// Opens a lasting, two-way connection to one endpoint.
#[async_trait]
pub trait SocketTransport: Send + Sync + fmt::Debug {
    /// Connects.
    ///
    /// # Errors
    /// As [`Transport::post`].
    async fn connect(&self, deadline: Duration) -> Result<Box<dyn Socket>, ChainError>;
}

/// A lasting connection that carries JSON messages both ways. Dropping it closes it.
#[async_trait]
pub trait Socket: Send {
    /// Sends one message.
    ///
    /// # Errors
    /// `Transient` when the connection is gone.
    async fn send(&mut self, message: Bytes) -> Result<(), ChainError>;

    /// Waits for the next message, without end. Keep-alive happens inside.
    ///
    /// # Errors
    /// `Transient` when the connection is gone or has been silent to keep-alive.
    async fn receive(&mut self) -> Result<Bytes, ChainError>;
}

/// Makes transports for addresses: the network's, or a simulated fleet's.
pub trait Connector: Send + Sync {
    /// A transport to an `http` or `https` address.
    ///
    /// # Errors
    /// `Config` when no client can be made for it.
    fn http(&self, url: &SecretUrl) -> Result<Arc<dyn Transport>, ChainError>;

    /// A transport to a `ws` or `wss` address.
    ///
    /// # Errors
    /// `Config` when no client can be made for it.
    fn socket(&self, url: &SecretUrl) -> Result<Arc<dyn SocketTransport>, ChainError>;
}
