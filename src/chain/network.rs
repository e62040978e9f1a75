//! Transports over the network.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use reqwest::Client;
use reqwest::header::{AUTHORIZATION, HeaderValue};
use serde::{Deserialize, Serialize};

use super::authority::Authority;
use super::error::ChainError;
use super::http::HttpTransport;
use super::http::client::{Encoding, Wire, build, install_crypto};
use super::secret_headers::SecretHeaders;
use super::secret_url::SecretUrl;
use super::transport::{Connector, SocketTransport, Transport};
use super::websocket::{Greeting, KeepAlive, WebSocketTransport};
use crate::core::class::Class;

/// What to do with an address that does not encrypt and is not on this machine.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PlainHttp {
    /// Refuse it: anybody on the way could read the key and write the blocks.
    #[default]
    Refused,
    /// Use it: the network in between is the operator's own.
    Allowed,
}

/// Whether answers are asked for compressed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Compression {
    /// With gzip, but not from this machine: there the wire costs less than inflating.
    #[default]
    Automatic,
    /// With gzip.
    Gzip,
    /// As they are.
    None,
}

/// Log targets that write whole addresses, keys included, or whole messages, which may quote them, at `trace`. They must be off
/// whatever level is asked for.
pub const TARGETS_THAT_TELL: [&str; 1] = ["tungstenite"];

/// Makes transports whose connections belong together: one for each arbiter, since a pooled connection dies with the runtime
/// it was opened on. Addresses that need the same settings share one client, and so do clones.
#[derive(Clone, Default)]
pub struct NetworkConnector {
    plain_http: PlainHttp,
    compression: Compression,
    headers: SecretHeaders,
    authority: Option<Authority>,
    clients: Arc<Mutex<BTreeMap<Needs, Client>>>,
}

/// What two addresses must have in common to share a client.
type Needs = (Wire, Option<Authority>);

impl NetworkConnector {
    /// A connector with these settings for all of its transports.
    pub fn new(plain_http: PlainHttp, compression: Compression) -> Self {
        Self { plain_http, compression, ..Self::default() }
    }

    /// The same clients under other settings: those of one provider.
    #[must_use]
    pub fn with(&self, plain_http: PlainHttp, compression: Compression) -> Self {
        let clients = Arc::clone(&self.clients);
        Self { plain_http, compression, clients, ..Self::default() }
    }

    /// With headers that every request carries.
    #[must_use]
    pub fn saying(self, headers: SecretHeaders) -> Self {
        Self { headers, ..self }
    }

    /// Trusting this authority alone, if there is one.
    #[must_use]
    pub fn trusting(self, authority: Option<Authority>) -> Self {
        Self { authority, ..self }
    }

    fn wire(&self, url: &SecretUrl) -> Result<Wire, ChainError> {
        match (url.is_encrypted(), self.plain_http) {
            (true, _) => Ok(Wire::Encrypted),
            (false, PlainHttp::Allowed) => Ok(Wire::Plain),
            (false, PlainHttp::Refused) if url.is_loopback() => Ok(Wire::Plain),
            (false, PlainHttp::Refused) => Err(ChainError::new(
                Class::Config,
                "the address does not encrypt: use https or wss, or allow plain http",
            )),
        }
    }

    fn encoding(&self, url: &SecretUrl) -> Encoding {
        match self.compression {
            Compression::Gzip => Encoding::Gzip,
            Compression::Automatic if !url.is_loopback() => Encoding::Gzip,
            Compression::Automatic | Compression::None => Encoding::Identity,
        }
    }

    fn client(&self, wire: Wire) -> Result<Client, ChainError> {
        let mut clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
        let needs = (wire, self.authority.clone());
        if let Some(client) = clients.get(&needs) {
            return Ok(client.clone());
        }
        let client = build(wire, self.authority.as_ref())?;
        clients.insert(needs, client.clone());
        Ok(client)
    }

