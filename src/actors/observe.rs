//! The debug message: every actor answers it, and it changes nothing.

use std::time::Duration;

use actix::Message;

use super::vitals::{Observation, Vitals};

/// "What are you doing?"
#[derive(Clone, Copy, Debug, Message)]
#[rtype(result = "Observation")]
pub struct Observe;

/// An actor's own reminder to publish its state, so that there is something to show when it can no longer answer.
#[derive(Clone, Copy, Debug, Message)]
#[rtype(result = "()")]
pub struct Publish;

/// How often an actor publishes its state.
pub const PUBLISH_EVERY: Duration = Duration::from_secs(1);

/// What an actor must be able to tell.
pub trait Observable {
    /// The kind of actor, as in `actors.md`.
    const KIND: &'static str;

    /// Its vitals.
    fn vitals(&mut self) -> &mut Vitals;

    /// Its own state: a small struct made for people to read.
    fn state(&self) -> serde_json::Value;

    /// The whole answer.
    fn observation(&mut self) -> Observation {
        let state = self.state();
        self.vitals().observation(Self::KIND, state)
    }

    /// Leaves the present state behind as last words.
    fn leave_word(&mut self) {
        let observation = self.observation();
        self.vitals().publish(observation);
    }
}

/// Makes an [`Observable`] actor answer [`Observe`] and keep its last words fresh.
macro_rules! answers_observe {
    ($actor:ty) => {
        impl actix::Handler<$crate::actors::observe::Observe> for $actor {
            type Result = actix::MessageResult<$crate::actors::observe::Observe>;

            fn handle(&mut self, _: $crate::actors::observe::Observe, _: &mut Self::Context) -> Self::Result {
                use $crate::actors::observe::Observable;
                self.vitals().received("Observe");
                actix::MessageResult(self.observation())
            }
        }

        impl actix::Handler<$crate::actors::observe::Publish> for $actor {
            type Result = ();

            fn handle(&mut self, _: $crate::actors::observe::Publish, ctx: &mut Self::Context) {
                use actix::AsyncContext;
                use $crate::actors::observe::Observable;
                self.leave_word();
                ctx.notify_later($crate::actors::observe::Publish, $crate::actors::observe::PUBLISH_EVERY);
            }
        }
    };
}

pub(crate) use answers_observe;
