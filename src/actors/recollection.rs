//! What is remembered of one chain's providers, at hand for whoever begins a new life.
//!
//! The Archive alone writes it; whoever is born reads it once. Like last words it outlives the actors.

use std::sync::{Arc, Mutex, PoisonError};

use crate::core::memory::{Memory, Remembered};

/// The memory of one chain, shared.
#[derive(Clone, Debug, Default)]
pub struct Recollection(Arc<Mutex<Memory>>);

impl Recollection {
    /// What was remembered at the start of the process.
    pub fn new(memory: Memory) -> Self {
        Self(Arc::new(Mutex::new(memory)))
    }

    /// All of it.
    pub fn all(&self) -> Memory {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What is remembered of one provider.
    pub fn of(&self, provider: &str) -> Remembered {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).of(provider)
    }

    /// Changes it.
    pub fn change(&self, change: impl FnOnce(&mut Memory)) {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner));
    }
}
