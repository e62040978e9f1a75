//! Where a consumer stands in a stream.
//!
//! A consumer treats the text as opaque: it gets it with every event and hands it back to go on after that event.

use std::fmt;
use std::str::FromStr;

use super::chain_id::ChainId;
use super::event_id::EventId;
use super::header::BlockRef;
use super::numbers::{Height, Seq};
use super::text_form::travels_as_text;

/// The version that leads the text, so that a later form can be told apart.
const VERSION: &str = "1";

/// The place right after one event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor {
    /// Of which stream.
    pub stream: ChainId,
    /// The event's number.
    pub seq: Seq,
    /// The event's id.
    pub id: EventId,
    /// The event's block.
    pub block: BlockRef,
}

/// Why a text is not a cursor.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a cursor of this version of blocktap")]
pub struct NotACursor(String);

impl fmt::Display for Cursor {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { stream, seq, id, block } = self;
        write!(out, "{VERSION}/{stream}/{seq}/{id}/{}/{}", block.height, block.hash)
    }
}

impl FromStr for Cursor {
    type Err = NotACursor;

    fn from_str(text: &str) -> Result<Self, NotACursor> {
        let parse = || {
            let parts: Vec<&str> = text.split('/').collect();
            let [VERSION, stream, seq, id, height, hash] = parts[..] else { return None };
            Some(Self {
                stream: stream.parse().ok()?,
                seq: Seq(seq.parse().ok()?),
                id: id.parse().ok()?,
                block: BlockRef { height: Height(height.parse().ok()?), hash: hash.parse().ok()? },
            })
        };
        parse().ok_or_else(|| NotACursor(text.into()))
    }
}

travels_as_text!(Cursor);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::hash::Hash;

    #[test]
    fn text_and_cursor_are_two_forms_of_one_place() {
        let cursor = Cursor {
            stream: ChainId::evm(1),
            seq: Seq(9),
            id: EventId([7; 16]),
            block: BlockRef { height: Height(3), hash: Hash([1; 32]) },
        };
        assert_eq!(cursor.to_string().parse(), Ok(cursor.clone()));
        assert!("".parse::<Cursor>().is_err());
        assert!(cursor.to_string().replacen('1', "2", 1).parse::<Cursor>().is_err());
    }
}
