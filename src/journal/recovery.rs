//! What is left after a crash.
//!
//! *Why.* A crash may leave the last append torn, and nothing else: every append before it was synced. So the last append of
//! the last segment is cut off if any of it is missing, whole appends only. Anything else that does not fit was not done by a
//! crash; it is named, and left as it is.
//! *A torn last append or a damaged one?* A sink is given only what is durable: once one has acknowledged an event, no crash
//! takes it away. Its mark therefore tells damage from a crash.
//! *Not promised.* To tell them apart while no sink has acknowledged: the append is cut, and its blocks are fetched again.

use std::fs::OpenOptions;
use std::path::Path;

use super::error::JournalError;
use super::index::{SegmentIndex, side_path};
use super::marks::Marks;
use super::scan::{Scan, scan};
use super::segment;
use crate::core::chain_id::ChainId;
use crate::core::numbers::Seq;

/// Opens the segments of a stream, oldest first: cuts what a crash left torn, and refuses anything else that does not fit.
///
/// # Errors
/// When the folder cannot be read or repaired, or holds what no crash explains.
pub fn recover(folder: &Path, stream: &ChainId, marks: &Marks) -> Result<Vec<SegmentIndex>, JournalError> {
    let paths = segment::list(folder)?;
    let Some((last, closed)) = paths.split_last() else {
        return check_marks(folder, 0, Seq(0), marks).map(|()| Vec::new());
    };
    let mut segments = Vec::with_capacity(paths.len());
    for path in closed {
        segments.push(recover_closed(path)?);
        check_place(folder, stream, &segments)?;
    }
    let Scan { index, torn_bytes } = scan(last, &mut |_| {})?;
    segments.push(index);
    check_place(folder, stream, &segments)?;
    if let Some(index) = segments.last() {
        check_marks(last, index.span.bytes, index.tail().seq, marks)?;
    }
    cut(last, &segments, torn_bytes)?;
    if let [only] = &segments[..]
        && only.is_empty()
    {
        // Not even its first append became durable: the stream has not begun, and may yet begin elsewhere.
        std::fs::remove_file(last).map_err(JournalError::io(last, "remove"))?;
        segments.clear();
    }
    Ok(segments)
}

/// Whether everything is there that a sink has acknowledged: what `path` holds ends at `offset`, with the event `last`.
///
/// # Errors
/// `Damaged` when it is not.
pub fn check_marks(path: &Path, offset: u64, last: Seq, marks: &Marks) -> Result<(), JournalError> {
    let Some((sink, mark)) =
        marks.iter().max_by_key(|(_, mark)| mark.seq).filter(|(_, mark)| mark.seq > last)
    else {
        return Ok(());
    };
    let fault = format!(
        "the events after {last} are lost or spoilt, though sink {sink} has acknowledged event {}",
        mark.seq
    );
    Err(JournalError::damaged(path, offset, fault))
}

fn recover_closed(path: &Path) -> Result<SegmentIndex, JournalError> {
    if let Some(index) = SegmentIndex::load(path)? {
        return Ok(index);
    }
    let Scan { index, torn_bytes } = scan(path, &mut |_| {})?;
    if torn_bytes > 0 {
        return Err(JournalError::damaged(
            path,
            index.span.bytes,
            "events are torn, though another segment follows",
        ));
    }
    save_side(&index);
    Ok(index)
}

/// Keeps a side file if the disk lets us; without it the next start is slower, and that is all.
pub fn save_side(index: &SegmentIndex) {
    if let Err(error) = index.save() {
        tracing::warn!(path = %side_path(&index.path).display(), %error, "index of a closed segment not kept");
    }
}

fn check_place(folder: &Path, stream: &ChainId, segments: &[SegmentIndex]) -> Result<(), JournalError> {
    let Some((index, before)) = segments.split_last() else { return Ok(()) };
    check_stream(folder, stream, index)?;
    let named = index.path.file_name().is_some_and(|name| *name == *segment::file_name(index.header.first));
    let fits = before.last().is_none_or(|before| follows(before, index));
    if named && fits {
        return Ok(());
    }
    let fault = "the segment does not follow the one before it: a file is missing or foreign";
    Err(JournalError::damaged(&index.path, 0, fault))
}

fn check_stream(folder: &Path, stream: &ChainId, index: &SegmentIndex) -> Result<(), JournalError> {
    if index.header.stream == *stream {
        return Ok(());
    }
    let (found, expected) = (index.header.stream.to_string(), stream.to_string());
    Err(JournalError::Stream { path: folder.to_owned(), found, expected })
}

/// Whether a segment goes on where another one ends.
pub fn follows(before: &SegmentIndex, index: &SegmentIndex) -> bool {
    let begins = (index.header.first, index.header.previous_id, index.header.start);
    begins == (before.span.end(), before.last_id, before.header.start)
}

fn cut(path: &Path, segments: &[SegmentIndex], torn_bytes: u64) -> Result<(), JournalError> {
    let Some(index) = segments.last().filter(|_| torn_bytes > 0) else { return Ok(()) };
    let seq = index.tail().seq;
    tracing::warn!(path = %path.display(), torn_bytes, %seq, "cut an append that a crash had torn");
    let file = OpenOptions::new().write(true).open(path).map_err(JournalError::io(path, "open"))?;
    let cut = file.set_len(index.span.bytes).and_then(|()| file.sync_all());
    cut.map_err(JournalError::io(path, "cut"))
}

#[cfg(test)]
mod tests;
