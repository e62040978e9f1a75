//! The Manager actor: elects the provider that serves the tip, and runs consensus among all of them.
//!
//! *Inputs.* Providers' reports, answers to questions about headers, and where the chain stands.
//! *Decision.* None of its own: [`crate::core::election`], [`crate::core::consensus`], [`crate::core::catch_up`] and
//! [`crate::core::finality`] decide; the Manager asks, passes on and remembers.
//! *First start.* Nothing is applied on a single word while other operators may still be on their way.
//! *Recovery.* A restarted Manager knows its providers and what was decided about them: it asks the Validator for the chain, and
//! the next reports bring the votes.

mod asking;
mod crossing;
mod electing;
mod footing;
mod halting;
mod judging;
mod legacy;
mod linking;
mod ordering;
mod remembering;
mod roster;
mod ruling;
mod showing;
mod swapping;
mod tenure;

use std::collections::BTreeSet;
use std::time::Duration;

use actix::{Actor, ActorContext, AsyncContext, Context, Handler, Message, SpawnHandle};

pub use self::legacy::Legacy;
pub use self::roster::Ways;
use self::roster::{Roster, Seat};
use self::tenure::Tenure;
use super::link::Link;
use super::messages::{
    Agreed, Begin, ChainMoved, ChainRestored, CommitsHeld, Drain, Elected, FileCase, FinalityViolated,
    Finalized, HeadAdvanced, ProviderReported, Recall, RememberSanctions, Replayed, RestoreChain, Room,
    Unlatch,
};
use super::notice::{Notice, Notices};
use super::observe::{Observable, answers_observe};
use super::vitals::{Birth, Vitals};
use crate::core::at::At;
use crate::core::block_time::BlockTime;
use crate::core::canonical::Canonical;
use crate::core::catch_up::CatchUp;
use crate::core::consensus::Consensus;
use crate::core::consensus::ruling::{Newcomers, Rules};
use crate::core::election::Election;
use crate::core::election::swap::Swaps;
use crate::core::finality::{Finality, Source};
use crate::core::footing::Footing;
use crate::core::halt::Cause;
use crate::core::header::Header;
use crate::core::memory::Memory;
use crate::core::numbers::Height;
use crate::core::sightings::Sightings;
use crate::core::start::Start;
use crate::http::board::Board;

/// How long operators have to show up before a single one may begin.
const GRACE: Duration = Duration::from_secs(5);
/// The longest time between two looks at everything.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// What one chain's Manager is made from.
#[derive(Clone)]
pub struct Mandate {
    /// The chain's name.
    pub chain: String,
    /// The first block.
    pub start: Start,
    /// The rules of consensus.
    pub rules: Rules,
    /// How finality is come by.
    pub finality: Source,
    /// The chain's block time, if the user says.
    pub block_time: Option<Duration>,
    /// The providers.
    pub providers: Vec<Ways>,
    /// The first block of the stream, if it has begun.
    pub first: Option<Height>,
}

/// Whom the Manager tells.
#[derive(Clone, Debug)]
pub struct Links {
    /// The Fetcher: whom to ask.
    pub elected: Link<Elected>,
    /// The Fetcher: what to get.
    pub advanced: Link<HeadAdvanced>,
    /// The Validator: what is agreed.
    pub agreed: Link<Agreed>,
    /// The Validator: what is agreed no more.
    pub recall: Link<Recall>,
    /// The Validator: where to begin.
    pub begin: Link<Begin>,
    /// The Validator: what is final.
    pub finalized: Link<Finalized>,
    /// The Validator: a person looked at the contradiction.
    pub unlatch: Link<Unlatch>,
    /// The Validator: where are we?
    pub restore: Link<RestoreChain>,
    /// The Archive: what was decided.
    pub remember: Link<RememberSanctions>,
    /// The Archive: evidence.
    pub file: Link<FileCase>,
}

