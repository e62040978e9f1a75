//! When nothing more may be delivered: said, explained, and ended.

use std::collections::{BTreeMap, BTreeSet};

use super::Manager;
use crate::actors::messages::Unlatch;
use crate::actors::notice::Notice;
use crate::core::canonical::Canonical;
use crate::core::command::{Declined, Done};
use crate::core::consensus::ruling::Claim;
use crate::core::consensus::votes::Operator;
use crate::core::halt::{Cause, End, Halt, News, Scene};

impl Manager {
    /// Operators contradict each other about the end of a span, or the first block.
    pub(super) fn note_split(&mut self, claims: &[Claim]) {
        let now = self.now();
        let since = *self.state.split_since.get_or_insert(now);
        if now.since(since) >= self.consensus.rules.halt_after() {
            self.halt(Cause::Tie(claims.to_vec()));
        }
    }

    /// Most operators hold to a history that does not contain what is never undone. A short while they may be lying, or
    /// coming back from a copy; then it is so.
    pub(super) fn note_foreign(&mut self, foreign: &BTreeSet<Operator>) {
        let now = self.now();
        if 2 * foreign.len() <= self.consensus.votes().len() {
            self.state.left_since = None;
            return;
        }
        // Nothing was delivered yet, and the first block that was named is gone: looked for again, that will be said.
        if self.chain.as_ref().is_some_and(Canonical::is_empty) {
            self.chain = None;
            self.catch_up.begin_anew();
            return;
        }
        let since = *self.state.left_since.get_or_insert(now);
        let fixed = self.chain.as_ref().and_then(Canonical::fixed);
        if let Some(ours) = fixed.filter(|_| now.since(since) >= self.consensus.rules.halt_after()) {
            let votes = self.consensus.votes().iter().filter(|(operator, _)| foreign.contains(*operator));
            let claim = |(operator, vote): (&Operator, &crate::core::consensus::votes::Vote)| Claim {
                block: vote.head.block(),
                operators: vec![operator.clone()],
            };
            let theirs = votes.map(claim).collect();
            self.halt(Cause::FixedLeft { ours, theirs });
        }
    }

    /// Nothing more is delivered. A halt that only a person ends stays as it is.
    pub(super) fn halt(&mut self, cause: Cause) {
        if self.is_latched() {
            return;
        }
        let (chain, why, end) = (self.mandate.chain.as_str(), cause.headline(), cause.end());
        let since = self.now();
        let news = match &mut self.state.halt {
            Some(halt) => halt.learn(cause),
            none => {
                *none = Some(Halt { cause, since });
                News::New
            }
        };
        if news == News::Old {
            return;
        }
        match end {
            End::ByItself => {
                tracing::error!(
                    chain,
                    why,
                    "halted at the last agreed block; `blocktap observe {chain}/manager` says how to go on"
                );
            }
            End::ByHand => {
                tracing::error!(
                    chain,
                    why,
                    "halted until a person decides; `blocktap observe {chain}/manager` says how to go on"
                );
            }
        }
        self.notices.give(chain, Notice::Halted { why });
    }

    /// Whether only a person can end the halt.
    pub(super) fn is_latched(&self) -> bool {
        self.state.halt.as_ref().is_some_and(|halt| halt.cause.end() == End::ByHand)
    }

    /// Operators agree: a halt that ends by itself is over.
    pub(super) fn go_on(&mut self) {
        self.state.split_since = None;
        if self.state.halt.is_some() && !self.is_latched() {
            tracing::info!(chain = self.mandate.chain, "operators agree again, going on");
            self.end_halt();
        }
    }

    fn end_halt(&mut self) {
        self.state.halt = None;
        self.notices.give(&self.mandate.chain, Notice::Resumed);
    }

    /// Why nothing is delivered, who says what, and what ends it: several lines.
    pub(super) fn halted(&self) -> Option<String> {
        let halt = self.state.halt.as_ref()?;
        let votes = self.consensus.votes().iter();
        let mut providers: BTreeMap<&Operator, Vec<&str>> = BTreeMap::new();
        for ways in self.roster.iter().map(|seat| &seat.ways) {
            providers.entry(&ways.operator).or_default().push(&ways.name);
        }
        let scene = Scene {
            chain: &self.mandate.chain,
            start: &self.mandate.start,
            first: self.first,
            delivered: self.cursor(),
            delivered_at: self.last_applied,
            heard: votes.map(|(operator, vote)| (operator, (vote.head.block(), vote.heard))).collect(),
            providers,
            now: self.vitals.clock().both(self.now()),
        };
        Some(halt.explain(&scene))
    }

    /// A person says how to go on.
    pub(super) fn resume(&mut self, with: Option<&str>) -> Result<Done, Declined> {
        let chain = self.mandate.chain.clone();
        let Some(halt) = self.state.halt.clone() else {
            return Err(Declined::Unwise(format!("{chain} is not halted")));
        };
        match (halt.cause.end(), with) {
            (End::ByItself, Some(operator)) => self.follow_operator(operator, halt.cause.sides()),
            (End::ByItself, None) => Err(Declined::Unwise(format!(
                "operators still contradict each other; name the one to follow: --with {}",
                halt.cause.sides().join(", --with ")
            ))),
            (End::ByHand, Some(_)) => Err(Declined::Unwise(
                "nobody is followed where that would undo what is never undone; take out of service whom you do not believe, and resume without --with"
                    .into(),
            )),
            (End::ByHand, None) => {
                tracing::warn!(chain, "resumed by hand");
                self.links.unlatch.tell(Unlatch);
                self.state.left_since = None;
                self.state.agree_anew();
                self.end_halt();
                Ok(Done::plainly(format!("{chain} looks again; while the contradiction lasts it halts again")))
            }
        }
    }

    fn follow_operator(&mut self, operator: &str, sides: Vec<Operator>) -> Result<Done, Declined> {
        if !sides.iter().any(|side| side == operator) {
            return Err(Declined::Unknown { what: "side", name: operator.into(), known: sides });
        }
        tracing::warn!(chain = self.mandate.chain, operator, "resumed by hand, following one operator");
        self.consensus.favour(operator);
        self.state.split_since = None;
        self.end_halt();
        Ok(Done {
            done: format!("{} follows {operator}", self.mandate.chain),
            warnings: vec![
                "its word alone counts until operators agree again, or most of them contradict it; a restart forgets this order"
                    .into(),
            ],
        })
    }
}
