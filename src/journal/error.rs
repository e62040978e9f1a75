//! What can go wrong in the journal.

use std::path::{Path, PathBuf};

use crate::core::numbers::Seq;

/// A failed journal operation. Each text names the place and the remedy.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// The disk refused.
    #[error(
        "journal {path}: cannot {action}: {source}; see that the disk has room and that this user may write there"
    )]
    Io {
        /// File or folder.
        path: PathBuf,
        /// What was tried.
        action: &'static str,
        /// What the system said.
        source: std::io::Error,
    },
    /// Something is there that no crash explains; it is left as it is.
    #[error(
        "journal {path}, byte {offset}: {fault}; nothing was changed. Restore the file from a copy, or move the folder away to start anew"
    )]
    Damaged {
        /// The file.
        path: PathBuf,
        /// Where in it.
        offset: u64,
        /// What is wrong.
        fault: String,
    },
    /// It was removed or moved away while it was in use.
    #[error("journal {path} is no longer there; put it back as it was, and the stream goes on")]
    Gone {
        /// File or folder.
        path: PathBuf,
    },
    /// Opened again, it holds something else than before.
    #[error(
        "the journal no longer holds event {last}; put its folder back as it was, and the stream goes on"
    )]
    Lost {
        /// The last event that was durable.
        last: Seq,
    },
    /// Another process holds the folder.
    #[error("journal {path} is in use by {holder}; stop that one first, or choose another data_dir")]
    Locked {
        /// The folder.
        path: PathBuf,
        /// Who holds it, as far as it says so.
        holder: String,
    },
    /// The events asked for have been let go.
    #[error("event {asked} has expired: the journal begins at {first}")]
    Expired {
        /// What was asked for.
        asked: Seq,
        /// The first event still held.
        first: Seq,
    },
    /// Made by a later version.
    #[error("journal {path} has format {found}, this blocktap reads {known}; use the newer version")]
    Version {
        /// The file.
        path: PathBuf,
        /// The format it has.
        found: u32,
        /// The format that is known.
        known: u32,
    },
    /// It belongs to another stream.
    #[error("journal {path} holds {found}, not {expected}; choose another data_dir")]
    Stream {
        /// The folder.
        path: PathBuf,
        /// The stream it holds.
        found: String,
        /// The stream that was asked for.
        expected: String,
    },
    /// An append failed before, and what the disk holds is not known; or the journal was opened again, and this is the old one.
    #[error(
        "journal {path} takes no more events since an append failed; free or repair the disk, then start again"
    )]
    Halted {
        /// The folder.
        path: PathBuf,
    },
}

impl JournalError {
    /// What the system said when `action` was tried at `path`.
    pub(super) fn io(path: &Path, action: &'static str) -> impl FnOnce(std::io::Error) -> Self + use<> {
        let path = path.to_owned();
        move |source| Self::Io { path, action, source }
    }

    /// A fault at a place in a file.
    pub(super) fn damaged(path: &Path, offset: u64, fault: impl ToString) -> Self {
        Self::Damaged { path: path.to_owned(), offset, fault: fault.to_string() }
    }
}
