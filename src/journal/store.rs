//! The journal on disk, without the runtime: every call here may block.
//!
//! `writer`, `marks_file` and `sweeping` are each held through one kind of work, and never together. `state` is taken inside
//! them, for moments only and never during I/O: readers wait neither for the disk nor for each other. A reader opens the
//! segment it needs; one that retention removes in that moment has expired, and is reported so.

mod keeping;
mod reading;

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use self::keeping::clear_leftovers;
pub use self::reading::here_if;
use super::error::JournalError;
use super::index::SegmentIndex;
use super::marks::{self, Marks, MarksFile};
use super::recent::Recent;
use super::record::{Defect, Encoded, Group, encode};
use super::recovery::{recover, save_side};
use super::retention::Options;
use super::segment::{SegmentFile, SegmentHeader, file_name, make_folder};
use super::{Extent, hold};
use crate::core::chain_id::ChainId;
use crate::core::event::{Draft, Event, Tail};
use crate::core::numbers::{Height, Seq};

/// Without leases there is one writer, and one epoch.
pub const EPOCH: u64 = 1;

/// One stream's segments, and what is known of them.
#[derive(Debug)]
pub struct Store {
    folder: PathBuf,
    stream: ChainId,
    options: Options,
    writer: Mutex<Writer>,
    state: Mutex<State>,
    marks_file: Mutex<KeptMarks>,
    /// Held while segments are removed, so that a crash never leaves a gap between them.
    sweeping: Mutex<()>,
    /// Another store has the folder now. Looked at under each of the three locks that work on disk is done under.
    retired: AtomicBool,
}

#[derive(Debug)]
struct Writer {
    file: Option<SegmentFile>,
    /// An append did not come to its end: what the file holds is not known.
    halted: bool,
}

#[derive(Debug)]
struct State {
    segments: VecDeque<Arc<SegmentIndex>>,
    bytes: u64,
    recent: Recent,
    marks: Marks,
}

#[derive(Debug)]
struct KeptMarks {
    file: MarksFile,
    kept: Marks,
}

impl Store {
    /// Opens the stream that `folder` holds, or makes ready for its first event.
    pub fn open(folder: PathBuf, stream: ChainId, options: Options) -> Result<Self, JournalError> {
        make_folder(&folder)?;
        clear_leftovers(&folder)?;
        let marks = marks::read(&folder)?;
        let segments: VecDeque<_> = recover(&folder, &stream, &marks)?.into_iter().map(Arc::new).collect();
        let file = segments.back().map(|last| SegmentFile::open(&last.path)).transpose()?;
        let marks_file = MarksFile::open(&folder, &marks)?;
        let bytes = segments.iter().map(|segment| segment.span.bytes).sum();
        let recent = Recent::new(options.recent_bytes);
        Ok(Self {
            writer: Mutex::new(Writer { file, halted: false }),
            state: Mutex::new(State { segments, bytes, recent, marks: marks.clone() }),
            marks_file: Mutex::new(KeptMarks { file: marks_file, kept: marks }),
            sweeping: Mutex::new(()),
            retired: AtomicBool::new(false),
            folder,
            stream,
            options,
        })
    }

    /// Where the segments lie.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// See [`super::Journal::append`].
    pub fn append(&self, drafts: Vec<Draft>) -> Result<Vec<Arc<Event>>, JournalError> {
        let mut writer = hold(&self.writer);
        self.still_mine()?;
        if writer.halted {
            return Err(self.halted());
        }
        let Some(first) = drafts.first() else { return Ok(Vec::new()) };
        let (start, tail) = self.end(first.header.height);
        let events = seal(drafts, &self.stream, tail);
        let records = self.encode(&events)?;
        let header = SegmentHeader::following(&self.stream, start, &tail);
        // Taken back only on success: an error on the way, of whatever kind, leaves the file unknown.
        writer.halted = true;
        self.write(&mut writer, header, &records)?;
        self.publish(&events, &records)?;
        writer.halted = false;
        drop(writer);
        if let Err(error) = self.let_go() {
            tracing::warn!(path = %self.folder.display(), %error, "old segments not removed");
        }
        Ok(events)
    }

    /// See [`super::Journal::retire`].
    pub fn retire(&self) {
        self.retired.store(true, Ordering::SeqCst);
        // Whoever holds one of them did not know yet, and comes to its end; whoever takes it later does.
        drop(hold(&self.writer));
        drop(hold(&self.marks_file));
        drop(hold(&self.sweeping));
    }

