//! One file of the journal: a header, then records, appended and never rewritten.

use std::fs::{File, OpenOptions};
use std::io::{self, IoSlice, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use bytes::Bytes;

use super::error::JournalError;
use super::record::Encoded;
use crate::core::chain_id::ChainId;
use crate::core::event::Tail;
use crate::core::event_id::EventId;
use crate::core::numbers::{Height, Seq};
use crate::crash::{self, Point};

/// The format written and read here.
pub const VERSION: u32 = 1;

const MAGIC: [u8; 8] = *b"blocktap";
/// Everything of the header but the stream's name.
const FIXED_BYTES: usize = 52;
/// A CAIP-2 id has at most 41 characters: a header that claims more is damaged.
const LONGEST_NAME_BYTES: usize = 64;

/// What a segment says about itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SegmentHeader {
    /// The stream's name.
    pub stream: ChainId,
    /// The stream's first block.
    pub start: Height,
    /// The first event here.
    pub first: Seq,
    /// The id before the first event.
    pub previous_id: EventId,
}

impl SegmentHeader {
    /// The header of a segment that goes on where the stream ends.
    pub fn following(stream: &ChainId, start: Height, tail: &Tail) -> Self {
        Self { stream: stream.clone(), start, first: tail.seq.next(), previous_id: tail.id }
    }

    /// Length of the header.
    pub fn bytes(&self) -> u64 {
        (FIXED_BYTES + self.stream.as_str().len()) as u64
    }

    fn encode(&self) -> Vec<u8> {
        let name = self.stream.as_str().as_bytes();
        let mut bytes = Vec::with_capacity(FIXED_BYTES + name.len());
        bytes.extend_from_slice(&MAGIC);
        bytes.extend_from_slice(&VERSION.to_le_bytes());
        bytes.extend_from_slice(&u32::try_from(name.len()).unwrap_or(u32::MAX).to_le_bytes());
        bytes.extend_from_slice(&self.start.0.to_le_bytes());
        bytes.extend_from_slice(&self.first.0.to_le_bytes());
        bytes.extend_from_slice(&self.previous_id.0);
        bytes.extend_from_slice(name);
        bytes.extend_from_slice(&crc32c::crc32c(&bytes).to_le_bytes());
        bytes
    }

    /// Reads the header of a segment file.
    ///
    /// # Errors
    /// `Version` when a later blocktap wrote it, `Damaged` when it is none.
    pub fn read(path: &Path, file: &mut File) -> Result<Self, JournalError> {
        let mut bytes = Vec::with_capacity(FIXED_BYTES + LONGEST_NAME_BYTES);
        let longest = (FIXED_BYTES + LONGEST_NAME_BYTES) as u64;
        file.take(longest).read_to_end(&mut bytes).map_err(JournalError::io(path, "read"))?;
        let damaged = || JournalError::damaged(path, 0, "the header of the segment is not as it was written");
        if bytes.get(..8) != Some(&MAGIC) {
            return Err(damaged());
        }
        match number(&bytes, 8) {
            Some(VERSION) => Self::parse(&bytes).ok_or_else(damaged),
            Some(found) => Err(JournalError::Version { path: path.into(), found, known: VERSION }),
            None => Err(damaged()),
        }
    }

    fn parse(bytes: &[u8]) -> Option<Self> {
        let name_bytes = number(bytes, 12)? as usize;
        let name = bytes.get(FIXED_BYTES - 4..)?.get(..name_bytes)?;
        let long = |at: usize| Some(u64::from_le_bytes(*bytes.get(at..)?.first_chunk()?));
        let header = Self {
            stream: std::str::from_utf8(name).ok()?.parse().ok()?,
            start: Height(long(16)?),
            first: Seq(long(24)?),
            previous_id: EventId(*bytes.get(32..)?.first_chunk()?),
        };
        bytes.starts_with(&header.encode()).then_some(header)
    }
}

/// A segment that records are appended to.
#[derive(Debug)]
pub struct SegmentFile {
    path: PathBuf,
    file: File,
}

impl SegmentFile {
    /// Makes a new segment. It gets its name only when its header is durable, so that no crash leaves half a header.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn create(folder: &Path, header: &SegmentHeader) -> Result<Self, JournalError> {
        let path = folder.join(file_name(header.first));
        let new = path.with_extension("new");
        let mut file = File::create(&new).map_err(JournalError::io(&new, "create"))?;
        file.write_all(&header.encode()).map_err(JournalError::io(&new, "write"))?;
        file.sync_all().map_err(JournalError::io(&new, "sync"))?;
        crash::point(Point::JournalRotating);
        std::fs::rename(&new, &path).map_err(JournalError::io(&path, "name"))?;
        sync_folder(folder)?;
        Ok(Self { path, file })
    }

    /// Opens a segment to append to it.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn open(path: &Path) -> Result<Self, JournalError> {
        let file = OpenOptions::new().append(true).open(path).map_err(JournalError::io(path, "open"))?;
        Ok(Self { path: path.into(), file })
    }

    /// Appends records and makes them durable: one write, one sync. After an error nothing is known about the file, and a
    /// sync must not be tried again: the system may have dropped what it could not write.
    ///
    /// # Errors
    /// When the disk refuses, or is full; `Gone` when the file is no longer there.
    pub fn append(&mut self, records: &[Encoded]) -> Result<(), JournalError> {
        let mut slices: Vec<IoSlice<'_>> = records.iter().flat_map(Encoded::slices).collect();
        crash::point_after(Point::JournalHalfWritten, |part| {
            let whole: Vec<u8> = slices.iter().flat_map(|slice| slice.iter().copied()).collect();
            self.file.write_all(&whole[..part.of(whole.len())])
        });
        if let Err(error) = write_all(&mut self.file, &mut slices) {
            crash::point(Point::JournalDiskFull);
            return Err(JournalError::io(&self.path, "append")(error));
        }
        crash::point(Point::JournalWritten);
        self.file.sync_data().map_err(JournalError::io(&self.path, "sync"))?;
        // A file that was removed takes everything, and nobody will ever find it again.
        if self.path.exists() { Ok(()) } else { Err(JournalError::Gone { path: self.path.clone() }) }
    }
}

