//! The furthest that a sink was seen to be, at hand for whoever takes the post after a death.
//!
//! *Why.* A sink whose file was moved away under it opens a new one at the next attempt, and says that it holds nothing. Whoever
//! knew no better would go on there, and the stream would lie in two halves. So what was seen once outlasts attempts and lives; a
//! restart of the process forgets it, and is how a person begins anew.

use std::cell::Cell;
use std::rc::Rc;

use crate::core::numbers::Seq;

/// One sink's furthest place, shared by all lives of its actor.
#[derive(Clone, Debug, Default)]
pub struct Furthest(Rc<Cell<Option<Seq>>>);

impl Furthest {
    /// The last event that it was seen to hold; `None` while it was seen to hold none.
    pub fn get(&self) -> Option<Seq> {
        self.0.get()
    }

    /// It holds everything up to `seq`.
    pub fn reached(&self, seq: Seq) {
        self.0.set(self.0.get().max(Some(seq)));
    }
}
