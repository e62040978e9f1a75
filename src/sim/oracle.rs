//! What must hold of a stream whatever its providers do, held against what really happened.
//!
//! *Inputs.* The world, which knows the truth; the wire, where every request and every answer passes; the log, the sinks and
//! the gauges of the daemon under trial.
//! *Decision.* The first rule that is broken, with the moment at which it broke. Rules are checked at every event.
//! *Independence.* Nothing here is shared with what is judged: ids, links, contents and waits are worked out anew, so that a
//! mistake in the product cannot excuse itself.
//! *Not promised.* That a fleet of liars is seen through: [`terms::Terms`] say what was arranged, and with it what may be asked.

pub mod breach;
mod content;
mod ledger;
mod manners;
mod outlet;
mod shown;
pub mod terms;
mod witness;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use self::breach::{Breach, Invariant};
use self::ledger::Ledger;
use self::manners::Manners;
use self::outlet::Outlet;
use self::terms::Terms;
use self::witness::Witness;
use super::reply::Reply;
use super::watch::Watcher;
use super::world::World;
use crate::core::at::At;
use crate::core::event::{Event, Step};
use crate::core::header::BlockRef;
use crate::core::numbers::Height;

/// Holds a daemon to its promises; clones share what was seen.
#[derive(Clone, Debug)]
pub struct Oracle {
    shared: Arc<Mutex<Bench>>,
}

/// What was seen so far.
#[derive(Debug)]
struct Bench {
    world: World,
    terms: Terms,
    ledger: Ledger,
    witness: Witness,
    manners: Manners,
    outlets: BTreeMap<String, Outlet>,
    breach: Option<Breach>,
}

impl Oracle {
    /// Looks at a daemon in front of `world`, on these terms.
    pub fn new(world: World, terms: Terms) -> Self {
        let bench = Bench {
            ledger: Ledger::new(&terms),
            witness: Witness::new(&terms),
            manners: Manners::new(&terms),
            outlets: BTreeMap::new(),
            breach: None,
            world,
            terms,
        };
        Self { shared: Arc::new(Mutex::new(bench)) }
    }

    /// The first rule that was broken.
    pub fn breach(&self) -> Option<Breach> {
        self.bench().breach.clone()
    }

    /// Notes that a rule was broken, unless one was before.
    pub fn object(&self, invariant: Invariant, what: impl Into<String>) {
        self.bench().object(invariant, what.into());
    }

    fn bench(&self) -> MutexGuard<'_, Bench> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Bench {
    fn object(&mut self, invariant: Invariant, what: String) {
        let at = self.world.now();
        self.breach.get_or_insert(Breach { invariant, at, what });
    }

    fn hold(&mut self, held: Result<(), (Invariant, String)>) {
        if let Err((invariant, what)) = held {
            self.object(invariant, what);
        }
    }
}

// === What the daemon does ===

impl Oracle {
    /// The log holds these from now on: one group, in order.
    pub fn appended(&self, events: &[Arc<Event>]) {
        let mut bench = self.bench();
        for event in events {
            let held = bench.judge(event);
            bench.hold(held);
        }
        let whole = bench.ledger.is_whole();
        bench.hold(whole);
    }

    /// A sink of this name was given these.
    pub fn delivered(&self, sink: &str, events: &[Arc<Event>]) {
        let mut bench = self.bench();
        let now = bench.world.now();
        let Bench { outlets, ledger, .. } = &mut *bench;
        let outlet = outlets.entry(sink.to_owned()).or_default();
        let held = events.iter().try_for_each(|event| outlet.take(sink, event, ledger, now));
        bench.hold(held);
    }

    /// There is a sink of this name.
    pub fn enrol(&self, sink: &str, memory: Memory) {
        self.bench().outlets.insert(sink.to_owned(), Outlet::new(memory));
    }

    /// A sink does what it should, or not: only then may it be late.
    pub fn sink_mood(&self, sink: &str, mood: outlet::Mood) {
        let mut bench = self.bench();
        let now = bench.world.now();
        bench.outlets.entry(sink.to_owned()).or_default().turn(mood, now);
    }

    /// So many bytes of blocks are under way.
    pub fn holds_bytes(&self, bytes: usize) {
        let mut bench = self.bench();
        if bytes > bench.terms.most_bytes {
            let most = bench.terms.most_bytes;
            bench.object(Invariant::Memory, format!("{bytes} bytes are under way, at most {most} may be"));
        }
    }

