//! The event: what a consumer of the stream is told.
//!
//! One JSON envelope, the same in every sink; the block itself travels inside it as the provider sent it. The envelope
//! holds what blocktap says (place in the stream, link, finality, evidence), the body what the provider said.

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::chain_id::ChainId;
use super::cursor::Cursor;
use super::event_id::EventId;
use super::hash::Hash;
use super::header::{BlockRef, Header};
use super::json_line;
use super::numbers::{Height, Seq};

/// The version of the envelope, the value of its `spec` field.
pub const SPEC: &str = "blocktap/1";

/// What happens to a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// It joins the chain, on top of the last one.
    Apply,
    /// It leaves the chain again: it was the last one.
    Undo,
    /// It, and everything below it, will never leave.
    Final,
    /// The height holds no block (families with empty heights).
    Skip,
}

impl Step {
    /// The byte that stands for the step in an event's id: its first letter.
    pub const fn byte(self) -> u8 {
        match self {
            Self::Apply => b'a',
            Self::Undo => b'u',
            Self::Final => b'f',
            Self::Skip => b's',
        }
    }

    /// The word used in the envelope.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Apply => "apply",
            Self::Undo => "undo",
            Self::Final => "final",
            Self::Skip => "skip",
        }
    }
}

/// How settled a block was when its event was made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Finality {
    /// It may still be undone.
    #[default]
    Latest,
    /// The chain calls it safe.
    Safe,
    /// The chain calls it final.
    Finalized,
}

/// Which replacement of blocks an `undo` or `apply` belongs to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reorg {
    /// The same for every event of this reorg: the new tip's height and hash, in short.
    pub id: String,
    /// How many blocks were undone.
    pub depth: u64,
    /// The last block that both branches share.
    pub common_ancestor: BlockRef,
    /// The tip that was left.
    pub old_tip: BlockRef,
    /// The tip that was agreed on when the reorg began.
    pub new_tip: BlockRef,
}

/// Whether a block came while following the tip or while catching up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// At the tip of the chain.
    Live,
    /// As part of a span that was proved up to an agreed hash.
    CatchUp,
}

/// The evidence for a block.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// The provider whose bytes these are.
    pub served_by: String,
    /// The operators whose votes carry this block. One name only means: not corroborated.
    pub agreed: Vec<String>,
    /// How many operators had a vote.
    pub asked: usize,
    /// The checks that were recomputed and hold.
    pub verified: Vec<String>,
    /// How it was come by.
    pub mode: Mode,
}

/// What blocktap says about a block.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Envelope {
    /// [`SPEC`].
    pub spec: String,
    /// The stream's name.
    pub stream: ChainId,
    /// Grows by exactly one an event.
    pub seq: Seq,
    /// This event's link in the hash chain.
    pub id: EventId,
    /// The link before it.
    pub prev_id: EventId,
    /// Fences writers against each other; 1 without leases.
    pub epoch: u64,
    /// What happens.
    pub step: Step,
    /// The chain, CAIP-2.
    pub chain: ChainId,
    /// The block's number.
    pub block_number: Height,
    /// The block's hash.
    pub block_hash: Hash,
    /// The hash of the block before it.
    pub parent_hash: Hash,
    /// When the block was made, RFC 3339 in UTC.
    pub block_time: String,
    /// How settled it was.
    pub finality: Finality,
    /// The highest safe block known then.
    pub safe_number: Option<Height>,
    /// The highest final block known then.
    pub finalized_number: Option<Height>,
    /// Where to go on from after this event.
    pub cursor: Cursor,
    /// Set on events of a reorg.
    pub reorg: Option<Reorg>,
    /// The evidence; absent on `final`.
    pub source: Option<Source>,
}

/// What the provider said, byte for byte.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Body {
    /// The block, as JSON.
    pub block: Bytes,
    /// Its receipts, as a JSON array.
    pub receipts: Option<Bytes>,
}

impl Body {
    /// Bytes it takes.
    pub fn size(&self) -> usize {
        self.block.len() + self.receipts.as_ref().map_or(0, Bytes::len)
    }
}

/// One entry of a stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// What blocktap says.
    pub envelope: Envelope,
    /// What the provider said; absent on `final` and `skip`.
    pub body: Option<Body>,
}

/// An event that has no place in its stream yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    /// What happens.
    pub step: Step,
    /// To which block.
    pub header: Header,
    /// How settled it is.
    pub finality: Finality,
    /// The highest safe block known.
    pub safe: Option<Height>,
    /// The highest final block known.
    pub finalized: Option<Height>,
    /// The reorg it belongs to.
    pub reorg: Option<Reorg>,
    /// The evidence.
    pub source: Option<Source>,
    /// The provider's bytes.
    pub body: Option<Body>,
}

/// Where a stream ends: what the next event must follow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tail {
    /// The last event's number; 0 before the first.
    pub seq: Seq,
    /// The last event's id, or [`EventId::genesis`] before the first.
    pub id: EventId,
}

impl Tail {
    /// The end of a stream that has no event yet and whose first block will be `start`.
    pub fn genesis(stream: &ChainId, start: Height) -> Self {
        Self { seq: Seq(0), id: EventId::genesis(stream, start) }
    }
}

