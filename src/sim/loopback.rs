//! The fleet on real sockets: every provider listens on a port of 127.0.0.1, for HTTP/1.1 and WebSocket alike.
//!
//! Faults act on the wire: who dies resets connections, open ones and new ones; who stalls keeps them open and says nothing.
//! The port stays taken meanwhile, so that a healed provider is found where it was.

use std::collections::BTreeMap;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio::time::sleep;

use super::fleet::Fleet;
use super::provider::Provider;

mod connection;
mod line;
mod raw;
mod websocket;

/// After the system refused a connection.
const PATIENCE: Duration = Duration::from_millis(50);

/// A fleet that listens. Dropping it closes every port and connection.
#[derive(Debug)]
pub struct Loopback {
    addresses: BTreeMap<String, SocketAddr>,
    _listeners: JoinSet<()>,
}

impl Loopback {
    /// Listens for every provider of the fleet, on ports that the system chooses.
    ///
    /// # Errors
    /// When the system has no port to give.
    pub async fn listen(fleet: &Fleet) -> io::Result<Self> {
        let mut addresses = BTreeMap::new();
        let mut listeners = JoinSet::new();
        for provider in fleet.providers() {
            let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
            addresses.insert(provider.profile().name.clone(), listener.local_addr()?);
            listeners.spawn(accept(listener, provider.clone()));
        }
        Ok(Self { addresses, _listeners: listeners })
    }

    /// Where each provider listens, by name.
    pub fn addresses(&self) -> &BTreeMap<String, SocketAddr> {
        &self.addresses
    }

    /// The HTTP address of a provider.
    pub fn http_url(&self, name: &str) -> Option<String> {
        self.addresses.get(name).map(|address| format!("http://{address}/"))
    }

    /// The WebSocket address of a provider.
    pub fn websocket_url(&self, name: &str) -> Option<String> {
        self.addresses.get(name).map(|address| format!("ws://{address}/"))
    }
}

async fn accept(listener: TcpListener, provider: Provider) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            biased;
            // Keeps the set as small as there are connections.
            Some(_) = connections.join_next() => {}
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => drop(connections.spawn(connection::serve(stream, provider.clone()))),
                // Such as too many open files: others may close some meanwhile.
                Err(_) => sleep(PATIENCE).await,
            }
        }
    }
}

#[cfg(test)]
mod tests;
