//! Walking the files from the first event to the last, also beside a daemon that writes to them.

use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::{Path, PathBuf};

use super::rotation::set_aside;
use crate::core::audit::Auditor;
use crate::core::chain_id::ChainId;
use crate::core::event::Envelope;
use crate::sink::verify::{Summary, VerifyError};

/// Reads everything that lies at `path` and beside it, in order.
///
/// # Errors
/// The first fault, or that something could not be read.
pub fn walk(path: &Path, stream: &ChainId) -> Result<Summary, VerifyError> {
    let mut walk = Walk { stream, auditor: Auditor::new(), files: Vec::new(), torn_bytes: 0 };
    let current = walk.put_aside(path)?;
    match current {
        Some(file) => walk.file(path, file)?,
        None if walk.files.is_empty() => {
            return Err(VerifyError::Unreadable(format!("{} is not there", path.display())));
        }
        None => {}
    }
    Ok(walk.summary())
}

struct Walk<'a> {
    stream: &'a ChainId,
    auditor: Auditor,
    files: Vec<PathBuf>,
    torn_bytes: usize,
}

impl Walk<'_> {
    /// Reads every file that was put aside, and opens the one that comes behind them all. A daemon may put that one aside
    /// too at any moment: opened, it can be read to its end whatever it is called by then.
    fn put_aside(&mut self, path: &Path) -> Result<Option<File>, VerifyError> {
        loop {
            let current = open_if_there(path).map_err(|error| unreadable(path, &error))?;
            let aside = set_aside(path).map_err(|error| unreadable(path, &error))?;
            if aside.len() == self.files.len() {
                return Ok(current);
            }
            for path in aside.into_iter().skip(self.files.len()) {
                let file = File::open(&path).map_err(|error| unreadable(&path, &error))?;
                self.file(&path, file)?;
                if self.torn_bytes > 0 {
                    return Err(fault(&path, "its end", "the last line is torn"));
                }
                self.files.push(path);
            }
        }
    }

    fn file(&mut self, path: &Path, file: File) -> Result<(), VerifyError> {
        let mut lines = BufReader::with_capacity(1 << 20, file);
        let mut line = Vec::new();
        for number in 1_u64.. {
            line.clear();
            lines.read_until(b'\n', &mut line).map_err(|error| unreadable(path, &error))?;
            if line.last() != Some(&b'\n') {
                // Half a line at the end is a line being written, or a crash that the next start mends.
                self.torn_bytes = line.len();
                return Ok(());
            }
            self.line(&line).map_err(|what| fault(path, &format!("line {number}"), &what))?;
        }
        Ok(())
    }

    fn line(&mut self, line: &[u8]) -> Result<(), String> {
        let envelope: Envelope =
            serde_json::from_slice(line).map_err(|error| format!("it is no event: {error}"))?;
        if envelope.stream != *self.stream {
            return Err(format!("it belongs to stream {}, not {}", envelope.stream, self.stream));
        }
        self.auditor.read(&envelope).map_err(|error| error.to_string())
    }

    fn summary(&self) -> Summary {
        let mut notes = vec![format!("{} files put aside, and the one being written", self.files.len())];
        if self.torn_bytes > 0 {
            notes.push(format!("{} bytes of a line that is not finished", self.torn_bytes));
        }
        Summary { stream: self.auditor.summary(), notes }
    }
}

fn open_if_there(path: &Path) -> io::Result<Option<File>> {
    match File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        file => file.map(Some),
    }
}

fn unreadable(path: &Path, error: &io::Error) -> VerifyError {
    VerifyError::Unreadable(format!("{}: {error}", path.display()))
}

fn fault(path: &Path, place: &str, fault: &str) -> VerifyError {
    VerifyError::Fault { place: format!("{}, {place}", path.display()), fault: fault.into() }
}
