//! The Archive actor: keeps what is remembered of one chain's providers, and the evidence of what they did.
//!
//! *Inputs.* Each provider's conduct, the Manager's decisions and cases.
//! *Decision.* None: what it is told it keeps. Decisions are written at once and answered when they are durable; conduct within
//! a second, several providers' in one go.
//! *Recovery.* What it was told is in the [`Recollection`], which outlives it; what is not on disk is written with the next news.

use std::sync::Arc;
use std::time::Duration;

use actix::{
    Actor, ActorContext, ActorFutureExt, AsyncContext, Context, Handler, ResponseActFuture, ResponseFuture,
    WrapFuture,
};
use serde::Serialize;
use tokio::sync::oneshot;

use super::messages::{Drain, FileCase, RememberConduct, RememberSanctions, Unkept};
use super::observe::{Observable, answers_observe};
use super::recollection::Recollection;
use super::vitals::{Birth, Vitals};
use crate::records::{Records, RecordsError};

/// How long conduct may wait for more to be written along.
const GATHER: Duration = Duration::from_secs(1);
/// How soon a disk that refused is tried again.
const TRY_AGAIN: Duration = Duration::from_secs(10);

/// Told when a save has ended.
type Waiter = oneshot::Sender<Result<(), Unkept>>;

/// Keeps one chain's memory and evidence.
pub struct Archive {
    vitals: Vitals,
    chain: String,
    records: Arc<dyn Records>,
    recollection: Recollection,
    work: Work,
    waiters: Vec<Waiter>,
    counts: Counts,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Work {
    /// What is on disk is what is remembered.
    Rest,
    /// Something is to be written when the timer ends.
    Due,
    /// It is being written.
    Saving,
    /// It is being written, and there is more already.
    SavingAndMore,
}

#[derive(Clone, Debug, Default, Serialize)]
struct Counts {
    saved: u64,
    refused_in_a_row: u64,
    cases: u64,
    last_case: Option<String>,
}

#[derive(Serialize)]
struct State<'a> {
    work: Work,
    remembered: Vec<String>,
    #[serde(flatten)]
    counts: &'a Counts,
}

// === impl Archive ===

impl Archive {
    /// The archive of one chain.
    pub fn new(birth: Birth, chain: &str, records: Arc<dyn Records>, recollection: Recollection) -> Self {
        // What a dead predecessor had heard may not be on disk.
        let work = if birth.restarts == 0 { Work::Rest } else { Work::Due };
        Self {
            vitals: Vitals::new(birth),
            chain: chain.into(),
            records,
            recollection,
            work,
            waiters: Vec::new(),
            counts: Counts::default(),
        }
    }

    /// Writes it down within a second.
    fn save_soon(&mut self, ctx: &mut Context<Self>) {
        match self.work {
            Work::Rest => self.save_in(GATHER, ctx),
            Work::Saving => self.work = Work::SavingAndMore,
            Work::Due | Work::SavingAndMore => {}
        }
    }

    fn save_in(&mut self, wait: Duration, ctx: &mut Context<Self>) {
        self.work = Work::Due;
        ctx.run_later(wait, |act, ctx| {
            if act.work == Work::Due {
                act.save(ctx);
            }
        });
    }

    /// Writes it down at once; the receiver learns how that ended.
    fn save_now(&mut self, ctx: &mut Context<Self>) -> oneshot::Receiver<Result<(), Unkept>> {
        let (waiter, ended) = oneshot::channel();
        self.waiters.push(waiter);
        match self.work {
            Work::Rest | Work::Due => self.save(ctx),
            Work::Saving | Work::SavingAndMore => self.work = Work::SavingAndMore,
        }
        ended
    }

    fn save(&mut self, ctx: &mut Context<Self>) {
        self.work = Work::Saving;
        let (records, memory) = (self.records.clone(), self.recollection.all());
        let (waiters, job) = (std::mem::take(&mut self.waiters), self.vitals.begin("memory"));
        let kept = async move { records.keep(memory).await };
        ctx.spawn(kept.into_actor(self).map(move |kept, act, ctx| {
            act.vitals.end(job);
            act.on_saved(kept, waiters, ctx);
        }));
    }

