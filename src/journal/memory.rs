//! The journal's twin in memory: the same answers, no disk, no threads, no timers. For the simulated world and for tests.

use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;

use super::backward::Backward;
use super::error::JournalError;
use super::marks::Marks;
use super::recent::fitting;
use super::record::record_bytes;
use super::retention::{Options, Span, expendable, held_by, needed};
use super::segment::SegmentHeader;
use super::store::{here_if, seal};
use super::{Acknowledged, Extent, Journal, Located, hold};
use crate::core::chain_id::ChainId;
use crate::core::event::{Draft, Event, Tail};
use crate::core::event_id::EventId;
use crate::core::header::Header;
use crate::core::numbers::{Height, Seq};

/// One stream's journal, in memory. It is cut into segments as the one on disk is, so that it lets go of the same events.
#[derive(Debug)]
pub struct MemoryJournal {
    stream: ChainId,
    options: Options,
    state: Mutex<State>,
}

#[derive(Clone, Debug, Default)]
struct State {
    start: Option<Height>,
    tail: Option<Tail>,
    spans: Vec<Span>,
    events: VecDeque<Arc<Event>>,
    marks: Marks,
    health: Health,
    /// Where the log ended before an append that failed and left something: whoever had it open knows of no more.
    known: Option<Option<Tail>>,
    memory: Memory,
}

/// What becomes of the sinks' marks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Memory {
    /// They are kept.
    #[default]
    Keeps,
    /// They are lost, as a mark is that only an earlier opening of the log has heard.
    Loses,
}

/// What an append that fails has left on the disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Left {
    /// Nothing: the disk was full.
    Nothing,
    /// All of it: only what came after was refused.
    Everything,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Health {
    #[default]
    Well,
    /// The next append fails.
    Failing(Left),
    /// An append has failed.
    Halted,
}

impl MemoryJournal {
    /// An empty journal. Of the options, `recent_bytes` has no meaning here.
    pub fn new(stream: ChainId, options: Options) -> Self {
        Self { stream, options, state: Mutex::default() }
    }

    /// Makes the next append fail; all later ones are refused until [`Self::reopen`].
    pub fn fail_next_append(&self, left: Left) {
        hold(&self.state).health = Health::Failing(left);
    }

    /// What opening the journal on disk again does: what is there is seen, and appends are taken again.
    pub fn reopen(&self) {
        let mut state = hold(&self.state);
        (state.health, state.known) = (Health::Well, None);
    }

    /// Says what becomes of the marks from now on.
    pub fn turn(&self, memory: Memory) {
        hold(&self.state).memory = memory;
    }

    /// The journal as another opening finds it: what this one holds now, in an object of its own.
    pub fn opened_anew(&self) -> Self {
        let state = State { health: Health::Well, known: None, ..hold(&self.state).clone() };
        Self { stream: self.stream.clone(), options: self.options.clone(), state: Mutex::new(state) }
    }

    fn name(&self) -> PathBuf {
        PathBuf::from(format!("{} in memory", self.stream))
    }

    fn io(&self, kind: std::io::ErrorKind) -> JournalError {
        JournalError::io(&self.name(), "append")(kind.into())
    }
}

#[async_trait]
impl Journal for MemoryJournal {
    async fn append(&self, drafts: Vec<Draft>) -> Result<Vec<Arc<Event>>, JournalError> {
        let mut state = hold(&self.state);
        if state.health == Health::Halted {
            return Err(JournalError::Halted { path: self.name() });
        }
        let Some(first) = drafts.first().map(|draft| draft.header.height) else { return Ok(Vec::new()) };
        let failing = state.health;
        if matches!(failing, Health::Failing(_)) {
            (state.health, state.known) = (Health::Halted, Some(state.tail));
        }
        if failing == Health::Failing(Left::Nothing) {
            return Err(self.io(std::io::ErrorKind::StorageFull));
        }
        let tail = state.tail.unwrap_or_else(|| Tail::genesis(&self.stream, first));
        let events = seal(drafts, &self.stream, tail);
        let sizes: Result<Vec<u64>, _> = events.iter().map(|event| record_bytes(event)).collect();
        let sizes = sizes.map_err(|_| self.io(std::io::ErrorKind::InvalidInput))?;
        let start = *state.start.get_or_insert(first);
        let header = SegmentHeader::following(&self.stream, start, &tail);
        state.make_room(&header, sizes.iter().sum(), &self.options);
        for (event, bytes) in events.iter().zip(sizes) {
            state.push(event, bytes);
        }
        state.let_go(&self.options);
        match failing {
            Health::Failing(_) => Err(self.io(std::io::ErrorKind::Other)),
            Health::Well | Health::Halted => Ok(events),
        }
    }

    async fn retire(&self) {
        hold(&self.state).health = Health::Halted;
    }

    fn tail(&self) -> Option<Tail> {
        let state = hold(&self.state);
        state.known.unwrap_or(state.tail)
    }

    fn extent(&self) -> Extent {
        let state = hold(&self.state);
        Extent {
            start: state.start,
            first: state.first(),
            last: state.tail.map_or(Seq(0), |tail| tail.seq),
            bytes: state.spans.iter().map(|span| span.bytes).sum(),
        }
    }

