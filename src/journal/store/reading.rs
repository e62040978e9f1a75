//! How events are found and read again.

use std::ops::Range;
use std::sync::Arc;

use super::{State, Store};
use crate::core::event::Event;
use crate::core::event_id::EventId;
use crate::core::header::Header;
use crate::core::numbers::{Height, Seq};
use crate::journal::backward::Backward;
use crate::journal::error::JournalError;
use crate::journal::index::SegmentIndex;
use crate::journal::{Located, hold};

/// Some neighbouring events of one segment.
type Piece = (Arc<SegmentIndex>, Range<usize>);

/// Where the events come from.
enum Plan {
    Memory(Vec<Arc<Event>>),
    Disk(Vec<Piece>),
}

impl Store {
    /// See [`super::Journal::canonical`].
    pub fn canonical(&self, depth: usize) -> Result<(Vec<Header>, Option<Height>), JournalError> {
        let segments: Vec<_> = hold(&self.state).segments.iter().rev().cloned().collect();
        let finalized = segments.iter().find_map(|segment| segment.span.finalized);
        let mut walk = Backward::new(depth, finalized);
        'walk: for segment in segments {
            let mut file = segment.open()?;
            for position in (0..segment.len()).rev() {
                if walk.take(&segment.envelope(&mut file, position)?).is_break() {
                    break 'walk;
                }
            }
        }
        Ok(walk.finish())
    }

    /// The events after `after` if no disk is needed for them. See [`super::Journal::read`].
    pub fn read_memory(&self, after: Seq, max_bytes: usize) -> Result<Option<Vec<Arc<Event>>>, JournalError> {
        match self.plan(after, max_bytes)? {
            Plan::Memory(events) => Ok(Some(events)),
            Plan::Disk(_) => Ok(None),
        }
    }

    /// See [`super::Journal::read`].
    pub fn read(&self, after: Seq, max_bytes: usize) -> Result<Vec<Arc<Event>>, JournalError> {
        let pieces = match self.plan(after, max_bytes)? {
            Plan::Memory(events) => return Ok(events),
            Plan::Disk(pieces) => pieces,
        };
        let mut events = Vec::new();
        for (segment, positions) in pieces {
            match segment.read(positions) {
                Ok(read) => events.extend(read.into_iter().map(Arc::new)),
                Err(error) => return Err(self.expired_meanwhile(after, error)),
            }
        }
        Ok(events)
    }

    fn plan(&self, after: Seq, max_bytes: usize) -> Result<Plan, JournalError> {
        let state = hold(&self.state);
        let asked = after.next();
        match state.segments.front() {
            None => return Ok(Plan::Memory(Vec::new())),
            Some(oldest) if asked < oldest.span.first => {
                return Err(JournalError::Expired { asked, first: oldest.span.first });
            }
            Some(_) => {}
        }
        let remembered = state.recent.after(after, max_bytes).map(Plan::Memory);
        Ok(remembered.unwrap_or_else(|| Plan::Disk(state.pieces(asked, max_bytes))))
    }

    /// What an error means if retention has removed the segment between planning and reading.
    fn expired_meanwhile(&self, after: Seq, error: JournalError) -> JournalError {
        match hold(&self.state).segments.front().map(|oldest| oldest.span.first) {
            Some(first) if after.next() < first => JournalError::Expired { asked: after.next(), first },
            _ => error,
        }
    }

    /// See [`super::Journal::locate`].
    pub fn locate(&self, seq: Seq, id: EventId) -> Result<Located, JournalError> {
        let segment = {
            let state = hold(&self.state);
            let Some(oldest) = state.segments.front() else { return Ok(Located::Unknown) };
            let first = oldest.span.first;
            if seq.next() == first {
                return Ok(here_if(oldest.header.previous_id == id, seq));
            }
            if seq < first {
                return Ok(Located::Expired { first });
            }
            if let Some(event) = state.recent.get(seq) {
                return Ok(here_if(event.envelope.id == id, seq));
            }
            state.segment(seq).cloned()
        };
        let place = segment.and_then(|segment| segment.position(seq).map(|position| (segment, position)));
        let Some((segment, position)) = place else { return Ok(Located::Unknown) };
        let read = segment.open().and_then(|mut file| segment.envelope(&mut file, position));
        match read.map_err(|error| self.expired_meanwhile(seq.minus(1), error)) {
            Ok(envelope) => Ok(here_if(envelope.id == id, seq)),
            Err(JournalError::Expired { first, .. }) => Ok(Located::Expired { first }),
            Err(error) => Err(error),
        }
    }
}

impl State {
    fn segment(&self, seq: Seq) -> Option<&Arc<SegmentIndex>> {
        let behind = self.segments.partition_point(|segment| segment.span.first <= seq);
        self.segments.get(behind.checked_sub(1)?)
    }

    fn pieces(&self, from: Seq, max_bytes: usize) -> Vec<Piece> {
        let begin = self.segments.partition_point(|segment| segment.span.end() <= from);
        let mut left = Budget { bytes: max_bytes, taken: false };
        let mut pieces = Vec::new();
        for segment in self.segments.range(begin..) {
            let first = segment.position(from.max(segment.span.first)).unwrap_or(segment.len());
            let last = (first..segment.len()).find(|position| !left.take(segment.event_size(*position)));
            let end = last.unwrap_or(segment.len());
            if first < end {
                pieces.push((segment.clone(), first..end));
            }
            if last.is_some() {
                break;
            }
        }
        pieces
    }
}

/// What may still be read: the first event always.
struct Budget {
    bytes: usize,
    taken: bool,
}

impl Budget {
    fn take(&mut self, size: usize) -> bool {
        let left = self.bytes.checked_sub(size);
        let fits = left.is_some() || !self.taken;
        self.bytes = left.unwrap_or(0);
        self.taken = true;
        fits
    }
}

/// The answer of `locate` for an event that is held.
pub fn here_if(same: bool, seq: Seq) -> Located {
    if same { Located::Here(seq) } else { Located::Unknown }
}
