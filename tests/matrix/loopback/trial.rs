//! One form of a fault: it comes, is met, and goes, and the stream was true throughout.

use std::collections::BTreeSet;
use std::time::Duration;

use blocktap::actors::notice::Notice;
use blocktap::core::command::Command;
use blocktap::core::event::Step;
use blocktap::core::header::Header;
use blocktap::sim::fault::{Expected, Fault, Form, Reach};
use blocktap::sim::script::Verb;
use blocktap::sim::symptom::Symptom;

use super::play::{BOUND, caught_up, until};
use crate::evidence::Evidence;
use crate::record::{Errors, flags, restarts};
use crate::stage::Stage;
use crate::watch::Watch;
use crate::{batches, cast, promises};

/// How long a fault lasts at least.
const LASTS: Duration = Duration::from_secs(3);
/// From one look to the next.
const LOOK: Duration = Duration::from_millis(100);

/// A fault that is being played.
pub struct Trial {
    fault: Fault,
    form: Form,
    stage: Stage,
    watch: Watch,
    victims: BTreeSet<String>,
    before: Errors,
    head: Header,
    /// Whoever was found guilty of something.
    quarantined: BTreeSet<String>,
    evidence: Evidence,
}

impl Trial {
    /// All is well so far.
    pub async fn begin(fault: Fault, form: Form, stage: Stage) -> Self {
        let watch = Watch::over(stage.world.clone(), stage.record.clone());
        let victims = cast::victims(&stage, fault, &form.reach);
        let newcomer = matches!(form.reach, Reach::Newcomer(_));
        let before = if newcomer { Errors::default() } else { Errors::of(&stage).await };
        let head = stage.world.head();
        let evidence = Evidence::begin(fault, &form, &victims, &stage).await;
        Self { fault, form, stage, watch, victims, before, head, quarantined: BTreeSet::new(), evidence }
    }

    /// The fault comes, is met, and goes.
    pub async fn run(mut self) {
        let began = tokio::time::Instant::now();
        self.afflict();
        self.is_met().await;
        while began.elapsed() < LASTS {
            self.stage.wait(LOOK).await;
            self.evidence.look(&self.stage).await;
        }
        promises::hold(&self.evidence, &self.stage);
        self.heal();
        if self.form.expected == Expected::Halted {
            self.stage.estate.orders.give("sim", Command::Resume { with: None }).await.unwrap();
        }
        caught_up(&self.stage).await;
        self.is_true().await;
        let longest = self.watch.take();
        let starved = matches!(self.fault, Fault::OverloadThenSilence | Fault::ReorgBelowFinal);
        assert!(starved || longest < BOUND, "{}: a block waited {longest:?}", self.fault);
    }

    fn afflict(&self) {
        let inflict = |name: &str, symptom: &Symptom| {
            self.stage.fleet.inflict(name, symptom.clone()).unwrap();
        };
        match &self.form.reach {
            Reach::Provider(symptoms) | Reach::Operator(symptoms) | Reach::Everybody(symptoms) => {
                for name in &self.victims {
                    symptoms.iter().for_each(|symptom| inflict(name, symptom));
                }
            }
            Reach::Each(symptoms) => {
                self.victims.iter().zip(symptoms).for_each(|(name, symptom)| inflict(name, symptom));
            }
            Reach::Chain(Verb::Reorg { depth }) => drop(self.stage.world.reorg(*depth)),
            Reach::Chain(Verb::RollBack { count }) => drop(self.stage.world.roll_back(*count)),
            Reach::Chain(Verb::Halt) => self.stage.world.halt(),
            Reach::Chain(other) => unreachable!("{other} is no fault of a chain"),
            Reach::Newcomer(_) | Reach::Clock(_) => {}
        }
    }

    fn heal(&self) {
        self.victims.iter().for_each(|name| self.stage.fleet.heal(name).unwrap());
        match &self.form.reach {
            Reach::Chain(Verb::Halt) => self.stage.world.resume(),
            Reach::Chain(Verb::Reorg { .. }) if self.form.expected == Expected::Halted => {
                self.stage.world.adopt(&self.head.hash);
                self.stage.world.mine(2);
            }
            _ => {}
        }
    }

    /// Waits until what the row names is recorded.
    async fn is_met(&mut self) {
        let began = tokio::time::Instant::now();
        while !self.is_recorded().await {
            assert!(
                began.elapsed() < BOUND,
                "{}: {} of {:?} is not recorded, or {:?}: {:#?}",
                self.fault,
                self.form.expected,
                self.victims,
                promises::missing(&self.evidence, &self.stage),
                self.stage.observe("providers/").await
            );
            self.stage.wait(LOOK).await;
            self.evidence.look(&self.stage).await;
        }
    }

    async fn is_recorded(&mut self) -> bool {
        self.note_quarantines();
        if promises::missing(&self.evidence, &self.stage).is_some() {
            return false;
        }
        if batches::is_of_batches(self.fault) {
            let victim = self.victims.first().unwrap();
            return batches::end_as(&self.stage, victim, self.form.expected).await;
        }
        if let Some(class) = self.form.expected.class() {
            return Errors::of(&self.stage).await.since(&self.before, &self.victims).contains(class);
        }
        match self.form.expected {
            Expected::Quarantine => self.victims.is_subset(&self.quarantined),
            Expected::Demoted => {
                let flags = flags(&self.stage).await;
                self.victims.iter().all(|name| !flags[name].as_array().unwrap().is_empty())
            }
            Expected::Halted => self.stage.estate.board.read()["sim"].halted.is_some(),
            _ => true,
        }
    }

    fn note_quarantines(&mut self) {
        for notice in self.stage.notices() {
            if let Notice::Quarantined { provider, .. } = notice {
                self.quarantined.insert(provider);
            }
        }
    }

    /// What was delivered is true, nobody died over it, and nobody innocent was found guilty.
    async fn is_true(&mut self) {
        self.stage.stream_is_true();
        if self.form.expected == Expected::Halted {
            assert_eq!(self.stage.record.count(Step::Undo), 0, "{}: what is final was undone", self.fault);
        }
        assert_eq!(restarts(&self.stage).await, 0, "{}: an actor was restarted", self.fault);
        assert!(self.stage.given_up.lock().unwrap().is_empty());
        let guilty = self.form.expected == Expected::Quarantine || may_be_guilty(self.fault);
        let innocent = async || {
            let observed = self.stage.observe("providers/").await;
            let mut held = observed.iter().filter(|one| one.state["role"] == "quarantined");
            held.all(|one| guilty && self.victims.contains(one.state["provider"].as_str().unwrap()))
        };
        until("nobody innocent is in quarantine", innocent).await;
    }
}

/// Whether a victim may be found guilty of more than the row names: a long array that stands in for a block is no block, and
/// when what nobody could recompute heals, copies of one block differ.
fn may_be_guilty(fault: Fault) -> bool {
    matches!(fault, Fault::GzipBomb | Fault::RootNotRecomputable)
}