    async fn canonical(&self, depth: usize) -> Result<(Vec<Header>, Option<Height>), JournalError> {
        let state = hold(&self.state);
        let mut walk = Backward::new(depth, state.spans.iter().rev().find_map(|span| span.finalized));
        for event in state.events.iter().rev() {
            if walk.take(&event.envelope).is_break() {
                break;
            }
        }
        Ok(walk.finish())
    }

    async fn read(&self, after: Seq, max_bytes: usize) -> Result<Vec<Arc<Event>>, JournalError> {
        let state = hold(&self.state);
        let Some(first) = state.first() else { return Ok(Vec::new()) };
        let asked = after.next();
        if asked < first {
            return Err(JournalError::Expired { asked, first });
        }
        let skipped = usize::try_from(asked.beyond(first)).unwrap_or(usize::MAX);
        Ok(fitting(state.events.range(skipped.min(state.events.len())..), max_bytes))
    }

    async fn locate(&self, seq: Seq, id: EventId) -> Result<Located, JournalError> {
        let state = hold(&self.state);
        let Some(oldest) = state.events.front().map(|event| &event.envelope) else {
            return Ok(Located::Unknown);
        };
        if seq.next() == oldest.seq {
            return Ok(here_if(oldest.prev_id == id, seq));
        }
        if seq < oldest.seq {
            return Ok(Located::Expired { first: oldest.seq });
        }
        let position = usize::try_from(seq.beyond(oldest.seq)).unwrap_or(usize::MAX);
        Ok(here_if(state.events.get(position).is_some_and(|event| event.envelope.id == id), seq))
    }

    async fn acknowledge(&self, sink: &str, mark: Acknowledged) -> Result<(), JournalError> {
        let mut state = hold(&self.state);
        if state.memory == Memory::Keeps {
            state.marks.insert(sink.into(), mark);
        }
        state.let_go(&self.options);
        Ok(())
    }

    fn acknowledged(&self, sink: &str) -> Option<Acknowledged> {
        hold(&self.state).marks.get(sink).copied()
    }

    fn held_by(&self) -> Option<String> {
        let state = hold(&self.state);
        held_by(&state.spans, &self.options, |sink| state.marks.get(sink).map(|mark| mark.seq))
    }
}

impl State {
    fn first(&self) -> Option<Seq> {
        self.events.front().map(|event| event.envelope.seq)
    }

    fn make_room(&mut self, header: &SegmentHeader, more: u64, options: &Options) {
        if self.spans.last().is_none_or(|last| last.is_full(more, options)) {
            self.spans.push(Span::empty(header.first, header.bytes()));
        }
    }

    fn push(&mut self, event: &Arc<Event>, bytes: u64) {
        if let Some(last) = self.spans.last_mut() {
            last.add(&event.envelope, bytes);
        }
        self.tail = Some(event.tail());
        self.events.push_back(event.clone());
    }

    fn let_go(&mut self, options: &Options) {
        let marks = |sink: &str| self.marks.get(sink).map(|mark| mark.seq);
        let count = expendable(&self.spans, options.budget_bytes, needed(options, marks));
        for span in self.spans.drain(..count) {
            let events = usize::try_from(span.count).unwrap_or(usize::MAX);
            self.events.drain(..events.min(self.events.len()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::rehearsal::Rehearsal;

    /// A journal of one event, and who goes on with it.
    async fn begun() -> (MemoryJournal, Rehearsal) {
        let (journal, mut rehearsal) =
            (MemoryJournal::new(ChainId::evm(1), Options::default()), Rehearsal::new(5));
        journal.append(vec![rehearsal.apply(1)]).await.unwrap();
        (journal, rehearsal)
    }

    #[tokio::test]
    async fn a_failed_append_halts_the_twin_as_it_halts_the_journal() {
        let (journal, mut rehearsal) = begun().await;
        let held = journal.extent();
        journal.fail_next_append(Left::Nothing);
        let draft = rehearsal.apply(2);
        let failed = journal.append(vec![draft.clone()]).await;
        assert!(matches!(failed, Err(JournalError::Io { .. })));
        let halted = journal.append(vec![draft.clone()]).await;
        assert!(matches!(halted, Err(JournalError::Halted { .. })));
        assert_eq!(journal.extent(), held);
        journal.reopen();
        assert_eq!(journal.append(vec![draft]).await.unwrap()[0].envelope.seq, Seq(2));
    }

    #[tokio::test]
    async fn what_a_failed_append_left_is_seen_once_the_twin_is_opened_again() {
        let (journal, mut rehearsal) = begun().await;
        let known = journal.tail();
        journal.fail_next_append(Left::Everything);
        let failed = journal.append(vec![rehearsal.apply(2)]).await;
        assert!(matches!(failed, Err(JournalError::Io { .. })));
        assert_eq!(journal.tail(), known);
        journal.reopen();
        assert_eq!(journal.tail().unwrap().seq, Seq(2));
        assert_eq!(journal.append(vec![rehearsal.apply(3)]).await.unwrap()[0].envelope.seq, Seq(3));
    }
}
