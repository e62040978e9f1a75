//! Reads a segment record by record, and tells a crash's doing from damage.
//!
//! An append is synced before the next one begins, so a crash leaves at most the last one torn. A record that is broken is
//! therefore a crash's doing only if nothing of a later append lies behind it.

use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom};
use std::path::Path;

use bytes::Bytes;

use super::error::JournalError;
use super::index::SegmentIndex;
use super::record::{self, Defect, Group, HEADER_BYTES, MAGIC, RecordHeader};
use super::segment::SegmentHeader;
use crate::core::audit;
use crate::core::event::{Envelope, Tail};
use crate::core::numbers::Seq;

const BUFFER_BYTES: usize = 1 << 20;

/// What one segment holds.
#[derive(Debug)]
pub struct Scan {
    /// Its whole appends.
    pub index: SegmentIndex,
    /// Bytes behind them, of an append that is torn or still being written.
    pub torn_bytes: u64,
}

/// Reads every record of a segment, checks it, and shows the envelopes of whole appends to `visit`.
///
/// # Errors
/// When the segment cannot be read, or holds what no crash explains.
pub fn scan(path: &Path, visit: &mut dyn FnMut(&Envelope)) -> Result<Scan, JournalError> {
    let mut file = File::open(path).map_err(JournalError::io(path, "open"))?;
    let header = SegmentHeader::read(path, &mut file)?;
    let length = file.metadata().map_err(JournalError::io(path, "read"))?.len();
    file.seek(SeekFrom::Start(header.bytes())).map_err(JournalError::io(path, "read"))?;
    let index = SegmentIndex::new(path.to_owned(), header);
    let offset = index.span.bytes;
    let file = BufReader::with_capacity(BUFFER_BYTES, file);
    let mut scanner = Scanner { file, offset, length, index, open: Vec::new(), visit };
    while scanner.offset < length {
        match scanner.next_record()? {
            Ok(record) => scanner.take(record)?,
            Err(defect) => {
                scanner.check_torn(&defect)?;
                break;
            }
        }
    }
    let torn_bytes = length - scanner.index.span.bytes;
    Ok(Scan { index: scanner.index, torn_bytes })
}

struct Scanner<'a> {
    file: BufReader<File>,
    offset: u64,
    length: u64,
    index: SegmentIndex,
    /// The records of an append whose last one has not been met yet.
    open: Vec<Record>,
    visit: &'a mut dyn FnMut(&Envelope),
}

struct Record {
    header: RecordHeader,
    envelope: Envelope,
}

impl Scanner<'_> {
    fn next_record(&mut self) -> Result<Result<Record, Defect>, JournalError> {
        let mut bytes = self.bytes(HEADER_BYTES as u64)?;
        let header = match RecordHeader::parse(&bytes) {
            Ok(header) if self.offset + header.record_bytes() <= self.length => header,
            Ok(_) => return Ok(Err(Defect::Incomplete)),
            Err(defect) => return Ok(Err(defect)),
        };
        bytes.extend(self.bytes(header.record_bytes() - HEADER_BYTES as u64)?);
        match record::decode(&Bytes::from(bytes)) {
            Ok(event) => Ok(Ok(Record { header, envelope: event.envelope })),
            // It is as it was written, so no crash made it.
            Err(Defect::Envelope(error)) => Err(self.damaged(Defect::Envelope(error))),
            Err(defect) => Ok(Err(defect)),
        }
    }

    fn take(&mut self, record: Record) -> Result<(), JournalError> {
        self.check(&record)?;
        self.offset += record.header.record_bytes();
        let is_last = record.header.seq == record.header.group.last;
        self.open.push(record);
        if !is_last {
            return Ok(());
        }
        for Record { header, envelope } in std::mem::take(&mut self.open) {
            let added = self.index.add(&envelope, header.envelope_bytes, header.record_bytes());
            added.map_err(|defect| self.damaged(defect))?;
            (self.visit)(&envelope);
        }
        Ok(())
    }

    fn check(&self, record: &Record) -> Result<(), JournalError> {
        let Record { header, envelope } = record;
        let before =
            self.open.last().map(|Record { envelope, .. }| Tail { seq: envelope.seq, id: envelope.id });
        let linked = audit::link(&before.unwrap_or(self.index.tail()), envelope);
        linked.map_err(|breach| self.damaged(format!("event {}: {breach}", header.seq)))?;
        let group = Group { first: self.open_since(), last: header.group.last };
        let same = self.open.first().is_none_or(|first| first.header.group == header.group);
        if header.seq != envelope.seq || header.group != group || header.seq > group.last || !same {
            return Err(self.damaged("an append is incomplete, though another one follows"));
        }
        if envelope.stream != self.index.header.stream {
            return Err(self.damaged(format!("an event of stream {}", envelope.stream)));
        }
        Ok(())
    }

    /// The first event of the append that is being read.
    fn open_since(&self) -> Seq {
        self.open.first().map_or(self.index.span.end(), |record| record.header.seq)
    }

    /// A defect is a crash's doing only if nothing but the same append lies behind it.
    fn check_torn(&mut self, defect: &Defect) -> Result<(), JournalError> {
        // Not beyond the length met at first: a writer may have gone on meanwhile.
        let from = self.offset + 1;
        let seeked = self.file.seek(SeekFrom::Start(from));
        seeked.map_err(JournalError::io(&self.index.path, "read"))?;
        let rest = self.bytes(self.length - from)?;
        let torn = self.open_since();
        let later = |at: usize| {
            let header = rest.get(at..).map(RecordHeader::parse);
            matches!(header, Some(Ok(header)) if header.group.first != torn)
        };
        let mut starts = (0..rest.len()).filter(|at| rest[*at] == MAGIC[0]);
        if starts.any(later) {
            return Err(self.damaged(format!("{defect}, though later events follow")));
        }
        Ok(())
    }

    fn bytes(&mut self, length: u64) -> Result<Vec<u8>, JournalError> {
        let mut bytes = Vec::with_capacity(usize::try_from(length).unwrap_or(0));
        let read = self.file.by_ref().take(length).read_to_end(&mut bytes);
        read.map_err(JournalError::io(&self.index.path, "read"))?;
        Ok(bytes)
    }

    fn damaged(&self, fault: impl ToString) -> JournalError {
        JournalError::damaged(&self.index.path, self.offset, fault)
    }
}
