//! Where each event of a segment lies: eight bytes of memory an event, and no database.
//!
//! The segment alone is the truth. When it is closed its index is kept beside it in a side file, so that opening a journal
//! reads a few bytes an event instead of every block; a side file that is missing or does not match is made anew.

use std::fs::File;
use std::ops::Range;
use std::path::{Path, PathBuf};

use bytes::Bytes;

use super::error::JournalError;
use super::record::{self, Defect, HEADER_BYTES, RecordHeader};
use super::retention::Span;
use super::segment::{SegmentHeader, read_at};
use crate::core::event::{Envelope, Event, Tail};
use crate::core::event_id::EventId;
use crate::core::numbers::{Height, Seq};

const MAGIC: [u8; 8] = *b"btindex1";
const FIXED_BYTES: usize = 56;
const ENTRY_BYTES: usize = 8;
const NO_HEIGHT: u64 = u64::MAX;

/// Where one record lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Where it begins. A segment stays below 4 GiB.
    pub offset: u32,
    /// Length of its envelope.
    pub envelope_bytes: u32,
}

/// One segment and where its events lie.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SegmentIndex {
    /// The file.
    pub path: PathBuf,
    /// What the file says about itself.
    pub header: SegmentHeader,
    /// What retention must know.
    pub span: Span,
    /// The id of the last event, or the one before the first.
    pub last_id: EventId,
    entries: Vec<Entry>,
}

impl SegmentIndex {
    /// The index of a segment that holds its header only.
    pub fn new(path: PathBuf, header: SegmentHeader) -> Self {
        let span = Span::empty(header.first, header.bytes());
        let last_id = header.previous_id;
        Self { path, header, span, last_id, entries: Vec::new() }
    }

    /// Where the segment ends.
    pub fn tail(&self) -> Tail {
        Tail { seq: self.span.end().minus(1), id: self.last_id }
    }

    /// Adds the record that follows.
    ///
    /// # Errors
    /// When it begins beyond 4 GiB.
    pub fn add(&mut self, envelope: &Envelope, envelope_bytes: u32, record_bytes: u64) -> Result<(), Defect> {
        let offset = u32::try_from(self.span.bytes).map_err(|_| Defect::TooLarge)?;
        self.entries.push(Entry { offset, envelope_bytes });
        self.span.add(envelope, record_bytes);
        self.last_id = envelope.id;
        Ok(())
    }

    /// The position of an event in this segment.
    pub fn position(&self, seq: Seq) -> Option<usize> {
        let position = usize::try_from(seq.0.checked_sub(self.span.first.0)?).ok()?;
        (position < self.entries.len()).then_some(position)
    }

    /// How many events are here.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether no event is here.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// [`Event::size`] of the event at a position, without reading it.
    pub fn event_size(&self, position: usize) -> usize {
        let Some(entry) = self.entries.get(position) else { return 0 };
        let record = self.offset(position + 1).saturating_sub(self.offset(position));
        let head = HEADER_BYTES as u64 + u64::from(entry.envelope_bytes);
        let body = usize::try_from(record.saturating_sub(head)).unwrap_or(usize::MAX);
        Event::ENVELOPE_BYTES.saturating_add(body)
    }

    /// Reads the events at some positions, in one piece: their bodies share one allocation.
    ///
    /// # Errors
    /// When the file cannot be read, or is not as it was written.
    pub fn read(&self, positions: Range<usize>) -> Result<Vec<Event>, JournalError> {
        let (from, to) = (self.offset(positions.start), self.offset(positions.end));
        let mut file = self.open()?;
        let bytes = self.read_bytes(&mut file, from, to - from)?;
        positions.map(|position| self.decode(&bytes, from, position)).collect()
    }

