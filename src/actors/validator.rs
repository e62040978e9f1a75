//! The Validator actor: is a block true, does it link, and which fork does it belong to?
//!
//! *Inputs.* Candidates from the Fetcher, in any order; agreements from the Manager.
//! *Decision.* A candidate is recomputed on the compute pool. Once a block is agreed, [`crate::core::linker`] says what to undo
//! and apply; nothing is undone before what replaces it was proved.
//! *Recovery.* After a restart the chain is read back from the journal, and whatever waited is fetched again.

mod drafts;
mod exhibits;
mod judging;
mod waiting;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use actix::{
    Actor, ActorContext, ActorFutureExt, AsyncContext, Context, Handler, ResponseActFuture, WrapFuture,
};
use serde::Serialize;
use tokio::sync::Notify;

use self::drafts::Finals;
use self::exhibits::Exhibits;
use self::waiting::Waiting;
use super::link::Link;
use super::messages::{
    Accused, Acquitted, Agreed, Append, Begin, ChainMoved, ChainRestored, Drain, FinalityViolated, Finalized,
    ReadChain, Recall, RestoreChain, Rewind, Unlatch, Wanted,
};
use super::observe::{Observable, answers_observe};
use super::pool::Pool;
use super::vitals::{Birth, Vitals};
use crate::chain::family::Verifier;
use crate::core::canonical::{Canonical, Fixed, Ground};
use crate::core::consensus::ruling::{Agreement, Claim};
use crate::core::event::Mode;
use crate::core::excuse::Excused;
use crate::core::hash::Hash;
use crate::core::header::{BlockRef, Header};
use crate::core::linker::{self, Step};
use crate::core::numbers::Height;

/// How often what is missing is asked for again: a wish may be lost with the actor that heard it.
const ASK_AGAIN: Duration = Duration::from_secs(1);
/// How soon the journal is asked again for the chain.
const LOAD_AGAIN: Duration = Duration::from_millis(200);

/// Whom the Validator tells.
#[derive(Clone, Debug)]
pub struct Links {
    /// The Manager: a provider served something false.
    pub accused: Link<Accused>,
    /// The Manager: a check was at fault.
    pub acquitted: Link<Acquitted>,
    /// The Manager: the chain moved.
    pub moved: Link<ChainMoved>,
    /// The Manager: the chain as it stands.
    pub restored: Link<ChainRestored>,
    /// The Manager: a final block is contradicted.
    pub violated: Link<FinalityViolated>,
    /// The Fetcher: a block is missing.
    pub wanted: Link<Wanted>,
    /// The Fetcher: where the chain ends.
    pub rewind: Link<Rewind>,
    /// The Journal: make it durable.
    pub append: Link<Append>,
    /// The Journal: the chain as it stands.
    pub read_chain: Link<ReadChain>,
}

/// Proves and links one chain's blocks.
pub struct Validator {
    vitals: Vitals,
    verifier: Arc<dyn Verifier>,
    pool: Pool,
    links: Links,
    ground: Ground,
    chain: Option<Canonical>,
    /// With what was known of finality when it was agreed.
    agreed: BTreeMap<Height, (Agreed, Finals)>,
    waiting: Waiting,
    exhibits: Exhibits,
    /// Candidates that are being recomputed.
    in_hand: BTreeSet<Hash>,
    finals: Finals,
    work: Work,
    settled: Arc<Notify>,
    counts: Counts,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Work {
    /// The chain is being read back.
    Loading,
    /// The stream has not begun.
    Unbegun,
    /// It takes what comes.
    Ready,
    /// A group is with the Journal.
    Appending,
    /// A block that is never undone is contradicted: nothing is applied until a person decides.
    Latched {
        /// The block that is never undone.
        ours: Fixed,
        /// What operators agree on instead.
        agreed: Claim,
    },
}

#[derive(Clone, Copy, Debug, Default, Serialize)]
struct Counts {
    recomputed: u64,
    refuted: u64,
    applied: u64,
    undone: u64,
}

#[derive(Serialize)]
struct State<'a> {
    work: &'a Work,
    tip: Option<BlockRef>,
    finalized: Option<Height>,
    ring: usize,
    agreed_up_to: Option<BlockRef>,
    waiting_blocks: usize,
    excused_checks: Vec<Excused>,
    #[serde(flatten)]
    counts: Counts,
}

// === impl Validator ===

impl Validator {
    /// A validator of one chain.
    pub fn new(birth: Birth, verifier: Arc<dyn Verifier>, pool: Pool, ground: Ground, links: Links) -> Self {
        Self {
            vitals: Vitals::new(birth),
            verifier,
            pool,
            links,
            ground,
            chain: None,
            agreed: BTreeMap::new(),
            waiting: Waiting::default(),
            exhibits: Exhibits::default(),
            in_hand: BTreeSet::new(),
            finals: Finals::default(),
            work: Work::Loading,
            settled: Arc::default(),
            counts: Counts::default(),
        }
    }

