//! The fleet without a network: a connector whose transports ask the providers themselves.
//!
//! Only tokio's clock passes here, so under a paused clock a day takes a moment. What a socket would do to an answer is
//! decided as in production, by the same reading of status and body.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use tokio::time::{Instant, sleep, sleep_until};

use super::fleet::Fleet;
use super::provider::Provider;
use super::reply::{HttpAnswer, Reply};
use super::session::{Next, Session};
use super::watch::{Nobody, Watcher};
use super::wire::Arrival;
use crate::chain::error::ChainError;
use crate::chain::http;
use crate::chain::secret_url::SecretUrl;
use crate::chain::transport::{Connector, Limits, Socket, SocketTransport, Transport};
use crate::chain::websocket::{KeepAlive, MESSAGE_BYTES};
use crate::core::class::Class;

/// Makes transports to the providers of a fleet: `alpha` is at `http://alpha.sim/` and `ws://alpha.sim/`.
#[derive(Clone, Debug)]
pub struct SimConnector {
    fleet: Fleet,
    watcher: Arc<dyn Watcher>,
}

impl SimConnector {
    /// To this fleet.
    pub fn new(fleet: Fleet) -> Self {
        Self::watched(fleet, Arc::new(Nobody))
    }

    /// To this fleet, with somebody looking on.
    pub fn watched(fleet: Fleet, watcher: Arc<dyn Watcher>) -> Self {
        Self { fleet, watcher }
    }

    fn transport(&self, url: &SecretUrl) -> Result<SimTransport, ChainError> {
        Ok(SimTransport { provider: self.provider(url)?, watcher: self.watcher.clone() })
    }

    fn provider(&self, url: &SecretUrl) -> Result<Provider, ChainError> {
        let host = url.expose().host_str().unwrap_or_default();
        let found = self.fleet.providers().find(|provider| provider.profile().host() == host);
        found.cloned().ok_or_else(|| ChainError::new(Class::Config, "no simulated provider at this address"))
    }
}

impl Connector for SimConnector {
    fn http(&self, url: &SecretUrl) -> Result<Arc<dyn Transport>, ChainError> {
        Ok(Arc::new(self.transport(url)?))
    }

    fn socket(&self, url: &SecretUrl) -> Result<Arc<dyn SocketTransport>, ChainError> {
        Ok(Arc::new(self.transport(url)?))
    }
}

/// Both ways to one provider.
struct SimTransport {
    provider: Provider,
    watcher: Arc<dyn Watcher>,
}

impl fmt::Debug for SimTransport {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_tuple("SimTransport").field(&self.provider.profile().name).finish()
    }
}

#[async_trait]
impl Transport for SimTransport {
    async fn post(&self, body: Bytes, limits: Limits) -> Result<Bytes, ChainError> {
        let (name, world) = (&self.provider.profile().name, self.provider.world());
        self.watcher.asked(name, &body, world.now());
        let served = self.provider.serve(&body);
        if served.reply.is_endless() || served.after > limits.deadline {
            sleep(limits.deadline).await;
            return Err(too_late(limits.deadline));
        }
        sleep(served.after).await;
        self.watcher.answered(name, &body, &served.reply, world.now());
        match served.reply {
            Reply::Mangled(answer, wire) => arrived(answer, wire.arrival(), limits),
            Reply::Answer(answer) => arrived(answer, Arrival::Whole, limits),
            Reply::Reset | Reply::Silence => Err(ChainError::transient("connection reset")),
        }
    }

    fn host(&self) -> String {
        format!("{}.sim", self.provider.profile().name)
    }
}

/// What a client over the network would make of it.
fn arrived(answer: HttpAnswer, arrival: Arrival, limits: Limits) -> Result<Bytes, ChainError> {
    let too_long =
        || ChainError::new(Class::Split, format!("answer of more than {} bytes", limits.max_bytes));
    match arrival {
        Arrival::Whole if answer.body.len() > limits.max_bytes => Err(too_long()),
        Arrival::Whole => http::judge(answer.status, answer.retry_after_s(), answer.body),
        Arrival::Broken => Err(ChainError::transient("the answer broke off")),
        Arrival::Never => Err(too_late(limits.deadline)),
        Arrival::TooLong => Err(too_long()),
        Arrival::Elsewhere => http::judge(302, None, Bytes::new()),
    }
}

fn too_late(deadline: Duration) -> ChainError {
    ChainError::transient(format!("no answer within {}", humantime::format_duration(deadline)))
}

#[async_trait]
impl SocketTransport for SimTransport {
    async fn connect(&self, deadline: Duration) -> Result<Box<dyn Socket>, ChainError> {
        self.watcher.connected(&self.provider.profile().name, self.provider.world().now());
        let latency = self.provider.socket_latency();
        if latency > deadline {
            sleep(deadline).await;
            return Err(too_late(deadline));
        }
        sleep(latency).await;
        if self.provider.is_down() {
            return Err(ChainError::transient("connection reset"));
        }
        let session = Session::open(self.provider.clone());
        let watched = (self.provider.clone(), self.watcher.clone());
        Ok(Box::new(SimSocket { session, watched, gone_at: None }))
    }
}

struct SimSocket {
    session: Session,
    watched: (Provider, Arc<dyn Watcher>),
    /// When a real socket would notice that its other end is gone.
    gone_at: Option<Instant>,
}

#[async_trait]
impl Socket for SimSocket {
    async fn send(&mut self, message: Bytes) -> Result<(), ChainError> {
        self.session.accept(&message);
        Ok(())
    }

    async fn receive(&mut self) -> Result<Bytes, ChainError> {
        match self.session.next().await {
            Next::Message(message) if message.len() > MESSAGE_BYTES => {
                Err(ChainError::new(Class::Split, "a message beyond the limit"))
            }
            Next::Message(message) => {
                let (provider, watcher) = &self.watched;
                watcher.announced(&provider.profile().name, &message, provider.world().now());
                Ok(message)
            }
            Next::Closed => Err(ChainError::transient("connection closed")),
            Next::Deaf => {
                let keep_alive = KeepAlive::default();
                let noticed = Instant::now() + keep_alive.ping_after + keep_alive.gone_after;
                sleep_until(*self.gone_at.get_or_insert(noticed)).await;
                Err(ChainError::transient("no answer to keep-alive"))
            }
        }
    }
}

#[cfg(test)]
mod tests;