    /// The daemon died as a whole and begins again from what is durable.
    pub fn restarted(&self) {
        let mut bench = self.bench();
        let now = bench.world.now();
        bench.witness.forget(now);
        bench.manners.forget();
        bench.outlets.values_mut().for_each(|outlet| outlet.disturb(now));
    }

    /// An actor died: what the contract says it may lose is lost.
    pub fn actor_died(&self, path: &str) {
        let mut bench = self.bench();
        let now = bench.world.now();
        let mut parts = path.split('/').skip(1);
        match (parts.next(), parts.next()) {
            (Some("manager"), _) => bench.witness.forget_advances(),
            (Some("providers"), Some(name)) => {
                bench.witness.forget_provider(name, now);
                bench.manners.forget_provider(name);
            }
            (Some("sinks"), Some(name)) => {
                bench.outlets.entry(name.to_owned()).or_default().disturb(now);
            }
            (Some("journal"), _) => bench.outlets.values_mut().for_each(|outlet| outlet.disturb(now)),
            _ => {}
        }
    }

    /// A provider begins to fail, in whatever way.
    pub fn ails(&self, provider: &str) {
        self.bench().witness.ails(provider);
    }

    /// A provider is quarantined from now on: rightly so only if it ever failed.
    pub fn quarantined(&self, provider: &str, pause: Duration) {
        let mut bench = self.bench();
        let until = bench.world.now() + pause;
        let held = bench.witness.bar(provider, until);
        bench.hold(held);
    }

    /// A provider begins to fail in a way that no honest one does: its word may be taken away from it.
    pub fn dishonest(&self, provider: &str) {
        self.bench().witness.distrust(provider);
    }
}

impl Bench {
    fn judge(&mut self, event: &Arc<Event>) -> Result<(), (Invariant, String)> {
        let now = self.world.now();
        self.ledger.take(event, &self.world, now)?;
        if event.envelope.step == Step::Apply {
            content::check(event, &self.world, &self.terms).map_err(|what| (Invariant::Content, what))?;
            self.witness.check(event, &self.world, &self.terms, now)?;
        }
        Ok(())
    }

    fn sinks_have_all(&self) -> Result<(), (Invariant, String)> {
        let now = self.world.now();
        self.outlets.iter().try_for_each(|(name, outlet)| outlet.has_all(name, &self.ledger, now))
    }
}

// === At rest ===

/// How far a stream is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// The first height of the log.
    pub start: Option<Height>,
    /// The last block of the log.
    pub tip: Option<BlockRef>,
    /// Events in the log.
    pub events: usize,
    /// Blocks undone.
    pub undone: u64,
    /// Reorganisations of the stream.
    pub reorgs: u64,
    /// The height that was called final last.
    pub finalized: Option<Height>,
}

impl Oracle {
    /// How far the stream is.
    pub fn standing(&self) -> Standing {
        self.bench().ledger.standing()
    }

    /// When the last provider that asked to be left alone may be asked again.
    pub fn waits_until(&self) -> At {
        self.bench().manners.waits_until()
    }

    /// Nothing has failed for long enough: the log must have the whole chain up to here, and every sink what the log has.
    pub fn caught_up(&self, to: &BlockRef) {
        let mut bench = self.bench();
        let held = bench.ledger.reaches(to).and_then(|()| bench.sinks_have_all());
        bench.hold(held);
    }

    /// The stream stands still, and so does the chain: everything is delivered, and final up to here at the least.
    pub fn settled(&self, finalized: Height) {
        let mut bench = self.bench();
        let head = bench.world.head().block();
        let held = bench.ledger.ends_in(&head, finalized).and_then(|()| bench.sinks_have_all());
        bench.hold(held);
    }
}

impl Watcher for Oracle {
    fn asked(&self, provider: &str, request: &[u8], at: At) {
        let mut bench = self.bench();
        let held = bench.manners.asked(provider, request, at);
        bench.hold(held);
    }

    fn answered(&self, provider: &str, request: &[u8], reply: &Reply, at: At) {
        let Some(answer) = reply.whole() else { return };
        let said = shown::answer(request, &answer.body);
        let mut bench = self.bench();
        let Bench { manners, witness, world, .. } = &mut *bench;
        manners.answered(provider, answer, &said, at);
        witness.answered(provider, request, answer.status, said, world, at);
    }

    fn connected(&self, _: &str, _: At) {}

    fn announced(&self, provider: &str, message: &[u8], at: At) {
        let mut bench = self.bench();
        let Bench { witness, world, .. } = &mut *bench;
        witness.announced(provider, message, world, at);
    }
}

pub use self::outlet::{Memory, Mood};

#[cfg(test)]
mod tests;
