//! The heads that one EVM endpoint announces: `eth_subscribe` to `newHeads`.
//!
//! An announcement is a hint unless it proves itself (go-ethereum#24699). Heads come twice (erigon#2800), are skipped, or stop
//! without a word: whoever listens also polls.

use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use tokio::time::timeout;

use super::profile::Profile;
use super::scan::parse_header;
use crate::chain::error::ChainError;
use crate::chain::family::{Announcement, Heads};
use crate::chain::jsonrpc::{Answer, Call, notification, response};
use crate::chain::transport::{Socket, SocketTransport};
use crate::chain::verdict::Outcome;
use crate::core::class::Class;
use crate::core::hash::Hash;

/// The id of the only request on the connection.
const SUBSCRIBE: u64 = 1;

/// A subscription on a connection of its own.
pub struct NewHeads {
    socket: Box<dyn Socket>,
    profile: Profile,
    /// The subscription's id, as JSON.
    subscription: Bytes,
    /// The hash announced last.
    last: Option<Hash>,
}

impl NewHeads {
    /// Connects and subscribes, all within `deadline`.
    ///
    /// # Errors
    /// The connection's; `Capability` when the endpoint refuses the subscription.
    pub async fn subscribe(
        transport: &dyn SocketTransport,
        profile: Profile,
        deadline: Duration,
    ) -> Result<Self, ChainError> {
        let late = || ChainError::transient("no subscription within its deadline");
        timeout(deadline, Self::open(transport, profile, deadline)).await.map_err(|_| late())?
    }

    async fn open(
        transport: &dyn SocketTransport,
        profile: Profile,
        deadline: Duration,
    ) -> Result<Self, ChainError> {
        let mut socket = transport.connect(deadline).await?;
        socket.send(Call::new("eth_subscribe", ["newHeads".into()]).encode(SUBSCRIBE)).await?;
        loop {
            let message = socket.receive().await?;
            if notification::is_one(&message) {
                continue;
            }
            let subscription = subscription(response::decode(&message, SUBSCRIBE))?;
            return Ok(Self { socket, profile, subscription, last: None });
        }
    }

    /// The announcement in a message; nothing if it is of another kind, has no place in a chain, or came before.
    fn announcement(&mut self, message: &Bytes) -> Option<Announcement> {
        let told = notification::decode(message, "eth_subscription")?;
        if told.subscription != self.subscription {
            return None;
        }
        let (header, outcome) = parse_header(&told.result, &self.profile).ok()?;
        if self.last.replace(header.hash) == Some(header.hash) {
            return None;
        }
        Some(match outcome {
            Outcome::Valid => Announcement::Proved(header),
            Outcome::Invalid { .. } | Outcome::Unverifiable { .. } => Announcement::Hint(header),
        })
    }
}

#[async_trait]
impl Heads for NewHeads {
    async fn next(&mut self) -> Result<Announcement, ChainError> {
        loop {
            let message = self.socket.receive().await?;
            if let Some(announcement) = self.announcement(&message) {
                return Ok(announcement);
            }
        }
    }
}

/// The subscription's id. Whatever the endpoint says instead means that it will not announce heads, unless it is about the
/// account.
fn subscription(answer: Result<Answer, ChainError>) -> Result<Bytes, ChainError> {
    match answer {
        Ok(Answer::Value(id)) => Ok(id),
        Ok(Answer::Null) => Err(ChainError::new(Class::Capability, "the subscription was not granted")),
        Err(error) => match error.class {
            Class::RateLimited { .. } | Class::Config => Err(error),
            _ => Err(ChainError { class: Class::Capability, ..error }),
        },
    }
}

#[cfg(test)]
mod tests;