    /// The header that user and password of an address make, written by the HTTP client as it does for its own requests.
    fn authorization(&self, url: &SecretUrl, wire: Wire) -> Result<Option<HeaderValue>, ChainError> {
        let mut address = url.expose().clone();
        if address.username().is_empty() && address.password().is_none() {
            return Ok(None);
        }
        let scheme = if wire == Wire::Encrypted { "https" } else { "http" };
        let unusable = || ChainError::new(Class::Config, "user and password of the address cannot be used");
        address.set_scheme(scheme).map_err(|()| unusable())?;
        let request = self.client(wire)?.get(address).build().map_err(|_| unusable())?;
        Ok(request.headers().get(AUTHORIZATION).cloned())
    }
}

impl Connector for NetworkConnector {
    fn http(&self, url: &SecretUrl) -> Result<Arc<dyn Transport>, ChainError> {
        if url.is_socket() {
            return Err(ChainError::new(Class::Config, "a ws address where http or https is due"));
        }
        let (wire, authority) = (self.wire(url)?, self.authority.clone());
        let client = self.client(wire)?;
        let transport = HttpTransport::new(client, url.clone(), self.headers.clone(), self.encoding(url));
        Ok(Arc::new(transport.renewable(wire, authority)))
    }

    fn socket(&self, url: &SecretUrl) -> Result<Arc<dyn SocketTransport>, ChainError> {
        if !url.is_socket() {
            return Err(ChainError::new(Class::Config, "an http address where ws or wss is due"));
        }
        install_crypto();
        let greeting = Greeting {
            authorization: self.authorization(url, self.wire(url)?)?,
            headers: self.headers.clone(),
            authority: self.authority.clone(),
        };
        Ok(Arc::new(WebSocketTransport::new(url.clone(), greeting, KeepAlive::default())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal<T>(made: Result<T, ChainError>) -> Option<Class> {
        made.err().map(|error| error.class)
    }

    #[test]
    fn plain_addresses_are_for_this_machine_unless_allowed() {
        let far: SecretUrl = "http://10.0.0.1:8545".parse().unwrap();
        let near: SecretUrl = "http://127.0.0.1:8545".parse().unwrap();
        let socket: SecretUrl = "ws://10.0.0.1:8546".parse().unwrap();
        let careful = NetworkConnector::default();
        assert_eq!(refusal(careful.http(&far)), Some(Class::Config));
        assert_eq!(refusal(careful.socket(&socket)), Some(Class::Config));
        assert_eq!(refusal(careful.http(&near)), None);
        let trusting = NetworkConnector::new(PlainHttp::Allowed, Compression::Automatic);
        assert_eq!(refusal(trusting.http(&far)), None);
        assert_eq!(refusal(trusting.socket(&socket)), None);
    }

    #[test]
    fn addresses_of_the_wrong_kind_are_refused() {
        let connector = NetworkConnector::default();
        assert_eq!(refusal(connector.http(&"ws://localhost".parse().unwrap())), Some(Class::Config));
        assert_eq!(refusal(connector.socket(&"http://localhost".parse().unwrap())), Some(Class::Config));
    }

    #[test]
    fn equal_settings_share_a_client() {
        let connector = NetworkConnector::default();
        for port in 1..9 {
            connector.http(&format!("http://127.0.0.1:{port}").parse().unwrap()).unwrap();
        }
        assert_eq!(connector.clients.lock().unwrap().len(), 1);
        connector.http(&"https://127.0.0.1".parse().unwrap()).unwrap();
        assert_eq!(connector.clients.lock().unwrap().len(), 2);
    }

    #[test]
    fn user_and_password_become_a_header_on_sockets_too() {
        let connector = NetworkConnector::default();
        let url: SecretUrl = "ws://us%40er:pass@localhost".parse().unwrap();
        let header = connector.authorization(&url, Wire::Plain).unwrap().unwrap();
        assert_eq!(header, "Basic dXNAZXI6cGFzcw==");
        assert!(header.is_sensitive());
        assert_eq!(connector.authorization(&"ws://localhost".parse().unwrap(), Wire::Plain).unwrap(), None);
    }
}
