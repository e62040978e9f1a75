//! What walking a sink proves.

use serde::Serialize;

use crate::core::audit;

/// What a walk over everything in a sink found, when nothing is wrong.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Summary {
    /// The stream that it holds.
    #[serde(flatten)]
    pub stream: audit::Summary,
    /// What else was compared, and what a person may want to know, each in one sentence.
    pub notes: Vec<String>,
}

/// Why a walk did not end well.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VerifyError {
    /// The sink keeps nothing that could be walked.
    #[error("a sink of kind {kind:?} keeps nothing that could be verified")]
    NothingKept {
        /// Its kind.
        kind: String,
    },
    /// The sink could not be read.
    #[error("{0}")]
    Unreadable(String),
    /// What it holds is wrong.
    #[error("{place}: {fault}")]
    Fault {
        /// Where: a file and line, or a table and row.
        place: String,
        /// What is wrong there.
        fault: String,
    },
}
