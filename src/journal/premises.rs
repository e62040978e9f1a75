//! Where one stream's journal lies: it is opened here, and one opening at a time is at work.
//!
//! *Why.* An opening cuts what is torn and writes the marks anew. One that was given up comes to its end in the background all the
//! same: whoever opens next waits for it, for what is cut off beside a living writer may be durable.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::sync::Mutex;

use super::disk::{DiskJournal, blocking, stream_folder};
use super::error::JournalError;
use super::retention::Options;
use super::store::Store;
use crate::core::chain_id::ChainId;

/// Where one stream's journal lies. Clones stand for the same place.
#[derive(Clone, Debug)]
pub struct Premises {
    folder: PathBuf,
    stream: ChainId,
    options: Options,
    entrance: Arc<Mutex<()>>,
}

impl Premises {
    /// The place of `stream` under `data_dir`; nothing is touched yet. All openings within a process go through clones of one.
    pub fn new(data_dir: &Path, stream: &ChainId, options: Options) -> Self {
        let folder = stream_folder(data_dir, stream);
        Self { folder, stream: stream.clone(), options, entrance: Arc::default() }
    }

    /// Opens the journal, repairs what a crash left torn, and makes it if there is none. The caller holds the
    /// [`super::lock::DataDirLock`].
    ///
    /// # Errors
    /// When the disk refuses, or holds what no crash explains; nothing is changed then.
    pub async fn open(&self) -> Result<DiskJournal, JournalError> {
        self.enter(Store::open).await
    }

    /// Opens it again, while its stream is under way: it is not made anew. The log before it is to be retired first.
    ///
    /// # Errors
    /// As [`Self::open`]; `Gone` when its folder is no longer there.
    pub async fn reopen(&self) -> Result<DiskJournal, JournalError> {
        self.enter(|folder, stream, options| {
            if folder.try_exists().is_ok_and(|exists| !exists) {
                return Err(JournalError::Gone { path: folder });
            }
            Store::open(folder, stream, options)
        })
        .await
    }

    async fn enter(
        &self,
        open: impl FnOnce(PathBuf, ChainId, Options) -> Result<Store, JournalError> + Send + 'static,
    ) -> Result<DiskJournal, JournalError> {
        let Self { folder, stream, options, entrance } = self.clone();
        let entered = entrance.lock_owned().await;
        let store = blocking(&self.folder, move || {
            // It goes with the work, not with whoever waits for it.
            let _entered = entered;
            open(folder, stream, options)
        });
        store.await.map(DiskJournal::of)
    }
}

#[cfg(test)]
mod tests {
    use std::fs::OpenOptions;
    use std::io::Write;
    use std::process::Command;
    use std::time::Duration;

    use super::*;
    use crate::core::event_id::EventId;
    use crate::core::numbers::Seq;
    use crate::core::rehearsal::Rehearsal;
    use crate::journal::{Acknowledged, Journal};

    #[tokio::test]
    async fn an_opening_that_was_given_up_is_over_before_the_next_one_begins() {
        let folder = tempfile::tempdir().unwrap();
        let premises = Premises::new(folder.path(), &ChainId::evm(1), Options::default());
        let journal = premises.open().await.unwrap();
        let told = journal.append(vec![Rehearsal::new(5).apply(1)]).await.unwrap();
        let mark = Acknowledged { seq: told[0].envelope.seq, id: told[0].envelope.id };
        journal.acknowledge("heard by the stalled one", mark).await.unwrap();
        journal.retire().await;
        // The disk stalls where an opening reads the marks.
        let marks = premises.folder.join("acknowledged.jsonl");
        let line = std::fs::read(&marks).unwrap();
        std::fs::remove_file(&marks).unwrap();
        assert!(Command::new("mkfifo").arg(&marks).status().unwrap().success());
        let mut stalled = Box::pin(premises.open());
        assert!(futures_util::poll!(&mut stalled).is_pending());
        let pipe = marks.clone();
        let open = move || OpenOptions::new().write(true).open(pipe);
        let mut disk = tokio::task::spawn_blocking(open).await.unwrap().unwrap();
        std::fs::remove_file(&marks).unwrap();
        drop(stalled);
        let next = tokio::spawn({
            let premises = premises.clone();
            async move { premises.reopen().await }
        });
        // Time enough for one that does not wait; one that waits may take as long as it likes.
        tokio::time::sleep(Duration::from_millis(300)).await;
        disk.write_all(&line).unwrap();
        drop(disk);
        let next = next.await.unwrap().unwrap();
        assert_eq!(next.acknowledged("heard by the stalled one"), Some(mark));
    }

    #[tokio::test]
    async fn a_log_that_was_retired_writes_no_mark_beside_its_successor() {
        let folder = tempfile::tempdir().unwrap();
        let premises = Premises::new(folder.path(), &ChainId::evm(1), Options::default());
        let old = premises.open().await.unwrap();
        old.retire().await;
        let fresh = premises.reopen().await.unwrap();
        let mark = |seq: u64| Acknowledged { seq: Seq(seq), id: EventId([1; 16]) };
        let told = fresh.append(vec![Rehearsal::new(5).apply(1)]).await.unwrap();
        let newest = Acknowledged { seq: told[0].envelope.seq, id: told[0].envelope.id };
        fresh.acknowledge("a", newest).await.unwrap();
        assert!(matches!(old.acknowledge("a", mark(9)).await, Err(JournalError::Halted { .. })));
        fresh.retire().await;
        assert_eq!(premises.reopen().await.unwrap().acknowledged("a"), Some(newest));
    }
}