impl Draft {
    /// Gives the draft its place after `tail`: number, id and cursor.
    pub fn seal(self, stream: &ChainId, epoch: u64, tail: &Tail) -> Event {
        let seq = tail.seq.next();
        let id = tail.id.then(self.step, &self.header.hash);
        let block = self.header.block();
        let envelope = Envelope {
            spec: SPEC.into(),
            stream: stream.clone(),
            seq,
            id,
            prev_id: tail.id,
            epoch,
            step: self.step,
            chain: stream.clone(),
            block_number: block.height,
            block_hash: block.hash,
            parent_hash: self.header.parent,
            block_time: rfc3339(self.header.time_s),
            finality: self.finality,
            safe_number: self.safe,
            finalized_number: self.finalized,
            cursor: Cursor { stream: stream.clone(), seq, id, block },
            reorg: self.reorg,
            source: self.source,
        };
        Event { envelope, body: self.body }
    }
}

impl Event {
    /// What an envelope counts for in [`Event::size`].
    pub const ENVELOPE_BYTES: usize = 1024;

    /// The stream's end once this event is its last.
    pub fn tail(&self) -> Tail {
        Tail { seq: self.envelope.seq, id: self.envelope.id }
    }

    /// The block it speaks of.
    pub fn header(&self) -> Header {
        Header {
            height: self.envelope.block_number,
            hash: self.envelope.block_hash,
            parent: self.envelope.parent_hash,
            time_s: seconds(&self.envelope.block_time),
        }
    }

    /// Bytes it takes in memory, near enough to keep a budget.
    pub fn size(&self) -> usize {
        Self::ENVELOPE_BYTES + self.body.as_ref().map_or(0, Body::size)
    }

    /// The event as one line of JSON, without the line break. The body is copied byte for byte, unless it holds a line
    /// break itself: then its white space is dropped.
    pub fn to_json_line(&self) -> Vec<u8> {
        let mut line = Vec::with_capacity(self.size());
        // An envelope is plain data with string keys: writing it into memory cannot fail.
        serde_json::to_writer(&mut line, &self.envelope).unwrap_or_default();
        let Some(body) = &self.body else { return line };
        line.pop();
        line.extend_from_slice(b",\"data\":{\"block\":");
        json_line::append(&mut line, &body.block);
        if let Some(receipts) = &body.receipts {
            line.extend_from_slice(b",\"receipts\":");
            json_line::append(&mut line, receipts);
        }
        line.extend_from_slice(b"}}");
        line
    }
}

/// The last moment RFC 3339 can write with four digits of year; a block that claims a later one is shown with it.
const LAST_S: u64 = 253_402_300_799;

fn rfc3339(time_s: u64) -> String {
    let moment = std::time::UNIX_EPOCH + std::time::Duration::from_secs(time_s.min(LAST_S));
    humantime::format_rfc3339_seconds(moment).to_string()
}

fn seconds(time: &str) -> u64 {
    let moment = humantime::parse_rfc3339(time).unwrap_or(std::time::UNIX_EPOCH);
    moment.duration_since(std::time::UNIX_EPOCH).map_or(0, |elapsed| elapsed.as_secs())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draft(step: Step, body: Option<&'static [u8]>) -> Draft {
        Draft {
            step,
            header: Header {
                height: Height(5),
                hash: Hash([5; 32]),
                parent: Hash([4; 32]),
                time_s: 1_700_000_000,
            },
            finality: Finality::Latest,
            safe: None,
            finalized: Some(Height(2)),
            reorg: None,
            source: None,
            body: body.map(|block| Body { block: Bytes::from_static(block), receipts: None }),
        }
    }

    #[test]
    fn sealed_events_follow_each_other() {
        let stream = ChainId::evm(1);
        let start = Tail::genesis(&stream, Height(5));
        let first = draft(Step::Apply, Some(b"{}")).seal(&stream, 1, &start);
        let second = draft(Step::Final, None).seal(&stream, 1, &first.tail());
        assert_eq!(first.envelope.seq, Seq(1));
        assert_eq!(second.envelope.seq, Seq(2));
        assert_eq!(second.envelope.prev_id, first.envelope.id);
        assert_eq!(first.header(), draft(Step::Apply, None).header);
    }

    #[test]
    fn the_body_travels_byte_for_byte() {
        let stream = ChainId::evm(1);
        let raw = br#"{"number" :"0x5",  "odd":1e3}"#;
        let event = draft(Step::Apply, Some(raw)).seal(&stream, 1, &Tail::genesis(&stream, Height(5)));
        let line = event.to_json_line();
        assert!(line.windows(raw.len()).any(|window| window == raw));
        let parsed: serde_json::Value = serde_json::from_slice(&line).unwrap();
        assert_eq!(parsed["block_number"], 5);
        assert_eq!(parsed["data"]["block"]["number"], "0x5");
        let envelope: Envelope = serde_json::from_value(parsed).unwrap();
        assert_eq!(envelope, event.envelope);
    }

    #[test]
    fn a_body_with_line_breaks_still_makes_one_line() {
        let stream = ChainId::evm(1);
        let raw = b"{\n \"a\": \"x \\n y\"\n}";
        let event = draft(Step::Apply, Some(raw)).seal(&stream, 1, &Tail::genesis(&stream, Height(5)));
        let line = event.to_json_line();
        assert!(!line.contains(&b'\n'));
        let parsed: serde_json::Value = serde_json::from_slice(&line).unwrap();
        assert_eq!(parsed["data"]["block"]["a"], "x \n y");
    }
}
