//! What a Manager leaves to whoever takes its post after a death: what operators contradict each other about, and what a person
//! decided.
//!
//! *Why.* Of a contradiction only the last words on it are known. A successor that knew none would follow whoever answers first,
//! though the others are merely away, and would end halts that only a person may end.

use std::cell::RefCell;
use std::rc::Rc;

use super::ruling::Progress;
use crate::core::consensus::Stance;

/// One chain's quarrel, shared by all lives of its Manager.
#[derive(Clone, Debug, Default)]
pub struct Legacy(Rc<RefCell<Option<(Stance, Progress)>>>);

impl Legacy {
    /// It stands so.
    pub(super) fn leave(&self, stance: Stance, progress: Progress) {
        *self.0.borrow_mut() = Some((stance, progress));
    }

    /// What a predecessor left, if there was one.
    pub(super) fn left(&self) -> Option<(Stance, Progress)> {
        self.0.borrow().clone()
    }
}
