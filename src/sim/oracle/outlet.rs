//! One sink: what it was given, against the log, and how late.

use std::sync::Arc;
use std::time::Duration;

use super::breach::Invariant;
use super::ledger::Ledger;
use crate::core::at::At;
use crate::core::event::Event;

type Held = Result<(), (Invariant, String)>;

/// A sink that nothing disturbs has each event as soon as the log has it.
const PROMPT: Duration = Duration::from_secs(1);
/// How long a sink may take to find its place again after a disturbance: the longest pause between tries, and the time
/// between two looks.
const DISTURBED: Duration = Duration::from_secs(45);
/// What a sink acknowledges within this time of a disturbance may have been heard by nobody.
const UNHEARD: Duration = Duration::from_secs(2);

/// How a sink behaves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mood {
    /// It takes everything.
    #[default]
    Well,
    /// It fails, or takes its time.
    Ill,
}

/// What a sink knows of itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Memory {
    /// It keeps its place together with what it was given: nothing may come twice.
    #[default]
    Exact,
    /// It cannot tell: after a disturbance the last events may come again.
    None,
}

/// What a sink was given.
#[derive(Debug, Default)]
pub struct Outlet {
    memory: Memory,
    taken: u64,
    mood: Mood,
    /// Until then lateness is no fault.
    excused_until: At,
    /// Whether events that it has may come once more.
    may_repeat: bool,
    unheard_until: At,
}

impl Outlet {
    pub fn new(memory: Memory) -> Self {
        Self { memory, ..Self::default() }
    }

    /// It may be late for a while.
    pub fn disturb(&mut self, now: At) {
        self.excused_until = self.excused_until.max(now + DISTURBED);
        self.may_repeat = true;
        self.unheard_until = now + UNHEARD;
    }

    fn repeats(&self) -> bool {
        self.memory == Memory::None && (self.may_repeat || self.mood == Mood::Ill)
    }

    pub fn turn(&mut self, mood: Mood, now: At) {
        self.mood = mood;
        self.disturb(now);
    }

    /// Takes the next event.
    pub fn take(&mut self, name: &str, event: &Arc<Event>, ledger: &Ledger, now: At) -> Held {
        let seq = event.envelope.seq.0;
        let wrong = |what: String| Err((Invariant::Sinks, format!("sink {name}, event {seq}: {what}")));
        let Some((appended, since)) = ledger.event(seq) else {
            return wrong("it is not in the log".into());
        };
        if !Arc::ptr_eq(appended, event) && appended != event {
            return wrong("it is not what the log holds".into());
        }
        let due = self.taken + 1;
        if seq > due || (seq < due && !self.repeats()) {
            return wrong(format!("number {due} is due"));
        }
        if seq == due && now > self.unheard_until {
            self.may_repeat = false;
        }
        self.taken = seq;
        let late = now.since(*since);
        if self.mood == Mood::Well && now > self.excused_until && late > PROMPT {
            return wrong(format!("it comes {late:?} after the log had it, though nothing ails this sink"));
        }
        Ok(())
    }

    /// It has everything but what came only just now.
    pub fn has_all(&self, name: &str, ledger: &Ledger, now: At) -> Held {
        if self.taken >= ledger.len_at(now - PROMPT) as u64 {
            return Ok(());
        }
        Err((Invariant::CatchUp, format!("sink {name} has {} of {} events", self.taken, ledger.len())))
    }
}
