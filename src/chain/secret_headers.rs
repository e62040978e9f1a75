//! Headers that an operator asks for, such as `x-api-key` or `authorization`.
//!
//! They are sent to the addresses of their provider and nowhere else: redirects are not followed. Only their names are shown.

use std::fmt;

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};

/// Headers whose values are never shown.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct SecretHeaders(HeaderMap);

/// Why something is not a header that can be added. It never repeats the value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAHeader {
    /// Its name is no name of a header.
    #[error("the name of a header is made of letters, digits and hyphens")]
    Name,
    /// Its name is one that only the exchange itself may set.
    #[error("blocktap sets this header itself")]
    Ours,
    /// Its value cannot be sent.
    #[error("the value of a header is one line of visible ASCII")]
    Value,
}

/// What the exchange itself says: its length, its form, its other end. Whoever could set these could forge a second request.
const OURS: [&str; 13] = [
    "host",
    "content-length",
    "content-type",
    "content-encoding",
    "transfer-encoding",
    "accept-encoding",
    "connection",
    "upgrade",
    "te",
    "trailer",
    "expect",
    "keep-alive",
    "proxy-connection",
];

impl SecretHeaders {
    /// Adds one; of the same name, the last one stays.
    ///
    /// # Errors
    /// [`NotAHeader`].
    pub fn add(&mut self, name: &str, value: &str) -> Result<(), NotAHeader> {
        let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| NotAHeader::Name)?;
        if OURS.contains(&name.as_str()) || name.as_str().starts_with("sec-websocket") {
            return Err(NotAHeader::Ours);
        }
        let mut value = HeaderValue::from_str(value).map_err(|_| NotAHeader::Value)?;
        // Then the libraries below neither print it nor keep it in HTTP/2's table.
        value.set_sensitive(true);
        self.0.insert(name, value);
        Ok(())
    }

    /// All of them, to be sent.
    pub(super) const fn expose(&self) -> &HeaderMap {
        &self.0
    }
}

impl fmt::Debug for SecretHeaders {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_list().entries(self.0.keys()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_are_shown() {
        let mut headers = SecretHeaders::default();
        headers.add("X-Api-Key", "CANARY").unwrap();
        assert_eq!(format!("{headers:?}"), "[\"x-api-key\"]");
        assert!(!format!("{:?}", headers.expose()).contains("CANARY"));
    }

    #[test]
    fn what_would_change_the_exchange_is_refused() {
        let mut headers = SecretHeaders::default();
        for name in ["Host", "content-length", "Transfer-Encoding", "Sec-WebSocket-Key", "upgrade"] {
            assert_eq!(headers.add(name, "x"), Err(NotAHeader::Ours), "{name}");
        }
        for name in ["", "a b", "a:", "a\r\nb", "é"] {
            assert_eq!(headers.add(name, "x"), Err(NotAHeader::Name), "{name:?}");
        }
        for value in ["a\r\nhost: evil.example", "a\nb", "a\0b"] {
            assert_eq!(headers.add("x-api-key", value), Err(NotAHeader::Value), "{value:?}");
        }
        assert_eq!(headers, SecretHeaders::default());
    }
}
