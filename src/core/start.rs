//! Where a stream begins: the block named is the first one delivered.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer};

use super::canonical::Ground;
use super::hash::Hash;
use super::header::BlockRef;
use super::numbers::Height;

/// The first block of a stream, as a person writes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    /// `"latest"`: the newest block.
    Latest,
    /// `"finalized"`: the newest final block.
    Finalized,
    /// `"-100"`: so many blocks before the newest.
    Back(u64),
    /// `"21000000"`: the block with this number.
    At(Height),
    /// `"21000000:0x…"`: the block with this number, if it has this hash.
    Exactly(Height, Hash),
}

/// Why a text is not a start.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} is no start: write a number, \"number:hash\", \"latest\", \"finalized\" or \"-100\" (so many blocks back)"
)]
pub struct NotAStart(String);

/// Where a stream can begin, by what operators show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Opening {
    /// At this height.
    At(Height),
    /// Not yet: the chain is not there, or nobody has said what is final.
    NotYet,
}

impl Start {
    /// Where to begin, if two operators have `attainable` and a majority calls `finalized` final.
    pub fn opening(&self, attainable: Height, finalized: Option<Height>) -> Opening {
        let height = match self {
            Self::Latest => Some(attainable),
            Self::Finalized => finalized.map(|finalized| finalized.min(attainable)),
            Self::Back(count) => Some(attainable.minus(*count)),
            Self::At(height) | Self::Exactly(height, _) => {
                Some(*height).filter(|height| *height <= attainable)
            }
        };
        height.map_or(Opening::NotYet, Opening::At)
    }

    /// Whether a reorg may replace the first block.
    pub const fn ground(&self) -> Ground {
        match self {
            Self::Exactly(height, hash) => Ground::Named(BlockRef { height: *height, hash: *hash }),
            Self::Latest | Self::Finalized | Self::Back(_) | Self::At(_) => Ground::Open,
        }
    }
}

impl FromStr for Start {
    type Err = NotAStart;

    fn from_str(text: &str) -> Result<Self, NotAStart> {
        let parse = || match text {
            "latest" => Some(Self::Latest),
            "finalized" => Some(Self::Finalized),
            _ => match (text.strip_prefix('-'), text.split_once(':')) {
                (Some(back), _) => Some(Self::Back(back.parse().ok()?)),
                (_, Some((number, hash))) => {
                    Some(Self::Exactly(Height(number.parse().ok()?), hash.parse().ok()?))
                }
                _ => Some(Self::At(Height(text.parse().ok()?))),
            },
        };
        parse().ok_or_else(|| NotAStart(text.into()))
    }
}

impl fmt::Display for Start {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Latest => out.write_str("latest"),
            Self::Finalized => out.write_str("finalized"),
            Self::Back(count) => write!(out, "-{count}"),
            Self::At(height) => height.fmt(out),
            Self::Exactly(height, hash) => write!(out, "{height}:{hash}"),
        }
    }
}

impl<'de> Deserialize<'de> for Start {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Written {
            Number(i64),
            Text(String),
        }
        let text = match Written::deserialize(deserializer)? {
            Written::Number(number) => number.to_string(),
            Written::Text(text) => text,
        };
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_does_not_begin_above_what_two_operators_have() {
        assert_eq!(Start::At(Height(9)).opening(Height(8), None), Opening::NotYet);
        assert_eq!(Start::At(Height(9)).opening(Height(9), None), Opening::At(Height(9)));
        assert_eq!(Start::Back(100).opening(Height(8), None), Opening::At(Height(0)));
        assert_eq!(Start::Finalized.opening(Height(8), None), Opening::NotYet);
        assert_eq!(Start::Finalized.opening(Height(8), Some(Height(6))), Opening::At(Height(6)));
    }

    #[test]
    fn every_form_is_read_and_written_alike() {
        let exact = format!("5:{}", Hash([9; 32]));
        for text in ["latest", "finalized", "-100", "21000000", exact.as_str()] {
            assert_eq!(text.parse::<Start>().unwrap().to_string(), text);
        }
        for wrong in ["", "tip", "-", "5:", "5:0x12", "0x10", "--3"] {
            assert!(wrong.parse::<Start>().is_err(), "{wrong}");
        }
    }
}
