//! Far behind: the ends of spans are voted on, and the way there must lead past those who are behind.

use std::collections::BTreeSet;

use actix::Context;

use super::Manager;
use crate::actors::messages::{HeadAdvanced, Plan, Recall};
use crate::actors::notice::Notice;
use crate::chain::family::Key;
use crate::core::catch_up::{Recalled, Settled};
use crate::core::consensus::ruling::{Agreement, Claim, Newcomers, OnSingle};
use crate::core::crossing::{Crossing, Way};
use crate::core::event::Mode;
use crate::core::header::Header;
use crate::core::numbers::Height;

impl Manager {
    /// The ends of spans that were voted on are taken, and others are voted on.
    pub(super) fn rule_on_spans(&mut self, next: Height, ctx: &mut Context<Self>) {
        let now = self.now();
        self.state.obstacle = None;
        // Whoever is on another history is asked for nothing: without this nobody would be left, and nothing said.
        let foreign = self.chain.as_ref().map(|chain| self.consensus.foreign(chain)).unwrap_or_default();
        self.note_foreign(&foreign);
        self.recall_lone_words();
        for settled in self.catch_up.settle(self.consensus.favoured(), now) {
            self.take_span(settled, ctx);
        }
        let common = self.consensus.common(next, now).unwrap_or_default();
        for height in self.catch_up.due(next, common, now) {
            self.poll_span_end(height, ctx);
        }
        if let Some(to) = self.catch_up.frontier() {
            self.links.advanced.tell(HeadAdvanced(Plan::Span { from: next, to }));
        }
    }

    /// Who was heard again since a single word was taken may contradict it. What a Manager before this one took is recalled, too: it
    /// counts as not reached for long.
    fn recall_lone_words(&mut self) {
        let (consensus, now) = (&self.consensus, self.now());
        let chosen = |agreement: &Agreement| consensus.favoured().is_some_and(|name| agreement.has(name));
        let stands = |agreement: &Agreement| chosen(agreement) || consensus.is_indisputable(agreement, now);
        if self.catch_up.recall(stands, now) == Recalled::All {
            self.links.recall.tell(Recall);
            self.state.agree_anew();
        }
    }

    fn take_span(&mut self, settled: Settled, ctx: &mut Context<Self>) {
        match settled {
            Settled::Single(agreement, _) if !self.may_go_alone(&agreement) => self.note_alone(agreement),
            Settled::Agreed(agreement, _) | Settled::Single(agreement, _) => {
                if self.may_cross(&agreement, ctx) {
                    self.catch_up.accept(&agreement, self.now());
                    self.agree(agreement, Mode::CatchUp);
                } else {
                    self.catch_up.rest(self.now());
                }
            }
            Settled::Split(claims) => self.note_split(&claims),
        }
    }

    pub(super) fn may_go_alone(&self, agreement: &Agreement) -> bool {
        self.newcomers() == Newcomers::None
            && self.consensus.rules.on_single == OnSingle::Flag
            && self.consensus.is_indisputable(agreement, self.now())
    }

    /// Whether more operators agree on the end of the span than stand on blocks which the way there does not lead past.
    fn may_cross(&mut self, agreement: &Agreement, ctx: &mut Context<Self>) -> bool {
        let Some(chain) = &self.chain else { return true };
        let behind = self.consensus.behind(agreement, chain);
        let chosen = self.consensus.favoured().is_some_and(|name| agreement.has(name));
        let Some(guide) =
            agreement.operators.first().filter(|_| behind.len() >= agreement.operators.len() && !chosen)
        else {
            return true;
        };
        let now = self.now();
        if !self.state.crossing.as_ref().is_some_and(|crossing| crossing.holds(guide, &behind, now)) {
            self.state.crossing = Some(Crossing::new(guide, &behind, now));
        }
        match self.state.crossing.as_mut().map(|crossing| crossing.way(&behind)) {
            Some(Way::Unknown(heights)) => {
                self.ask_the_way(guide, &heights, ctx);
                false
            }
            Some(Way::Past(left)) if left.len() >= agreement.operators.len() => {
                let far = Claim { block: agreement.block, operators: agreement.operators.clone() };
                self.note_split(&[left, vec![far]].concat());
                false
            }
            Some(Way::Past(_)) | None => true,
        }
    }

    fn ask_the_way(&mut self, guide: &str, heights: &BTreeSet<Height>, ctx: &mut Context<Self>) {
        let electorate = self.roster.electorate(self.now());
        let name = electorate.into_iter().find(|name| self.operator_of(name).as_deref() == Some(guide));
        for height in heights.iter().copied() {
            match name.clone() {
                Some(name) => {
                    self.question(name, Key::Number(height), ctx, move |act, _, operator, answer, ctx| {
                        act.shown_the_way(&operator, height, answer.ok().as_ref());
                        act.deliberate(ctx);
                    });
                }
                None => self.shown_the_way(guide, height, None),
            }
        }
    }

    fn shown_the_way(&mut self, operator: &str, height: Height, block: Option<&Header>) {
        if let Some(crossing) = &mut self.state.crossing {
            crossing.showed(operator, height, block);
        }
    }

    /// One operator alone has the end of the span, and its word is not enough: said once for each.
    fn note_alone(&mut self, agreement: Agreement) {
        let claim = Claim { block: agreement.block, operators: agreement.operators };
        if self.state.alone.as_ref() != Some(&claim) {
            let (chain, block) = (self.mandate.chain.as_str(), claim.block);
            let operators = claim.operators.join(", ");
            tracing::warn!(chain, %block, operators, "catching up waits for a second operator that has this block");
            self.notices.give(chain, Notice::Held { block, operators: claim.operators.clone() });
            self.state.alone = Some(claim);
        }
    }
}
