//! What the Manager decided about providers, remembered over its own restart and the process's.

use std::collections::BTreeMap;
use std::future::Future;

use actix::{ActorFutureExt, AsyncContext, Context, WrapFuture};

use super::Manager;
use crate::actors::link::Unreachable;
use crate::actors::messages::{RememberSanctions, Unkept};
use crate::core::cordon::Cordon;
use crate::core::election::Election;
use crate::core::memory::{Memory, Sanctions};
use crate::core::strikes::Strikes;
use crate::core::until::Now;

/// Everything decided, to see whether something changed.
pub(super) type Decisions = (BTreeMap<String, (Strikes, Option<Cordon>)>, u64);

/// The election as it begins: penalties for losing the lead are remembered.
pub(super) fn election(memory: &Memory, now: Now) -> Election {
    let mut election = Election::new(now.at);
    for (name, remembered) in &memory.providers {
        if let Some(kept) = &remembered.sanctions.penalty {
            election.recall_penalty(name, kept, now);
        }
    }
    election
}

impl Manager {
    /// Has the Archive write down what was decided, if that is news.
    pub(super) fn remember(&mut self, ctx: &mut Context<Self>) {
        if self.told_decisions.as_ref() == Some(&self.decisions()) {
            return;
        }
        let kept = self.remember_now();
        ctx.spawn(kept.into_actor(self).map(|kept, act, _| {
            // An Archive that died meanwhile is told again at the next look.
            if kept.is_err() {
                act.told_decisions = None;
            }
        }));
    }

    /// Has the Archive write down what was decided; ends when it is durable.
    pub(super) fn remember_now(
        &mut self,
    ) -> impl Future<Output = Result<Result<(), Unkept>, Unreachable>> + use<> {
        self.told_decisions = Some(self.decisions());
        let (link, sanctions) = (self.links.remember.clone(), RememberSanctions(self.sanctions()));
        async move { link.ask(sanctions).await }
    }

    fn sanctions(&self) -> BTreeMap<String, Sanctions> {
        let now = self.vitals.clock().both(self.now());
        let penalties = self.election.penalties(now);
        let of = |seat: &super::roster::Seat| {
            let penalty = penalties.get(&seat.ways.name).copied();
            Sanctions { penalty, ..seat.sanctions(now) }
        };
        let all = self.roster.iter().map(|seat| (seat.ways.name.clone(), of(seat)));
        all.filter(|(_, sanctions)| *sanctions != Sanctions::default()).collect()
    }

    fn decisions(&self) -> Decisions {
        let now = self.now();
        let decided = |seat: &super::roster::Seat| {
            (seat.ways.name.clone(), (seat.strikes.clone(), seat.cordon(now).cloned()))
        };
        // The penalties only change with the term.
        (self.roster.iter().map(decided).collect(), self.election.term().0)
    }
}
