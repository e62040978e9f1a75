//! What an exchange that broke off means.
//!
//! Nothing of the library's text is repeated: it names the address, key included.

use std::error::Error;
use std::io;
use std::time::Duration;

use crate::chain::error::ChainError;
use crate::chain::tls;

/// An exchange that failed, and what may heal it at once.
#[derive(Debug)]
pub(super) struct Broken {
    /// What is told if it is not healed.
    pub error: ChainError,
    /// What to try.
    pub remedy: Remedy,
}

/// What may heal an exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Remedy {
    /// Nothing here: another provider may be asked.
    None,
    /// Asking again: the connection may have been one that the server was just closing.
    FreshConnection,
    /// Asking for the answer uncompressed.
    Uncompressed,
}

impl From<ChainError> for Broken {
    fn from(error: ChainError) -> Self {
        Self { error, remedy: Remedy::None }
    }
}

/// A request that got no answer at all. A server that closes an idle connection cannot know that a request is on its way over
/// it (hyper#2136), and the library does not repeat a POST.
pub(super) fn unanswered(error: &reqwest::Error, deadline: Duration) -> Broken {
    let closed = !error.is_connect() && !error.is_timeout() && is_closed(error);
    let remedy = if closed { Remedy::FreshConnection } else { Remedy::None };
    Broken { error: classify(error, deadline), remedy }
}

fn is_closed(error: &(dyn Error + 'static)) -> bool {
    use io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset};
    let by_system = tls::cause::<io::Error>(error)
        .is_some_and(|error| matches!(error.kind(), BrokenPipe | ConnectionAborted | ConnectionReset));
    let by_library = tls::cause::<hyper::Error>(error)
        .is_some_and(|error| error.is_incomplete_message() || error.is_canceled() || error.is_closed());
    by_system || by_library
}

/// The class and the words of an error of the library.
pub(super) fn classify(error: &reqwest::Error, deadline: Duration) -> ChainError {
    if let Some(refused) = tls::refusal(error) {
        return refused;
    }
    let deadline = humantime::format_duration(deadline);
    ChainError::transient(match (error.is_connect(), error.is_timeout()) {
        (true, true) => format!("no connection within {deadline}"),
        (true, false) => format!("cannot connect: {}", kind(error)),
        (false, true) => format!("no whole answer within {deadline}"),
        (false, false) if error.is_decode() => "the answer is truncated".to_owned(),
        (false, false) if error.is_body() => "the answer broke off".to_owned(),
        (false, false) => format!("the exchange failed: {}", kind(error)),
    })
}

/// The system's word for it, if the system caused it.
fn kind(error: &(dyn Error + 'static)) -> String {
    tls::cause::<io::Error>(error).map_or_else(|| "connection closed".to_owned(), words)
}

/// What the system says, without anything that could name an address. A name that cannot be looked up has no kind of its own.
pub(in crate::chain) fn words(error: &io::Error) -> String {
    if error.to_string().contains("failed to lookup address") {
        return "the host name cannot be resolved; is there a network?".into();
    }
    error.kind().to_string()
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::words;

    #[test]
    fn a_name_that_cannot_be_looked_up_is_said_to_be_that() {
        let lookup = io::Error::other("failed to lookup address information: Name or service not known");
        assert!(words(&lookup).contains("cannot be resolved"));
        assert_eq!(words(&io::ErrorKind::ConnectionRefused.into()), "connection refused");
    }
}