    /// Opens the file to read envelopes from it.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn open(&self) -> Result<File, JournalError> {
        File::open(&self.path).map_err(JournalError::io(&self.path, "open"))
    }

    /// Reads the envelope at a position, and not the body behind it.
    ///
    /// # Errors
    /// As [`Self::read`].
    pub fn envelope(&self, file: &mut File, position: usize) -> Result<Envelope, JournalError> {
        let offset = self.offset(position);
        let envelope_bytes = self.entries.get(position).map_or(0, |entry| u64::from(entry.envelope_bytes));
        let bytes = self.read_bytes(file, offset, HEADER_BYTES as u64 + envelope_bytes)?;
        let envelope = RecordHeader::parse(&bytes).and_then(|header| header.envelope(&bytes));
        let envelope = envelope.map_err(|defect| JournalError::damaged(&self.path, offset, defect))?;
        self.check_seq(&envelope, position).map(|()| envelope)
    }

    fn read_bytes(&self, file: &mut File, offset: u64, length: u64) -> Result<Bytes, JournalError> {
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        read_at(file, offset, length).map_err(|error| match error.kind() {
            std::io::ErrorKind::UnexpectedEof => {
                JournalError::damaged(&self.path, offset, "the file ends too early")
            }
            _ => JournalError::io(&self.path, "read")(error),
        })
    }

    fn decode(&self, bytes: &Bytes, base: u64, position: usize) -> Result<Event, JournalError> {
        let (from, to) = (self.offset(position), self.offset(position + 1));
        let inside = |offset: u64| usize::try_from(offset - base).unwrap_or(usize::MAX);
        let event = record::decode(&bytes.slice(inside(from)..inside(to)));
        let event = event.map_err(|defect| JournalError::damaged(&self.path, from, defect))?;
        self.check_seq(&event.envelope, position).map(|()| event)
    }

    fn check_seq(&self, envelope: &Envelope, position: usize) -> Result<(), JournalError> {
        let expected = self.span.first.plus(position as u64);
        if envelope.seq == expected {
            return Ok(());
        }
        let fault = format!("event {} lies where event {expected} should", envelope.seq);
        Err(JournalError::damaged(&self.path, self.offset(position), fault))
    }

    /// Where the record at a position begins; the end of the segment for the position after the last.
    fn offset(&self, position: usize) -> u64 {
        self.entries.get(position).map_or(self.span.bytes, |entry| u64::from(entry.offset))
    }

    /// Keeps the index in its side file. It is not synced: a side file that a crash spoils is made anew.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn save(&self) -> Result<(), JournalError> {
        let path = side_path(&self.path);
        let new = path.with_extension("idx.new");
        std::fs::write(&new, self.encode()).map_err(JournalError::io(&new, "write"))?;
        std::fs::rename(&new, &path).map_err(JournalError::io(&path, "name"))
    }

    /// Reads the index of a closed segment from its side file; `None` if that is missing or does not match the segment.
    ///
    /// # Errors
    /// When the segment itself cannot be read.
    pub fn load(path: &Path) -> Result<Option<Self>, JournalError> {
        let mut file = File::open(path).map_err(JournalError::io(path, "open"))?;
        let header = SegmentHeader::read(path, &mut file)?;
        let bytes = file.metadata().map_err(JournalError::io(path, "read"))?.len();
        let Ok(side) = std::fs::read(side_path(path)) else { return Ok(None) };
        Ok(Self::parse(path, header, &side).filter(|index| index.span.bytes == bytes))
    }

    fn encode(&self) -> Vec<u8> {
        let height = |height: Option<Height>| height.map_or(NO_HEIGHT, |height| height.0);
        let mut bytes = Vec::with_capacity(FIXED_BYTES + self.entries.len() * ENTRY_BYTES + 4);
        bytes.extend_from_slice(&MAGIC);
        bytes.extend_from_slice(&self.span.first.0.to_le_bytes());
        bytes.extend_from_slice(&self.span.bytes.to_le_bytes());
        bytes.extend_from_slice(&height(self.span.highest).to_le_bytes());
        bytes.extend_from_slice(&height(self.span.finalized).to_le_bytes());
        bytes.extend_from_slice(&self.last_id.0);
        for entry in &self.entries {
            bytes.extend_from_slice(&entry.offset.to_le_bytes());
            bytes.extend_from_slice(&entry.envelope_bytes.to_le_bytes());
        }
        bytes.extend_from_slice(&crc32c::crc32c(&bytes).to_le_bytes());
        bytes
    }

    fn parse(path: &Path, header: SegmentHeader, side: &[u8]) -> Option<Self> {
        let (content, crc) = side.split_last_chunk::<4>()?;
        let (fixed, entries) = content.split_at_checked(FIXED_BYTES)?;
        let long = |at: usize| Some(u64::from_le_bytes(*fixed.get(at..)?.first_chunk()?));
        let height = |at| Some(Some(long(at)?).filter(|height| *height != NO_HEIGHT).map(Height));
        let whole = u32::from_le_bytes(*crc) == crc32c::crc32c(content) && fixed.starts_with(&MAGIC);
        if !whole || long(8)? != header.first.0 {
            return None;
        }
        let (pairs, _) = entries.as_chunks::<ENTRY_BYTES>();
        let entries: Vec<Entry> = pairs.iter().map(Entry::parse).collect();
        let span = Span {
            first: header.first,
            count: entries.len() as u64,
            bytes: long(16)?,
            highest: height(24)?,
            finalized: height(32)?,
        };
        let last_id = EventId(*fixed.get(40..)?.first_chunk()?);
        Some(Self { path: path.to_owned(), header, span, last_id, entries })
    }
}

impl Entry {
    fn parse(bytes: &[u8; ENTRY_BYTES]) -> Self {
        let [a, b, c, d, e, f, g, h] = *bytes;
        Self { offset: u32::from_le_bytes([a, b, c, d]), envelope_bytes: u32::from_le_bytes([e, f, g, h]) }
    }
}

/// The side file of a segment.
pub fn side_path(segment: &Path) -> PathBuf {
    segment.with_extension("idx")
}
