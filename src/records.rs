//! What is kept beside the journal: the memory of providers, and the evidence of what they did.
//!
//! *Assumptions.* The data folder is locked by this process. *Invariants.* A file is whole or not there: it is written under
//! another name, synced, and put in its place. *Not promised.* That the last second before a `kill -9` is remembered.

pub mod disk;
mod evidence;
pub mod volatile;

use std::path::PathBuf;

use async_trait::async_trait;

use crate::core::case::Case;
use crate::core::memory::Memory;

/// The disk refused.
#[derive(Debug, thiserror::Error)]
#[error("{path}: cannot {action}: {source}; see that the disk has room and that this user may write there")]
pub struct RecordsError {
    /// File or folder.
    pub path: PathBuf,
    /// What was tried.
    pub action: &'static str,
    /// What the system said.
    pub source: std::io::Error,
}

/// What was found at the start.
#[derive(Debug, Default)]
pub struct Found {
    /// What is remembered; nothing, if there was nothing or it could not be read.
    pub memory: Memory,
    /// What a person should know of it.
    pub warning: Option<String>,
}

/// One chain's records.
#[async_trait]
pub trait Records: Send + Sync {
    /// Reads what is remembered. What cannot be read is set aside, never overwritten, and told of.
    async fn recall(&self) -> Found;

    /// Makes a memory durable, in place of the one before. One that was given up on its way never replaces a newer one.
    ///
    /// # Errors
    /// When the disk refuses; the one before is whole then.
    async fn keep(&self, memory: Memory) -> Result<(), RecordsError>;

    /// Files a case; gives the name of its file. The oldest cases make room for it.
    ///
    /// # Errors
    /// When the disk refuses.
    async fn file(&self, case: Case) -> Result<String, RecordsError>;
}
