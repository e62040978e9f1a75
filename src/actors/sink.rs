//! The Sink actor: feeds one sink from one stream's journal, with a cursor of its own.
//!
//! *Recovery.* What fails for now is tried again for ever, with growing pauses, from wherever the sink then says it stands.
//! *Not promised.* Speed: a slow sink falls behind in the journal, and nobody else notices.

mod feed;
mod furthest;

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use actix::{
    Actor, ActorContext, ActorFutureExt, AsyncContext, Context, Handler, ResponseActFuture, WrapFuture,
};
use tokio::sync::Notify;

use self::feed::{Feed, Progress};
pub use self::furthest::Furthest;
use super::link::Link;
use super::messages::{Acknowledge, Appended, Drain, Locate, Pull};
use super::observe::{Observable, answers_observe};
use super::vitals::{Birth, Vitals};
use crate::sink::Sink as Outlet;
use crate::sink::error::SinkError;

/// Makes the sink; called again after each failure, so that every attempt begins with a fresh connection.
pub type Build = Arc<dyn Fn() -> Result<Box<dyn Outlet>, SinkError> + Send + Sync>;

/// The ways to the journal.
#[derive(Clone, Debug)]
pub struct Source {
    /// Asks for events.
    pub pull: Link<Pull>,
    /// Asks where a place lies.
    pub locate: Link<Locate>,
    /// Tells what was taken.
    pub acknowledge: Link<Acknowledge>,
}

/// Feeds one sink from one stream.
pub struct Sink {
    vitals: Vitals,
    feed: Option<Feed>,
    progress: Rc<RefCell<Progress>>,
    nudged: Rc<Notify>,
    ended: Rc<Notify>,
}

// === impl Sink ===

impl Sink {
    /// A feeder for the sink that `build` makes, called `name`, of the chain called `chain`. `furthest` is shared by all its lives.
    pub fn new(
        birth: Birth,
        name: &str,
        chain: &str,
        build: Build,
        source: Source,
        furthest: Furthest,
    ) -> Self {
        let progress = Rc::new(RefCell::new(Progress::new(name, chain)));
        let nudged = Rc::new(Notify::new());
        let feed = Feed { build, source, furthest, progress: progress.clone(), nudged: nudged.clone() };
        Self { vitals: Vitals::new(birth), feed: Some(feed), progress, nudged, ended: Rc::default() }
    }
}

impl Actor for Sink {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        if let Some(feed) = self.feed.take() {
            let ended = self.ended.clone();
            ctx.spawn(feed.run().into_actor(self).map(move |(), _, _| ended.notify_one()));
        }
    }
}

impl Observable for Sink {
    const KIND: &'static str = "Sink";

    fn vitals(&mut self) -> &mut Vitals {
        &mut self.vitals
    }

    fn state(&self) -> serde_json::Value {
        serde_json::to_value(&*self.progress.borrow()).unwrap_or_default()
    }
}

answers_observe!(Sink);

impl Handler<Appended> for Sink {
    type Result = ();

    fn handle(&mut self, appended: Appended, _: &mut Self::Context) {
        self.vitals.received("Appended");
        self.progress.borrow_mut().appended(appended.seq);
        self.nudged.notify_one();
    }
}

impl Handler<Drain> for Sink {
    type Result = ResponseActFuture<Self, ()>;

    fn handle(&mut self, drain: Drain, _: &mut Self::Context) -> Self::Result {
        self.vitals.received("Drain");
        self.progress.borrow_mut().drain();
        self.nudged.notify_one();
        let ended = self.ended.clone();
        let ended = async move { tokio::time::timeout(drain.deadline, ended.notified()).await };
        Box::pin(ended.into_actor(self).map(|_, act, ctx| {
            act.vitals.drained();
            ctx.stop();
        }))
    }
}
