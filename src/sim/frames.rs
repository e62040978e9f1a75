//! What can befall announcements on a WebSocket.

use std::fmt;

/// One way for a WebSocket to misbehave while it is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Frames {
    /// It ends without a word of goodbye, which clients report as code 1006.
    Abrupt,
    /// Announcements come as binary messages.
    Binary,
    /// Pings stay unanswered, though announcements come.
    NoPong,
}

impl fmt::Display for Frames {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Abrupt => "drops its sockets without a goodbye",
            Self::Binary => "announces heads in binary messages",
            Self::NoPong => "answers no pings",
        })
    }
}