/// Elects and counts, for one chain.
pub struct Manager {
    vitals: Vitals,
    mandate: Mandate,
    links: Links,
    notices: Notices,
    board: Board,
    legacy: Legacy,
    roster: Roster,
    election: Election,
    consensus: Consensus,
    catch_up: CatchUp,
    finality: Finality,
    /// What the Journal waits for, if it commits nothing.
    held: Option<String>,
    block_time: BlockTime,
    chain: Option<Canonical>,
    /// The first block of the stream, once there is one.
    first: Option<Height>,
    /// When a hash was first shown, and by whom.
    sightings: Sightings,
    searches: linking::Searches,
    forked: BTreeSet<String>,
    /// Operators that call a block final which is not ours.
    contradicting: BTreeSet<String>,
    /// What most operators call final, where that is less than was delivered as final.
    finality_receded_to: Option<Height>,
    footing: Footing,
    /// What the Fetcher was told of its routes.
    told_routes: Option<electing::Outline>,
    state: ruling::Progress,
    /// The next look, and when it is due.
    look: Option<(SpawnHandle, At)>,
    last_reorg: Option<At>,
    last_applied: Option<At>,
    swaps: Swaps,
    tenure: Tenure,
    /// What the Archive was told last.
    told_decisions: Option<remembering::Decisions>,
}

/// The Manager's own reminder to look at everything again.
#[derive(Clone, Copy, Debug, Message)]
#[rtype(result = "()")]
pub struct Look;

// === impl Manager ===

impl Manager {
    /// A manager of the chain that `mandate` describes, with what is remembered of its providers.
    pub fn new(
        birth: Birth,
        mandate: Mandate,
        links: Links,
        notices: Notices,
        board: Board,
        memory: &Memory,
        legacy: Legacy,
    ) -> Self {
        let vitals = Vitals::new(birth);
        let (now, both) = (vitals.now(), vitals.clock().both(vitals.now()));
        let (consensus, state) = match legacy.left() {
            Some((stance, progress)) => {
                (Consensus::from_stance(mandate.rules, stance), progress.taken_over(now))
            }
            None => (Consensus::new(mandate.rules), ruling::Progress::begun(now)),
        };
        Self {
            roster: Roster::new(mandate.providers.clone(), memory, both),
            election: remembering::election(memory, both),
            consensus,
            catch_up: CatchUp::default(),
            held: None,
            finality: Finality::new(mandate.finality),
            block_time: BlockTime::new(mandate.block_time),
            chain: None,
            first: mandate.first,
            sightings: Sightings::default(),
            searches: linking::Searches::new(),
            forked: BTreeSet::new(),
            contradicting: BTreeSet::new(),
            finality_receded_to: None,
            footing: Footing::default(),
            told_routes: None,
            state,
            look: None,
            last_reorg: None,
            last_applied: None,
            swaps: Swaps::default(),
            tenure: Tenure::default(),
            told_decisions: None,
            vitals,
            mandate,
            links,
            notices,
            board,
            legacy,
        }
    }

    fn now(&self) -> At {
        self.vitals.now()
    }

    /// Looks at everything: who leads, what is agreed, what is to be asked and fetched. Called on every piece of news.
    fn deliberate(&mut self, ctx: &mut Context<Self>) {
        self.elect(ctx);
        self.rule(ctx);
        self.finish_blocks();
        self.judge_conduct();
        self.note_footing();
        self.legacy.leave(self.consensus.stance(), self.state.clone());
        self.remember(ctx);
        self.show();
        self.look_again(ctx);
    }

    /// While a block is held, others are asked again every tenth of a block time. News never puts a look off.
    fn look_again(&mut self, ctx: &mut Context<Self>) {
        let urgent = (self.block_time.get() / 10).clamp(Duration::from_millis(100), LOOK_EVERY);
        let wait = if self.state.is_waiting() { urgent } else { LOOK_EVERY };
        let due = self.now() + wait;
        if self.look.is_some_and(|(_, sooner)| sooner <= due) {
            return;
        }
        if let Some((later, _)) = self.look.take() {
            ctx.cancel_future(later);
        }
        self.look = Some((ctx.notify_later(Look, wait), due));
    }

    fn newcomers(&self) -> Newcomers {
        let all_heard = self.consensus.votes().len() >= self.roster.operators(self.now()).len();
        let settled = self.now().since(self.state.started()) >= GRACE;
        if all_heard || settled { Newcomers::None } else { Newcomers::Expected }
    }