    fn load(&mut self, ctx: &mut Context<Self>) {
        let read = self.links.read_chain.clone();
        let chain = async move { read.ask(ReadChain).await };
        ctx.spawn(chain.into_actor(self).map(|answer, act, ctx| match answer {
            Ok(Ok(chain)) => act.on_loaded(chain, ctx),
            Ok(Err(error)) => act.load_again(&error, ctx),
            Err(error) => act.load_again(&error, ctx),
        }));
    }

    fn load_again(&mut self, error: &dyn std::fmt::Display, ctx: &mut Context<Self>) {
        self.vitals.failed(error);
        ctx.run_later(LOAD_AGAIN, Self::load);
    }

    fn on_loaded(&mut self, chain: Option<Canonical>, ctx: &mut Context<Self>) {
        self.work = if chain.is_some() { Work::Ready } else { Work::Unbegun };
        self.chain = chain.map(|chain| chain.on(self.ground));
        self.tell_chain();
        self.advance(ctx);
    }

    fn remind(&mut self, ctx: &mut Context<Self>) {
        self.excuse_ripe();
        self.advance(ctx);
        ctx.run_later(ASK_AGAIN, Self::remind);
    }

    fn tell_chain(&self) {
        if self.work == Work::Loading {
            return;
        }
        self.links.restored.tell(ChainRestored(self.chain.clone()));
        if let Some(chain) = &self.chain {
            self.links.rewind.tell(Rewind { next: chain.anchor().next });
        }
        self.tell_violation();
    }

    /// A Manager that was restarted knows nothing of a contradiction, and would let the stream stand still without a word.
    fn tell_violation(&self) {
        if let Work::Latched { ours, agreed } = &self.work {
            self.links.violated.tell(FinalityViolated { ours: *ours, agreed: agreed.clone() });
        }
    }

    /// Does the next thing that agreement and waiting blocks allow. An agreed block whose branch is missing holds up nothing
    /// above it: operators may have left that branch since.
    fn advance(&mut self, ctx: &mut Context<Self>) {
        let Some(chain) = self.chain.as_ref().filter(|_| self.work == Work::Ready) else { return };
        self.agreed.retain(|_, (agreed, _)| !linker::is_past(chain, &agreed.agreement.block));
        for (agreed, finals) in self.agreed.values() {
            match linker::plan(chain, &agreed.agreement.block, |hash| self.waiting.header(hash)) {
                Step::Done => {}
                Step::Missing(block) if self.in_hand.contains(&block.hash) => {}
                Step::Missing(block) => self.links.wanted.tell(Wanted { block, not_from: None }),
                Step::ContradictsFinal { .. } => return self.latch(agreed.agreement.clone()),
                Step::Move { undo, apply } => return self.go(&agreed.clone(), *finals, undo, &apply, ctx),
            }
        }
        self.go_final(ctx);
    }

    fn go(&mut self, agreed: &Agreed, finals: Finals, undo: u64, apply: &[Header], ctx: &mut Context<Self>) {
        let Some(mut chain) = self.chain.clone() else { return };
        let finals = finals.not_behind(&chain);
        let from = chain.anchor();
        // What was agreed below is older: this branch holds it, or has replaced it.
        self.agreed = self.agreed.split_off(&agreed.agreement.block.height.next());
        let moved = drafts::of_move(&mut chain, &mut self.waiting, &finals, agreed, undo, apply);
        let Ok((mut events, permits)) = moved else {
            return self.latch(agreed.agreement.clone());
        };
        events.extend(finals.up_to_tip(&mut chain));
        self.counts.undone += undo;
        self.counts.applied += apply.len() as u64;
        let news = ChainMoved {
            from,
            undone: undo,
            applied: apply.to_vec(),
            finalized: chain.finalized(),
            mode: agreed.mode,
        };
        self.append(Append { drafts: events, permits }, chain, news, ctx);
    }

    fn go_final(&mut self, ctx: &mut Context<Self>) {
        let Some(mut chain) = self.chain.clone() else { return };
        let Some(draft) = self.finals.within(&mut chain) else { return };
        let news = ChainMoved {
            from: chain.anchor(),
            undone: 0,
            applied: Vec::new(),
            finalized: chain.finalized(),
            mode: Mode::Live,
        };
        self.append(Append { drafts: vec![draft], permits: Vec::new() }, chain, news, ctx);
    }

    fn append(&mut self, append: Append, chain: Canonical, news: ChainMoved, ctx: &mut Context<Self>) {
        self.work = Work::Appending;
        let job = self.vitals.begin(format!("append of {} events", append.drafts.len()));
        let link = self.links.append.clone();
        let appended = async move { link.ask(append).await };
        ctx.spawn(appended.into_actor(self).map(move |answer, act, ctx| {
            act.vitals.end(job);
            match answer {
                Ok(Ok(())) => act.on_appended(chain, news, ctx),
                // Whether the events are durable is not known: begin anew from what the journal holds.
                Ok(Err(_)) | Err(_) => act.on_append_lost(ctx),
            }
        }));
    }

