//! The Journal actor: makes events durable in groups, lets sinks pull, and outlives a disk that refuses.
//!
//! *Group commit.* While one group is being synced, what comes in is collected and becomes the next group.
//! *When the disk refuses.* The journal is opened again; if the group is in it, it counts, if not, it is tried again, for as
//! long as it takes. Nobody has seen the events, so nothing is lost by waiting.
//! *When a `required` sink keeps the log over its budget.* Nothing more is committed until it has acknowledged; who waits for an
//! append goes on waiting, and so the chain pauses.

mod newest;
mod persisting;

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use actix::{
    Actor, ActorFutureExt, AsyncContext, Context, Handler, ResponseActFuture, ResponseFuture, WrapFuture,
};
use futures_util::future::BoxFuture;
use serde::Serialize;
use tokio::sync::oneshot;

pub use self::newest::Newest;
use self::persisting::{Committed, persist, reopened};
use super::budget::Permit;
use super::link::Link;
use super::messages::{
    Acknowledge, Append, AppendFailed, Appended, CommitsHeld, Drain, Locate, Pull, ReadChain, Standing,
};
use super::observe::{Observable, answers_observe};
use super::vitals::{Birth, Vitals};
use crate::core::at::At;
use crate::core::canonical::Canonical;
use crate::core::event::{Draft, Event};
use crate::crash::{self, Point};
use crate::journal::error::JournalError;
use crate::journal::{Acknowledged, Extent, Journal as Log};

/// Opens the log, or opens it again.
pub type Open = Arc<dyn Fn() -> BoxFuture<'static, Result<Arc<dyn Log>, JournalError>> + Send + Sync>;

/// How long to wait before the disk is tried again.
const RETRY: Duration = Duration::from_secs(1);

/// Whom the Journal tells.
#[derive(Clone, Debug)]
pub struct Links {
    /// The Manager: commits are held, or go on.
    pub held: Link<CommitsHeld>,
    /// The Sinks: there is more.
    pub sinks: Vec<Link<Appended>>,
}

/// Keeps one stream's log.
pub struct Journal {
    vitals: Vitals,
    open: Open,
    log: Newest,
    links: Links,
    queue: VecDeque<Entry>,
    work: Work,
    marks: Marks,
    /// What the next commit waits for.
    waiting_for: Option<String>,
    groups: u64,
    refused: u64,
}

/// By sink: nothing while no mark is being written, else the newest one that waits for its turn.
type Marks = BTreeMap<String, Option<Acknowledged>>;

struct Entry {
    drafts: Vec<Draft>,
    permits: Vec<Permit>,
    done: oneshot::Sender<()>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Work {
    Opening,
    Idle,
    Committing,
    /// The disk refused; it is tried again soon.
    Pausing,
    Draining,
}

#[derive(Serialize)]
struct State {
    extent: Extent,
    waiting_groups: usize,
    work: Work,
    groups_committed: u64,
    commits_refused: u64,
    waiting_for: Option<String>,
}

// === impl Journal ===

impl Journal {
    /// A keeper of `log`; `open` opens it again when the disk refused.
    pub fn new(birth: Birth, log: Newest, open: Open, links: Links) -> Self {
        // What a dead predecessor left half done, only the disk knows.
        let work = if birth.restarts == 0 { Work::Idle } else { Work::Opening };
        let (vitals, queue) = (Vitals::new(birth), VecDeque::new());
        let marks = Marks::new();
        Self { vitals, open, log, links, queue, work, marks, waiting_for: None, groups: 0, refused: 0 }
    }

    fn reopen(&mut self, ctx: &mut Context<Self>) {
        let (log, open) = (self.log.get(), self.open.clone());
        let fresh = async move { reopened(&*log, &open).await }.into_actor(self);
        ctx.spawn(fresh.map(|fresh, act, ctx| match fresh {
            Ok(log) => {
                act.log.put(log);
                act.work = Work::Idle;
                act.hold(None);
                act.commit(ctx);
            }
            Err(error) => {
                tracing::error!(journal = act.vitals.path(), %error, "the journal cannot be opened, trying again");
                act.vitals.failed(&error);
                act.hold(Some(error.to_string()));
                ctx.run_later(RETRY, Self::reopen);
            }
        }));
    }

