//! What the Manager asks of providers: votes on a height, and the ends of spans.

use std::collections::BTreeSet;
use std::time::Duration;

use actix::{ActorFutureExt, AsyncContext, Context, WrapFuture};

use super::Manager;
use crate::actors::messages::{HeadTimed, HeaderAt, Report};
use crate::chain::error::ChainError;
use crate::chain::family::Key;
use crate::core::consensus::ruling::Corroboration;
use crate::core::header::Header;
use crate::core::numbers::Height;

/// How long a vote is worth waiting for.
const VOTE_DEADLINE: Duration = Duration::from_secs(3);

/// Whom to ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Whom {
    /// Those that do not announce their heads by themselves: the others' votes come unasked.
    Silent,
    /// All.
    All,
}

impl Manager {
    /// Takes what a provider says of itself, and its vote.
    pub(super) fn take_report(&mut self, report: Report, ctx: &mut Context<Self>) {
        let now = self.now();
        let (head, provider, operator) = (report.head, report.provider.clone(), report.operator.clone());
        let word = report.finality;
        let Some(seat) = self.roster.seat(&report.provider) else { return };
        let known = seat.report.as_ref().and_then(|before| before.head);
        let moved = head.filter(|(head, _)| known.is_none_or(|(known, _)| known.hash != head.hash));
        let went_from = seat.moved.zip(known.map(|(known, _)| known));
        if moved.is_some() {
            seat.moved = Some(now);
        }
        let (subscribed, timed) = (report.subscribed, seat.ways.timed.clone());
        seat.report = Some(report);
        let genesis = self.roster.genesis();
        let heard = self.roster.is_heard(&provider, genesis, now);
        if let Some(((since, from), (to, _))) = went_from.zip(moved).filter(|_| heard) {
            self.note_step(&provider, from, to, since);
        }
        let heard = self.roster.is_heard(&provider, genesis, now);
        let Some((head, shown)) = head.filter(|_| heard) else { return };
        self.finality.hear(&operator, word, shown);
        if let Some(delay) = moved.map(|(head, _)| self.sighted(head)).filter(|_| subscribed) {
            timed.tell(HeadTimed { delay });
        }
        if self.consensus.vote(&operator, head, shown) {
            self.canvass(head.height, Whom::Silent, ctx);
        }
    }

    /// How long after its first sight a head was shown.
    fn sighted(&mut self, head: Header) -> Duration {
        let now = self.now();
        let near = self.consensus.attainable(now).unwrap_or(head.height);
        self.sightings.see(head.block(), near, now)
    }

    /// Asks other operators which block they have at `height`: a second voice must not wait for a poll.
    pub(super) fn canvass(&mut self, height: Height, whom: Whom, ctx: &mut Context<Self>) {
        if self.chain.is_none() || self.behind() > crate::core::catch_up::NEAR {
            return;
        }
        let heard: BTreeSet<String> = self
            .consensus
            .votes()
            .iter()
            .filter(|(_, vote)| vote.head.height >= height)
            .map(|(operator, _)| operator.clone())
            .collect();
        let enough =
            if self.consensus.rules.corroboration == Corroboration::Majority { usize::MAX } else { 3 };
        let wanted = enough.saturating_sub(heard.len());
        let mut chosen = Vec::new();
        for name in self.roster.voices(self.now()) {
            let Some(seat) = self.roster.seat(&name) else { continue };
            let speaks = seat.report.as_ref().is_some_and(|report| report.subscribed);
            let skip = heard.contains(&seat.ways.operator) || (speaks && whom == Whom::Silent);
            if !skip && seat.asked.insert(height) {
                chosen.push(name);
            }
        }
        let ask: Vec<String> = chosen.iter().take(wanted).cloned().collect();
        for name in chosen.into_iter().skip(wanted) {
            self.forget_question(&name, height);
        }
        ask.into_iter().for_each(|name| self.ask(name, height, ctx));
    }

    pub(super) fn ask(&mut self, name: String, height: Height, ctx: &mut Context<Self>) {
        self.question(name, Key::Number(height), ctx, move |act, name, operator, answer, ctx| {
            act.forget_question(&name, height);
            if let Ok(header) = answer {
                let now = act.now();
                act.roster.seat(&name).into_iter().for_each(|seat| seat.shown = Some(header.block()));
                act.consensus.vote(&operator, header, now);
                act.deliberate(ctx);
            }
        });
    }

    fn forget_question(&mut self, name: &str, height: Height) {
        if let Some(seat) = self.roster.seat(name) {
            seat.asked.remove(&height);
        }
    }

    /// Asks several operators for the hash at the end of a span.
    pub(super) fn poll_span_end(&mut self, height: Height, ctx: &mut Context<Self>) {
        let now = self.now();
        let voices: Vec<String> = self.roster.electorate(now);
        // All of them: of some the minority might be the first.
        let asked: Vec<String> = voices.into_iter().filter(|name| self.reaches(name, height)).collect();
        let operators: Vec<String> = asked.iter().filter_map(|name| self.operator_of(name)).collect();
        self.catch_up.open(height, operators, now);
        for name in asked {
            self.question(name, Key::Number(height), ctx, move |act, _, operator, answer, ctx| {
                act.catch_up.answer(height, &operator, answer.ok());
                act.deliberate(ctx);
            });
        }
    }

    fn reaches(&mut self, name: &str, height: Height) -> bool {
        self.roster.seat(name).and_then(|seat| seat.head()).is_some_and(|head| head >= height)
    }

    pub(super) fn operator_of(&mut self, name: &str) -> Option<String> {
        self.roster.seat(name).map(|seat| seat.ways.operator.clone())
    }

    /// Asks a provider for a header; `then` hears what came of it.
    pub(super) fn question(
        &mut self,
        name: String,
        key: Key,
        ctx: &mut Context<Self>,
        then: impl FnOnce(&mut Self, String, String, Result<Header, ChainError>, &mut Context<Self>) + 'static,
    ) {
        let Some(seat) = self.roster.seat(&name) else { return };
        let (link, operator) = (seat.ways.header.clone(), seat.ways.operator.clone());
        let job = self.vitals.begin(format!("header {key} from {name}"));
        let answer = async move { link.ask(HeaderAt { key, deadline: VOTE_DEADLINE }).await };
        ctx.spawn(answer.into_actor(self).map(move |answer, act, ctx| {
            act.vitals.end(job);
            let answer = answer.unwrap_or_else(|error| Err(ChainError::transient(error.to_string())));
            let heard = act.roster.is_heard(&name, act.roster.genesis(), act.now());
            let answer = answer.and_then(|header| if heard { Ok(header) } else { Err(unheard()) });
            then(act, name, operator, answer, ctx);
        }));
    }
}

/// Whoever was found out while it was being asked has no word any more.
fn unheard() -> ChainError {
    ChainError::transient("the provider is no longer heard")
}
