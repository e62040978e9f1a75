//! What is found out by recomputing a block, and who is told of it.

use actix::{ActorFutureExt, AsyncContext, Context, Handler, WrapFuture};

use super::Validator;
use super::exhibits::Use;
use super::waiting::{Judged, Recomputed};
use crate::actors::messages::{Accused, Acquitted, Candidate, Inspect, Wanted};
use crate::chain::exhibit;
use crate::core::case::{Exhibit, Fate};
use crate::core::excuse::{CheckName, Excuse, Exposed, Failing};
use crate::core::header::BlockRef;
use crate::core::linker;
use crate::crash::{self, Point};

impl Validator {
    /// Passes on what has waited long enough for a better copy.
    pub(super) fn excuse_ripe(&mut self) {
        for judged in self.waiting.ripe(self.vitals.now()) {
            if let Judged::Excused(excuse) = judged {
                self.excuse(excuse);
            }
        }
    }

    fn on_judged(&mut self, block: BlockRef, judged: Judged, exhibit: Exhibit, ctx: &mut Context<Self>) {
        match judged {
            Judged::Sound(exposed) => {
                // A second copy of what is delivered would be held for a reorg that brings it back by another way.
                if self.chain.as_ref().is_some_and(|chain| linker::is_past(chain, &block)) {
                    drop(self.waiting.take(&block.hash));
                }
                exposed.into_iter().for_each(|exposed| self.accuse_late(block, exposed));
                self.advance(ctx);
            }
            Judged::Doubted { block, from, why } => {
                tracing::warn!(%block, provider = from, why, "block is doubted, asking other operators for it");
                self.exhibits.keep(block, &from, exhibit, Use::Open);
                self.links.wanted.tell(Wanted { block, not_from: Some(from) });
            }
            Judged::Incomplete { block, from } => {
                self.links.wanted.tell(Wanted { block, not_from: Some(from) });
            }
            Judged::Refuted { block, from, evidence } => {
                self.counts.refuted += 1;
                self.exhibits.keep(block, &from, exhibit.clone(), Use::Shown);
                let (provider, fate) = (from.clone(), Fate::Refused);
                self.links.accused.tell(Accused { provider, block, evidence, exhibit, fate });
                self.links.wanted.tell(Wanted { block, not_from: Some(from) });
            }
            Judged::Excused(excuse) => {
                self.excuse(excuse);
                self.advance(ctx);
            }
            Judged::Doubled => {}
        }
    }

    /// Several operators have only copies that fail alike: the block is passed on, and a person should look.
    fn excuse(&mut self, excuse: Excuse) {
        let Excuse { block, failing, servers } = excuse;
        let operators = servers.iter().map(|served| served.operator.as_str()).collect::<Vec<_>>().join(", ");
        let Failing::Refuted(failed) = failing else {
            tracing::warn!(%block, operators, "block is passed on though not all of it can be proved");
            return;
        };
        let checks: Vec<CheckName> = failed.into_iter().map(|(check, _)| check).collect();
        tracing::error!(
            %block, ?checks, operators,
            "block is passed on though it fails: all operators that have it fail alike, so the checks are taken to be wrong"
        );
        servers.iter().for_each(|server| self.exhibits.reopen(block, &server.provider));
        self.links.acquitted.tell(Acquitted { servers, checks, block });
    }

    /// Another copy of the block passes: this one was false after all.
    fn accuse_late(&mut self, block: BlockRef, exposed: Exposed) {
        let Exposed { server, failed, passed_on } = exposed;
        let gives = |(check, computed): &(CheckName, String)| format!("{check} gives {computed}");
        let failed = failed.iter().map(gives).collect::<Vec<_>>().join(", ");
        let fate = if passed_on { Fate::Delivered } else { Fate::Refused };
        if passed_on {
            tracing::error!(%block, provider = server.provider, "a block that was delivered under an excuse was false");
        }
        let evidence = format!("{failed}, and another operator has a copy of the same block that passes");
        if let Some(exhibit) = self.exhibits.show(block, &server.provider) {
            let provider = server.provider;
            self.links.accused.tell(Accused { provider, block, evidence, exhibit, fate });
        }
    }
}

impl Handler<Candidate> for Validator {
    type Result = ();

    fn handle(&mut self, candidate: Candidate, ctx: &mut Self::Context) {
        self.vitals.received("Candidate");
        let (verifier, pool) = (self.verifier.clone(), self.pool.clone());
        let Candidate { block, from, elsewhere, permit } = candidate;
        let name = block.header.block();
        let (hash, job) = (name.hash, self.vitals.begin(format!("block {name}")));
        self.in_hand.insert(hash);
        let recomputed = async move {
            let recompute = move || {
                let verdict = verifier.verify(&block);
                (exhibit::of(&block, &verdict), verdict, block)
            };
            let recomputed = pool.run(recompute).await;
            recomputed.map(|(exhibit, verdict, block)| {
                (exhibit, Recomputed { verdict, block, from, elsewhere, permit })
            })
        };
        ctx.spawn(recomputed.into_actor(self).map(move |outcome, act, ctx| {
            act.vitals.end(job);
            act.in_hand.remove(&hash);
            act.counts.recomputed += 1;
            // Given up: it is missed, and asked for again, when its turn comes.
            let Ok((exhibit, recomputed)) = outcome else { return };
            let judged = act.waiting.judge(recomputed, act.vitals.now());
            crash::point(Point::Validated);
            act.on_judged(name, judged, exhibit, ctx);
        }));
    }
}

impl Handler<Inspect> for Validator {
    type Result = ();

    fn handle(&mut self, canary: Inspect, ctx: &mut Self::Context) {
        self.vitals.received("Inspect");
        let (verifier, pool) = (self.verifier.clone(), self.pool.clone());
        let Inspect { block, from } = canary;
        let name = block.header.block();
        let job = self.vitals.begin(format!("canary {name} of {}", from.provider));
        let recompute = move || {
            let verdict = verifier.verify(&block);
            (exhibit::of(&block, &verdict), verdict)
        };
        let recomputed = async move { pool.run(recompute).await };
        ctx.spawn(recomputed.into_actor(self).map(move |verdict, act, _| {
            act.vitals.end(job);
            // Given up: the next canary comes in its turn.
            let Ok((exhibit, verdict)) = verdict else { return };
            let (evidence, exposed) = act.waiting.inspect(&name, verdict, act.vitals.now());
            if let Some(evidence) = evidence {
                act.exhibits.keep(name, &from.provider, exhibit.clone(), Use::Shown);
                let (provider, block, fate) = (from.provider, name, Fate::Refused);
                act.links.accused.tell(Accused { provider, block, evidence, exhibit, fate });
            }
            exposed.into_iter().for_each(|exposed| act.accuse_late(name, exposed));
        }));
    }
}
