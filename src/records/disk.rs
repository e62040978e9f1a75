//! Records on disk, under the data folder: `memory/STREAM.json` and `evidence/CHAIN/`.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;

use super::evidence;
use super::{Found, Records, RecordsError};
use crate::core::case::Case;
use crate::core::chain_id::ChainId;
use crate::core::memory::Memory;

/// One chain's records under a data folder. The blocking work happens on threads made for it; what was given up on its way
/// still comes to its end there, but never after something newer has begun.
#[derive(Clone, Debug)]
pub struct DiskRecords {
    memory: PathBuf,
    evidence: PathBuf,
    turns: Arc<Turns>,
}

/// Who writes: one at a time, and no memory in place of a newer one.
#[derive(Debug, Default)]
struct Turns {
    asked: AtomicU64,
    /// The number of the newest memory that was begun.
    begun: Mutex<u64>,
}

impl Turns {
    fn ask(&self) -> u64 {
        self.asked.fetch_add(1, Ordering::Relaxed) + 1
    }

    fn take(&self) -> MutexGuard<'_, u64> {
        self.begun.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl DiskRecords {
    /// The records of the chain called `chain`, whose stream is `stream`, under `data_dir`. The name must do as the name of a
    /// folder; nothing is touched yet.
    pub fn new(data_dir: &Path, stream: &ChainId, chain: &str) -> Self {
        let file = format!("{}.json", stream.as_str().replace(':', "."));
        let (memory, evidence) = (data_dir.join("memory").join(file), data_dir.join("evidence").join(chain));
        Self { memory, evidence, turns: Arc::default() }
    }
}

#[async_trait]
impl Records for DiskRecords {
    async fn recall(&self) -> Found {
        let path = self.memory.clone();
        tokio::task::spawn_blocking(move || read(&path)).await.unwrap_or_default()
    }

    async fn keep(&self, memory: Memory) -> Result<(), RecordsError> {
        let (path, turns) = (self.memory.clone(), self.turns.clone());
        let number = turns.ask();
        let save = move || {
            let mut begun = turns.take();
            if *begun > number {
                return Ok(());
            }
            *begun = number;
            replace(&path, memory.text().as_bytes())
        };
        blocking(&self.memory, save).await
    }

    async fn file(&self, case: Case) -> Result<String, RecordsError> {
        let (folder, turns) = (self.evidence.clone(), self.turns.clone());
        let file = move || {
            let _alone = turns.take();
            evidence::file(&folder, &case)
        };
        blocking(&self.evidence, file).await
    }
}

async fn blocking<T: Send + 'static>(
    path: &Path,
    work: impl FnOnce() -> Result<T, RecordsError> + Send + 'static,
) -> Result<T, RecordsError> {
    let done = tokio::task::spawn_blocking(work).await;
    done.unwrap_or_else(|error| Err(refused(path, "finish its work")(io::Error::other(error))))
}

/// What the system said about `path`.
pub(super) fn refused(path: &Path, action: &'static str) -> impl FnOnce(io::Error) -> RecordsError {
    let path = path.to_owned();
    move |source| RecordsError { path, action, source }
}

fn read(path: &Path) -> Found {
    let fault = match fs::read(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Found::default(),
        Err(error) => format!("cannot be read: {error}"),
        Ok(text) => match Memory::read(&text) {
            Ok(memory) => return Found { memory, warning: None },
            Err(error) => error.to_string(),
        },
    };
    let outcome = match set_aside(path) {
        Ok(aside) => format!("it was set aside as {}", aside.display()),
        Err(error) => format!("it could not be set aside ({error}) and will be replaced"),
    };
    let warning =
        format!("{}: {fault}; {outcome}. Quarantines, cordons and scores begin anew", path.display());
    Found { memory: Memory::default(), warning: Some(warning) }
}

/// Gives a file a name that is free, so that nothing overwrites it.
fn set_aside(path: &Path) -> io::Result<PathBuf> {
    let named = |number: u32| path.with_extension(format!("json.unreadable-{number}"));
    let free = (1..1000).map(named).find(|aside| !aside.exists()).unwrap_or_else(|| named(1000));
    fs::rename(path, &free)?;
    Ok(free)
}

