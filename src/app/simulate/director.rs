//! Makes everything happen that the schedule says, and looks whether all is well where it should be.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::collections::VecDeque;
use std::rc::Rc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::{sleep, sleep_until};

use super::SETTLE;
use super::lives;
use super::panics;
use super::stage::Stage;
use super::tally::Tally;
use crate::core::at::At;
use crate::core::header::Header;
use crate::core::numbers::Height;
use crate::journal::memory::Left;
use crate::sim::fault::Reach;
use crate::sim::oracle::breach::{Breach, Invariant};
use crate::sim::schedule::Schedule;
use crate::sim::schedule::cast::Character;
use crate::sim::schedule::deed::{Ailment, Deed, Entry, Manner};
use crate::sim::schedule::troubles::{Trouble, taken};
use crate::sim::script::Verb;
use crate::sim::symptom::Symptom;
use crate::sim::view::Fork;
use crate::sim::world::World;

/// How long after everything was healed, and every wait was over, all must be caught up.
const CAUGHT_UP_WITHIN: Duration = Duration::from_secs(60);
/// Blocks younger than this, or than so many block times, may still be on their way.
const ON_THE_WAY: (Duration, u32) = (Duration::from_secs(10), 3);

/// Plays one schedule.
pub struct Director {
    stage: Stage,
    schedule: Schedule,
    tally: Rc<RefCell<Tally>>,
    kill: Option<mpsc::UnboundedSender<Duration>>,
    heads: VecDeque<(At, Header)>,
    forks: BTreeMap<u64, Fork>,
    reached: BTreeMap<String, Vec<String>>,
}

impl Director {
    /// Before this stage.
    pub fn new(stage: Stage, schedule: Schedule) -> Self {
        let heads = VecDeque::from([(At::ZERO, stage.fleet.world().head())]);
        Self {
            stage,
            schedule,
            tally: Rc::default(),
            kill: None,
            heads,
            forks: BTreeMap::new(),
            reached: BTreeMap::new(),
        }
    }

    /// Plays to the end, or to the first promise that is broken.
    pub async fn play(mut self) -> (Tally, Option<Breach>) {
        let (kill, kills) = mpsc::unbounded_channel();
        self.kill = Some(kill);
        let lives = tokio::task::spawn_local(lives::live(self.stage.clone(), self.tally.clone(), kills));
        let entries = std::mem::take(&mut self.schedule.entries);
        for Entry { at, deed } in entries {
            sleep_until(self.world().instant(At::after_epoch(at))).await;
            self.act(deed);
            if self.is_broken() {
                break;
            }
        }
        if !self.is_broken() {
            self.settle().await;
        }
        if self.is_broken() {
            self.tell_states().await;
        }
        lives.abort();
        let breach = self.stage.oracle.breach();
        (self.counted(), breach)
    }

    /// What the actors themselves say, for whoever looks into a broken promise.
    async fn tell_states(&self) {
        let registry = self.stage.registry.borrow().clone();
        for actor in registry.observe("").await {
            self.stage.trace.add(|| format!("= {} {}", actor.path, actor.state));
        }
    }

    fn world(&self) -> &World {
        self.stage.fleet.world()
    }

    fn is_broken(&self) -> bool {
        if let Some(panic) = panics::seen().into_iter().next() {
            self.stage.oracle.object(Invariant::Alive, panic);
        }
        self.stage.oracle.breach().is_some()
    }

