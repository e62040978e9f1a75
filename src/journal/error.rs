//! What can go wrong in the journal.

use std::path::PathBuf;

use crate::core::numbers::Seq;

/// A failed journal operation. Each text names the place and the remedy.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// The disk refused.
    #[error("journal {path}: cannot {action}: {source}")]
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
    /// Another process holds the folder.
    #[error("journal {path} is in use by another process; stop that one first, or choose another data_dir")]
    Locked {
        /// The folder.
        path: PathBuf,
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
}
