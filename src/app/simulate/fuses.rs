//! Panics on order: whoever is armed panics at its next chance, inside its own call to an edge.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::sim::schedule::deed::Victim;

/// What a panic on order carries.
struct Injected;

/// Who is to panic, and who has; clones share it.
#[derive(Clone, Debug, Default)]
pub struct Fuses(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    armed: Vec<Victim>,
    /// Deaths by path below the chain that were caused and not yet seen.
    caused: BTreeMap<String, u32>,
    blown: u64,
}

impl Fuses {
    /// This one is to panic.
    pub fn arm(&self, victim: Victim) {
        self.state().armed.push(victim);
    }

    /// Nobody is to panic any more.
    pub fn disarm(&self) {
        self.state().armed.clear();
    }

    /// Panics, if this one is to.
    pub fn burn(&self, victim: impl Fn(&Victim) -> bool) {
        let mut state = self.state();
        if state.armed.is_empty() {
            return;
        }
        let Some(place) = state.armed.iter().position(victim) else { return };
        let blown = state.armed.remove(place);
        state.blown += 1;
        *state.caused.entry(blown.path()).or_default() += 1;
        drop(state);
        // Not by the macro: the hook is for panics that nobody ordered.
        std::panic::resume_unwind(Box::new(Injected));
    }

    /// A death at this path below the chain was seen; tells whether it was ordered.
    #[must_use]
    pub fn explains(&self, path: &str) -> bool {
        let mut state = self.state();
        match state.caused.get_mut(path) {
            Some(count) if *count > 0 => {
                *count -= 1;
                true
            }
            _ => false,
        }
    }

    /// The daemon as a whole is gone: no more deaths will be seen.
    pub fn forget(&self) {
        self.state().caused.clear();
    }

    /// Panics so far.
    pub fn blown(&self) -> u64 {
        self.state().blown
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
