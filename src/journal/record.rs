//! One event, as bytes in a segment.
//!
//! ```text
//! magic · envelope, block, receipts length · seq · first and last seq of the append · checksums · envelope · block · receipts
//! ```
//!
//! *Why two checksums.* The envelope can be read, and proved, without the bodies behind it.
//! *Why the append is named.* Between two syncs the disk may keep any part of what was written. A record that is broken among
//! records of the same append was torn by a crash; one that is followed by a later append was whole once, and is damage.
//! *Why this magic.* Its 0xff never occurs in JSON: no body can look like a record.

use std::io::IoSlice;

use bytes::Bytes;

use crate::core::event::{Body, Envelope, Event};
use crate::core::numbers::Seq;

/// What every record begins with.
pub const MAGIC: [u8; 4] = [0xff, b'b', b't', 0xfe];

/// Bytes in front of a record's envelope.
pub const HEADER_BYTES: usize = 52;

/// Stands for the length of a part that the event does not have.
const ABSENT: u32 = u32::MAX;

/// The events that were appended, and made durable, together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Group {
    /// Its first event.
    pub first: Seq,
    /// Its last event.
    pub last: Seq,
}

/// What stands in front of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RecordHeader {
    /// The event's number.
    pub seq: Seq,
    /// The append that it belongs to.
    pub group: Group,
    /// Length of the envelope, in bytes.
    pub envelope_bytes: u32,
    block_bytes: Option<u32>,
    receipts_bytes: Option<u32>,
    envelope_crc: u32,
    body_crc: u32,
}