    fn on_saved(&mut self, kept: Result<(), RecordsError>, waiters: Vec<Waiter>, ctx: &mut Context<Self>) {
        let more = self.work == Work::SavingAndMore;
        self.work = Work::Rest;
        let answer = kept.as_ref().copied().map_err(|error| Unkept(error.to_string()));
        match kept {
            Ok(()) => {
                self.counts.saved += 1;
                self.counts.refused_in_a_row = 0;
                if more {
                    self.save(ctx);
                }
            }
            Err(error) => self.on_refused(&error, ctx),
        }
        // Whoever no longer waits has given up on durability, and said so.
        waiters.into_iter().for_each(|waiter| drop(waiter.send(answer.clone())));
    }

    fn on_refused(&mut self, error: &RecordsError, ctx: &mut Context<Self>) {
        self.vitals.failed(error);
        if self.counts.refused_in_a_row == 0 {
            tracing::error!(chain = self.chain, %error, "what is remembered of providers cannot be written, trying again");
        }
        self.counts.refused_in_a_row += 1;
        self.save_in(TRY_AGAIN, ctx);
    }
}

impl Actor for Archive {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        if self.work == Work::Due {
            self.save_in(GATHER, ctx);
        }
    }
}

impl Observable for Archive {
    const KIND: &'static str = "Archive";

    fn vitals(&mut self) -> &mut Vitals {
        &mut self.vitals
    }

    fn state(&self) -> serde_json::Value {
        let remembered = self.recollection.all().providers.into_keys().collect();
        let state = State { work: self.work, remembered, counts: &self.counts };
        serde_json::to_value(state).unwrap_or_default()
    }
}

answers_observe!(Archive);

impl Handler<RememberConduct> for Archive {
    type Result = ();

    fn handle(&mut self, news: RememberConduct, ctx: &mut Self::Context) {
        self.vitals.received("RememberConduct");
        self.recollection.change(|memory| memory.observe(&news.provider, news.conduct));
        self.save_soon(ctx);
    }
}

impl Handler<RememberSanctions> for Archive {
    type Result = ResponseFuture<Result<(), Unkept>>;

    fn handle(&mut self, news: RememberSanctions, ctx: &mut Self::Context) -> Self::Result {
        self.vitals.received("RememberSanctions");
        self.recollection.change(|memory| memory.decide(news.0));
        let ended = self.save_now(ctx);
        Box::pin(async move { ended.await.unwrap_or_else(|_| Err(Unkept("the Archive died".into()))) })
    }
}

impl Handler<FileCase> for Archive {
    type Result = ();

    fn handle(&mut self, news: FileCase, ctx: &mut Self::Context) {
        self.vitals.received("FileCase");
        let (records, provider) = (self.records.clone(), news.0.provider.clone());
        let job = self.vitals.begin(format!("case against {provider}"));
        let filed = async move { records.file(news.0).await };
        ctx.spawn(filed.into_actor(self).map(move |filed, act, _| {
            act.vitals.end(job);
            match filed {
                Ok(file) => {
                    tracing::warn!(chain = act.chain, provider, file, "evidence kept");
                    act.counts.cases += 1;
                    act.counts.last_case = Some(file);
                }
                Err(error) => {
                    act.vitals.failed(&error);
                    tracing::error!(chain = act.chain, provider, %error, "evidence cannot be kept");
                }
            }
        }));
    }
}

impl Handler<Drain> for Archive {
    type Result = ResponseActFuture<Self, ()>;

    fn handle(&mut self, drain: Drain, ctx: &mut Self::Context) -> Self::Result {
        self.vitals.received("Drain");
        let last = (self.work != Work::Rest).then(|| self.save_now(ctx));
        let saved = async move {
            match last {
                None => true,
                Some(last) => matches!(tokio::time::timeout(drain.deadline, last).await, Ok(Ok(Ok(())))),
            }
        };
        Box::pin(saved.into_actor(self).map(|saved, act, ctx| {
            if !saved {
                tracing::error!(chain = act.chain, "the last news of providers could not be written");
            }
            act.vitals.drained();
            ctx.stop();
        }))
    }
}
