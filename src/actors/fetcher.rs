//! The Fetcher actor: gets the blocks that are wanted, from whoever can give them soonest.
//!
//! *Inputs.* The Manager's plan and routes; the Validator's wishes for blocks that are missing or were refused.
//! *Decision.* [`crate::core::dispatch`]: at the tip the leader first, during the catch-up everybody by score. What failed is
//! asked of another at once.
//! *Not promised.* Order: the Validator restores it by parent hash.

mod errand;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use actix::{Actor, ActorContext, ActorFutureExt, AsyncContext, Context, Handler, WrapFuture};
use serde::Serialize;

use self::errand::{Bearer, Errand, Errands};
use super::budget::{Budget, Permit};
use super::link::{Link, Unreachable};
use super::messages::{
    Accused, Candidate, Drain, Elected, FetchBlock, HeadAdvanced, Outlook, Plan, Replayed, Rewind, Room,
    Route, Wanted,
};
use super::observe::{Observable, answers_observe};
use super::vitals::{Birth, Vitals};
use crate::chain::error::ChainError;
use crate::chain::family::{Key, RawBlock, Receipts};
use crate::core::block_weight::BlockWeight;
use crate::core::case::{Exhibit, Fate};
use crate::core::class::Class;
use crate::core::consensus::votes::Operator;
use crate::core::dispatch::{self, Hand};
use crate::core::header::BlockRef;
use crate::core::numbers::{Height, Term};
use crate::core::served::Served;
use crate::core::strikes::Offence;
use crate::core::token_bucket::Priority;
use crate::crash::{self, Point};

/// How long an answer at the tip is worth waiting for.
const TIP_DEADLINE: Duration = Duration::from_secs(4);
/// How long an answer during the catch-up is worth waiting for.
const SPAN_DEADLINE: Duration = Duration::from_secs(20);
/// How soon a block is asked for again when nobody had it.
const ASK_AGAIN: Duration = Duration::from_millis(100);

/// Whom the Fetcher tells.
#[derive(Clone, Debug)]
pub struct Links {
    /// The Validator: a block.
    pub candidate: Link<Candidate>,
    /// The Manager: a provider served something false.
    pub accused: Link<Accused>,
    /// The Manager: what a change of the lead cost.
    pub replayed: Link<Replayed>,
    /// The Manager: how much fits into memory.
    pub room: Link<Room>,
}

/// Gets one chain's blocks.
pub struct Fetcher {
    vitals: Vitals,
    links: Links,
    want: Receipts,
    budget: Budget,
    term: Term,
    routes: Vec<Route>,
    in_hand: BTreeMap<String, usize>,
    errands: Errands,
    /// The block on its way that was asked for beyond the budget.
    overdrawn: Option<Key>,
    weight: BlockWeight,
    told: Option<Room>,
    resting: Resting,
    counts: Counts,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Resting {
    No,
    UntilTimer,
}

#[derive(Clone, Copy, Debug, Default, Serialize)]
struct Counts {
    fetched: u64,
    failed: u64,
    late: u64,
}

#[derive(Serialize)]
struct State {
    term: Term,
    routes: Vec<String>,
    plan: String,
    in_flight: usize,
    next_height: Option<Height>,
    memory_bytes: usize,
    memory_limit_bytes: usize,
    typical_block_bytes: usize,
    #[serde(flatten)]
    counts: Counts,
}

// === impl Fetcher ===

impl Fetcher {
    /// A fetcher that keeps what is under way within `budget`.
    pub fn new(birth: Birth, links: Links, want: Receipts, budget: Budget) -> Self {
        Self {
            vitals: Vitals::new(birth),
            links,
            want,
            budget,
            term: Term(0),
            routes: Vec::new(),
            in_hand: BTreeMap::new(),
            errands: Errands::default(),
            overdrawn: None,
            weight: BlockWeight::default(),
            told: None,
            resting: Resting::No,
            counts: Counts::default(),
        }
    }

    /// Sends out whatever may be sent out.
    fn pump(&mut self, ctx: &mut Context<Self>) {
        let mut stuck = Vec::new();
        while let Some(errand) = self.errands.next() {
            let way = self.route_for(&errand);
            match way.and_then(|route| Some((route, self.permit_for(&errand)?))) {
                Some((route, permit)) => self.send(errand, route, permit, ctx),
                // One that nobody has must not hold up the others.
                None => stuck.push(errand),
            }
        }
        if !stuck.is_empty() {
            self.rest(ctx);
        }
        stuck.into_iter().for_each(|errand| self.errands.put_back(errand));
        self.measure();
    }

