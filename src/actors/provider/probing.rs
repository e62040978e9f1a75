//! When a provider is looked at, and what follows from what it shows.

use std::time::Duration;

use actix::{ActorFutureExt, AsyncContext, Context, WrapFuture};

use super::probe::{self, Ask, Findings, Questions};
use super::{NextProbe, Provider, desk};
use crate::actors::messages::{ProbeTick, Role};
use crate::chain::error::ChainError;
use crate::chain::family::Key;
use crate::core::at::At;
use crate::core::header::Header;
use crate::core::probing::{IDENTITY_EVERY, finality_interval};
use crate::core::token_bucket::Priority;

/// How soon an identity that could not be verified is asked for again.
const VERIFY_AGAIN: Duration = Duration::from_secs(2);
/// How often the same trouble is told again.
const COMPLAIN_EVERY: Duration = Duration::from_secs(60);
/// A head further from the one before than this much of the chain, and than so many blocks, may be another chain's.
const JUMP: Duration = Duration::from_secs(600);
const JUMP_BLOCKS: u64 = 64;
/// How long a provider of another chain is left alone.
const MISFIT_PAUSE: Duration = Duration::from_secs(600);

impl Provider {
    pub(super) fn probe(&mut self, ctx: &mut Context<Self>) {
        if self.role.role == Role::Cordoned {
            self.next_probe = NextProbe::Suspended;
            return;
        }
        let questions = Questions { identity: self.identity_question(), priority: self.probe_priority() };
        self.next_probe = NextProbe::UnderWay;
        let job = self.vitals.begin("probe");
        let probe = probe::run(self.desk.clone(), self.profile.chain.clone(), questions);
        ctx.spawn(probe.into_actor(self).map(move |findings, act, ctx| {
            act.vitals.end(job);
            act.on_probed(findings, ctx);
        }));
    }

    pub(super) fn on_probed(&mut self, findings: Findings, ctx: &mut Context<Self>) {
        let now = self.vitals.now();
        let again = self.pause_after(&findings);
        if findings.genesis.is_some() {
            self.identified = super::Identified { at: Some(now), doubted: false };
        }
        // Another first block than before is for the Manager to judge; another chain id is no chain of ours at all.
        self.genesis = findings.genesis.or(self.genesis.filter(|_| findings.misfit.is_none()));
        self.misfit = findings.misfit.or(self.misfit.take().filter(|_| self.genesis.is_none()));
        match findings.head {
            Some(Ok(head)) => {
                self.rejoice();
                self.note_jump(head);
                self.sight.polled(head, now);
                self.note_lag(head, now);
                self.ask_finality(ctx);
            }
            Some(Err(error)) => {
                self.vitals.failed(&error);
                self.on_refuted(Key::Latest, &error);
                self.complain(&error);
            }
            None => {}
        }
        self.report();
        if self.genesis.is_some() {
            self.subscribe(ctx);
            self.send_canary(ctx);
        }
        let jitter = self.desk.borrow_mut().jitter.draw();
        self.next_probe = NextProbe::At(ctx.notify_later(ProbeTick, again.mul_f64(0.9 + 0.2 * jitter)));
    }

    /// Who an endpoint is, is asked at first, again every few minutes, and whenever something happened that another chain behind
    /// the same address would explain: graph-node#4554.
    fn identity_question(&mut self) -> Ask {
        let now = self.vitals.now();
        let stale = self.identified.at.is_none_or(|at| now.since(at) >= IDENTITY_EVERY);
        match self.genesis {
            None => Ask::First,
            Some(_) if stale || self.identified.doubted => {
                self.identified.at = Some(now);
                Ask::Again
            }
            Some(_) => Ask::Not,
        }
    }

