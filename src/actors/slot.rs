//! A post that is never left empty for long: starts an actor, watches for its death, and starts the next one.
//!
//! *Why not actix's own supervisor.* It starts the same value again after a stop, and nothing at all after a panic: the
//! mailbox just closes. A slot has a factory, so every generation begins from what is durable.
//! *Decision.* [`crate::core::restarts`]: at once the first time, later and later after that, and not at all when it happens
//! too often; then the whole chain is told to stop, loudly.

use actix::{Actor, Context};
use tokio::sync::oneshot;

use super::clock::Clock;
use super::link::Handle;
use super::observe::{Observable, Observe, Publish};
use super::registry::Registry;
use super::vitals::{Birth, End, LastWords};
use crate::core::restarts::{Policy, Restart, Restarts};

/// What a slot needs from the house.
#[derive(Clone)]
pub struct House {
    /// The clock.
    pub clock: Clock,
    /// Where every actor can be found for observation.
    pub registry: Registry,
    /// Called with an actor's path when it died too often.
    pub escalate: std::sync::Arc<dyn Fn(&str) + Send + Sync>,
}

impl House {
    /// Starts an actor under `path` and keeps the post filled. Must be called on the arbiter that the actor shall live on.
    pub fn employ<A>(
        &self,
        path: impl Into<String>,
        handle: &Handle<A>,
        factory: impl Fn(Birth) -> A + 'static,
    ) where
        A: Actor<Context = Context<A>> + Observable + actix::Handler<Observe> + actix::Handler<Publish>,
    {
        let (path, words) = (path.into(), LastWords::default());
        self.registry.enter(&path, handle.link::<Observe>(), words.clone());
        let generation = Generation { house: self.clone(), path, words, handle: handle.clone() };
        let death = generation.start(&factory, 0);
        actix::spawn(generation.keep(factory, death));
    }
}

struct Generation<A: Actor> {
    house: House,
    path: String,
    words: LastWords,
    handle: Handle<A>,
}

impl<A> Generation<A>
where
    A: Actor<Context = Context<A>> + Observable + actix::Handler<Publish>,
{
    fn start(&self, factory: &impl Fn(Birth) -> A, restarts: u32) -> oneshot::Receiver<End> {
        let (sender, death) = oneshot::channel();
        let birth = Birth {
            path: self.path.clone(),
            restarts,
            clock: self.house.clock,
            last_words: self.words.clone(),
            witness: self.house.registry.witness(),
            death: sender,
        };
        let addr = factory(birth).start();
        self.handle.fill(addr);
        self.handle.link::<Publish>().tell(Publish);
        death
    }

    async fn keep(self, factory: impl Fn(Birth) -> A, mut death: oneshot::Receiver<End>) {
        let mut restarts = Restarts::new(Policy::default());
        while death.await != Ok(End::Drained) {
            match restarts.on_death(self.house.clock.now(), 0.5) {
                Restart::After(wait) => {
                    let wait_ms = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX);
                    tracing::error!(actor = %self.path, wait_ms, "actor died, starting it again");
                    metrics::counter!("blocktap_actor_restarts_total", "actor" => self.path.clone())
                        .increment(1);
                    tokio::time::sleep(wait).await;
                    death = self.start(&factory, u32::try_from(restarts.total()).unwrap_or(u32::MAX));
                }
                Restart::Escalate => {
                    tracing::error!(actor = %self.path, "actor died too often, giving it up");
                    (self.house.escalate)(&self.path);
                    return;
                }
            }
        }
    }
}
