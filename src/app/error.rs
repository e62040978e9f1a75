//! What can keep the process from starting.

use crate::journal::error::JournalError;

/// Why the process did not start, or not end well. Each text names the remedy.
#[derive(Debug, thiserror::Error)]
pub enum AppError {
    /// The configuration cannot work.
    #[error("{0}")]
    Settings(String),
    /// The start contradicts what the journal holds.
    #[error("{0}")]
    StartContradicts(String),
    /// No provider serves the chain.
    #[error("{0}")]
    WrongChain(String),
    /// Another process holds the data folder, or it cannot be used.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// A sink cannot be written.
    #[error("sink {sink}: {why}")]
    Sink {
        /// Its name.
        sink: String,
        /// What is wrong, and the remedy.
        why: String,
    },
    /// The port cannot be listened on.
    #[error("{0}")]
    Http(String),
    /// The system refused.
    #[error("{action}: {source}")]
    System {
        /// What was tried.
        action: &'static str,
        /// What the system said.
        source: std::io::Error,
    },
}
