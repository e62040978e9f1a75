//! Proves a journal, also beside the process that writes it.
//!
//! It takes no lock and changes nothing. An append that is still being written, or that a crash has torn, is not there yet;
//! segments that retention removes meanwhile make it begin anew with the oldest that is left.

use std::path::{Path, PathBuf};

use super::error::JournalError;
use super::index::SegmentIndex;
use super::marks;
use super::recovery::{check_marks, follows};
use super::scan::scan;
use super::segment;
use crate::core::audit::{Auditor, Fault, Summary};
use crate::core::event::Envelope;
use crate::core::numbers::Seq;

/// How often retention may get in the way: each time costs it a whole segment.
const ATTEMPTS: usize = 100;

/// Why a journal is not what it should be.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// The events do not make a stream.
    #[error("journal {path}: {fault}")]
    Fault {
        /// The segment.
        path: PathBuf,
        /// The event, and the rule it breaks.
        fault: Fault,
    },
    /// The journal cannot be read, or is damaged.
    #[error(transparent)]
    Journal(#[from] JournalError),
}

/// Reads every event that the folder of a stream's journal holds, bodies included, and checks each against its checksum and
/// all against the rules of a stream. Blocks while it reads.
///
/// # Errors
/// The first thing that is wrong.
pub fn verify(folder: &Path) -> Result<Summary, VerifyError> {
    let mut attempt = 1;
    loop {
        match verify_once(folder) {
            Err(VerifyError::Journal(JournalError::Io { source, .. }))
                if source.kind() == std::io::ErrorKind::NotFound && folder.is_dir() && attempt < ATTEMPTS =>
            {
                attempt += 1;
            }
            outcome => return outcome,
        }
    }
}

fn verify_once(folder: &Path) -> Result<Summary, VerifyError> {
    let mut auditor = Auditor::new();
    let mut before: Option<SegmentIndex> = None;
    // Before the events: what is acknowledged by now is in them.
    let marks = marks::read(folder)?;
    let paths = segment::list(folder)?;
    for (at, path) in paths.iter().enumerate() {
        let (index, torn_bytes) = verify_segment(path, &mut auditor)?;
        let fits = before.as_ref().is_none_or(|before| follows(before, &index));
        if !fits || (torn_bytes > 0 && at + 1 < paths.len()) {
            let fault =
                if fits { "events are torn" } else { "the segment does not follow the one before it" };
            return Err(JournalError::damaged(path, if fits { index.span.bytes } else { 0 }, fault).into());
        }
        before = Some(index);
    }
    match &before {
        Some(last) => check_marks(&last.path, last.span.bytes, last.tail().seq, &marks)?,
        None => check_marks(folder, 0, Seq(0), &marks)?,
    }
    Ok(auditor.summary())
}

fn verify_segment(path: &Path, auditor: &mut Auditor) -> Result<(SegmentIndex, u64), VerifyError> {
    let mut fault = None;
    let mut read = |envelope: &Envelope| {
        if fault.is_none() {
            fault = auditor.read(envelope).err();
        }
    };
    let scan = scan(path, &mut read)?;
    match fault {
        Some(fault) => Err(VerifyError::Fault { path: path.to_owned(), fault }),
        None => Ok((scan.index, scan.torn_bytes)),
    }
}
