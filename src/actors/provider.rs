//! The Provider actor: one account at one operator, probed, scored, limited, and asked for blocks.
//!
//! *Why one each.* A provider that hangs, floods or lies costs only its own actor; its score stays fresh while it is idle,
//! because probing never stops.
//! *Inputs.* Its own probes and announcements; requests of the Fetcher and the Manager; its role.
//! *Decision.* All of it in core: [`crate::core::conduct`] says whether a request may go, [`crate::core::eligibility`] whether
//! the provider may serve.

mod accusing;
mod canary;
pub mod desk;
pub mod endpoints;
mod heads;
mod probe;
mod probing;
mod remembering;
mod sight;

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use actix::{Actor, ActorContext, Context, Handler, ResponseFuture, SpawnHandle};
use serde::Serialize;

use self::canary::Canary;
use self::desk::{Desk, Terms};
use self::heads::Subscription;
use self::sight::Sight;
use super::link::Link;
use super::messages::{
    Accused, Drain, FetchBlock, HeadTimed, HeaderAt, Inspect, ProbeTick, ProviderReported, RememberConduct,
    Report, Role, SetRole, Struck,
};
use super::observe::{Observable, answers_observe};
use super::vitals::{Birth, Vitals};
use crate::chain::error::ChainError;
use crate::chain::family::{Family, RawBlock, Receipts};
use crate::core::at::At;
use crate::core::backends::Backends;
use crate::core::chain_id::ChainId;
use crate::core::conduct;
use crate::core::eligibility::{Eligibility, Flag, Inputs};
use crate::core::hash::Hash;
use crate::core::header::Header;
use crate::core::health::Health;
use crate::core::jitter::Jitter;
use crate::core::memory::Remembered;
use crate::core::score::ScoreCard;
use crate::core::tally::Tally;
use crate::core::token_bucket::{Priority, Quota};

/// What a provider is made from.
#[derive(Clone)]
pub struct Profile {
    /// Its name.
    pub name: String,
    /// Who runs it.
    pub operator: String,
    /// The user's preference; 1 is neutral.
    pub weight: f64,
    /// What it may be asked.
    pub quota: Quota,
    /// The user's knobs.
    pub health: Health,
    /// The chain it must serve.
    pub chain: ChainId,
    /// The chain's block time, if the user says.
    pub block_time: Option<Duration>,
    /// Makes its clients.
    pub family: Arc<dyn Family>,
    /// How many nodes answer at its endpoints.
    pub backends: Backends,
    /// Its HTTP endpoints.
    pub http: Vec<Arc<dyn crate::chain::transport::Transport>>,
    /// Its WebSocket endpoints.
    pub sockets: Vec<Arc<dyn crate::chain::transport::SocketTransport>>,
}

/// When its identity was verified last, and whether something happened since that calls for another look.
#[derive(Debug, Default)]
struct Identified {
    at: Option<At>,
    doubted: bool,
}

/// One provider.
pub struct Provider {
    vitals: Vitals,
    profile: Profile,
    links: Links,
    desk: Rc<RefCell<Desk>>,
    role: SetRole,
    genesis: Option<Hash>,
    /// From when on it must show its identity again.
    misfit: Option<String>,
    trouble: Option<(String, At)>,
    sight: Sight,
    eligibility: Eligibility,
    subscription: Subscription,
    finality_asked: Option<At>,
    /// What its canaries are asked for with.
    receipts: Receipts,
    canary: Canary,
    identified: Identified,
    /// Whether the next connection is not the first.
    reconnected: bool,
    /// When all connections were made anew, to reach another of its nodes.
    renewed: At,
    next_probe: NextProbe,
    told_conduct: Option<remembering::Outline>,
}

/// Whom a provider tells.
#[derive(Clone, Debug)]
pub struct Links {
    /// The Manager: how it is doing.
    pub reports: Link<ProviderReported>,
    /// The Manager: it showed a header that is provably wrong.
    pub accused: Link<Accused>,
    /// The Archive: how it behaves.
    pub remember: Link<RememberConduct>,
    /// The Validator: recompute its canary.
    pub inspect: Link<Inspect>,
}

/// When it is probed again.
#[derive(Clone, Copy, Debug)]
enum NextProbe {
    /// It is being probed.
    UnderWay,
    /// At its turn.
    At(SpawnHandle),
    /// Not before it is in service again.
    Suspended,
}

