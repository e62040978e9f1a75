//! JSON over a WebSocket, to one endpoint.
//!
//! **Why it pings.** A socket that went silent without a close looks like a quiet chain for ten minutes and more
//! (go-ethereum#23528, ponder#2389). So whoever waits for a message also pings whenever the other side has said nothing for a
//! while, and gives up when not even that is answered.
//!
//! **Who drains it.** Its owner, by waiting for messages without a pause; a server drops a consumer that reads slowly.

mod handshake;

use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};
use reqwest::header::HeaderValue;
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep_until, timeout};
use tokio_tungstenite::tungstenite::{Error, Message, Utf8Bytes};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

use super::authority::Authority;
use super::error::ChainError;
use super::secret_headers::SecretHeaders;
use super::secret_url::SecretUrl;
use super::traffic;
use super::transport::{Socket, SocketTransport};
use crate::core::class::Class;

/// Bytes of the longest message taken, and of the longest frame: a head is a few kilobytes. Whoever announces more is polled
/// instead.
pub const MESSAGE_BYTES: usize = 1 << 20;

/// When a silent connection is tried, and when it is given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeepAlive {
    /// Silence after which a ping is sent.
    pub ping_after: Duration,
    /// Further silence after which the connection counts as gone.
    pub gone_after: Duration,
}

impl Default for KeepAlive {
    /// A ping after 10 s, gone after 20 s in all.
    fn default() -> Self {
        Self { ping_after: Duration::from_secs(10), gone_after: Duration::from_secs(10) }
    }
}

/// Connects to one address.
pub struct WebSocketTransport {
    url: SecretUrl,
    greeting: Greeting,
    keep_alive: KeepAlive,
}

/// What a connection is opened with beside its address.
#[derive(Clone, Debug, Default)]
pub struct Greeting {
    /// The `Authorization` that user and password of the address make.
    pub authorization: Option<HeaderValue>,
    /// Further headers.
    pub headers: SecretHeaders,
    /// Whose word is taken for the other side, if not that of the system's authorities.
    pub authority: Option<Authority>,
}

impl WebSocketTransport {
    /// Connects to `url`.
    pub fn new(url: SecretUrl, greeting: Greeting, keep_alive: KeepAlive) -> Self {
        Self { url, greeting, keep_alive }
    }
}

impl fmt::Debug for WebSocketTransport {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_tuple("WebSocketTransport").field(&self.url).finish()
    }
}

#[async_trait]
impl SocketTransport for WebSocketTransport {
    async fn connect(&self, deadline: Duration) -> Result<Box<dyn Socket>, ChainError> {
        let opened = timeout(deadline, handshake::open(&self.url, &self.greeting)).await;
        let late = || {
            ChainError::transient(format!("no connection within {}", humantime::format_duration(deadline)))
        };
        let stream = opened.map_err(|_| late())??;
        let heard = Instant::now();
        Ok(Box::new(WebSocket { stream, keep_alive: self.keep_alive, heard, pinged: None }))
    }
}

type Stream = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// A connection, and what it knows of the other side's life.
struct WebSocket {
    stream: Stream,
    keep_alive: KeepAlive,
    /// When the other side last said anything.
    heard: Instant,
    /// When it was last asked to, if it has said nothing since.
    pinged: Option<Instant>,
}

impl WebSocket {
    /// When silence has lasted too long for the state it is in.
    fn patience_ends(&self) -> Instant {
        match self.pinged {
            Some(pinged) => pinged + self.keep_alive.gone_after,
            None => self.heard + self.keep_alive.ping_after,
        }
    }

    async fn on_silence(&mut self) -> Result<(), ChainError> {
        if self.pinged.is_some() {
            return Err(ChainError::transient("the connection is silent, even to a ping"));
        }
        self.pinged = Some(Instant::now());
        self.send_within(Message::Ping(Bytes::new())).await
    }

    /// Sends a message, or gives up: a peer that reads nothing would block the writer for ever.
    async fn send_within(&mut self, message: Message) -> Result<(), ChainError> {
        traffic::sent(message.len());
        match timeout(self.keep_alive.gone_after, self.stream.send(message)).await {
            Ok(sent) => sent.map_err(|error| gone(&error)),
            Err(_) => Err(ChainError::transient("the connection takes nothing more")),
        }
    }

    /// The content of a message, if it has any; a close ends the connection.
    fn on_message(&mut self, message: Message) -> Result<Option<Bytes>, ChainError> {
        (self.heard, self.pinged) = (Instant::now(), None);
        traffic::received(message.len());
        match message {
            Message::Text(text) => Ok(Some(text.into())),
            Message::Binary(bytes) => Ok(Some(bytes)),
            Message::Close(_) => Err(ChainError::transient("the connection was closed by the other side")),
            Message::Ping(_) | Message::Pong(_) | Message::Frame(_) => Ok(None),
        }
    }
}

#[async_trait]
impl Socket for WebSocket {
    async fn send(&mut self, message: Bytes) -> Result<(), ChainError> {
        let text =
            Utf8Bytes::try_from(message).map_err(|_| ChainError::transient("a message that is no text"))?;
        self.send_within(Message::Text(text)).await
    }

    async fn receive(&mut self) -> Result<Bytes, ChainError> {
        loop {
            // What has arrived already is read before the clock is looked at, however late the caller comes.
            let patience_ends = self.patience_ends();
            tokio::select! {
                biased;
                message = self.stream.next() => {
                    let message = message.ok_or_else(|| ChainError::transient("the connection is gone"))?;
                    if let Some(content) = self.on_message(message.map_err(|error| gone(&error))?)? {
                        return Ok(content);
                    }
                }
                () = sleep_until(patience_ends) => self.on_silence().await?,
            }
        }
    }
}

/// What an error on a standing connection means. The library's own text is not repeated.
fn gone(error: &Error) -> ChainError {
    match error {
        Error::Capacity(_) => ChainError::new(Class::Split, "a message beyond the limit"),
        Error::Io(error) => ChainError::transient(format!("the connection broke: {}", error.kind())),
        Error::Protocol(_) | Error::Utf8(_) => ChainError::transient("the other side broke the protocol"),
        _ => ChainError::transient("the connection is gone"),
    }
}

#[cfg(test)]
mod tests;
