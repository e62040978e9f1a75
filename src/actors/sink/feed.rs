//! The life of one sink: find the place, pull, deliver, acknowledge; pause after a failure and begin anew.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use tokio::sync::Notify;

use super::{Build, Furthest, Source};
use crate::actors::messages::{Acknowledge, Locate, Pull};
use crate::core::backoff::Backoff;
use crate::core::berth::{self, Berth, Claimed, Lies};
use crate::core::event::Event;
use crate::core::event_id::EventId;
use crate::core::numbers::Seq;
use crate::crash::{self, Point};
use crate::journal::Located;
use crate::journal::error::JournalError;
use crate::sink::error::SinkError;
use crate::sink::{Position, Sink as Outlet};

/// Most bytes asked of the journal at once.
const BATCH_BYTES: usize = 4 << 20;

/// How long to wait for a nudge before looking all the same: one may have been lost in a restart.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// The pauses after failures.
const PAUSES: Backoff =
    Backoff { first: Duration::from_millis(200), cap: Duration::from_secs(30), spread: 0.0 };

/// Everything one sink's life needs.
pub struct Feed {
    pub build: Build,
    pub source: Source,
    pub furthest: Furthest,
    pub progress: Rc<RefCell<Progress>>,
    pub nudged: Rc<Notify>,
}

/// How far the sink is, for people to read.
#[derive(Debug, Serialize)]
pub struct Progress {
    /// The sink's name.
    pub sink: String,
    /// The chain's name.
    pub chain: String,
    /// What it is doing.
    pub work: Work,
    /// The last event it has.
    pub after: Option<Seq>,
    /// The last event there is, as far as it was told.
    pub last: Seq,
    /// Events delivered since the start.
    pub delivered: u64,
    /// Failures since the last success.
    pub failures_in_a_row: u32,
    #[serde(skip)]
    leaving: bool,
}

/// What a sink is doing.
#[derive(Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Work {
    /// Finding out where the sink stands.
    Locating,
    /// It has everything there is.
    Waiting,
    /// A batch is with it.
    Delivering,
    /// It failed, and will be tried again.
    Pausing(String),
    /// Somebody must act.
    Stopped(String),
    /// It ended in good order.
    Closed,
}

/// The last event that a sink has, where it is known.
type Taken = Option<(Seq, EventId)>;

enum Trouble {
    Passing(String),
    Lasting(String),
    Closed,
}

// === impl Progress ===

impl Progress {
    /// A sink that was not looked at yet.
    pub fn new(sink: &str, chain: &str) -> Self {
        Self {
            sink: sink.into(),
            chain: chain.into(),
            work: Work::Locating,
            after: None,
            last: Seq(0),
            delivered: 0,
            failures_in_a_row: 0,
            leaving: false,
        }
    }

    /// Asks the sink to end after the batch in hand.
    pub fn drain(&mut self) {
        self.leaving = true;
    }

    fn advanced(&mut self, events: &[Arc<Event>]) {
        let Some(last) = events.last() else { return };
        self.after = Some(last.envelope.seq);
        self.last = self.last.max(last.envelope.seq);
        self.delivered += events.len() as u64;
        let labels = [("sink", self.sink.clone()), ("chain", self.chain.clone())];
        metrics::counter!("blocktap_sink_events_total", &labels).increment(events.len() as u64);
        self.failures_in_a_row = 0;
    }

    /// The journal goes on to `last`. Whoever is stuck notices nothing of it, so it is counted here.
    pub fn appended(&mut self, last: Seq) {
        self.last = last;
        self.measure();
    }

    fn measure(&self) {
        let Some(after) = self.after else { return };
        let behind = self.last.beyond(after);
        let labels = [("sink", self.sink.clone()), ("chain", self.chain.clone())];
        metrics::gauge!("blocktap_sink_events_behind", &labels).set(behind as f64);
    }
}

// === impl Feed ===

impl Feed {
    /// Feeds until the sink closes, stops, or is asked to leave.
    pub async fn run(self) {
        loop {
            match self.attempt().await {
                Ok(()) | Err(Trouble::Closed) => return self.set(Work::Closed),
                Err(Trouble::Lasting(why)) => {
                    tracing::error!(sink = self.name(), why, "sink stopped, the others go on");
                    return self.set(Work::Stopped(why));
                }
                Err(Trouble::Passing(why)) if self.leaving() => return self.set(Work::Stopped(why)),
                Err(Trouble::Passing(why)) => self.pause(why).await,
            }
        }
    }

