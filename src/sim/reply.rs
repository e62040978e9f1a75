//! What comes back from a simulated provider, before it is known whether it travels through memory or over a socket.

use std::time::Duration;

use bytes::Bytes;

use super::wire::{Arrival, Wire};

/// What happens to a request, and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Served {
    /// From the request to what happens.
    pub after: Duration,
    /// What happens.
    pub reply: Reply,
}

/// What happens to a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// It is answered.
    Answer(HttpAnswer),
    /// It is answered, and the answer does not arrive as it was written.
    Mangled(HttpAnswer, Wire),
    /// The connection is reset.
    Reset,
    /// Nothing, ever.
    Silence,
}

impl Reply {
    /// Whether whoever waits for its end waits for ever.
    pub fn is_endless(&self) -> bool {
        match self {
            Self::Silence => true,
            Self::Mangled(_, wire) => wire.arrival() == Arrival::Never,
            Self::Answer(_) | Self::Reset => false,
        }
    }

    /// The answer, if it arrives as it was written.
    pub fn whole(&self) -> Option<&HttpAnswer> {
        match self {
            Self::Answer(answer) => Some(answer),
            Self::Mangled(answer, wire) => (wire.arrival() == Arrival::Whole).then_some(answer),
            Self::Reset | Self::Silence => None,
        }
    }
}

/// An answer, as HTTP carries it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpAnswer {
    /// The status.
    pub status: u16,
    /// The header of the same name.
    pub retry_after: Option<Duration>,
    /// The header of the same name.
    pub content_type: &'static str,
    /// The body.
    pub body: Bytes,
}

impl HttpAnswer {
    /// A body of JSON under status 200.
    pub fn json(body: impl Into<Bytes>) -> Self {
        Self { status: 200, retry_after: None, content_type: "application/json", body: body.into() }
    }

    /// The header's seconds: a wait is never shortened.
    pub fn retry_after_s(&self) -> Option<u64> {
        let whole = |wait: Duration| wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
        self.retry_after.map(whole)
    }

    /// A text for people under any status.
    pub fn text(status: u16, body: &'static str) -> Self {
        Self {
            status,
            retry_after: None,
            content_type: "text/plain",
            body: Bytes::from_static(body.as_bytes()),
        }
    }

    /// A web page under any status.
    pub fn page(status: u16, body: &'static str) -> Self {
        Self { content_type: "text/html", ..Self::text(status, body) }
    }
}
