//! Whether what is written to still stands where it was opened.
//!
//! A file that is moved away or removed can be written to for ever, and nobody would find what was. So before each batch the path
//! is looked at: if something else stands there, or nothing, the sink stops. It must not go on in a new file by itself, for what
//! the old one holds would be missing there.

use std::fs::File;
use std::io;
use std::path::Path;

use super::error::SinkError;

/// What stood at a path when it was opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing(Identity);

#[cfg(unix)]
type Identity = (u64, u64);
/// Elsewhere nobody can move away what is open.
#[cfg(not(unix))]
type Identity = ();

impl Standing {
    /// Of what stands at `path` now.
    ///
    /// # Errors
    /// Those of the operating system.
    pub fn at(path: &Path) -> io::Result<Self> {
        std::fs::metadata(path).map(|metadata| Self(identity(&metadata)))
    }

    /// Of a file that is open, wherever it lies by now.
    ///
    /// # Errors
    /// Those of the operating system.
    pub fn of(file: &File) -> io::Result<Self> {
        file.metadata().map(|metadata| Self(identity(&metadata)))
    }

    /// Whether it still stands there.
    ///
    /// # Errors
    /// `Fatal`, in words for whoever has to put it back.
    pub fn holds(&self, path: &Path) -> Result<(), SinkError> {
        let why = match Self::at(path) {
            Ok(now) if now == *self => return Ok(()),
            Ok(_) => "another file stands in its place".to_owned(),
            Err(error) => error.to_string(),
        };
        Err(SinkError::Fatal(format!(
            "{} was moved away or removed ({why}): put it back and restart blocktap; if it is gone for good, a restart goes on in a new one",
            path.display()
        )))
    }
}

#[cfg(unix)]
fn identity(metadata: &std::fs::Metadata) -> Identity {
    use std::os::unix::fs::MetadataExt;
    (metadata.dev(), metadata.ino())
}

#[cfg(not(unix))]
fn identity(_: &std::fs::Metadata) -> Identity {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_moved_away_or_replaced_no_longer_stands_until_it_is_put_back() {
        let folder = tempfile::tempdir().unwrap();
        let (path, aside) = (folder.path().join("lines.jsonl"), folder.path().join("aside"));
        std::fs::write(&path, "one\n").unwrap();
        let standing = Standing::at(&path).unwrap();
        standing.holds(&path).unwrap();
        std::fs::rename(&path, &aside).unwrap();
        assert!(standing.holds(&path).is_err());
        std::fs::copy(&aside, &path).unwrap();
        let told = standing.holds(&path).unwrap_err().to_string();
        assert!(told.contains("lines.jsonl was moved away") && told.contains("put it back"), "{told}");
        std::fs::rename(&aside, &path).unwrap();
        standing.holds(&path).unwrap();
    }
}