    fn on_appended(&mut self, chain: Canonical, news: ChainMoved, ctx: &mut Context<Self>) {
        self.work = Work::Ready;
        self.waiting.forget_below(chain.anchor().next, self.vitals.now());
        self.links.rewind.tell(Rewind { next: chain.anchor().next });
        self.links.moved.tell(news);
        self.chain = Some(chain);
        self.settled.notify_waiters();
        self.advance(ctx);
    }

    fn on_append_lost(&mut self, ctx: &mut Context<Self>) {
        self.vitals.failed("the Journal was restarted during an append");
        self.work = Work::Loading;
        self.settled.notify_waiters();
        self.load(ctx);
    }

    /// Nothing at or below a block that is fixed is ever undone.
    fn latch(&mut self, agreement: Agreement) {
        let Some(ours) = self.chain.as_ref().and_then(Canonical::fixed) else { return };
        let agreed = Claim { block: agreement.block, operators: agreement.operators };
        let (block, because) = (agreed.block, ours.because);
        tracing::error!(%block, ours = %ours.block, ?because, "the agreed branch lacks a block that is never undone, halting");
        self.work = Work::Latched { ours, agreed };
        self.tell_violation();
    }
}

impl Actor for Validator {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        self.load(ctx);
        ctx.run_later(ASK_AGAIN, Self::remind);
    }
}

impl Observable for Validator {
    const KIND: &'static str = "Validator";

    fn vitals(&mut self) -> &mut Vitals {
        &mut self.vitals
    }

    fn state(&self) -> serde_json::Value {
        let chain = self.chain.as_ref();
        let state = State {
            work: &self.work,
            tip: chain.and_then(Canonical::tip).map(Header::block),
            finalized: chain.and_then(Canonical::finalized),
            ring: chain.map_or(0, Canonical::len),
            agreed_up_to: self.agreed.values().last().map(|(agreed, _)| agreed.agreement.block),
            waiting_blocks: self.waiting.len(),
            excused_checks: self.waiting.excused(self.vitals.now()),
            counts: self.counts,
        };
        serde_json::to_value(state).unwrap_or_default()
    }
}

answers_observe!(Validator);

impl Handler<Agreed> for Validator {
    type Result = ();

    fn handle(&mut self, agreed: Agreed, ctx: &mut Self::Context) {
        self.vitals.received("Agreed");
        let height = agreed.agreement.block.height;
        // At the tip the newest word counts: what was agreed higher up is on a branch that was left. Votes on the ends of
        // spans settle in any order, and a lower one takes nothing back.
        if agreed.mode == Mode::Live {
            self.agreed.split_off(&height);
        }
        self.agreed.insert(height, (agreed, self.finals));
        self.advance(ctx);
    }
}

impl Handler<Recall> for Validator {
    type Result = ();

    fn handle(&mut self, _: Recall, _: &mut Self::Context) {
        self.vitals.received("Recall");
        self.agreed.retain(|_, (agreed, _)| agreed.agreement.operators.len() > 1);
    }
}

impl Handler<Begin> for Validator {
    type Result = ();

    fn handle(&mut self, begin: Begin, ctx: &mut Self::Context) {
        self.vitals.received("Begin");
        // Until a first block was delivered the beginning may be looked for again.
        let empty = self.work == Work::Ready && self.chain.as_ref().is_some_and(Canonical::is_empty);
        if self.work == Work::Unbegun || empty {
            self.agreed.clear();
            self.chain = Some(Canonical::starting_at(begin.0, self.ground));
            self.work = Work::Ready;
            self.advance(ctx);
        }
        self.tell_chain();
    }
}

impl Handler<Finalized> for Validator {
    type Result = ();

    fn handle(&mut self, finalized: Finalized, ctx: &mut Self::Context) {
        self.vitals.received("Finalized");
        self.finals.know(finalized);
        self.advance(ctx);
    }
}

impl Handler<Unlatch> for Validator {
    type Result = ();

    fn handle(&mut self, _: Unlatch, ctx: &mut Self::Context) {
        self.vitals.received("Unlatch");
        if matches!(self.work, Work::Latched { .. }) {
            self.work = Work::Ready;
            self.agreed.clear();
            self.advance(ctx);
        }
    }
}

impl Handler<RestoreChain> for Validator {
    type Result = ();

    fn handle(&mut self, _: RestoreChain, _: &mut Self::Context) {
        self.vitals.received("RestoreChain");
        self.tell_chain();
    }
}

impl Handler<Drain> for Validator {
    type Result = ResponseActFuture<Self, ()>;

    fn handle(&mut self, drain: Drain, _: &mut Self::Context) -> Self::Result {
        self.vitals.received("Drain");
        self.agreed.clear();
        let (busy, settled) = (self.work == Work::Appending, self.settled.clone());
        let settled = async move {
            if busy {
                // What is not settled in time is settled by the journal alone; nobody is told, nothing is lost.
                let _ = tokio::time::timeout(drain.deadline, settled.notified()).await;
            }
        };
        Box::pin(settled.into_actor(self).map(|(), act, ctx| {
            act.vitals.drained();
            ctx.stop();
        }))
    }
}
