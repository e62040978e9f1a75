//! The Observer actor: asks every actor what it is doing, and never hangs on one that does not answer.

use actix::{Actor, ActorContext, Context, Handler, Message, ResponseFuture};
use serde::Serialize;

use super::messages::Drain;
use super::observe::{Observable, answers_observe};
use super::registry::Registry;
use super::vitals::{Birth, Observation, Vitals};

/// Whoever is curious → Observer: what are the actors doing whose path this pattern covers?
#[derive(Clone, Debug, Message)]
#[rtype(result = "Vec<Observation>")]
pub struct ObserveAll {
    /// A part of a path, or a whole one with `*` for any run of characters.
    pub pattern: String,
}

/// Asks all others.
pub struct Observer {
    vitals: Vitals,
    registry: Registry,
    asked: u64,
}

#[derive(Serialize)]
struct State {
    actors: Vec<String>,
    times_asked: u64,
}

impl Observer {
    /// An observer of everybody who is entered in `registry`.
    pub fn new(birth: Birth, registry: Registry) -> Self {
        Self { vitals: Vitals::new(birth), registry, asked: 0 }
    }
}

impl Actor for Observer {
    type Context = Context<Self>;
}

impl Observable for Observer {
    const KIND: &'static str = "Observer";

    fn vitals(&mut self) -> &mut Vitals {
        &mut self.vitals
    }

    fn state(&self) -> serde_json::Value {
        let state = State { actors: self.registry.paths(), times_asked: self.asked };
        serde_json::to_value(state).unwrap_or_default()
    }
}

answers_observe!(Observer);

impl Handler<ObserveAll> for Observer {
    type Result = ResponseFuture<Vec<Observation>>;

    fn handle(&mut self, question: ObserveAll, _: &mut Self::Context) -> Self::Result {
        self.vitals.received("ObserveAll");
        self.asked += 1;
        let registry = self.registry.clone();
        Box::pin(async move { registry.observe(&question.pattern).await })
    }
}

impl Handler<Drain> for Observer {
    type Result = ();

    fn handle(&mut self, _: Drain, ctx: &mut Self::Context) {
        self.vitals.received("Drain");
        self.vitals.drained();
        ctx.stop();
    }
}
