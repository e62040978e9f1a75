//! The hash chain over a stream's events.
//!
//! Each event's id is made from the id before it, its step and its block. A consumer that keeps the last id can prove that
//! nothing was lost, doubled or reordered; a stream that flips from A to B and back to A still never repeats an id, so the
//! id can be the key where neither a block's number nor its hash can.

use std::fmt;
use std::str::FromStr;

use sha2::{Digest, Sha256};

use super::chain_id::ChainId;
use super::event::Step;
use super::hash::Hash;
use super::numbers::Height;
use super::text_form::travels_as_text;

/// The id of one event: the first 16 bytes of a SHA-256, as 32 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EventId(pub [u8; 16]);

/// Why a text is not an event id.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an event id is 32 hexadecimal digits, not {0:?}")]
pub struct NotAnEventId(String);

impl EventId {
    /// What stands for "the id before" in the first event of a stream: SHA-256 of `blocktap/1`, the stream's name and the
    /// first block's number in decimal, each ended by a zero byte.
    pub fn genesis(stream: &ChainId, start: Height) -> Self {
        let mut digest = Sha256::new();
        for part in ["blocktap/1", stream.as_str(), &start.to_string()] {
            digest.update(part.as_bytes());
            digest.update([0]);
        }
        Self::cut(&digest.finalize())
    }

    /// The id of the event that comes after this one: SHA-256(this ‖ step byte ‖ block hash).
    #[must_use]
    pub fn then(&self, step: Step, block: &Hash) -> Self {
        let digest = Sha256::new().chain_update(self.0).chain_update([step.byte()]);
        Self::cut(&digest.chain_update(block.0).finalize())
    }

    fn cut(digest: &[u8]) -> Self {
        let mut id = [0; 16];
        id.copy_from_slice(&digest[..16]);
        Self(id)
    }
}

impl fmt::Display for EventId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for EventId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, out)
    }
}

impl FromStr for EventId {
    type Err = NotAnEventId;

    fn from_str(text: &str) -> Result<Self, NotAnEventId> {
        let mut id = [0; 16];
        hex::decode_to_slice(text, &mut id).map_err(|_| NotAnEventId(text.into()))?;
        Ok(Self(id))
    }
}

travels_as_text!(EventId);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flip_back_to_the_same_block_gets_a_new_id() {
        let start = EventId::genesis(&ChainId::evm(1), Height(7));
        let block = Hash([1; 32]);
        let applied = start.then(Step::Apply, &block);
        let again = applied.then(Step::Undo, &block).then(Step::Apply, &block);
        assert_ne!(applied, again);
    }

    #[test]
    fn streams_and_starts_do_not_share_ids() {
        let one = EventId::genesis(&ChainId::evm(1), Height(7));
        assert_ne!(one, EventId::genesis(&ChainId::evm(10), Height(7)));
        assert_ne!(one, EventId::genesis(&ChainId::evm(1), Height(8)));
        assert_eq!(one.to_string().parse(), Ok(one));
    }
}