    fn commit(&mut self, ctx: &mut Context<Self>) {
        if self.work != Work::Idle || self.queue.is_empty() {
            return;
        }
        if let Some(sink) = self.log.get().held_by() {
            self.hold(Some(format!(
                "sink {sink}: the journal has reached its budget, and this sink is required"
            )));
            return;
        }
        self.work = Work::Committing;
        let group: Vec<Entry> = self.queue.drain(..).collect();
        let job = self.vitals.begin(format!("commit of {} appends", group.len()));
        let began = self.vitals.now();
        let (log, open) = (self.log.get(), self.open.clone());
        let commit = persist(log, open, group).into_actor(self);
        ctx.spawn(commit.map(move |outcome, act, ctx| {
            act.vitals.end(job);
            act.measure(&outcome, began);
            act.on_committed(outcome, ctx);
        }));
    }

    /// Answers once nothing is being written of what has come in so far.
    fn settled(&mut self) -> oneshot::Receiver<()> {
        let (done, settled) = oneshot::channel();
        if self.work == Work::Idle && self.queue.is_empty() {
            // Its other end is at hand.
            let _ = done.send(());
        } else {
            self.queue.push_back(Entry { drafts: Vec::new(), permits: Vec::new(), done });
        }
        settled
    }

    fn mark(&mut self, sink: String, mark: Acknowledged, ctx: &mut Context<Self>) {
        let (log, name) = (self.log.get(), sink.clone());
        self.marks.insert(sink.clone(), None);
        let noted = async move { log.acknowledge(&name, mark).await }.into_actor(self);
        ctx.spawn(noted.map(move |outcome, act, ctx| {
            if let Err(error) = outcome {
                tracing::warn!(journal = act.vitals.path(), %error, "a sink's mark was not written");
                act.vitals.failed(error);
            }
            if let Some(newer) = act.marks.remove(&sink).flatten() {
                act.mark(sink, newer, ctx);
            }
            // It may be what the next group waits for.
            act.commit(ctx);
        }));
    }

    /// Notes what the next commit waits for, and says so.
    fn hold(&mut self, waiting_for: Option<String>) {
        if waiting_for != self.waiting_for {
            match &waiting_for {
                Some(why) => tracing::warn!(journal = self.vitals.path(), why, "the stream is paused"),
                None => tracing::info!(journal = self.vitals.path(), "the stream goes on"),
            }
            self.links.held.tell(CommitsHeld { waiting_for: waiting_for.clone() });
        }
        self.waiting_for = waiting_for;
    }

    /// Tells it again: the Manager may be a new one, and a sink's mark may have moved unseen.
    fn remind(&mut self, ctx: &mut Context<Self>) {
        if self.waiting_for.is_some() {
            self.links.held.tell(CommitsHeld { waiting_for: self.waiting_for.clone() });
            self.commit(ctx);
        }
        ctx.run_later(RETRY, Self::remind);
    }

    fn measure(&self, outcome: &Committed, began: At) {
        let journal = || self.vitals.path().to_owned();
        let (extent, took) = (outcome.log.extent(), self.vitals.now().since(began));
        metrics::gauge!("blocktap_journal_last_seq", "journal" => journal()).set(extent.last.0 as f64);
        metrics::gauge!("blocktap_journal_bytes", "journal" => journal()).set(extent.bytes as f64);
        metrics::gauge!("blocktap_journal_waiting", "journal" => journal()).set(self.queue.len() as f64);
        metrics::histogram!("blocktap_journal_commit_seconds", "journal" => journal())
            .record(took.as_secs_f64());
        metrics::counter!("blocktap_journal_refused_total", "journal" => journal())
            .increment(u64::from(outcome.refusal.is_some()));
    }

    fn on_committed(&mut self, outcome: Committed, ctx: &mut Context<Self>) {
        self.log.put(outcome.log);
        self.work = Work::Idle;
        if !outcome.durable.is_empty() {
            self.on_durable(outcome.durable);
        }
        outcome.left.into_iter().rev().for_each(|entry| self.queue.push_front(entry));
        match outcome.refusal {
            None => {
                self.hold(None);
                self.commit(ctx);
            }
            Some(error) => self.on_refused(&error, ctx),
        }
    }

    fn on_durable(&mut self, group: Vec<Entry>) {
        crash::point(Point::JournalCommitted);
        self.groups += 1;
        for entry in group {
            drop(entry.permits);
            // Whoever asked may have died meanwhile; the events are durable all the same.
            let _ = entry.done.send(());
        }
        let seq = self.log.get().extent().last;
        self.links.sinks.iter().for_each(|sink| sink.tell(Appended { seq }));
    }