/// Puts a file in the place of another, whole or not at all.
pub(super) fn replace(path: &Path, text: &[u8]) -> Result<(), RecordsError> {
    let folder = path.parent().unwrap_or(path);
    make_folder(folder)?;
    let mut new = path.as_os_str().to_owned();
    new.push(".new");
    let new = PathBuf::from(new);
    let mut file = File::create(&new).map_err(refused(&new, "create"))?;
    file.write_all(text).and_then(|()| file.sync_all()).map_err(refused(&new, "write"))?;
    fs::rename(&new, path).map_err(refused(path, "name"))?;
    sync_folder(folder)
}

fn sync_folder(folder: &Path) -> Result<(), RecordsError> {
    File::open(folder).and_then(|opened| opened.sync_all()).map_err(refused(folder, "sync"))
}

/// Makes a folder and those above it, each durable before the next.
fn make_folder(folder: &Path) -> Result<(), RecordsError> {
    if folder.as_os_str().is_empty() || folder.is_dir() {
        return Ok(());
    }
    let parent = folder.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    make_folder(parent)?;
    match fs::create_dir(folder) {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => Err(refused(folder, "create")(error)),
        _ => sync_folder(parent),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use futures_util::FutureExt;

    use super::*;
    use crate::core::memory::Sanctions;

    fn memory(name: &str) -> Memory {
        let mut memory = Memory::default();
        memory.decide(BTreeMap::from([(name.into(), Sanctions::default())]));
        memory
    }

    fn records(folder: &Path) -> DiskRecords {
        DiskRecords::new(&folder.join("data"), &ChainId::evm(1), "ethereum")
    }

    #[tokio::test]
    async fn the_last_memory_that_was_kept_is_recalled() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(records(folder.path()).recall().await.warning, None);
        for name in ["a", "b"] {
            records(folder.path()).keep(memory(name)).await.unwrap();
        }
        let found = records(folder.path()).recall().await;
        assert_eq!((found.memory, found.warning), (memory("b"), None));
        assert!(folder.path().join("data/memory/eip155.1.json").exists());
    }

    #[tokio::test]
    async fn a_file_cut_at_any_byte_is_set_aside_and_told_of() {
        let folder = tempfile::tempdir().unwrap();
        records(folder.path()).keep(memory("a")).await.unwrap();
        let path = folder.path().join("data/memory/eip155.1.json");
        let whole = fs::read(&path).unwrap();
        // Less the line break at its end, which nobody misses.
        for (number, length) in (1..).zip(0..whole.len() - 1) {
            fs::write(&path, &whole[..length]).unwrap();
            let found = records(folder.path()).recall().await;
            let warning = found.warning.unwrap();
            let aside = folder.path().join(format!("data/memory/eip155.1.json.unreadable-{number}"));
            assert_eq!(fs::read(&aside).unwrap(), &whole[..length], "{warning}");
            assert!(warning.contains(&aside.display().to_string()) && !path.exists(), "{warning}");
            assert_eq!(found.memory, Memory::default());
        }
        records(folder.path()).keep(memory("b")).await.unwrap();
        assert_eq!(records(folder.path()).recall().await.memory, memory("b"));
    }

    #[tokio::test]
    async fn what_was_being_written_when_the_process_died_is_not_read() {
        let folder = tempfile::tempdir().unwrap();
        records(folder.path()).keep(memory("a")).await.unwrap();
        fs::write(folder.path().join("data/memory/eip155.1.json.new"), b"{\"format\":1,").unwrap();
        assert_eq!(records(folder.path()).recall().await.memory, memory("a"));
    }

    #[tokio::test]
    async fn a_save_that_was_given_up_never_replaces_a_newer_one() {
        let folder = tempfile::tempdir().unwrap();
        let records = records(folder.path());
        for _ in 0..50 {
            let (mut stalled, mut newer) = (records.keep(memory("old")), records.keep(memory("new")));
            let turn = records.turns.take();
            assert!((&mut stalled).now_or_never().is_none());
            assert!((&mut newer).now_or_never().is_none());
            drop(turn);
            newer.await.unwrap();
            stalled.await.unwrap();
            assert_eq!(records.recall().await.memory, memory("new"));
        }
    }

    #[tokio::test]
    async fn a_disk_that_refuses_is_named() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("data"), b"a file in the way").unwrap();
        let error = records(folder.path()).keep(memory("a")).await.unwrap_err().to_string();
        assert!(error.contains("data/memory: cannot create"), "{error}");
    }
}
