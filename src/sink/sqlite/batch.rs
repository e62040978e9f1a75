//! A batch of events, read and ready to be written.

use std::sync::Arc;

use super::cell::Cell;
use super::rows::Rows;
use super::table::Row;
use crate::core::event::{Envelope, Event, Finality, Step};
use crate::core::event_id::EventId;
use crate::sink::Position;

/// A batch of events, read and ready to be written.
#[derive(Debug)]
pub struct Batch {
    /// The event that the database must end with; `None` if it must hold nothing of the stream.
    pub before: Option<EventId>,
    /// The last event of the batch; `None` if there is none.
    pub last: Option<Envelope>,
    /// A row of `events` for each.
    pub events: Vec<Row>,
    /// What they do to the chain, in order.
    pub changes: Vec<Change>,
}

/// What one event does to the canonical chain.
#[derive(Debug)]
pub enum Change {
    /// A block joins.
    Insert(Rows),
    /// A block leaves.
    Delete {
        /// Its number.
        number: Cell,
        /// Its hash.
        hash: Cell,
    },
}

impl Change {
    /// Whether it takes a block back.
    pub const fn undoes(&self) -> bool {
        matches!(self, Self::Delete { .. })
    }
}

impl Batch {
    /// Reads the bodies of `events`, which follow `position`. CPU-bound.
    pub fn prepare(position: Position, events: &[Arc<Event>]) -> Self {
        let before = match position {
            Position::After { id, .. } => Some(id),
            Position::Empty | Position::Unknown => None,
        };
        Self {
            before,
            last: events.last().map(|event| event.envelope.clone()),
            events: events.iter().map(|event| row(&event.envelope)).collect(),
            changes: events.iter().filter_map(|event| change(event)).collect(),
        }
    }
}

fn change(event: &Event) -> Option<Change> {
    let envelope = &event.envelope;
    match envelope.step {
        Step::Apply => Some(Change::Insert(Rows::of(event))),
        Step::Undo => Some(Change::Delete {
            number: Cell::count(envelope.block_number.0),
            hash: Cell::text(envelope.block_hash),
        }),
        Step::Final | Step::Skip => None,
    }
}

fn row(envelope: &Envelope) -> Row {
    let height =
        |height: Option<crate::core::numbers::Height>| height.map_or(Cell::Null, |it| Cell::count(it.0));
    let finality = match envelope.finality {
        Finality::Latest => "latest",
        Finality::Safe => "safe",
        Finality::Finalized => "finalized",
    };
    vec![
        Cell::text(&envelope.stream),
        Cell::count(envelope.seq.0),
        Cell::text(envelope.id),
        Cell::text(envelope.prev_id),
        Cell::count(envelope.epoch),
        Cell::text(envelope.step.name()),
        Cell::count(envelope.block_number.0),
        Cell::text(envelope.block_hash),
        Cell::text(envelope.parent_hash),
        Cell::text(&envelope.block_time),
        Cell::text(finality),
        height(envelope.safe_number),
        height(envelope.finalized_number),
        Cell::json(envelope.reorg.as_ref()),
        Cell::json(envelope.source.as_ref()),
    ]
}
