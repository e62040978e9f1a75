//! The newest events, in memory: what a sink at the tip reads.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::core::event::Event;
use crate::core::numbers::Seq;

/// The newest events, without a gap, as many as a budget of bytes allows.
#[derive(Debug)]
pub struct Recent {
    events: VecDeque<Arc<Event>>,
    bytes: usize,
    budget_bytes: usize,
}

impl Recent {
    /// An empty memory.
    pub fn new(budget_bytes: usize) -> Self {
        Self { events: VecDeque::new(), bytes: 0, budget_bytes }
    }

    /// Remembers the next event, and forgets the oldest ones for it.
    pub fn push(&mut self, event: Arc<Event>) {
        self.bytes += event.size();
        self.events.push_back(event);
        while self.bytes > self.budget_bytes
            && let Some(oldest) = self.events.pop_front()
        {
            self.bytes -= oldest.size();
        }
    }

    /// The events after `after`, at least one, else as many as fit; `None` if they are not remembered.
    pub fn after(&self, after: Seq, max_bytes: usize) -> Option<Vec<Arc<Event>>> {
        let first = self.events.front()?.envelope.seq;
        let skipped = usize::try_from(after.next().0.checked_sub(first.0)?).ok()?;
        let events = self.events.range(skipped.min(self.events.len())..);
        Some(fitting(events, max_bytes))
    }

    /// One event, if it is remembered.
    pub fn get(&self, seq: Seq) -> Option<&Arc<Event>> {
        let first = self.events.front()?.envelope.seq;
        self.events.get(usize::try_from(seq.0.checked_sub(first.0)?).ok()?)
    }
}

/// The first of `events`, and those behind it that fit into `max_bytes` with it.
pub fn fitting<'a>(events: impl Iterator<Item = &'a Arc<Event>>, max_bytes: usize) -> Vec<Arc<Event>> {
    let mut bytes = 0_usize;
    let fits = |(at, event): &(usize, &Arc<Event>)| {
        bytes = bytes.saturating_add(event.size());
        *at == 0 || bytes <= max_bytes
    };
    events.enumerate().take_while(fits).map(|(_, event)| event.clone()).collect()
}
