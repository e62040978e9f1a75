//! What people order: providers taken out of service and into it again, and a way on after a halt.

use std::time::Duration;

use actix::{ActorFutureExt, Context, Handler, ResponseActFuture, WrapFuture};

use super::Manager;
use crate::actors::messages::Order;
use crate::actors::observe::Observable;
use crate::core::command::{Command, Declined, Done, lasting};
use crate::core::consensus::ruling::OnSingle;
use crate::core::cordon::Cordon;

/// How long the disk may take to hold an order.
const DURABLE_WITHIN: Duration = Duration::from_secs(3);

impl Manager {
    fn carry_out(&mut self, command: Command) -> Result<Done, Declined> {
        match command {
            Command::Cordon { provider, for_s, by, reason, force } => {
                let until = lasting(for_s).map(|lasting| self.now() + lasting);
                self.cordon(&provider, Cordon { until, by, reason }, force)
            }
            Command::Uncordon { provider } => self.uncordon(&provider),
            Command::Resume { with } => self.resume(with.as_deref()),
        }
    }

    fn cordon(&mut self, name: &str, cordon: Cordon, force: bool) -> Result<Done, Declined> {
        let now = self.now();
        let seat = self.roster.seat(name);
        let operator = seat.map(|seat| seat.ways.operator.clone()).ok_or_else(|| self.unknown(name))?;
        let left = self.operators_left_without(name);
        if left == 0 && !force {
            return Err(Declined::Unwise(format!(
                "no eligible provider would be left without {name}, and {} would stand still; force it if that is meant",
                self.mandate.chain
            )));
        }
        let words = cordon.describe(now);
        if let Some(seat) = self.roster.seat(name) {
            seat.set_cordon(Some(cordon));
        }
        self.consensus.revoke(&operator);
        self.finality.revoke(&operator);
        tracing::warn!(chain = self.mandate.chain, provider = name, words, "provider cordoned");
        let warnings = self.warnings(left);
        Ok(Done { done: format!("{}/{name} is {words}", self.mandate.chain), warnings })
    }

    fn uncordon(&mut self, name: &str) -> Result<Done, Declined> {
        let now = self.now();
        let Some(seat) = self.roster.seat(name) else { return Err(self.unknown(name)) };
        let (cordoned, quarantined) = (seat.cordon(now).is_some(), seat.strikes.pardon(now));
        if !cordoned && !quarantined {
            return Err(Declined::Unwise(format!("{name} is neither cordoned nor quarantined")));
        }
        seat.set_cordon(None);
        tracing::warn!(chain = self.mandate.chain, provider = name, "provider uncordoned");
        Ok(Done::plainly(format!(
            "{}/{name} is in service again; it is being looked at now",
            self.mandate.chain
        )))
    }

    /// How many operators have a provider in good health, `name` apart.
    pub(super) fn operators_left_without(&self, name: &str) -> usize {
        let now = self.now();
        let others = self.roster.iter().filter(|seat| seat.ways.name != name && seat.is_eligible(now));
        others.map(|seat| &seat.ways.operator).collect::<std::collections::BTreeSet<_>>().len()
    }

    fn warnings(&self, operators_left: usize) -> Vec<String> {
        let warning = match (operators_left, self.consensus.rules.on_single) {
            (0, _) => "no eligible provider is left: nothing more is delivered until one is back",
            (1, OnSingle::Hold) => {
                "one operator is left: nothing more is delivered on its word alone (on_single)"
            }
            (1, OnSingle::Flag) => "one operator is left: blocks are delivered on its word alone",
            _ => return Vec::new(),
        };
        vec![warning.into()]
    }

    fn unknown(&self, name: &str) -> Declined {
        let known = self.roster.iter().map(|seat| seat.ways.name.clone()).collect();
        Declined::Unknown { what: "provider", name: name.into(), known }
    }
}

impl Handler<Order> for Manager {
    type Result = ResponseActFuture<Self, Result<Done, Declined>>;

    /// What was ordered holds at once; that it is done is only said when it is durable too.
    fn handle(&mut self, order: Order, ctx: &mut Context<Self>) -> Self::Result {
        self.vitals().received("Order");
        let answer = self.carry_out(order.0);
        let kept = tokio::time::timeout(DURABLE_WITHIN, self.remember_now());
        self.deliberate(ctx);
        Box::pin(kept.into_actor(self).map(|kept, act, _| {
            let mut done = answer?;
            if !matches!(kept, Ok(Ok(Ok(())))) {
                // An Archive that died meanwhile has never heard of it.
                act.told_decisions = None;
                done.warnings.push("it could not be written down: it will not survive a restart".into());
            }
            Ok(done)
        }))
    }
}
