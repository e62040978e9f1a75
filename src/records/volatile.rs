//! Records that live in memory: for the simulated world, and for what leaves nothing behind.

use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;

use super::{Found, Records, RecordsError};
use crate::core::case::Case;
use crate::core::memory::Memory;

/// Clones share what they hold, as processes share a disk.
#[derive(Clone, Debug, Default)]
pub struct VolatileRecords(Arc<Mutex<Held>>);

#[derive(Debug, Default)]
struct Held {
    memory: Option<String>,
    cases: Vec<(String, String)>,
}

impl VolatileRecords {
    /// Every case that was filed: the name of its file, and its text.
    pub fn cases(&self) -> Vec<(String, String)> {
        self.held().cases.clone()
    }

    /// What is remembered.
    pub fn found(&self) -> Found {
        let text = self.held().memory.clone();
        match text.map(|text| Memory::read(text.as_bytes())) {
            None => Found::default(),
            Some(Ok(memory)) => Found { memory, warning: None },
            Some(Err(error)) => Found { memory: Memory::default(), warning: Some(error.to_string()) },
        }
    }

    fn held(&self) -> std::sync::MutexGuard<'_, Held> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Records for VolatileRecords {
    async fn recall(&self) -> Found {
        self.found()
    }

    async fn keep(&self, memory: Memory) -> Result<(), RecordsError> {
        self.held().memory = Some(memory.text());
        Ok(())
    }

    async fn file(&self, case: Case) -> Result<String, RecordsError> {
        let name = case.file_name();
        self.held().cases.push((name.clone(), case.to_string()));
        Ok(name)
    }
}