    /// A head that leaps further than the time since the last one explains calls for another look at who this is.
    pub(super) fn note_jump(&mut self, head: Header) {
        let Some(before) = self.sight.head() else { return };
        let ten_minutes = (JUMP.as_secs_f64() / self.sight.block_time().as_secs_f64()) as u64;
        let far = head.height.beyond(before.height).max(before.height.beyond(head.height));
        self.identified.doubted |= far > ten_minutes.max(JUMP_BLOCKS);
    }

    /// Probes now rather than in its turn: something happened that only a look can explain.
    pub(super) fn probe_soon(&mut self, ctx: &mut Context<Self>) {
        match self.next_probe {
            NextProbe::UnderWay => {}
            NextProbe::At(turn) => {
                ctx.cancel_future(turn);
                self.probe(ctx);
            }
            NextProbe::Suspended => self.probe(ctx),
        }
    }

    /// Leaves the provider alone: a person took it out of service.
    pub(super) fn retire(&mut self, ctx: &mut Context<Self>) {
        if let NextProbe::At(turn) = self.next_probe {
            ctx.cancel_future(turn);
            self.next_probe = NextProbe::Suspended;
        }
        self.subscription.drop_connection(ctx);
        self.report();
    }

    /// Whom nobody waits for is probed out of the smallest share; who just came is looked at before all others.
    fn probe_priority(&self) -> Priority {
        match (self.role.role, self.genesis) {
            (Role::Standby, Some(_)) => Priority::Probe,
            _ => Priority::Tip,
        }
    }

    /// Beside the probe, and seldom: no head waits for it.
    fn ask_finality(&mut self, ctx: &mut Context<Self>) {
        let now = self.vitals.now();
        let every = finality_interval(self.sight.block_time());
        if self.finality_asked.is_some_and(|asked| now.since(asked) < every) {
            return;
        }
        let idle = self.role.role == Role::Standby && self.finality_asked.is_some();
        let priority = if idle { Priority::Probe } else { Priority::Verify };
        self.finality_asked = Some(now);
        let finality = probe::finality(self.desk.clone(), priority);
        ctx.spawn(finality.into_actor(self).map(|word, act, _| {
            act.sight.asked_finality(word);
            act.report();
        }));
    }

    /// Says what is wrong when that is news, and every minute while it lasts.
    fn complain(&mut self, error: &ChainError) {
        // That nobody was asked is no news of the provider.
        if error.message == desk::BREAKER_OPEN {
            return;
        }
        let now = self.vitals.now();
        let (provider, chain) = (&self.profile.name, &self.profile.chain);
        let told = self
            .trouble
            .as_ref()
            .is_some_and(|(text, since)| *text == error.message && now.since(*since) < COMPLAIN_EVERY);
        if !told {
            tracing::warn!(provider, %chain, %error, "provider cannot be used, trying again");
            self.trouble = Some((error.message.clone(), now));
        }
    }

    fn rejoice(&mut self) {
        if self.trouble.take().is_some() {
            tracing::info!(provider = self.profile.name, "provider answers again");
        }
    }

    fn pause_after(&self, findings: &Findings) -> Duration {
        if findings.misfit.is_some() {
            return MISFIT_PAUSE;
        }
        let verified = self.genesis.is_some() || findings.genesis.is_some();
        if !verified {
            return VERIFY_AGAIN;
        }
        let block_time = self.sight.block_time();
        match (self.role.role, self.subscription.is_live()) {
            (Role::Standby | Role::Quarantined | Role::Cordoned, _) => self.profile.health.probe_interval,
            (Role::Leader | Role::Witness, true) => {
                (block_time * 2).clamp(Duration::from_secs(1), Duration::from_secs(15))
            }
            (Role::Leader | Role::Witness, false) => self.sight.poll_interval(),
        }
    }

    pub(super) fn note_lag(&mut self, head: Header, now: At) {
        let Some(reference) = self.role.reference else { return };
        let lag = self
            .sight
            .block_time()
            .saturating_mul(u32::try_from(reference.beyond(head.height)).unwrap_or(u32::MAX));
        self.desk.borrow_mut().conduct.measures.on_lag(lag, now);
    }
}