    fn measure(&self) {
        metrics::gauge!("blocktap_memory_bytes", "fetcher" => self.vitals.path().to_owned())
            .set(self.budget.used() as f64);
    }

    /// Freed memory and providers' recovery send no message: look again shortly.
    fn rest(&mut self, ctx: &mut Context<Self>) {
        if self.resting == Resting::No {
            self.resting = Resting::UntilTimer;
            ctx.run_later(ASK_AGAIN, |act, ctx| {
                act.resting = Resting::No;
                act.errands.forgive();
                act.pump(ctx);
            });
        }
    }

    fn route_for(&self, errand: &Errand) -> Option<usize> {
        let hands: Vec<Hand> = self.routes.iter().map(|route| self.hand(route)).collect();
        let tried =
            self.routes.iter().enumerate().filter(|(_, route)| errand.tried.contains(&route.provider));
        let tried: BTreeSet<usize> = tried.map(|(index, _)| index).collect();
        match errand.key {
            Key::Number(height) => dispatch::share(&hands, height, &tried),
            _ => dispatch::lead(&hands, errand.height(), &tried),
        }
    }

    fn hand(&self, route: &Route) -> Hand {
        let in_flight = self.in_hand.get(&route.provider).copied().unwrap_or_default();
        Hand { score: route.score, head: route.head, in_flight }
    }

    /// A block that the stream stands still without may overdraw, one at a time; all others wait for their share.
    fn permit_for(&mut self, errand: &Errand) -> Option<Permit> {
        let bytes = errand.weight_bytes.unwrap_or(self.weight.bytes());
        let permit = self.budget.take(bytes);
        let is_only = self.overdrawn.is_none_or(|key| key == errand.key);
        if permit.is_some() || !is_only || !self.errands.is_awaited(errand) {
            return permit;
        }
        self.overdrawn = Some(errand.key);
        Some(self.budget.overdraw(bytes))
    }

    fn send(&mut self, errand: Errand, route: usize, permit: Permit, ctx: &mut Context<Self>) {
        let Some(route) = self.routes.get(route).cloned() else { return };
        let (deadline, priority) = match errand.key {
            Key::Number(_) => (SPAN_DEADLINE, Priority::CatchUp),
            _ => (TIP_DEADLINE, Priority::Tip),
        };
        let (key, want, term) = (errand.key, self.want, self.term);
        *self.in_hand.entry(route.provider.clone()).or_default() += 1;
        let bearer = Bearer { provider: route.provider.clone(), term };
        self.errands.sent(errand, bearer.clone());
        let job = self.vitals.begin(format!("block {key} from {}", route.provider));
        let link = route.link.clone();
        let answer = async move { link.ask(FetchBlock { key, want, term, deadline, priority }).await };
        let served = Served { provider: route.provider, operator: route.operator };
        ctx.spawn(answer.into_actor(self).map(move |answer, act, ctx| {
            act.vitals.end(job);
            if let Some(count) = act.in_hand.get_mut(&served.provider) {
                *count = count.saturating_sub(1);
            }
            act.overdrawn = act.overdrawn.filter(|overdrawn| *overdrawn != key);
            act.on_answer((key, bearer), served, permit, answer);
            act.pump(ctx);
        }));
    }

    fn on_answer(
        &mut self,
        (key, bearer): (Key, Bearer),
        from: Served,
        mut permit: Permit,
        answer: Result<Result<RawBlock, ChainError>, Unreachable>,
    ) {
        let Some(mut errand) = self.errands.returned(key, &bearer) else {
            self.counts.late += 1;
            let dropped = u64::from(matches!(answer, Ok(Ok(_))));
            self.links.replayed.tell(Replayed { term: self.term, blocks: 0, dropped });
            return;
        };
        match answer {
            Ok(Ok(block)) => {
                self.counts.fetched += 1;
                let bytes = block.size();
                self.weigh(bytes);
                // It was guessed to be smaller. Rather than kept beyond the limit it is got again when there is room.
                if !self.budget.has_room(&permit, bytes) && !self.errands.is_awaited(&errand) {
                    errand.weight_bytes = Some(bytes);
                    return self.errands.put_back(errand);
                }
                permit.resize(bytes);
                self.errands.done(key);
                crash::point(Point::Fetched);
                let elsewhere = self.elsewhere(&block.header.block(), &from);
                self.links.candidate.tell(Candidate { block, from, elsewhere, permit });
            }
            Ok(Err(error)) => self.on_failed(errand, &from, &error),
            Err(error) => self.on_failed(errand, &from, &ChainError::transient(error.to_string())),
        }
    }

