//! Who looks on while a fleet without a network is asked: what was sent, and what really arrived.
//!
//! *Why here.* An oracle that took the client's word for what it was told would share the client's mistakes. So it stands on
//! the wire: an answer counts when it arrives, and one that nobody waited for any longer never does.

use std::fmt;

use super::reply::Reply;
use crate::core::at::At;

/// Sees everything that passes between a fleet and whoever asks it.
pub trait Watcher: Send + Sync + fmt::Debug {
    /// A request leaves for this provider.
    fn asked(&self, provider: &str, request: &[u8], at: At);

    /// What became of a request reaches whoever sent it.
    fn answered(&self, provider: &str, request: &[u8], reply: &Reply, at: At);

    /// A connection to this provider's socket is begun.
    fn connected(&self, provider: &str, at: At);

    /// A message arrives over this provider's socket.
    fn announced(&self, provider: &str, message: &[u8], at: At);
}

/// Looks away.
#[derive(Clone, Copy, Debug)]
pub struct Nobody;

impl Watcher for Nobody {
    fn asked(&self, _: &str, _: &[u8], _: At) {}

    fn answered(&self, _: &str, _: &[u8], _: &Reply, _: At) {}

    fn connected(&self, _: &str, _: At) {}

    fn announced(&self, _: &str, _: &[u8], _: At) {}
}