fn write_all(file: &mut File, mut slices: &mut [IoSlice<'_>]) -> io::Result<()> {
    // An empty slice in front would look like a full disk.
    IoSlice::advance_slices(&mut slices, 0);
    while !slices.is_empty() {
        match file.write_vectored(slices) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(count) => IoSlice::advance_slices(&mut slices, count),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Reads `length` bytes from `offset` on.
///
/// # Errors
/// When they are not there.
pub fn read_at(file: &mut File, offset: u64, length: usize) -> io::Result<Bytes> {
    file.seek(SeekFrom::Start(offset))?;
    let mut bytes = Vec::with_capacity(length);
    file.take(length as u64).read_to_end(&mut bytes)?;
    if bytes.len() < length { Err(io::ErrorKind::UnexpectedEof.into()) } else { Ok(bytes.into()) }
}

/// Makes the names in a folder durable.
///
/// # Errors
/// When the disk refuses.
pub fn sync_folder(folder: &Path) -> Result<(), JournalError> {
    let synced = File::open(folder).and_then(|opened| opened.sync_all());
    synced.map_err(JournalError::io(folder, "sync"))
}

/// Makes a folder and those above it, each durable before the next: a journal must not vanish with the name of its folder.
///
/// # Errors
/// When the disk refuses.
pub fn make_folder(folder: &Path) -> Result<(), JournalError> {
    if folder.is_dir() {
        return Ok(());
    }
    let parent = folder.parent().filter(|parent| *parent != Path::new("")).unwrap_or(Path::new("."));
    make_folder(parent)?;
    match std::fs::create_dir(folder) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
            Err(JournalError::io(folder, "create")(error))
        }
        _ => sync_folder(parent),
    }
}

/// The name of the segment that begins with `first`.
pub fn file_name(first: Seq) -> String {
    format!("segment-{:020}.log", first.0)
}

/// The segments in a folder, oldest first, by their names.
///
/// # Errors
/// When the folder cannot be read.
pub fn list(folder: &Path) -> Result<Vec<PathBuf>, JournalError> {
    let cannot = JournalError::io(folder, "list");
    let names =
        std::fs::read_dir(folder).and_then(Iterator::collect::<io::Result<Vec<_>>>).map_err(cannot)?;
    let is_segment = |name: &str| name.starts_with("segment-") && name.ends_with(".log");
    let segments = names.into_iter().filter(|entry| entry.file_name().to_str().is_some_and(is_segment));
    let mut paths: Vec<PathBuf> = segments.map(|entry| entry.path()).collect();
    paths.sort();
    Ok(paths)
}

fn number(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(*bytes.get(at..)?.first_chunk()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header() -> SegmentHeader {
        SegmentHeader {
            stream: ChainId::evm(1),
            start: Height(5),
            first: Seq(7),
            previous_id: EventId([3; 16]),
        }
    }

    fn read(path: &Path) -> Result<SegmentHeader, JournalError> {
        SegmentHeader::read(path, &mut File::open(path).unwrap())
    }

    #[test]
    fn a_segment_says_what_it_holds() {
        let folder = tempfile::tempdir().unwrap();
        SegmentFile::create(folder.path(), &header()).unwrap();
        let paths = list(folder.path()).unwrap();
        assert_eq!(paths, [folder.path().join("segment-00000000000000000007.log")]);
        assert_eq!(read(&paths[0]).unwrap(), header());
        assert_eq!(std::fs::metadata(&paths[0]).unwrap().len(), header().bytes());
    }

    #[test]
    fn every_flipped_byte_of_the_header_is_reported() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("segment");
        for at in 0..header().encode().len() {
            let mut bytes = header().encode();
            bytes[at] ^= 0x10;
            std::fs::write(&path, bytes).unwrap();
            let error = read(&path).unwrap_err();
            let expected = if (8..12).contains(&at) {
                matches!(error, JournalError::Version { .. })
            } else {
                matches!(error, JournalError::Damaged { offset: 0, .. })
            };
            assert!(expected, "byte {at}: {error}");
        }
    }
}
