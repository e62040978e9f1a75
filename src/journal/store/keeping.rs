//! What is kept, and for how long.

use std::path::Path;
use std::sync::Arc;

use super::{State, Store};
use crate::crash::{self, Point};
use crate::journal::error::JournalError;
use crate::journal::index::{SegmentIndex, side_path};
use crate::journal::retention::{Options, Span, expendable, held_by, needed};
use crate::journal::segment::sync_folder;
use crate::journal::{Acknowledged, hold};

impl Store {
    /// See [`super::Journal::acknowledge`].
    pub fn acknowledge(&self, sink: &str, mark: Acknowledged) -> Result<(), JournalError> {
        hold(&self.state).marks.insert(sink.into(), mark);
        self.keep_mark(sink)?;
        self.let_go()
    }

    /// Writes the newest mark of a sink, unless another call has done so.
    fn keep_mark(&self, sink: &str) -> Result<(), JournalError> {
        let mut marks_file = hold(&self.marks_file);
        let marks = hold(&self.state).marks.clone();
        let Some(mark) = marks.get(sink).filter(|mark| marks_file.kept.get(sink) != Some(mark)) else {
            return Ok(());
        };
        marks_file.file.add(sink, *mark, &marks)?;
        marks_file.kept.insert(sink.into(), *mark);
        Ok(())
    }

    /// See [`super::Journal::acknowledged`].
    pub fn acknowledged(&self, sink: &str) -> Option<Acknowledged> {
        hold(&self.state).marks.get(sink).copied()
    }

    /// See [`super::Journal::held_by`].
    pub fn held_by(&self) -> Option<String> {
        let state = hold(&self.state);
        if state.bytes <= self.options.budget_bytes {
            return None;
        }
        let spans: Vec<Span> = state.segments.iter().map(|segment| segment.span).collect();
        held_by(&spans, &self.options, |sink| state.marks.get(sink).map(|mark| mark.seq))
    }

    /// Removes the oldest segments that nobody needs, one by one, so that a crash leaves no gap.
    pub(super) fn let_go(&self) -> Result<(), JournalError> {
        if hold(&self.state).bytes <= self.options.budget_bytes {
            return Ok(());
        }
        let _sweeping = hold(&self.sweeping);
        let gone = hold(&self.state).take_expendable(&self.options);
        for segment in gone {
            remove(&side_path(&segment.path))?;
            crash::point(Point::JournalLettingGo);
            remove(&segment.path)?;
            sync_folder(&self.folder)?;
            tracing::info!(path = %segment.path.display(), bytes = segment.span.bytes, "segment let go");
        }
        Ok(())
    }
}

impl State {
    fn take_expendable(&mut self, options: &Options) -> Vec<Arc<SegmentIndex>> {
        let spans: Vec<Span> = self.segments.iter().map(|segment| segment.span).collect();
        let marks = |sink: &str| self.marks.get(sink).map(|mark| mark.seq);
        let count = expendable(&spans, options.budget_bytes, needed(options, marks));
        let gone: Vec<_> = self.segments.drain(..count).collect();
        self.bytes -= gone.iter().map(|segment| segment.span.bytes).sum::<u64>();
        gone
    }
}

/// Removes what a crash left half made: new files that did not get their name, and side files without a segment.
pub(super) fn clear_leftovers(folder: &Path) -> Result<(), JournalError> {
    let cannot = JournalError::io(folder, "list");
    let names =
        std::fs::read_dir(folder).and_then(Iterator::collect::<std::io::Result<Vec<_>>>).map_err(cannot)?;
    for path in names.into_iter().map(|entry| entry.path()) {
        let extension = path.extension().and_then(|extension| extension.to_str());
        let orphan = extension == Some("idx") && !path.with_extension("log").exists();
        if extension == Some("new") || orphan {
            remove(&path)?;
        }
    }
    Ok(())
}

fn remove(path: &Path) -> Result<(), JournalError> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(JournalError::io(path, "remove")(error))
        }
        _ => Ok(()),
    }
}
