//! The settings of an HTTP client that talks to strangers.

use std::time::Duration;

use reqwest::Client;
use reqwest::redirect::Policy;

use crate::chain::authority::Authority;
use crate::chain::error::ChainError;
use crate::core::class::Class;

/// Time for a connection to stand, name look-up and TLS included.
const CONNECT: Duration = Duration::from_secs(5);

/// How long an unused connection is kept: shorter than the five seconds after which common servers close theirs, so that
/// a request seldom meets a connection that is just being closed (hyper#2136).
const POOL_IDLE: Duration = Duration::from_secs(4);

/// How often a lasting HTTP/2 connection is tried, so that one in a black hole is found out (hyper-util#319).
const HTTP2_PING: Duration = Duration::from_secs(10);

/// How long the answer to that may take.
const HTTP2_PONG: Duration = Duration::from_secs(5);

/// Bytes of headers accepted in one HTTP/2 answer.
const HTTP2_HEADER_BYTES: u32 = 64 * 1024;

/// Whether the wire is encrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Wire {
    /// `https` and nothing else.
    Encrypted,
    /// `http`, to this machine or where the operator allows it. Such a client trusts no certificate at all, so it can be
    /// made where the system has none.
    Plain,
}

/// Whether answers are asked for compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// With gzip: less on the wire, about 1.25 ms of CPU for a block of 441 kB.
    Gzip,
    /// As they are.
    Identity,
}

impl Encoding {
    /// Its name in HTTP.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Gzip => "gzip",
            Self::Identity => "identity",
        }
    }
}

/// Makes `rustls` use *ring*. Called by every [`build`]; calling it again does nothing.
pub fn install_crypto() {
    // An error says that somebody installed a provider before, which is just as good.
    let _already_installed = rustls::crypto::ring::default_provider().install_default();
}

/// A client that trusts the system's authorities, or this one alone. It keeps its connections for itself and for the runtime it first ran on, so there is one for each arbiter.
///
/// # Errors
/// `Config` when there is nothing to trust: the system has no certificates.
pub fn build(wire: Wire, authority: Option<&Authority>) -> Result<Client, ChainError> {
    install_crypto();
    let builder = Client::builder()
        .user_agent(concat!("blocktap/", env!("CARGO_PKG_VERSION")))
        .redirect(Policy::none())
        .referer(false)
        .no_proxy()
        .connect_timeout(CONNECT)
        .pool_idle_timeout(POOL_IDLE)
        .http2_keep_alive_interval(HTTP2_PING)
        .http2_keep_alive_timeout(HTTP2_PONG)
        .http2_keep_alive_while_idle(true)
        .http2_max_header_list_size(HTTP2_HEADER_BYTES);
    let builder = match (wire, authority) {
        (Wire::Encrypted, None) => builder.https_only(true),
        (Wire::Encrypted, Some(authority)) => {
            builder.https_only(true).tls_certs_only(authority.certificates()?)
        }
        (Wire::Plain, _) => builder.tls_certs_only([]),
    };
    builder
        .build()
        .map_err(|_| ChainError::new(Class::Config, "no https client: has the system no certificates?"))
}