    fn on_refused(&mut self, error: &JournalError, ctx: &mut Context<Self>) {
        self.refused += 1;
        tracing::error!(journal = self.vitals.path(), %error, "the journal cannot be written, trying again");
        self.vitals.failed(error);
        self.hold(Some(error.to_string()));
        self.work = Work::Pausing;
        ctx.run_later(RETRY, |act, ctx| {
            act.work = Work::Idle;
            act.commit(ctx);
        });
    }
}

async fn standing(log: Arc<dyn Log>, question: Locate) -> Result<Standing, JournalError> {
    let place = match question.place {
        Some((seq, id)) => Some(log.locate(seq, id).await?),
        None => None,
    };
    let extent = log.extent();
    let mark = log.acknowledged(&question.sink);
    Ok(Standing { place, mark, last: extent.last, first: extent.first })
}

async fn chain(log: Arc<dyn Log>) -> Result<Option<Canonical>, JournalError> {
    let (blocks, finalized) = log.canonical(Canonical::CAPACITY).await?;
    Ok(Canonical::resumed(&blocks, finalized))
}

impl Actor for Journal {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        if self.work == Work::Opening {
            self.reopen(ctx);
        }
        // What a dead predecessor waited for is looked at anew.
        self.links.held.tell(CommitsHeld { waiting_for: None });
        ctx.run_later(RETRY, Self::remind);
    }
}

impl Observable for Journal {
    const KIND: &'static str = "Journal";

    fn vitals(&mut self) -> &mut Vitals {
        &mut self.vitals
    }

    fn state(&self) -> serde_json::Value {
        let state = State {
            extent: self.log.get().extent(),
            waiting_groups: self.queue.len(),
            work: self.work,
            groups_committed: self.groups,
            commits_refused: self.refused,
            waiting_for: self.waiting_for.clone(),
        };
        serde_json::to_value(state).unwrap_or_default()
    }
}

answers_observe!(Journal);

impl Handler<Append> for Journal {
    type Result = ResponseFuture<Result<(), AppendFailed>>;

    fn handle(&mut self, append: Append, ctx: &mut Self::Context) -> Self::Result {
        self.vitals.received("Append");
        let (done, committed) = oneshot::channel();
        self.queue.push_back(Entry { drafts: append.drafts, permits: append.permits, done });
        self.commit(ctx);
        Box::pin(async { committed.await.map_err(|_| AppendFailed("the journal is being restarted".into())) })
    }
}

impl Handler<Pull> for Journal {
    type Result = ResponseFuture<Result<Vec<Arc<Event>>, JournalError>>;

    fn handle(&mut self, pull: Pull, _: &mut Self::Context) -> Self::Result {
        self.vitals.received("Pull");
        let log = self.log.get();
        Box::pin(async move { log.read(pull.after, pull.max_bytes).await })
    }
}

impl Handler<Locate> for Journal {
    type Result = ResponseFuture<Result<Standing, JournalError>>;

    fn handle(&mut self, question: Locate, _: &mut Self::Context) -> Self::Result {
        self.vitals.received("Locate");
        Box::pin(standing(self.log.get(), question))
    }
}

impl Handler<Acknowledge> for Journal {
    type Result = ();

    fn handle(&mut self, done: Acknowledge, ctx: &mut Self::Context) {
        self.vitals.received("Acknowledge");
        let mark = Acknowledged { seq: done.seq, id: done.id };
        // One at a time: of two under way at once the older might be written last.
        match self.marks.get_mut(&done.sink) {
            Some(waiting) => *waiting = Some(mark),
            None => self.mark(done.sink, mark, ctx),
        }
    }
}

impl Handler<ReadChain> for Journal {
    type Result = ResponseActFuture<Self, Result<Option<Canonical>, JournalError>>;

    /// Whoever begins anew from what is here must find what a dead predecessor left here to be written: else it comes twice.
    fn handle(&mut self, _: ReadChain, _: &mut Self::Context) -> Self::Result {
        self.vitals.received("ReadChain");
        let settled = self.settled().into_actor(self);
        Box::pin(settled.then(|_, act, _| chain(act.log.get()).into_actor(act)))
    }
}

impl Handler<Drain> for Journal {
    type Result = ResponseActFuture<Self, ()>;

    fn handle(&mut self, drain: Drain, _: &mut Self::Context) -> Self::Result {
        self.vitals.received("Drain");
        let settled = tokio::time::timeout(drain.deadline, self.settled()).into_actor(self);
        Box::pin(settled.map(|_, act, ctx| {
            act.work = Work::Draining;
            act.vitals.drained();
            actix::ActorContext::stop(ctx);
        }))
    }
}
