//! The chains: how a provider is asked for blocks, and how a block is proved.
//!
//! A [`family::Family`] knows one kind of chain: it makes a [`family::Client`] for an endpoint and a [`family::Verifier`] for
//! blocks. Below it a [`transport::Transport`] moves bytes: over the network ([`http`], [`websocket`]) or out of the
//! simulated world. Nothing here knows an actor.

pub mod authority;
pub mod error;
pub mod evm;
pub mod exhibit;
pub mod family;
pub mod http;
pub mod jsonrpc;
pub mod network;
pub mod redact;
pub mod secret_headers;
pub mod secret_url;
mod tls;
mod traffic;
pub mod transport;
pub mod verdict;
pub mod websocket;
