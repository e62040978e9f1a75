//! The journal: the durable, ordered, hash-chained log of one stream.
//!
//! *Why.* Nobody sees an event before it is on disk; every sink pulls from here with a cursor of its own, so that a dead sink
//! costs nobody anything.
//! *Promised.* What `append` returned is there after `kill -9` and after a power cut. Events come back as they were written.
//! *Not promised.* Bodies beyond the retention budget. The last marks of the sinks after a power cut: what they stood for is
//! delivered again.

mod backward;
pub mod disk;
pub mod error;
mod index;
pub mod lock;
mod marks;
pub mod memory;
pub mod premises;
mod recent;
mod record;
mod recovery;
pub mod retention;
mod scan;
mod segment;
mod store;
pub mod verify;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;

use self::error::JournalError;
pub use self::verify::verify;
use crate::core::event::{Draft, Event, Tail};
use crate::core::event_id::EventId;
use crate::core::header::Header;
use crate::core::numbers::{Height, Seq};

/// What the journal says of a place that somebody claims to stand at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Located {
    /// It is there: the event with this number has this id.
    Here(Seq),
    /// It was there, but what follows it has been let go.
    Expired {
        /// The first event still held.
        first: Seq,
    },
    /// It is not of this stream.
    Unknown,
}

/// What a sink acknowledged last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Acknowledged {
    /// The event's number.
    pub seq: Seq,
    /// The event's id.
    pub id: EventId,
}

/// What the journal holds.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Extent {
    /// The first block of the stream; `None` before the first event.
    pub start: Option<Height>,
    /// The first event still held, with its body.
    pub first: Option<Seq>,
    /// The last event.
    pub last: Seq,
    /// Bytes on disk.
    pub bytes: u64,
}

/// The durable log of one stream. One writer at a time: `append` is called again only after it has answered.
#[async_trait]
pub trait Journal: Send + Sync {
    /// Seals the drafts in order and makes them durable, all or none.
    ///
    /// # Errors
    /// When they could not be made durable. The journal is then to be reopened: what it holds is not known.
    async fn append(&self, drafts: Vec<Draft>) -> Result<Vec<Arc<Event>>, JournalError>;

    /// Waits for what was given up on its way, and writes and removes nothing any more, marks and old segments included: the same
    /// log is about to be opened again, and two must not write to it.
    async fn retire(&self);

    /// The stream's end; `None` while it has no event.
    fn tail(&self) -> Option<Tail>;

    /// What is held.
    fn extent(&self) -> Extent;

    /// The canonical chain by the journal's own events, oldest first: from the last final block (or the stream's first
    /// block) to the tip, at most `depth` of them. And the height that was called final last.
    ///
    /// # Errors
    /// When the log cannot be read.
    async fn canonical(&self, depth: usize) -> Result<(Vec<Header>, Option<Height>), JournalError>;

    /// The events after `after`, in order, at least one if there is one, else as many as fit into `max_bytes`.
    ///
    /// # Errors
    /// When they cannot be read, or have been let go.
    async fn read(&self, after: Seq, max_bytes: usize) -> Result<Vec<Arc<Event>>, JournalError>;

    /// Where a place lies.
    ///
    /// # Errors
    /// When the log cannot be read.
    async fn locate(&self, seq: Seq, id: EventId) -> Result<Located, JournalError>;

    /// Remembers what a sink acknowledged. Whole segments that are over the budget, below the last final block, and that no
    /// `required` sink still needs are let go; so they are after an `append`.
    ///
    /// # Errors
    /// When the mark cannot be written, or a segment not removed.
    async fn acknowledge(&self, sink: &str, mark: Acknowledged) -> Result<(), JournalError>;

    /// What a sink acknowledged last.
    fn acknowledged(&self, sink: &str) -> Option<Acknowledged>;

    /// The `required` sink that keeps the journal over its budget: until it acknowledges, nothing more should be appended.
    fn held_by(&self) -> Option<String>;
}

/// Takes a lock. What it guards is whole at every moment, so one that a panic has poisoned is as good as any.
fn hold<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