    fn still_mine(&self) -> Result<(), JournalError> {
        if self.retired.load(Ordering::SeqCst) { Err(self.halted()) } else { Ok(()) }
    }

    fn halted(&self) -> JournalError {
        JournalError::Halted { path: self.folder.clone() }
    }

    /// The stream's first block, and its end.
    fn end(&self, first_height: Height) -> (Height, Tail) {
        match hold(&self.state).segments.back() {
            Some(last) => (last.header.start, last.tail()),
            None => (first_height, Tail::genesis(&self.stream, first_height)),
        }
    }

    fn encode(&self, events: &[Arc<Event>]) -> Result<Vec<Encoded>, JournalError> {
        let seq = |event: Option<&Arc<Event>>| event.map_or(Seq(0), |event| event.envelope.seq);
        let group = Group { first: seq(events.first()), last: seq(events.last()) };
        let records: Result<Vec<_>, _> = events.iter().map(|event| encode(event, group)).collect();
        let records = records.map_err(|defect| self.refused(defect))?;
        let bytes: u64 = records.iter().map(Encoded::record_bytes).sum();
        if bytes > Options::LARGEST_APPEND_BYTES { Err(self.refused(Defect::TooLarge)) } else { Ok(records) }
    }

    fn write(
        &self,
        writer: &mut Writer,
        header: SegmentHeader,
        records: &[Encoded],
    ) -> Result<(), JournalError> {
        let bytes = records.iter().map(Encoded::record_bytes).sum();
        let last = hold(&self.state).segments.back().cloned();
        let closed = last.filter(|last| last.span.is_full(bytes, &self.options));
        if let Some(closed) = &closed {
            save_side(closed);
        }
        let file = match writer.file.take().filter(|_| closed.is_none()) {
            Some(file) => writer.file.insert(file),
            None => writer.file.insert(self.begin(header)?),
        };
        file.append(records)
    }

    fn begin(&self, header: SegmentHeader) -> Result<SegmentFile, JournalError> {
        let file = SegmentFile::create(&self.folder, &header)?;
        let index = SegmentIndex::new(self.folder.join(file_name(header.first)), header);
        let mut state = hold(&self.state);
        state.bytes += index.span.bytes;
        state.segments.push_back(Arc::new(index));
        Ok(file)
    }

    fn publish(&self, events: &[Arc<Event>], records: &[Encoded]) -> Result<(), JournalError> {
        let mut state = hold(&self.state);
        let State { segments, bytes, recent, .. } = &mut *state;
        let Some(last) = segments.back_mut() else { return Ok(()) };
        let last = Arc::make_mut(last);
        for (event, record) in events.iter().zip(records) {
            let added = last.add(&event.envelope, record.envelope_bytes(), record.record_bytes());
            added.map_err(|defect| self.refused(defect))?;
            *bytes += record.record_bytes();
            recent.push(event.clone());
        }
        Ok(())
    }

    fn refused(&self, defect: Defect) -> JournalError {
        let source = std::io::Error::new(std::io::ErrorKind::InvalidInput, defect);
        JournalError::io(&self.folder, "append")(source)
    }

    /// See [`super::Journal::tail`].
    pub fn tail(&self) -> Option<Tail> {
        hold(&self.state).segments.back().map(|last| last.tail()).filter(|tail| tail.seq > Seq(0))
    }

    /// See [`super::Journal::extent`].
    pub fn extent(&self) -> Extent {
        let state = hold(&self.state);
        let held = state.segments.iter().find(|segment| !segment.is_empty());
        Extent {
            start: held.map(|segment| segment.header.start),
            first: held.map(|segment| segment.header.first),
            last: state.segments.back().map_or(Seq(0), |last| last.tail().seq),
            bytes: state.bytes,
        }
    }
}

#[cfg(test)]
impl Store {
    /// Makes the next append meet a full disk.
    pub fn fill_disk(&self) {
        hold(&self.writer).file = Some(SegmentFile::open(Path::new("/dev/full")).unwrap());
    }
}

/// Gives drafts their places after `tail`.
pub fn seal(drafts: Vec<Draft>, stream: &ChainId, mut tail: Tail) -> Vec<Arc<Event>> {
    let seal = |draft: Draft| {
        let event = draft.seal(stream, EPOCH, &tail);
        tail = event.tail();
        Arc::new(event)
    };
    drafts.into_iter().map(seal).collect()
}
