//! What the sinks acknowledged last: a line of JSON each time, the newest line of a sink counts.
//!
//! *Why not synced.* A mark that a power cut takes away only means that its events are delivered again, with the same ids. A
//! line that was torn is no JSON, and is passed over. When the file has grown it is written anew under another name, synced,
//! and put in its place.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::Acknowledged;
use super::error::JournalError;
use super::segment::sync_folder;
use crate::core::event_id::EventId;
use crate::core::numbers::Seq;
use crate::crash::{self, Point};

const FILE_NAME: &str = "acknowledged.jsonl";
/// Beyond this the file is written anew, with one line a sink.
const LARGEST_BYTES: usize = 256 * 1024;

/// The marks of all sinks, by name.
pub type Marks = BTreeMap<String, Acknowledged>;

#[derive(Serialize, Deserialize)]
struct Line {
    sink: String,
    seq: Seq,
    id: EventId,
    /// Of all before it: a mark is a witness against the journal, so it must not lie.
    crc32c: u32,
}

/// The marks that were kept in a folder. Lines that are torn or spoilt are passed over.
///
/// # Errors
/// When the disk refuses.
pub fn read(folder: &Path) -> Result<Marks, JournalError> {
    let path = folder.join(FILE_NAME);
    let text = match std::fs::read(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Vec::new(),
        Err(error) => return Err(JournalError::io(&path, "read")(error)),
    };
    let lines = text.split(|byte| *byte == b'\n').filter_map(|line| serde_json::from_slice(line).ok());
    let whole = lines.filter(|line: &Line| line.crc32c == line.checksum());
    Ok(whole.map(|Line { sink, seq, id, .. }| (sink, Acknowledged { seq, id })).collect())
}

impl Line {
    fn checksum(&self) -> u32 {
        let seq = crc32c::crc32c_append(crc32c::crc32c(self.sink.as_bytes()), &self.seq.0.to_le_bytes());
        crc32c::crc32c_append(seq, &self.id.0)
    }
}

/// The file that marks are kept in.
#[derive(Debug)]
pub struct MarksFile {
    path: PathBuf,
    file: File,
    bytes: usize,
}

impl MarksFile {
    /// Writes the marks that a folder holds anew, and makes ready for more.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn open(folder: &Path, marks: &Marks) -> Result<Self, JournalError> {
        let path = folder.join(FILE_NAME);
        let (file, bytes) = rewrite(&path, marks)?;
        Ok(Self { path, file, bytes })
    }

    /// Adds the mark of one sink; `marks` are those of all.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn add(&mut self, sink: &str, mark: Acknowledged, marks: &Marks) -> Result<(), JournalError> {
        if self.bytes > LARGEST_BYTES {
            (self.file, self.bytes) = rewrite(&self.path, marks)?;
            return Ok(());
        }
        let line = line(sink, mark);
        self.bytes += line.len();
        crash::point_after(Point::MarkHalfWritten, |part| self.file.write_all(&line[..part.of(line.len())]));
        // Half a line would spoil the one behind it: after a refusal the file is written anew.
        self.file
            .write_all(&line)
            .inspect_err(|_| self.bytes = usize::MAX)
            .map_err(JournalError::io(&self.path, "append"))
    }
}

fn line(sink: &str, Acknowledged { seq, id }: Acknowledged) -> Vec<u8> {
    let mut line = Line { sink: sink.into(), seq, id, crc32c: 0 };
    line.crc32c = line.checksum();
    // Plain data with string keys: writing it into memory cannot fail.
    let mut line = serde_json::to_vec(&line).unwrap_or_default();
    line.push(b'\n');
    line
}

fn rewrite(path: &Path, marks: &Marks) -> Result<(File, usize), JournalError> {
    let new = path.with_extension("new");
    let lines: Vec<u8> = marks.iter().flat_map(|(sink, mark)| line(sink, *mark)).collect();
    let mut file = File::create(&new).map_err(JournalError::io(&new, "create"))?;
    file.write_all(&lines).and_then(|()| file.sync_all()).map_err(JournalError::io(&new, "write"))?;
    std::fs::rename(&new, path).map_err(JournalError::io(path, "name"))?;
    sync_folder(path.parent().unwrap_or(path))?;
    let file = OpenOptions::new().append(true).open(path).map_err(JournalError::io(path, "open"))?;
    Ok((file, lines.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mark(seq: u64) -> Acknowledged {
        Acknowledged { seq: Seq(seq), id: EventId([seq as u8; 16]) }
    }

    #[test]
    fn the_newest_mark_of_each_sink_is_found_again() {
        let folder = tempfile::tempdir().unwrap();
        let mut marks = Marks::new();
        let mut file = MarksFile::open(folder.path(), &marks).unwrap();
        for (sink, seq) in [("a", 1), ("b", 2), ("a", 3)] {
            marks.insert(sink.into(), mark(seq));
            file.add(sink, mark(seq), &marks).unwrap();
        }
        let found = read(folder.path()).unwrap();
        assert_eq!(found, Marks::from([("a".into(), mark(3)), ("b".into(), mark(2))]));
    }

    #[test]
    fn a_torn_line_costs_only_its_own_mark() {
        let folder = tempfile::tempdir().unwrap();
        let first = line("a", mark(1));
        let both = [first.clone(), line("a", mark(2))].concat();
        for length in first.len()..both.len() - 1 {
            std::fs::write(folder.path().join(FILE_NAME), &both[..length]).unwrap();
            let found = read(folder.path()).unwrap();
            assert_eq!(found, Marks::from([("a".into(), mark(1))]), "{length} bytes");
        }
    }

    #[test]
    fn after_a_refusal_the_file_is_written_anew() {
        let folder = tempfile::tempdir().unwrap();
        let marks = Marks::from([("a".into(), mark(1))]);
        let mut file = MarksFile::open(folder.path(), &Marks::new()).unwrap();
        file.file = OpenOptions::new().append(true).open("/dev/full").unwrap();
        assert!(file.add("a", mark(1), &marks).is_err());
        file.add("a", mark(1), &marks).unwrap();
        assert_eq!(read(folder.path()).unwrap(), marks);
    }

    #[test]
    fn the_file_does_not_grow_without_end() {
        let folder = tempfile::tempdir().unwrap();
        let mut marks = Marks::new();
        let mut file = MarksFile::open(folder.path(), &marks).unwrap();
        for seq in 0..10_000 {
            marks.insert("a".into(), mark(seq));
            file.add("a", mark(seq), &marks).unwrap();
        }
        let length = std::fs::metadata(folder.path().join(FILE_NAME)).unwrap().len();
        assert!(length < 2 * LARGEST_BYTES as u64);
        assert_eq!(read(folder.path()).unwrap(), marks);
    }

    #[test]
    fn a_flipped_byte_never_makes_another_mark() {
        let folder = tempfile::tempdir().unwrap();
        let whole = line("a", mark(1));
        for at in 0..whole.len() {
            for mask in [0x01, 0x80] {
                let mut flipped = whole.clone();
                flipped[at] ^= mask;
                std::fs::write(folder.path().join(FILE_NAME), flipped).unwrap();
                let found = read(folder.path()).unwrap();
                assert!(
                    found.is_empty() || found == Marks::from([("a".into(), mark(1))]),
                    "byte {at}: {found:?}"
                );
            }
        }
    }
}
