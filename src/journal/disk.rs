//! The journal on disk, as the actors see it: the blocking work happens on threads made for it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;

use super::error::JournalError;
use super::premises::Premises;
pub use super::retention::Options;
use super::store::Store;
use super::{Acknowledged, Extent, Journal, Located};
use crate::core::chain_id::ChainId;
use crate::core::event::{Draft, Event, Tail};
use crate::core::event_id::EventId;
use crate::core::header::Header;
use crate::core::numbers::{Height, Seq};

/// One stream's journal. A call that is given up on its way still comes to its end in the background, so what is on disk and
/// what is in memory never part.
#[derive(Clone, Debug)]
pub struct DiskJournal {
    store: Arc<Store>,
}

/// The folder of one stream's journal under a data folder. A dot stands for the colon, which no other part of a stream's name
/// can hold and every file system takes.
pub fn stream_folder(data_dir: &Path, stream: &ChainId) -> PathBuf {
    data_dir.join("journal").join(stream.as_str().replace(':', "."))
}

impl DiskJournal {
    /// Opens the journal of `stream` under `data_dir`, for whoever does so only once; see [`Premises::open`].
    ///
    /// # Errors
    /// As there.
    pub async fn open(data_dir: &Path, stream: &ChainId, options: Options) -> Result<Self, JournalError> {
        Premises::new(data_dir, stream, options).open().await
    }

    pub(super) fn of(store: Store) -> Self {
        Self { store: Arc::new(store) }
    }

    async fn with<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Store) -> Result<T, JournalError> + Send + 'static,
    ) -> Result<T, JournalError> {
        let store = self.store.clone();
        blocking(self.store.folder(), move || work(&store)).await
    }
}

pub(super) async fn blocking<T: Send + 'static>(
    folder: &Path,
    work: impl FnOnce() -> Result<T, JournalError> + Send + 'static,
) -> Result<T, JournalError> {
    let done = tokio::task::spawn_blocking(work).await;
    done.unwrap_or_else(|error| {
        Err(JournalError::io(folder, "finish its work")(std::io::Error::other(error)))
    })
}

#[async_trait]
impl Journal for DiskJournal {
    async fn append(&self, drafts: Vec<Draft>) -> Result<Vec<Arc<Event>>, JournalError> {
        self.with(|store| store.append(drafts)).await
    }

    async fn retire(&self) {
        let retired = self.with(|store| {
            store.retire();
            Ok(())
        });
        // Only a panic in it could fail: then nobody holds the writer.
        let _ = retired.await;
    }

    fn tail(&self) -> Option<Tail> {
        self.store.tail()
    }

    fn extent(&self) -> Extent {
        self.store.extent()
    }

    async fn canonical(&self, depth: usize) -> Result<(Vec<Header>, Option<Height>), JournalError> {
        self.with(move |store| store.canonical(depth)).await
    }

    async fn read(&self, after: Seq, max_bytes: usize) -> Result<Vec<Arc<Event>>, JournalError> {
        match self.store.read_memory(after, max_bytes)? {
            Some(events) => Ok(events),
            None => self.with(move |store| store.read(after, max_bytes)).await,
        }
    }

    async fn locate(&self, seq: Seq, id: EventId) -> Result<Located, JournalError> {
        self.with(move |store| store.locate(seq, id)).await
    }

    async fn acknowledge(&self, sink: &str, mark: Acknowledged) -> Result<(), JournalError> {
        let sink = sink.to_owned();
        self.with(move |store| store.acknowledge(&sink, mark)).await
    }

    fn acknowledged(&self, sink: &str) -> Option<Acknowledged> {
        self.store.acknowledged(sink)
    }

    fn held_by(&self) -> Option<String> {
        self.store.held_by()
    }
}

#[cfg(test)]
mod tests;
