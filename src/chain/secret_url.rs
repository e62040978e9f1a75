//! An address that may hold a key.
//!
//! Keys hide in the path, the query and the user part, and half a key shown is no key hidden: only scheme, host and port are
//! ever written, whoever prints it.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer};
use url::{Host, Url};

/// An address whose path, query and user part are never shown.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SecretUrl(Url);

/// Why a text is not an address. It never repeats the text: that may hold a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAnAddress {
    /// It is no URL at all.
    #[error("not a URL such as \"https://host/path\"")]
    Unreadable,
    /// Of a scheme that no transport speaks.
    #[error("the scheme must be http, https, ws or wss")]
    Scheme,
    /// It names no host.
    #[error("a URL without a host")]
    NoHost,
}

/// Suffixes of two labels under which everybody may register, so that three labels make one owner. Source: the entries of
/// <https://publicsuffix.org> that are common in practice; a missing one makes two owners one, which costs a vote and
/// never invents one.
const SHARED_SUFFIXES: [&str; 16] = [
    "ac.uk", "co.il", "co.in", "co.jp", "co.kr", "co.nz", "co.uk", "co.za", "com.au", "com.br", "com.cn",
    "com.hk", "com.sg", "com.tr", "com.tw", "org.uk",
];

impl SecretUrl {
    /// Whole.
    pub fn expose(&self) -> &Url {
        &self.0
    }

    /// Who runs the host, as far as its name tells: the registrable domain, or host and port where there is none (an
    /// IP address, a bare name). Addresses of one operator never make a majority.
    pub fn operator(&self) -> String {
        match self.0.host() {
            Some(Host::Domain(name)) if name.contains('.') => registrable(name).to_owned(),
            Some(host) => format!("{host}:{}", self.port()),
            None => String::new(),
        }
    }

    /// Whether the host is this machine by its very address, so that nobody else is on the wire.
    pub fn is_loopback(&self) -> bool {
        match self.0.host() {
            Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
            Some(Host::Ipv4(address)) => address.is_loopback(),
            Some(Host::Ipv6(address)) => {
                address.is_loopback() || address.to_ipv4_mapped().is_some_and(|mapped| mapped.is_loopback())
            }
            None => false,
        }
    }

    /// Whether the scheme encrypts.
    pub fn is_encrypted(&self) -> bool {
        matches!(self.0.scheme(), "https" | "wss")
    }

    /// Whether the scheme is one of a lasting connection.
    pub fn is_socket(&self) -> bool {
        matches!(self.0.scheme(), "ws" | "wss")
    }

    fn port(&self) -> u16 {
        self.0.port_or_known_default().unwrap_or_default()
    }
}

/// The part of a host's name that somebody had to register: its last two labels, or three below a shared suffix.
fn registrable(name: &str) -> &str {
    let name = name.trim_end_matches('.');
    let tail = |labels: usize| match name.rmatch_indices('.').nth(labels - 1) {
        Some((dot, _)) => &name[dot + 1..],
        None => name,
    };
    if SHARED_SUFFIXES.contains(&tail(2)) { tail(3) } else { tail(2) }
}

impl FromStr for SecretUrl {
    type Err = NotAnAddress;

    fn from_str(text: &str) -> Result<Self, NotAnAddress> {
        let url = Url::parse(text.trim()).map_err(|_| NotAnAddress::Unreadable)?;
        if !matches!(url.scheme(), "http" | "https" | "ws" | "wss") {
            return Err(NotAnAddress::Scheme);
        }
        if url.host_str().is_none_or(str::is_empty) {
            return Err(NotAnAddress::NoHost);
        }
        Ok(Self(url))
    }
}

impl fmt::Display for SecretUrl {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}://{}", self.0.scheme(), self.0.host_str().unwrap_or_default())?;
        match self.0.port() {
            Some(port) => write!(out, ":{port}"),
            None => Ok(()),
        }
    }
}

impl fmt::Debug for SecretUrl {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, out)
    }
}

impl<'de> Deserialize<'de> for SecretUrl {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn url(text: &str) -> SecretUrl {
        text.parse().unwrap()
    }

    #[test]
    fn only_scheme_host_and_port_are_shown() {
        let shown = url("wss://CANARY:CANARY@rpc.example.org:8546/CANARY?key=CANARY#CANARY");
        assert_eq!(shown.to_string(), "wss://rpc.example.org:8546");
        assert_eq!(format!("{shown:?}"), shown.to_string());
        assert!(shown.expose().path().contains("CANARY"));
    }

    #[test]
    fn a_refused_text_is_not_repeated() {
        for text in ["CANARY", "ftp://host/CANARY", "data:CANARY", "https://:CANARY@/x"] {
            let error = text.parse::<SecretUrl>().unwrap_err();
            assert!(!format!("{error} {error:?}").contains("CANARY"), "{text}");
        }
        let error = serde_json::from_str::<SecretUrl>("\"ftp://host/CANARY\"").unwrap_err();
        assert!(!error.to_string().contains("CANARY"));
    }

    #[test]
    fn the_operator_is_whoever_registered_the_domain() {
        for (text, operator) in [
            ("https://eth-mainnet.g.alchemy.com/v2/key", "alchemy.com"),
            ("https://rpc.node.co.uk/", "node.co.uk"),
            ("https://example.org./", "example.org"),
            ("http://geth:8545", "geth:8545"),
            ("http://10.1.2.3", "10.1.2.3:80"),
            ("https://[::1]:8545", "[::1]:8545"),
            ("wss://localhost", "localhost:443"),
        ] {
            assert_eq!(url(text).operator(), operator, "{text}");
        }
    }

    #[test]
    fn loopback_is_told_from_what_only_looks_like_it() {
        for text in [
            "http://127.0.0.1",
            "http://127.9.9.9:1",
            "http://[::1]",
            "ws://localhost:8546",
            "http://[::ffff:127.0.0.1]",
        ] {
            assert!(url(text).is_loopback(), "{text}");
        }
        for text in [
            "http://10.0.0.1",
            "http://localhost.example.org",
            "http://127.0.0.1.example.org",
            "http://0.0.0.0",
        ] {
            assert!(!url(text).is_loopback(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn a_key_anywhere_behind_the_host_stays_hidden(key in "[A-Z]{8,30}") {
            let shown = url(&format!("https://{key}:{key}@host.example/{key}?{key}={key}"));
            let shown = format!("{shown} {shown:?}");
            prop_assert!(!shown.contains(&key));
        }
    }
}