    fn act(&mut self, deed: Deed) {
        if !matches!(deed, Deed::Grow { .. }) {
            self.stage.trace.add(|| format!("! {deed}"));
        }
        match deed {
            Deed::Grow { blocks } => drop(self.world().mine(blocks)),
            Deed::Reorg { depth } => self.reorg(depth),
            Deed::RollBack { count } => self.roll_back(count),
            Deed::Fail { provider, trouble, ailment } => self.fail(&provider, trouble, &ailment),
            Deed::Heal { provider } => self.heal(&provider),
            Deed::Sink { name, manner } => self.turn(name, manner),
            Deed::DiskRefuses => self.stage.log.inner.fail_next_append(Left::Nothing),
            Deed::DiskErrs => self.stage.log.inner.fail_next_append(Left::Everything),
            Deed::Panic(victim) => self.stage.fuses.arm(victim),
            Deed::Kill { down } => self.kill(down),
            Deed::HealAll => self.heal_all(),
            Deed::Review => self.review(),
        }
        let head = self.world().head();
        if self.heads.back().is_none_or(|(_, known)| *known != head) {
            self.heads.push_back((self.world().now(), head));
        }
    }

    fn reorg(&self, depth: u64) {
        self.unsettle(depth, Height(0), World::reorg);
    }

    /// Of a chain that is shorter than where the stream began nothing can be delivered, so it never is.
    fn roll_back(&self, count: u64) {
        let first = self.stage.oracle.standing().start.unwrap_or_default();
        self.unsettle(count, first, World::roll_back);
    }

    /// Nothing that is final is ever touched, nor what lies below `kept`.
    fn unsettle(&self, blocks: u64, kept: Height, how: impl Fn(&World, u64) -> Header) {
        let world = self.world();
        let settled = world.finalized().height.max(kept);
        let final_depth = self.schedule.shape.genesis.final_depth;
        // A fork that left the chain below a deep reorg would carry blocks to finality that are none.
        let most = if self.forks.is_empty() { final_depth } else { final_depth / 3 };
        let free = world.head().height.beyond(settled).min(most);
        if free > 0 {
            how(world, blocks.min(free));
            self.tally.borrow_mut().upheavals += 1;
        }
    }

    fn fail(&mut self, provider: &str, trouble: Trouble, ailment: &Ailment) {
        *self.tally.borrow_mut().troubles.entry(trouble).or_default() += 1;
        let head = self.world().head().height;
        let symptom = match ailment {
            Ailment::Row { .. } => return self.befall(provider, ailment),
            Ailment::Own(symptom) => symptom.clone(),
            Ailment::Fork(number) => {
                let fork = Fork { from: head.next(), branch: *number };
                Symptom::ForkAt(*self.forks.entry(*number).or_insert(fork))
            }
            Ailment::Lie { back } => {
                let lowest = self.world().finalized().height.next();
                let from = head.next().minus(*back).max(lowest);
                self.forks.insert(from.0, Fork { from, branch: from.0 });
                Symptom::LieFrom(from)
            }
        };
        self.inflict(provider, vec![symptom]);
    }

    fn befall(&mut self, provider: &str, ailment: &Ailment) {
        if ailment.branches() {
            let from = self.world().head().height.next();
            self.forks.insert(from.0, Fork { from, branch: from.0 });
        }
        match ailment.form(self.world().head().height).map(|form| form.reach) {
            Some(Reach::Provider(symptoms) | Reach::Newcomer(symptoms)) => self.inflict(provider, symptoms),
            Some(Reach::Operator(symptoms)) => {
                let colleagues = self.colleagues(provider);
                self.reached.insert(provider.to_owned(), colleagues.clone());
                colleagues.iter().for_each(|name| self.inflict(name, symptoms.clone()));
            }
            Some(Reach::Everybody(symptoms)) => {
                let all = self.names();
                self.reached.insert(provider.to_owned(), all.clone());
                all.iter().for_each(|name| self.inflict(name, symptoms.clone()));
            }
            Some(Reach::Each(symptoms)) => {
                let all = self.names();
                self.reached.insert(provider.to_owned(), all.clone());
                for (name, symptom) in all.iter().zip(symptoms) {
                    self.inflict(name, vec![symptom]);
                }
            }
            Some(Reach::Chain(verb)) => self.turn_chain(&verb),
            Some(Reach::Clock(_)) | None => {}
        }
    }