    /// Tells what is final.
    fn finish_blocks(&mut self) {
        let now = self.now();
        self.finality.expire(now, self.consensus.rules.vote_lifetime());
        let Some(chain) = &self.chain else { return };
        let strays = |header: &Header| self.consensus.strays(header, chain);
        let ruled = self.finality.rule(chain, strays, now);
        let contradicting: BTreeSet<String> = ruled.contradicting.into_iter().collect();
        for operator in contradicting.difference(&self.contradicting) {
            tracing::warn!(
                chain = self.mandate.chain,
                operator,
                "operator calls a block final that is not ours"
            );
        }
        self.contradicting = contradicting;
        self.finality_receded_to = ruled.receded_to;
        let known = chain.finalized();
        if let Some(finalized) = ruled.finalized.filter(|block| Some(block.height) > known) {
            self.links.finalized.tell(Finalized { finalized, safe: ruled.safe });
        }
    }
}

impl Actor for Manager {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        self.links.restore.tell(RestoreChain);
        self.look_again(ctx);
    }
}

impl Observable for Manager {
    const KIND: &'static str = "Manager";

    fn vitals(&mut self) -> &mut Vitals {
        &mut self.vitals
    }

    fn state(&self) -> serde_json::Value {
        self.describe()
    }
}

answers_observe!(Manager);

impl Handler<ProviderReported> for Manager {
    type Result = ();

    fn handle(&mut self, reported: ProviderReported, ctx: &mut Self::Context) {
        self.vitals.received("ProviderReported");
        self.take_report(reported.0, ctx);
        if let Some(why) = self.roster.misfit().filter(|_| self.chain.is_none()) {
            self.notices.give(&self.mandate.chain, Notice::Misfit { why });
        }
        self.deliberate(ctx);
    }
}

impl Handler<Look> for Manager {
    type Result = ();

    fn handle(&mut self, _: Look, ctx: &mut Self::Context) {
        self.vitals.received("Look");
        self.look = None;
        // A Fetcher that was restarted meanwhile knows no routes, a provider not what it is used for.
        self.told_routes = None;
        self.roster.iter_mut().for_each(Seat::tell_again);
        if self.chain.is_none() {
            self.links.restore.tell(RestoreChain);
        }
        self.deliberate(ctx);
    }
}

impl Handler<ChainRestored> for Manager {
    type Result = ();

    fn handle(&mut self, restored: ChainRestored, ctx: &mut Self::Context) {
        self.vitals.received("ChainRestored");
        // A Validator that died before its first block was durable has forgotten where the stream begins, and so must we.
        if self.chain.is_some() || restored.0.is_some() {
            self.chain = restored.0;
            self.measure_chain();
            self.catch_up.begin_anew();
            self.state.agree_anew();
        }
        self.deliberate(ctx);
    }
}

impl Handler<ChainMoved> for Manager {
    type Result = ();

    fn handle(&mut self, moved: ChainMoved, ctx: &mut Self::Context) {
        self.vitals.received("ChainMoved");
        self.follow(moved);
        self.deliberate(ctx);
    }
}

impl Handler<Replayed> for Manager {
    type Result = ();

    fn handle(&mut self, replayed: Replayed, _: &mut Self::Context) {
        self.vitals.received("Replayed");
        let Replayed { term, blocks, dropped } = replayed;
        self.swaps.on_replayed(term, blocks, dropped);
    }
}

impl Handler<Room> for Manager {
    type Result = ();

    fn handle(&mut self, room: Room, _: &mut Self::Context) {
        self.vitals.received("Room");
        self.catch_up.fit(room.blocks);
    }
}

impl Handler<CommitsHeld> for Manager {
    type Result = ();

    fn handle(&mut self, held: CommitsHeld, _: &mut Self::Context) {
        self.vitals.received("CommitsHeld");
        self.held = held.waiting_for;
        self.show();
    }
}

impl Handler<FinalityViolated> for Manager {
    type Result = ();

    fn handle(&mut self, violated: FinalityViolated, ctx: &mut Self::Context) {
        self.vitals.received("FinalityViolated");
        let FinalityViolated { ours, agreed } = violated;
        self.halt(Cause::FixedContradicted { ours, theirs: agreed });
        self.deliberate(ctx);
    }
}

impl Handler<Drain> for Manager {
    type Result = ();

    fn handle(&mut self, _: Drain, ctx: &mut Self::Context) {
        self.vitals.received("Drain");
        self.vitals.drained();
        ctx.stop();
    }
}
