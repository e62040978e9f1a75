//! A size in bytes, as people write it in a configuration.

use serde::{Deserialize, Deserializer};

/// A number of bytes: an integer, or a text such as `"64MiB"` (units B, kB, MB, GB, KiB, MiB, GiB).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ByteSize(pub u64);

/// Why a text is not a size.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no size: write bytes as an integer, or a text such as \"64MiB\"")]
pub struct NotAByteSize(String);

const UNITS: [(&str, u64); 8] = [
    ("", 1),
    ("B", 1),
    ("kB", 1000),
    ("MB", 1_000_000),
    ("GB", 1_000_000_000),
    ("KiB", 1 << 10),
    ("MiB", 1 << 20),
    ("GiB", 1 << 30),
];

impl std::str::FromStr for ByteSize {
    type Err = NotAByteSize;

    fn from_str(text: &str) -> Result<Self, NotAByteSize> {
        let parse = || {
            let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
            let (count, unit) = text.split_at(digits);
            let (_, factor) = UNITS.iter().find(|(name, _)| *name == unit.trim())?;
            count.parse::<u64>().ok()?.checked_mul(*factor).map(Self)
        };
        parse().ok_or_else(|| NotAByteSize(text.into()))
    }
}

#[derive(Deserialize)]
#[serde(untagged, expecting = "a size: bytes as an integer, or a text such as \"64MiB\"")]
enum Written {
    Bytes(u64),
    Text(String),
}

impl<'de> Deserialize<'de> for ByteSize {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Written::deserialize(deserializer)? {
            Written::Bytes(count) => Ok(Self(count)),
            Written::Text(text) => text.parse().map_err(serde::de::Error::custom),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::ByteSize;

    #[test]
    fn sizes_are_read_as_people_write_them() {
        for (text, bytes) in
            [("0", 0), ("512", 512), ("10 kB", 10_000), ("64MiB", 64 << 20), ("1GiB", 1 << 30)]
        {
            assert_eq!(text.parse(), Ok(ByteSize(bytes)), "{text}");
        }
        for wrong in ["", "MiB", "1.5MiB", "64 mib", "-1", "99999999999GiB"] {
            assert!(wrong.parse::<ByteSize>().is_err(), "{wrong}");
        }
    }
}
