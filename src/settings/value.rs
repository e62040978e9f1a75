//! The values that a configuration is made of: how each is read, and how a mistake in it is explained.
//!
//! An explanation says what is expected and never what was found: that may be secret, and the line is shown beside it.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use secrecy::SecretString;
use serde::Deserialize;
use serde::de::IntoDeserializer;
use serde::de::value::StrDeserializer;
use toml::de::DeValue;

use crate::chain::family::{Receipts, Verification};
use crate::chain::network::{Compression, PlainHttp};
use crate::chain::secret_url::SecretUrl;
use crate::core::byte_size::ByteSize;
use crate::core::chain_id::ChainId;
use crate::core::consensus::ruling::{Corroboration, OnSingle};
use crate::core::plain;
use crate::core::start::Start;

/// A value that can stand behind a key.
pub trait Readable: Sized {
    /// What is expected, in the words after "must be".
    const EXPECTED: &'static str;
    /// An example, as it is written in TOML.
    const EXAMPLE: &'static str;
    /// The words to choose from, if it is one of a few.
    const CHOICES: &'static [&'static str] = &[];

    /// Reads it; `None` when it is something else.
    fn read(value: &DeValue<'_>) -> Option<Self>;
}

/// A name: of a chain, a provider or a sink. It becomes part of paths and metrics.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Name(pub String);

/// The address of an HTTP endpoint.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct HttpUrl(pub SecretUrl);

/// The address of a WebSocket endpoint.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SocketUrl(pub SecretUrl);

/// How log lines look.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    /// For people.
    #[default]
    Pretty,
    /// One JSON object a line.
    Json,
}

/// Reads one of a few words by its serde names.
fn word<'d, T: Deserialize<'d>>(value: &'d DeValue<'_>) -> Option<T> {
    let text: StrDeserializer<'_, serde::de::value::Error> = value.as_str()?.into_deserializer();
    T::deserialize(text).ok()
}

macro_rules! words {
    ($type:ty, $expected:literal, $example:literal, [$($choice:literal),+]) => {
        impl Readable for $type {
            const EXPECTED: &'static str = $expected;
            const EXAMPLE: &'static str = $example;
            const CHOICES: &'static [&'static str] = &[$($choice),+];

            fn read(value: &DeValue<'_>) -> Option<Self> {
                word(value)
            }
        }
    };
}

words!(LogFormat, "\"pretty\" or \"json\"", "\"pretty\"", ["pretty", "json"]);
words!(Compression, "\"automatic\", \"gzip\" or \"none\"", "\"gzip\"", ["automatic", "gzip", "none"]);
words!(PlainHttp, "\"refused\" or \"allowed\"", "\"allowed\"", ["refused", "allowed"]);
words!(Corroboration, "\"two\", \"majority\" or \"fast\"", "\"two\"", ["two", "majority", "fast"]);
words!(OnSingle, "\"flag\" or \"hold\"", "\"flag\"", ["flag", "hold"]);
words!(Verification, "\"full\" or \"link-only\"", "\"full\"", ["full", "link-only"]);

impl Readable for bool {
    const EXPECTED: &'static str = "true or false, without quotes";
    const EXAMPLE: &'static str = "true";

    fn read(value: &DeValue<'_>) -> Option<Self> {
        value.as_bool()
    }
}

impl Readable for Receipts {
    const EXPECTED: &'static str = bool::EXPECTED;
    const EXAMPLE: &'static str = bool::EXAMPLE;

    fn read(value: &DeValue<'_>) -> Option<Self> {
        value.as_bool().map(|with| if with { Self::With } else { Self::Without })
    }
}

impl Readable for u64 {
    const EXPECTED: &'static str = "a whole number, not negative";
    const EXAMPLE: &'static str = "64";

    fn read(value: &DeValue<'_>) -> Option<Self> {
        let integer = value.as_integer()?;
        Self::from_str_radix(integer.as_str(), integer.radix()).ok()
    }
}

impl Readable for f64 {
    const EXPECTED: &'static str = "a number";
    const EXAMPLE: &'static str = "1.0";

    fn read(value: &DeValue<'_>) -> Option<Self> {
        let number = match value {
            DeValue::Float(float) => float.as_str().parse().ok(),
            DeValue::Integer(integer) => integer.as_str().parse().ok(),
            _ => None,
        };
        number.filter(|number: &Self| number.is_finite())
    }
}