    fn weigh(&mut self, bytes: usize) {
        self.weight.add(bytes);
        if self.told != Some(self.room()) {
            self.tell_room();
        }
    }

    fn room(&self) -> Room {
        Room { blocks: self.weight.fit_into(self.budget.limit()) }
    }

    fn tell_room(&mut self) {
        let room = self.room();
        self.links.room.tell(room);
        self.told = Some(room);
    }

    /// Other operators that have a block, as far as is known, or will have it soon, and have not served it falsely.
    fn elsewhere(&self, block: &BlockRef, from: &Served) -> BTreeSet<Operator> {
        let refused = self.errands.refused(block);
        let able = self.routes.iter().filter(|route| {
            let has = route.head.is_some_and(|head| head >= block.height);
            (has || route.outlook == Outlook::Good)
                && route.operator != from.operator
                && !refused.contains(&route.provider)
        });
        able.map(|route| route.operator.clone()).collect()
    }

    fn on_failed(&mut self, mut errand: Errand, from: &Served, error: &ChainError) {
        self.counts.failed += 1;
        self.vitals.failed(format_args!("block {} from {}: {error}", errand.key, from.provider));
        if error.class == Class::Bad {
            let block = errand.block();
            let (provider, evidence) = (from.provider.clone(), error.message.clone());
            let exhibit = Exhibit::bare(Offence::Corrupt);
            self.links.accused.tell(Accused { provider, block, evidence, exhibit, fate: Fate::Refused });
        }
        errand.tried.insert(from.provider.clone());
        self.errands.put_back(errand);
    }
}

impl Actor for Fetcher {
    type Context = Context<Self>;
}

impl Observable for Fetcher {
    const KIND: &'static str = "Fetcher";

    fn vitals(&mut self) -> &mut Vitals {
        &mut self.vitals
    }

    fn state(&self) -> serde_json::Value {
        let state = State {
            term: self.term,
            routes: self.routes.iter().map(|route| route.provider.clone()).collect(),
            plan: self.errands.plan(),
            in_flight: self.errands.in_flight(),
            next_height: self.errands.lowest(),
            memory_bytes: self.budget.used(),
            memory_limit_bytes: self.budget.limit(),
            typical_block_bytes: self.weight.bytes(),
            counts: self.counts,
        };
        serde_json::to_value(state).unwrap_or_default()
    }
}

answers_observe!(Fetcher);

impl Handler<Elected> for Fetcher {
    type Result = ();

    fn handle(&mut self, elected: Elected, ctx: &mut Self::Context) {
        self.vitals.received("Elected");
        if elected.term != self.term {
            self.term = elected.term;
            let blocks = self.errands.recall_tip();
            self.links.replayed.tell(Replayed { term: self.term, blocks, dropped: 0 });
        }
        self.routes = elected.routes;
        self.tell_room();
        self.pump(ctx);
    }
}

impl Handler<HeadAdvanced> for Fetcher {
    type Result = ();

    fn handle(&mut self, advanced: HeadAdvanced, ctx: &mut Self::Context) {
        self.vitals.received("HeadAdvanced");
        match advanced.0 {
            Plan::Tip(blocks) => self.errands.want_tip(&blocks),
            Plan::Span { from, to } => self.errands.want_span(from, to),
        }
        self.pump(ctx);
    }
}

impl Handler<Wanted> for Fetcher {
    type Result = ();

    fn handle(&mut self, wanted: Wanted, ctx: &mut Self::Context) {
        self.vitals.received("Wanted");
        let Wanted { block, not_from } = wanted;
        self.errands.want(block, not_from);
        self.pump(ctx);
    }
}

impl Handler<Rewind> for Fetcher {
    type Result = ();

    fn handle(&mut self, rewind: Rewind, ctx: &mut Self::Context) {
        self.vitals.received("Rewind");
        self.errands.delivered_below(rewind.next);
        self.pump(ctx);
    }
}

impl Handler<Drain> for Fetcher {
    type Result = ();

    fn handle(&mut self, _: Drain, ctx: &mut Self::Context) {
        self.vitals.received("Drain");
        self.vitals.drained();
        ctx.stop();
    }
}
