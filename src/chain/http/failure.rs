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
    tls::cause::<io::Error>(error)
        .map_or_else(|| "connection closed".to_owned(), |error| error.kind().to_string())
}
