//! Canaries: now and then an idle provider is asked for a recent final block, and held to it.
//!
//! *Why.* A provider that only announces heads while it idles could be handing out false blocks, or none, and the first to find
//! out would be the stream, in the middle of a swap.
//! *Budget.* Canaries share the part of the rate limit that probing has. A spent limiter drops one, and the next comes in its turn.

use std::time::Duration;

use actix::{ActorFutureExt, AsyncContext, Context, WrapFuture};

use super::Provider;
use super::desk;
use crate::actors::messages::{Inspect, Role};
use crate::chain::error::ChainError;
use crate::chain::family::{Key, RawBlock, Receipts};
use crate::core::at::At;
use crate::core::class::Class;
use crate::core::eligibility::Flag;
use crate::core::probing::CANARY_EVERY;
use crate::core::served::Served;
use crate::core::token_bucket::Priority;

/// How long the block is worth waiting for.
const DEADLINE: Duration = Duration::from_secs(20);

/// What one provider's canaries have shown.
#[derive(Debug, Default)]
pub struct Canary {
    due: Option<At>,
    missing: Option<String>,
}

impl Canary {
    /// What it could not serve, if so.
    pub fn flag(&self) -> Option<Flag> {
        self.missing.clone().map(|missing| Flag::NoCapability { missing })
    }
}

impl Provider {
    /// Sends a canary, if one is due and the provider is idle and well: one that lags, rests or is out of service is left alone.
    pub(super) fn send_canary(&mut self, ctx: &mut Context<Self>) {
        let now = self.vitals.now();
        let jitter = self.desk.borrow_mut().jitter.draw();
        let Some(due) = self.canary.due else {
            // Not all at once after a start.
            self.canary.due = Some(now + CANARY_EVERY.mul_f64(jitter));
            return;
        };
        let well = self.eligibility.flags().iter().all(|flag| matches!(flag, Flag::NoCapability { .. }));
        let idle = self.role.role == Role::Standby;
        let Some(block) = self.sight.finality().finalized().filter(|_| now >= due && idle && well) else {
            return;
        };
        self.canary.due = Some(now + CANARY_EVERY.mul_f64(0.9 + 0.2 * jitter));
        let key = Key::Hash(block.block());
        let job = self.vitals.begin(format!("canary {key}"));
        let served = desk::fetch(self.desk.clone(), key, self.receipts, Priority::Probe, DEADLINE);
        ctx.spawn(served.into_actor(self).map(move |served, act, _| {
            act.vitals.end(job);
            act.on_canary(served);
        }));
    }

    fn on_canary(&mut self, served: Result<RawBlock, ChainError>) {
        self.canary.missing = match served {
            Ok(block) => {
                let Served { provider, operator } = self.served();
                self.links.inspect.tell(Inspect { block, from: Served { provider, operator } });
                None
            }
            Err(error) if matches!(error.class, Class::NotYet | Class::Capability) => {
                self.vitals.failed(&error);
                let what = if self.receipts == Receipts::With { "blocks and receipts" } else { "blocks" };
                Some(format!("recent final {what}"))
            }
            // Whatever else is wrong with it, its breaker and its limiter know.
            Err(_) => self.canary.missing.take(),
        };
        self.report();
    }

    fn served(&self) -> Served {
        Served { provider: self.profile.name.clone(), operator: self.profile.operator.clone() }
    }
}
