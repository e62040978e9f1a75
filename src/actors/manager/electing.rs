//! Who leads, and what follows for everybody.

use actix::Context as ActorContext;

use super::Manager;
use super::roster::{Branch, Court, Seat};
use crate::actors::messages::{Elected, SetRole};
use crate::actors::notice::Notice;
use crate::core::breaker::Supply;
use crate::core::catch_up;
use crate::core::election::{Context, Decision, Gap, Reason};
use crate::core::header::Header;
use crate::core::numbers::{Height, Term};

/// What makes routes worth telling again: the term, and each provider with its head.
pub(super) type Outline = (Term, Vec<(String, Option<Height>)>);

impl Manager {
    /// Evaluates the election, tells everybody their role and the Fetcher its routes.
    pub(super) fn elect(&mut self, ctx: &mut ActorContext<Self>) {
        let now = self.now();
        self.note_branches();
        self.forked = self.consensus.forked();
        let mut candidates = self.roster.candidates(&self.court(), now);
        self.note_cursors(&mut candidates);
        for candidate in &mut candidates {
            if let Some(seat) = self.roster.seat(&candidate.name) {
                candidate.standing = seat.note_return(&candidate.fitness);
            }
        }
        let before = self.election.leader().map(|leader| leader.name.clone());
        let context = Context {
            block_time: self.block_time.get(),
            last_reorg: self.last_reorg,
            gap: if self.behind() > catch_up::NEAR { Gap::Filling } else { Gap::Closed },
        };
        match self.election.evaluate(&candidates, &context, now) {
            Decision::Keep => {}
            Decision::Switch { to, reason } => self.announce(before, to, &words(&reason)),
            Decision::LastResort { to, why } if before.as_ref() != Some(&to) => {
                self.announce(before, to, &format!("nobody is eligible, the least bad one serves: {why}"));
            }
            Decision::LastResort { .. } => {}
            Decision::Nobody { why } => self.lose_leader(before, why),
        }
        let leader = self.election.leader().map(|leader| leader.name.as_str());
        self.tenure.observe(&self.mandate.chain, leader, now);
        self.follow_swap();
        self.ask_for_cursor(&candidates, ctx);
        self.assign();
    }

    fn announce(&mut self, from: Option<String>, to: String, reason: &str) {
        let (chain, term) = (self.mandate.chain.clone(), self.election.term());
        tracing::info!(chain, from, to, reason, term = term.0, "leader elected");
        let labels = [("chain", chain.clone()), ("provider", to.clone())];
        metrics::counter!("blocktap_provider_switches_total", &labels).increment(1);
        self.begin_swap(from.clone(), to.clone(), reason.into());
        self.notices.give(&chain, Notice::Elected { from, to, reason: reason.into(), term });
    }

    fn lose_leader(&mut self, before: Option<String>, why: String) {
        if before.is_some() {
            tracing::error!(chain = self.mandate.chain, why, "nobody may lead");
            self.notices.give(&self.mandate.chain, Notice::LeaderLost { why });
        }
    }

    fn assign(&mut self) {
        let now = self.now();
        let leader = self.election.leader().map(|leader| leader.name.clone());
        let leader = leader.as_deref();
        let witness = self.roster.witness(leader, now);
        let term = self.election.term();
        let names: Vec<String> = self.roster.iter().map(|seat| seat.ways.name.clone()).collect();
        let healthy = self.roster.healthy_operators(now);
        let block_time = self.block_time.get();
        // Where operators contradict each other every word is needed, and the silent ones' last.
        let enough = healthy >= 2 && !self.is_undecided();
        let supply = if enough { Supply::Enough } else { Supply::Scarce { block_time } };
        for name in names {
            let role = SetRole {
                role: self.roster.role(&name, leader, witness.as_deref(), now),
                term,
                reference: self.consensus.reference(self.chain.as_ref()),
                others_shown_at: self.others_moved(&name),
                block_time,
                declared: self.roster.declared(&name, &self.court(), now),
                supply,
            };
            if let Some(seat) = self.roster.seat(&name) {
                seat.tell(role);
            }
        }
        let routes = self.roster.routes(leader, now);
        // Scores move with every request; they are told along when something else moved, or at the next look.
        let outline = Some((term, routes.iter().map(|route| (route.provider.clone(), route.head)).collect()));
        if self.told_routes != outline {
            self.told_routes = outline;
            self.links.elected.tell(Elected { term, routes });
        }
    }

    fn court(&self) -> Court<'_> {
        Court { forked: &self.forked, genesis: self.roster.genesis(), block_time: self.block_time.get() }
    }

    /// Whoever is on the branch that was agreed on is on ours, though we have yet to go there. Where all are on another than ours,
    /// it is we who have been left behind: somebody must show us the way. While nothing is decided, no branch has lost.
    fn note_branches(&mut self) {
        let Some(chain) = &self.chain else { return };
        let (now, pending) = (self.vitals.now(), self.state.pending);
        let strays = |seat: &Seat| {
            let head = seat.report.as_ref().and_then(|report| report.head);
            let joins = |head: &Header| pending.is_some_and(|agreed| self.consensus.joins(head, &agreed));
            head.map(|(head, _)| self.consensus.strays(&head, chain) && !joins(&head))
        };
        let all = self.is_undecided() || self.roster.iter().filter_map(strays).all(|strays| strays);
        for seat in self.roster.iter_mut() {
            let away = !all && strays(seat) == Some(true);
            seat.note_branch(if away { Branch::Another } else { Branch::Ours }, now);
        }
    }

    fn others_moved(&self, name: &str) -> Option<crate::core::at::At> {
        self.roster.iter().filter(|seat| seat.ways.name != name).filter_map(|seat| seat.moved).max()
    }

    /// Blocks missing up to what two operators have.
    pub(super) fn behind(&self) -> u64 {
        let next = self.chain.as_ref().map(|chain| chain.anchor().next);
        let attainable = self.consensus.attainable(self.now());
        attainable.zip(next).map_or(0, |(attainable, next)| attainable.next().beyond(next))
    }
}

fn words(reason: &Reason) -> String {
    match reason {
        Reason::First => "the first that may serve".into(),
        Reason::Forced { why } => format!("the one before may not: {why}"),
        Reason::Voluntary { ratio } => format!("scores {ratio:.2} times the one before"),
    }
}