/// Why bytes are not a record.
#[derive(Debug, thiserror::Error)]
pub enum Defect {
    /// They end too early.
    #[error("the record is incomplete")]
    Incomplete,
    /// They begin like no record.
    #[error("no record begins here")]
    Header,
    /// A part is not as it was written.
    #[error("the checksum of the {0} does not hold")]
    Checksum(&'static str),
    /// The envelope is whole, but cannot be understood.
    #[error("the envelope cannot be read: {0}")]
    Envelope(#[from] serde_json::Error),
    /// A part does not fit into a record.
    #[error("the event has a part of 4 GiB or more")]
    TooLarge,
}

/// A record ready to be written. The bodies are not copied.
#[derive(Debug)]
pub struct Encoded {
    head: Vec<u8>,
    body: Option<Body>,
    envelope_bytes: u32,
}

/// Turns an event into a record.
///
/// # Errors
/// When a part is larger than a record can hold.
pub fn encode(event: &Event, group: Group) -> Result<Encoded, Defect> {
    let mut head = vec![0; HEADER_BYTES];
    serde_json::to_writer(&mut head, &event.envelope)?;
    let envelope = head.get(HEADER_BYTES..).unwrap_or_default();
    let body = event.body.as_ref();
    let header = RecordHeader {
        seq: event.envelope.seq,
        group,
        envelope_bytes: length(envelope)?,
        block_bytes: body.map(|body| length(&body.block)).transpose()?,
        receipts_bytes: body.and_then(|body| body.receipts.as_deref()).map(length).transpose()?,
        envelope_crc: crc32c::crc32c(envelope),
        body_crc: body.map_or(0, checksum),
    };
    head.splice(..HEADER_BYTES, header.to_bytes());
    Ok(Encoded { head, body: event.body.clone(), envelope_bytes: header.envelope_bytes })
}

/// The length of an event's record, in bytes.
///
/// # Errors
/// As [`encode`].
pub fn record_bytes(event: &Event) -> Result<u64, Defect> {
    let envelope = serde_json::to_vec(&event.envelope)?.len();
    Ok((HEADER_BYTES + envelope + event.body.as_ref().map_or(0, Body::size)) as u64)
}

/// Turns a whole record into the event it holds; the bodies are slices of `record`.
///
/// # Errors
/// When the record is not as it was written.
pub fn decode(record: &Bytes) -> Result<Event, Defect> {
    let header = RecordHeader::parse(record)?;
    let envelope = header.envelope(record)?;
    let total = usize::try_from(header.record_bytes()).map_err(|_| Defect::TooLarge)?;
    if record.len() < total {
        return Err(Defect::Incomplete);
    }
    let Some(block_bytes) = header.block_bytes else { return Ok(Event { envelope, body: None }) };
    let block_from = HEADER_BYTES + header.envelope_bytes as usize;
    let block_to = block_from + block_bytes as usize;
    let block = record.slice(block_from..block_to);
    let receipts = header.receipts_bytes.map(|_| record.slice(block_to..total));
    let body = Body { block, receipts };
    if checksum(&body) != header.body_crc {
        return Err(Defect::Checksum("body"));
    }
    Ok(Event { envelope, body: Some(body) })
}

impl RecordHeader {
    /// Reads the header that `bytes` begin with.
    ///
    /// # Errors
    /// When there is none.
    pub fn parse(bytes: &[u8]) -> Result<Self, Defect> {
        let header: &[u8; HEADER_BYTES] = bytes.first_chunk().ok_or(Defect::Incomplete)?;
        let present = |length| (length != ABSENT).then_some(length);
        let parsed = Self {
            envelope_bytes: number(header, 4),
            block_bytes: present(number(header, 8)),
            receipts_bytes: present(number(header, 12)),
            seq: Seq(long(header, 16)),
            group: Group { first: Seq(long(header, 24)), last: Seq(long(header, 32)) },
            envelope_crc: number(header, 40),
            body_crc: number(header, 44),
        };
        if parsed.to_bytes() == *header { Ok(parsed) } else { Err(Defect::Header) }
    }

    /// Reads the envelope of the record that `record` begins with; the bodies may be missing.
    ///
    /// # Errors
    /// When it is not as it was written.
    pub fn envelope(&self, record: &[u8]) -> Result<Envelope, Defect> {
        let bytes = record.get(HEADER_BYTES..).and_then(|rest| rest.get(..self.envelope_bytes as usize));
        let bytes = bytes.ok_or(Defect::Incomplete)?;
        if crc32c::crc32c(bytes) != self.envelope_crc {
            return Err(Defect::Checksum("envelope"));
        }
        Ok(serde_json::from_slice(bytes)?)
    }

    /// Length of the whole record.
    pub fn record_bytes(&self) -> u64 {
        let bodies = u64::from(self.block_bytes.unwrap_or(0)) + u64::from(self.receipts_bytes.unwrap_or(0));
        HEADER_BYTES as u64 + u64::from(self.envelope_bytes) + bodies
    }

    fn to_bytes(self) -> [u8; HEADER_BYTES] {
        let mut bytes = [0; HEADER_BYTES];
        bytes[..4].copy_from_slice(&MAGIC);
        let lengths =
            [self.envelope_bytes, self.block_bytes.unwrap_or(ABSENT), self.receipts_bytes.unwrap_or(ABSENT)];
        for (at, length) in (4..).step_by(4).zip(lengths) {
            bytes[at..at + 4].copy_from_slice(&length.to_le_bytes());
        }
        for (at, seq) in (16..).step_by(8).zip([self.seq, self.group.first, self.group.last]) {
            bytes[at..at + 8].copy_from_slice(&seq.0.to_le_bytes());
        }
        bytes[40..44].copy_from_slice(&self.envelope_crc.to_le_bytes());
        bytes[44..48].copy_from_slice(&self.body_crc.to_le_bytes());
        let crc = crc32c::crc32c(&bytes[..48]);
        bytes[48..].copy_from_slice(&crc.to_le_bytes());
        bytes
    }
}

impl Encoded {
    /// The parts to be written, in order.
    pub fn slices(&self) -> impl Iterator<Item = IoSlice<'_>> {
        let body = self.body.as_ref();
        let parts = [Some(&self.head[..]), body.map(|body| &body.block[..])];
        let receipts = body.and_then(|body| body.receipts.as_deref());
        parts.into_iter().chain([receipts]).flatten().map(IoSlice::new)
    }

    /// Length of the envelope, in bytes.
    pub fn envelope_bytes(&self) -> u32 {
        self.envelope_bytes
    }

    /// Length of the whole record, in bytes.
    pub fn record_bytes(&self) -> u64 {
        (self.head.len() + self.body.as_ref().map_or(0, Body::size)) as u64
    }
}

fn checksum(body: &Body) -> u32 {
    let block = crc32c::crc32c(&body.block);
    body.receipts.as_ref().map_or(block, |receipts| crc32c::crc32c_append(block, receipts))
}

fn length(part: &[u8]) -> Result<u32, Defect> {
    u32::try_from(part.len()).ok().filter(|length| *length != ABSENT).ok_or(Defect::TooLarge)
}

fn number(header: &[u8; HEADER_BYTES], at: usize) -> u32 {
    header[at..].first_chunk().copied().map_or(0, u32::from_le_bytes)
}

fn long(header: &[u8; HEADER_BYTES], at: usize) -> u64 {
    header[at..].first_chunk().copied().map_or(0, u64::from_le_bytes)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::core::chain_id::ChainId;
    use crate::core::rehearsal;

    fn written(event: &Event) -> Bytes {
        let group = Group { first: event.envelope.seq, last: event.envelope.seq };
        let encoded = encode(event, group).unwrap();
        let bytes: Vec<u8> = encoded.slices().flat_map(|slice| slice.to_vec()).collect();
        assert_eq!(bytes.len() as u64, encoded.record_bytes());
        assert_eq!(bytes.len() as u64, record_bytes(event).unwrap());
        bytes.into()
    }

    proptest! {
        #[test]
        fn an_event_comes_back_as_it_was_written(choices in proptest::collection::vec(any::<u8>(), 1..20)) {
            for event in rehearsal::events(&ChainId::evm(1), 7, &choices) {
                prop_assert_eq!(decode(&written(&event)).unwrap(), event);
            }
        }
    }

    #[test]
    fn a_flipped_bit_anywhere_is_reported() {
        let event = rehearsal::events(&ChainId::evm(1), 7, &[3]).remove(0);
        let record = written(&event);
        for bit in 0..record.len() * 8 {
            let mut flipped = record.to_vec();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert!(decode(&flipped.into()).is_err(), "bit {bit}");
        }
    }

    #[test]
    fn the_envelope_is_read_without_the_bodies() {
        let event = rehearsal::events(&ChainId::evm(1), 7, &[64]).remove(0);
        let record = written(&event);
        let header = RecordHeader::parse(&record).unwrap();
        let head = &record[..HEADER_BYTES + header.envelope_bytes as usize];
        assert_eq!(header.envelope(head).unwrap(), event.envelope);
    }

    #[test]
    fn a_record_cut_short_is_incomplete() {
        let record = written(&rehearsal::events(&ChainId::evm(1), 7, &[3]).remove(0));
        for length in 0..record.len() {
            assert!(matches!(decode(&record.slice(..length)), Err(Defect::Incomplete)), "{length} bytes");
        }
    }
}