#[derive(Serialize)]
struct State {
    provider: String,
    operator: String,
    role: Role,
    term: crate::core::numbers::Term,
    active: bool,
    why_not_active: Option<String>,
    head: Option<Header>,
    finalized: Option<Header>,
    subscription: &'static str,
    score: ScoreCard,
    #[serde(flatten)]
    conduct: conduct::State,
    errors: Tally,
    eligibility: Eligibility,
    misfit: Option<String>,
}

// === impl Provider ===

impl Provider {
    /// The actor of the provider that `profile` describes, with what is remembered of it; `receipts` says whether the stream
    /// wants receipts.
    pub fn new(
        birth: Birth,
        profile: Profile,
        receipts: Receipts,
        links: Links,
        remembered: &Remembered,
    ) -> Self {
        let vitals = Vitals::new(birth);
        let (now, clock) = (vitals.now(), vitals.clock());
        let endpoints =
            endpoints::Endpoints::new(&*profile.family, profile.http.clone(), profile.sockets.clone());
        let desk = Desk {
            name: profile.name.clone(),
            conduct: remembering::conduct(&profile, remembered, clock.both(now)),
            tally: Tally::default(),
            endpoints,
            supply: crate::core::breaker::Supply::Enough,
            clock,
            jitter: Jitter::named(&profile.name),
        };
        Self {
            vitals,
            links,
            desk: Rc::new(RefCell::new(desk)),
            role: SetRole::waiting(profile.block_time, remembering::role(remembered, clock.both(now))),
            genesis: None,
            misfit: None,
            trouble: None,
            sight: Sight::new(profile.block_time),
            eligibility: Eligibility::default(),
            subscription: Subscription::default(),
            finality_asked: None,
            receipts,
            canary: Canary::default(),
            identified: Identified::default(),
            reconnected: false,
            renewed: At::default(),
            next_probe: NextProbe::UnderWay,
            told_conduct: None,
            profile,
        }
    }

    /// A header came by itself, or in answer to a question.
    fn on_head(&mut self, head: Header) {
        let now = self.vitals.now();
        self.note_jump(head);
        if self.sight.saw(head, now) {
            self.report();
        }
    }

    fn report(&mut self) {
        let now = self.vitals.now();
        let (declared, previous) = (self.declared(), std::mem::take(&mut self.eligibility));
        let desk = self.desk.borrow();
        let reading = desk.conduct.measures.reading(now);
        let inputs = Inputs {
            declared: &declared,
            head: self.sight.head().map(|head| head.height),
            reference: self.role.reference,
            shown_at: self.sight.shown_at(now),
            others_shown_at: self.role.others_shown_at,
            block_time: self.sight.measured(),
            reading: &reading,
            breaker: desk.conduct.breaker(now),
            paused_until: desk.conduct.paused_until(now),
            health: &self.profile.health,
        };
        self.eligibility = Eligibility::assess(&inputs, &previous, now);
        let score = ScoreCard::new(&reading, self.profile.weight, self.sight.block_time());
        drop(desk);
        metrics::gauge!("blocktap_provider_score", "provider" => self.profile.name.clone()).set(score.score);
        self.remember();
        self.links.reports.tell(ProviderReported(Report {
            provider: self.profile.name.clone(),
            operator: self.profile.operator.clone(),
            weight: self.profile.weight,
            score,
            eligibility: self.eligibility.clone(),
            genesis: self.genesis,
            head: self.sight.vote(),
            finality: self.sight.finality(),
            subscribed: self.subscription.is_live(),
        }));
    }

    fn declared(&self) -> Vec<Flag> {
        let unverified = match (&self.misfit, self.genesis) {
            (Some(_), _) => Some(Flag::WrongChain),
            (None, None) => Some(Flag::Unverified),
            (None, Some(_)) => None,
        };
        self.role.declared.iter().cloned().chain(unverified).chain(self.canary.flag()).collect()
    }
}

impl SetRole {
    /// The role of a provider that nobody has given one yet.
    fn waiting(block_time: Option<Duration>, role: Role) -> Self {
        Self {
            role,
            term: crate::core::numbers::Term(0),
            reference: None,
            others_shown_at: None,
            block_time: block_time.unwrap_or(crate::core::block_time::BlockTime::DEFAULT),
            declared: Vec::new(),
            supply: crate::core::breaker::Supply::Enough,
        }
    }
}

impl Actor for Provider {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        self.probe(ctx);
    }
}

impl Observable for Provider {
    const KIND: &'static str = "Provider";

    fn vitals(&mut self) -> &mut Vitals {
        &mut self.vitals
    }

