//! A sink that behaves as it is told; what it took outlives the daemon.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use tokio::time::sleep;

use super::fuses::Fuses;
use super::trace::Trace;
use crate::core::event::Event;
use crate::core::event_id::EventId;
use crate::core::numbers::Seq;
use crate::sim::changes::Changes;
use crate::sim::oracle::{Memory, Mood, Oracle};
use crate::sim::schedule::deed::{Manner, Victim};
use crate::sink::error::SinkError;
use crate::sink::{Position, Sink};

/// What a sink holds, and how it behaves; clones are the same sink.
#[derive(Clone)]
pub struct Store {
    name: &'static str,
    memory: Memory,
    oracle: Oracle,
    fuses: Fuses,
    trace: Trace,
    changes: Changes,
    state: Arc<Mutex<State>>,
}

struct State {
    manner: Manner,
    last: Option<(Seq, EventId)>,
}

impl Store {
    /// An empty one.
    pub fn new(name: &'static str, memory: Memory, oracle: &Oracle, fuses: &Fuses, trace: &Trace) -> Self {
        oracle.enrol(name, memory);
        Self {
            name,
            memory,
            oracle: oracle.clone(),
            fuses: fuses.clone(),
            trace: trace.clone(),
            changes: Changes::default(),
            state: Arc::new(Mutex::new(State { manner: Manner::Well, last: None })),
        }
    }

    /// Its name.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Behaves like this from now on.
    pub fn turn(&self, manner: Manner) {
        self.state().manner = manner;
        self.oracle.sink_mood(self.name, if manner == Manner::Well { Mood::Well } else { Mood::Ill });
        self.changes.tell();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take(&self, events: &[Arc<Event>]) {
        let Some((first, last)) = events.first().zip(events.last()) else { return };
        self.trace.add(|| format!("> {} {} to {}", self.name, first.envelope.seq, last.envelope.seq));
        self.oracle.delivered(self.name, events);
        self.state().last = Some((last.envelope.seq, last.envelope.id));
    }

    async fn unstuck(&self) {
        let mut changes = self.changes.listen();
        while self.state().manner == Manner::Stuck {
            changes.changed().await;
        }
    }
}

#[async_trait]
impl Sink for Store {
    async fn position(&mut self) -> Result<Position, SinkError> {
        Ok(match (self.memory, self.state().last) {
            (Memory::None, _) => Position::Unknown,
            (Memory::Exact, None) => Position::Empty,
            (Memory::Exact, Some((seq, id))) => Position::After { seq, id },
        })
    }

    async fn deliver(&mut self, events: &[Arc<Event>]) -> Result<(), SinkError> {
        let name = self.name;
        self.fuses.burn(|victim| *victim == Victim::SinkBefore(name));
        let manner = self.state().manner;
        match manner {
            Manner::Well => {}
            Manner::Slow(time) => sleep(time).await,
            Manner::Stuck => self.unstuck().await,
            Manner::Refusing => return Err(SinkError::Transient("it refuses".into())),
            Manner::Forgetful => {
                self.take(events);
                return Err(SinkError::Transient("it took them, and says it did not".into()));
            }
        }
        self.take(events);
        Ok(())
    }
}