impl Readable for String {
    const EXPECTED: &'static str = "text in quotes, not empty and without control characters";
    const EXAMPLE: &'static str = "\"…\"";

    fn read(value: &DeValue<'_>) -> Option<Self> {
        value
            .as_str()
            .filter(|text| !text.trim().is_empty() && !text.contains(plain::acts))
            .map(str::to_owned)
    }
}

impl Readable for PathBuf {
    const EXPECTED: &'static str = "a path in quotes, and not empty";
    const EXAMPLE: &'static str = "\"data\"";

    fn read(value: &DeValue<'_>) -> Option<Self> {
        String::read(value).map(Self::from)
    }
}

impl Readable for SecretString {
    const EXPECTED: &'static str = "a secret in quotes, and not empty";
    const EXAMPLE: &'static str = "\"file:token\", or \"${TOKEN}\"";

    fn read(value: &DeValue<'_>) -> Option<Self> {
        String::read(value).map(Self::from)
    }
}

impl Readable for Name {
    const EXPECTED: &'static str =
        "a name of at most 64 letters, digits, `-`, `_` and `.`, the first a letter or digit, without `__`";
    const EXAMPLE: &'static str = "\"ethereum\"";

    fn read(value: &DeValue<'_>) -> Option<Self> {
        let text = value.as_str().filter(|text| text.len() <= 64)?;
        let starts_well = text.starts_with(|c: char| c.is_ascii_alphanumeric());
        let goes_on_well = text.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c));
        (starts_well && goes_on_well && !text.contains("__")).then(|| Self(text.into()))
    }
}

impl Readable for ByteSize {
    const EXPECTED: &'static str =
        "a size: a number of bytes, or text such as \"64MiB\" (kB, MB, GB, KiB, MiB, GiB)";
    const EXAMPLE: &'static str = "\"64MiB\"";

    fn read(value: &DeValue<'_>) -> Option<Self> {
        match value.as_str() {
            Some(text) => text.parse().ok(),
            None => u64::read(value).map(Self),
        }
    }
}

impl Readable for Duration {
    const EXPECTED: &'static str = "a duration in quotes, such as \"15s\", \"500ms\" or \"1m 30s\"";
    const EXAMPLE: &'static str = "\"15s\"";

    fn read(value: &DeValue<'_>) -> Option<Self> {
        humantime::parse_duration(value.as_str()?).ok()
    }
}

impl Readable for SocketAddr {
    const EXPECTED: &'static str = "an IP address and a port, in quotes";
    const EXAMPLE: &'static str = "\"127.0.0.1:8383\"";

    fn read(value: &DeValue<'_>) -> Option<Self> {
        value.as_str()?.parse().ok()
    }
}

impl Readable for ChainId {
    const EXPECTED: &'static str = "the CAIP-2 id of an EVM chain: \"eip155:\" and the chain's number";
    const EXAMPLE: &'static str = "\"eip155:1\"";

    fn read(value: &DeValue<'_>) -> Option<Self> {
        value.as_str()?.parse().ok().filter(|id: &Self| id.evm_number().is_some())
    }
}

impl Readable for Start {
    const EXPECTED: &'static str =
        "a block: a number, \"number:hash\", \"latest\", \"finalized\" or \"-100\" (so many blocks back)";
    const EXAMPLE: &'static str = "\"latest\"";
    const CHOICES: &'static [&'static str] = &["latest", "finalized"];

    fn read(value: &DeValue<'_>) -> Option<Self> {
        match value {
            DeValue::String(text) => text.parse().ok(),
            DeValue::Integer(integer) if integer.radix() == 10 => integer.as_str().parse().ok(),
            _ => None,
        }
    }
}

impl Readable for HttpUrl {
    const EXPECTED: &'static str = "an address that begins with http:// or https://";
    const EXAMPLE: &'static str = "\"https://rpc.example.org\"";

    fn read(value: &DeValue<'_>) -> Option<Self> {
        value.as_str()?.parse().ok().filter(|url: &SecretUrl| !url.is_socket()).map(Self)
    }
}

impl Readable for SocketUrl {
    const EXPECTED: &'static str = "an address that begins with ws:// or wss://";
    const EXAMPLE: &'static str = "\"wss://rpc.example.org\"";

    fn read(value: &DeValue<'_>) -> Option<Self> {
        value.as_str()?.parse().ok().filter(SecretUrl::is_socket).map(Self)
    }
}
