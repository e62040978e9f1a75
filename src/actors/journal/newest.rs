//! The log as it was opened last, at hand for whoever takes the post after a death.
//!
//! *Why.* A log must still hold the end of the one before it. A successor that began from the first one would ask for an event
//! that may have been let go long ago.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use crate::journal::Journal as Log;

/// One chain's log, shared by all lives of its Journal.
#[derive(Clone)]
pub struct Newest(Rc<RefCell<Arc<dyn Log>>>);

impl Newest {
    /// As it was opened at the start.
    pub fn new(log: Arc<dyn Log>) -> Self {
        Self(Rc::new(RefCell::new(log)))
    }

    /// The log.
    pub fn get(&self) -> Arc<dyn Log> {
        self.0.borrow().clone()
    }

    /// It was opened again.
    pub fn put(&self, log: Arc<dyn Log>) {
        *self.0.borrow_mut() = log;
    }
}