    async fn attempt(&self) -> Result<(), Trouble> {
        self.set(Work::Locating);
        let mut outlet = (self.build)().map_err(Trouble::from)?;
        let (mut after, mut taken) = self.locate(&mut *outlet).await?;
        self.progress.borrow_mut().after = Some(after);
        while !self.leaving() {
            let events = self.pull(after).await?;
            let Some(last) = events.last() else {
                self.set(Work::Waiting);
                // Running into the time limit is as good a reason to look as a nudge.
                if tokio::time::timeout(LOOK_EVERY, self.nudged.notified()).await.is_err() {
                    self.acknowledge(taken);
                }
                continue;
            };
            self.set(Work::Delivering);
            crash::point(Point::SinkTold);
            outlet.deliver(&events).await?;
            crash::point(Point::SinkAcknowledged);
            after = last.envelope.seq;
            self.furthest.reached(after);
            taken = Some((after, last.envelope.id));
            self.acknowledge(taken);
            self.progress.borrow_mut().advanced(&events);
            self.progress.borrow().measure();
        }
        outlet.close().await.map_err(Trouble::from)
    }

    /// Where to go on, and what the sink itself says it has.
    async fn locate(&self, outlet: &mut dyn Outlet) -> Result<(Seq, Taken), Trouble> {
        let position = outlet.position().await?;
        let place = match position {
            Position::After { seq, id } => Some((seq, id)),
            Position::Empty | Position::Unknown => None,
        };
        let question = Locate { sink: self.name(), place };
        let answer = self.source.locate.ask(question).await.map_err(Trouble::passing)?;
        let standing = answer.map_err(Trouble::passing)?;
        self.progress.borrow_mut().last = standing.last;
        let lies = match standing.place {
            Some(Located::Here(_)) => Lies::Held,
            Some(Located::Expired { .. }) => Lies::Expired,
            Some(Located::Unknown) | None => Lies::Foreign,
        };
        let claimed = match position {
            Position::After { seq, .. } => Claimed::Place(lies, seq),
            Position::Empty => Claimed::Nothing,
            Position::Unknown => Claimed::Unknown,
        };
        let (mark, seen) = (standing.mark.map(|mark| mark.seq), self.furthest.get());
        match berth::find(claimed, seen, mark, standing.first) {
            Berth::GoOn { after, remark } => {
                if let Some(remark) = remark {
                    tracing::warn!(sink = self.name(), after = after.0, "{remark}");
                }
                if let Some((seq, _)) = place {
                    self.furthest.reached(seq);
                }
                self.acknowledge(place);
                Ok((after, place))
            }
            Berth::Stop { why } => Err(Trouble::Lasting(why.into())),
        }
    }

    async fn pull(&self, after: Seq) -> Result<Vec<Arc<Event>>, Trouble> {
        let pull = Pull { after, max_bytes: BATCH_BYTES };
        let answer = self.source.pull.ask(pull).await.map_err(Trouble::passing)?;
        answer.map_err(|error| match error {
            JournalError::Expired { .. } => Trouble::Lasting(format!("left behind: {error}")),
            error => Trouble::passing(error),
        })
    }

    /// Told again now and then: the last one may be lost, and if the journal waits for that one, nothing more would come to
    /// acknowledge.
    fn acknowledge(&self, taken: Taken) {
        if let Some((seq, id)) = taken {
            self.source.acknowledge.tell(Acknowledge { sink: self.name(), seq, id });
        }
    }

    async fn pause(&self, why: String) {
        let failures = {
            let mut progress = self.progress.borrow_mut();
            progress.failures_in_a_row = progress.failures_in_a_row.saturating_add(1);
            progress.failures_in_a_row
        };
        let wait = PAUSES.wait(failures - 1, 0.5);
        tracing::warn!(sink = self.name(), failures, ?wait, why, "sink failed, trying again");
        self.set(Work::Pausing(why));
        let mut left = wait;
        // A nudge must not shorten the pause, but leaving must end it.
        while !left.is_zero() && !self.leaving() {
            let step = left.min(Duration::from_millis(100));
            tokio::time::sleep(step).await;
            left -= step;
        }
    }

    fn name(&self) -> String {
        self.progress.borrow().sink.clone()
    }

    fn leaving(&self) -> bool {
        self.progress.borrow().leaving
    }

    fn set(&self, work: Work) {
        self.progress.borrow_mut().work = work;
    }
}

// === impl Trouble ===

impl Trouble {
    fn passing(error: impl std::fmt::Display) -> Self {
        Self::Passing(error.to_string())
    }
}

impl From<SinkError> for Trouble {
    fn from(error: SinkError) -> Self {
        match error {
            SinkError::Transient(why) => Self::Passing(why),
            SinkError::Fatal(why) => Self::Lasting(why),
            SinkError::Closed => Self::Closed,
        }
    }
}
