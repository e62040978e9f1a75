//! What an exchange that broke off means.
//!
//! Nothing of the library's text is repeated: it names the address, key included.

use std::error::Error;
use std::io;
use std::time::Duration;

use crate::chain::error::ChainError;
use crate::chain::tls;

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
        (false, false) if error.is_decode() => "the answer is truncated or badly compressed".to_owned(),
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
