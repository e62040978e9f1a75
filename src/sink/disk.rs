//! Folders, and what errors of the operating system mean for a sink.

use std::io::{self, ErrorKind};
use std::path::Path;

use super::error::SinkError;

/// The folder that `path` lies in.
pub fn folder(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Makes the folder that `path` lies in, if it is not there.
///
/// # Errors
/// Those of the operating system; `NotADirectory` when a file is in the way.
pub fn make_folder(path: &Path) -> io::Result<()> {
    std::fs::create_dir_all(folder(path)).map_err(|error| match error.kind() {
        ErrorKind::AlreadyExists => ErrorKind::NotADirectory.into(),
        _ => error,
    })
}

/// What an error of the operating system means for a sink: trying again may help, or a person must act.
pub fn classify(what: &str, error: &io::Error) -> SinkError {
    let remedy = match error.kind() {
        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => "let the daemon's user write there",
        ErrorKind::NotADirectory | ErrorKind::IsADirectory | ErrorKind::InvalidFilename => {
            "choose another path"
        }
        ErrorKind::NotSeekable | ErrorKind::Unsupported => "choose a regular file",
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => {
            return SinkError::Transient(format!("{what}: the disk is full ({error})"));
        }
        _ => return SinkError::Transient(format!("{what}: {error}")),
    };
    SinkError::Fatal(format!("{what}: {error}; {remedy}"))
}
