//! What is kept, and for how long.

use std::path::Path;
use std::sync::Arc;

use super::{Marks, State, Store};
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
        self.still_mine()?;
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

    /// Removes the oldest segments that nobody needs, one by one and the oldest first, so that neither a crash nor a disk that
    /// refuses leaves a gap. Only a mark that is on disk says what a sink needs: after a crash there is no other.
    pub(super) fn let_go(&self) -> Result<(), JournalError> {
        if hold(&self.state).bytes <= self.options.budget_bytes {
            return Ok(());
        }
        let kept = hold(&self.marks_file).kept.clone();
        let _sweeping = hold(&self.sweeping);
        loop {
            self.still_mine()?;
            // Readers shall not find what is about to be removed.
            let Some(oldest) = hold(&self.state).take_expendable(&self.options, &kept) else { return Ok(()) };
            if let Err(error) = self.unlink(&oldest) {
                if oldest.path.exists() {
                    hold(&self.state).give_back(oldest);
                }
                return Err(error);
            }
            tracing::info!(path = %oldest.path.display(), bytes = oldest.span.bytes, "segment let go");
        }
    }

    fn unlink(&self, segment: &SegmentIndex) -> Result<(), JournalError> {
        remove(&side_path(&segment.path))?;
        crash::point(Point::JournalLettingGo);
        remove(&segment.path)?;
        sync_folder(&self.folder)
    }
}

impl State {
    fn take_expendable(&mut self, options: &Options, kept: &Marks) -> Option<Arc<SegmentIndex>> {
        let spans: Vec<Span> = self.segments.iter().map(|segment| segment.span).collect();
        let marks = |sink: &str| kept.get(sink).map(|mark| mark.seq);
        if expendable(&spans, options.budget_bytes, needed(options, marks)) == 0 {
            return None;
        }
        let oldest = self.segments.pop_front()?;
        self.bytes -= oldest.span.bytes;
        Some(oldest)
    }

    fn give_back(&mut self, oldest: Arc<SegmentIndex>) {
        self.bytes += oldest.span.bytes;
        self.segments.push_front(oldest);
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::chain_id::ChainId;
    use crate::core::rehearsal::Rehearsal;

    #[test]
    fn a_store_that_was_retired_lets_nothing_go() {
        let folder = tempfile::tempdir().unwrap();
        let options = Options {
            segment_bytes: 4096,
            budget_bytes: 16 << 10,
            recent_bytes: 0,
            required: vec!["must".into()],
        };
        let store = Store::open(folder.path().into(), ChainId::evm(1), options).unwrap();
        let mut rehearsal = Rehearsal::new(5);
        for _ in 0..40 {
            store.append([1, 2, 3, 7].map(|choice| rehearsal.draft(choice)).into()).unwrap();
        }
        let held = store.extent();
        let tail = store.tail().unwrap();
        let mark = Acknowledged { seq: tail.seq, id: tail.id };
        // As an append finds it that has written its events and comes to the old segments.
        hold(&store.marks_file).kept.insert("must".into(), mark);
        store.retire();
        assert!(matches!(store.let_go(), Err(JournalError::Halted { .. })));
        assert_eq!(store.extent(), held);
        store.retired.store(false, std::sync::atomic::Ordering::SeqCst);
        store.let_go().unwrap();
        assert!(store.extent().bytes < held.bytes, "nothing was to be let go");
    }
}