    fn turn_chain(&self, verb: &Verb) {
        match verb {
            Verb::Reorg { depth } => self.reorg(*depth),
            Verb::RollBack { count } => self.roll_back(*count),
            Verb::Halt => self.world().halt(),
            Verb::Resume | Verb::Inflict { .. } | Verb::Heal { .. } => self.world().resume(),
        }
    }

    fn names(&self) -> Vec<String> {
        self.schedule.cast.iter().map(|member| member.profile.name.clone()).collect()
    }

    fn colleagues(&self, provider: &str) -> Vec<String> {
        let operator = |name: &str| {
            let member = self.schedule.cast.iter().find(|member| member.profile.name == name);
            member.map(|member| &member.profile.operator)
        };
        self.names().into_iter().filter(|name| operator(name) == operator(provider)).collect()
    }

    fn inflict(&self, provider: &str, symptoms: Vec<Symptom>) {
        self.stage.oracle.ails(provider);
        for symptom in symptoms {
            if taken(&symptom) != Character::Honest {
                self.stage.oracle.dishonest(provider);
            }
            // The schedule names members of the cast only.
            let _ = self.stage.fleet.inflict(provider, symptom);
        }
    }

    /// Whoever fell ill along with a provider is healed along with it.
    fn heal(&mut self, provider: &str) {
        self.world().resume();
        for name in self.reached.remove(provider).unwrap_or_else(|| vec![provider.to_owned()]) {
            // As above.
            let _ = self.stage.fleet.heal(&name);
        }
    }

    fn turn(&self, name: &str, manner: Manner) {
        self.stage.sinks.iter().filter(|sink| sink.name() == name).for_each(|sink| sink.turn(manner));
    }

    fn kill(&self, down: Duration) {
        self.tally.borrow_mut().kills += 1;
        if let Some(kill) = &self.kill {
            // It lives as long as the play.
            let _ = kill.send(down);
        }
    }

    fn heal_all(&mut self) {
        self.world().resume();
        self.forks.clear();
        self.stage.fleet.providers().for_each(crate::sim::provider::Provider::heal);
        self.stage.sinks.iter().for_each(|sink| sink.turn(Manner::Well));
        self.stage.fuses.disarm();
        self.stage.log.inner.reopen();
    }

    /// Whoever asked to be left alone may have been so for longer than this review waits: then it says nothing.
    fn review(&self) {
        let now = self.world().now();
        if now.since(self.stage.oracle.waits_until()) < CAUGHT_UP_WITHIN {
            return;
        }
        let shape = &self.schedule.shape;
        let due = now - ON_THE_WAY.0.max(shape.block_time * ON_THE_WAY.1);
        let head = self.heads.iter().rev().find(|(at, _)| *at <= due).map(|(_, head)| head.block());
        if let Some(head) = head {
            self.stage.oracle.caught_up(&head);
            self.tally.borrow_mut().reviews += 1;
        }
    }

    /// The chain stands still: everything must be delivered to its end. One that went back first comes to where it was: until then
    /// the stream is rightly ahead of it.
    async fn settle(&self) {
        let highest = self.heads.iter().map(|(_, head)| head.height).max().unwrap_or_default();
        self.world().mine(highest.beyond(self.world().head().height));
        let waits = self.stage.oracle.waits_until().since(self.world().now());
        sleep(waits + SETTLE).await;
        if self.is_broken() {
            return;
        }
        self.stage.oracle.settled(self.world().finalized().height);
        self.tally.borrow_mut().reviews += 1;
    }

    fn counted(&self) -> Tally {
        let mut tally = self.tally.take();
        let standing = self.stage.oracle.standing();
        let made = self.world().ever_canonical().len() as u64;
        tally.blocks = made.saturating_sub(self.schedule.shape.genesis.premined + 1);
        tally.virtual_time = self.world().now().elapsed();
        tally.events = standing.events as u64;
        tally.reorgs = standing.reorgs;
        tally.undone = standing.undone;
        tally.panics = self.stage.fuses.blown();
        tally
    }
}