    fn state(&self) -> serde_json::Value {
        let now = self.vitals.now();
        let desk = self.desk.borrow();
        let reading = desk.conduct.measures.reading(now);
        let active = self.role.role == Role::Leader;
        let idle = || match self.role.role {
            Role::Standby | Role::Witness => Some("another provider leads".to_owned()),
            Role::Leader | Role::Quarantined | Role::Cordoned => None,
        };
        let state = State {
            provider: self.profile.name.clone(),
            operator: self.profile.operator.clone(),
            role: self.role.role,
            term: self.role.term,
            active,
            why_not_active: if active { None } else { self.eligibility.why_not(now).or_else(idle) },
            head: self.sight.head(),
            finalized: self.sight.finality().finalized(),
            subscription: self.subscription.describe(),
            score: ScoreCard::new(&reading, self.profile.weight, self.sight.block_time()),
            conduct: desk.conduct.state(now),
            errors: desk.tally.clone(),
            eligibility: self.eligibility.clone(),
            misfit: self.misfit.clone(),
        };
        serde_json::to_value(state).unwrap_or_default()
    }
}

answers_observe!(Provider);

impl Handler<ProbeTick> for Provider {
    type Result = ();

    fn handle(&mut self, _: ProbeTick, ctx: &mut Self::Context) {
        self.vitals.received("ProbeTick");
        self.probe(ctx);
    }
}

impl Handler<SetRole> for Provider {
    type Result = ();

    fn handle(&mut self, role: SetRole, ctx: &mut Self::Context) {
        self.vitals.received("SetRole");
        let (before, after) = (self.role.role, role.role);
        let promoted = after != before && !matches!(after, Role::Standby | Role::Cordoned);
        self.desk.borrow_mut().supply = role.supply;
        let paced = self.sight.poll_interval();
        self.sight.expect(role.block_time);
        // A turn that was set at a slower pace would come too late.
        let outpaced = self.sight.poll_interval() * 2 < paced;
        let declared_anew = self.role.declared != role.declared;
        // Another chain behind the same address would explain another branch.
        let strays_anew = declared_anew
            && role.declared.contains(&Flag::Forked)
            && !self.role.declared.contains(&Flag::Forked);
        self.identified.doubted |= strays_anew;
        self.role = role;
        match after {
            Role::Cordoned if before != after => return self.retire(ctx),
            Role::Cordoned if declared_anew => return self.report(),
            _ => {}
        }
        if promoted {
            self.subscribe(ctx);
        }
        if promoted || outpaced || strays_anew || (before == Role::Cordoned && after != before) {
            self.probe_soon(ctx);
        }
    }
}

impl Handler<HeadTimed> for Provider {
    type Result = ();

    fn handle(&mut self, timed: HeadTimed, _: &mut Self::Context) {
        self.vitals.received("HeadTimed");
        let now = self.vitals.now();
        self.desk.borrow_mut().conduct.measures.on_head(timed.delay, now);
    }
}

impl Handler<Struck> for Provider {
    type Result = ();

    fn handle(&mut self, _: Struck, _: &mut Self::Context) {
        self.vitals.received("Struck");
        let now = self.vitals.now();
        self.desk.borrow_mut().conduct.measures.on_strike(now);
        self.report();
    }
}

impl Handler<FetchBlock> for Provider {
    type Result = ResponseFuture<Result<RawBlock, ChainError>>;

    fn handle(&mut self, fetch: FetchBlock, _: &mut Self::Context) -> Self::Result {
        self.vitals.received("FetchBlock");
        let FetchBlock { key, want, priority, deadline, .. } = fetch;
        Box::pin(desk::fetch(self.desk.clone(), key, want, priority, deadline))
    }
}

impl Handler<HeaderAt> for Provider {
    type Result = ResponseFuture<Result<Header, ChainError>>;

    fn handle(&mut self, question: HeaderAt, _: &mut Self::Context) -> Self::Result {
        self.vitals.received("HeaderAt");
        let HeaderAt { key, deadline } = question;
        let terms = Terms { cost: 1, priority: Priority::Tip, deadline };
        let header = desk::call(self.desk.clone(), terms, move |client, left| async move {
            client.header(key, left).await
        });
        let accuser = self.accuser();
        Box::pin(async move { header.await.inspect_err(|error| accuser.accuse(key, error)) })
    }
}

impl Handler<Drain> for Provider {
    type Result = ();

    fn handle(&mut self, _: Drain, ctx: &mut Self::Context) {
        self.vitals.received("Drain");
        self.remember_now();
        self.vitals.drained();
        ctx.stop();
    }
}
