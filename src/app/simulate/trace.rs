//! A play, line by line: the same seed writes the same lines in every process.

use std::fmt::{Display, Write as _};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::time::Instant;

use super::Record;

/// Lines with the moment of each; clones share them.
#[derive(Clone, Debug)]
pub struct Trace {
    began: Instant,
    lines: Option<Arc<Mutex<String>>>,
}

impl Trace {
    /// A trace that begins now.
    pub fn new(record: Record) -> Self {
        Self { began: Instant::now(), lines: (record == Record::Kept).then(Arc::default) }
    }

    /// Writes a line, if lines are kept: only then is it made.
    pub fn add<T: Display>(&self, line: impl FnOnce() -> T) {
        let Some(lines) = &self.lines else { return };
        let at = self.began.elapsed().as_secs_f64();
        let mut lines = lines.lock().unwrap_or_else(PoisonError::into_inner);
        // Writing into a string cannot fail.
        let _ = writeln!(lines, "{at:.6} {}", line());
    }

    /// All lines.
    pub fn text(&self) -> String {
        let text = |lines: &Arc<Mutex<String>>| lines.lock().unwrap_or_else(PoisonError::into_inner).clone();
        self.lines.as_ref().map(text).unwrap_or_default()
    }
}
