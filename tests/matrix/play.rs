//! Plays one fault in the simulated world, in each of its forms.

use std::collections::BTreeSet;
use std::time::Duration;

use blocktap::actors::notice::Notice;
use blocktap::chain::family::Receipts;
use blocktap::core::command::Command;
use blocktap::core::event::Step;
use blocktap::core::header::Header;
use blocktap::core::numbers::Height;
use blocktap::sim::fault::{Expected, Fault, Form, Reach};
use blocktap::sim::genesis::Genesis;
use blocktap::sim::script::Verb;
use blocktap::sim::symptom::Symptom;

use crate::evidence::Evidence;
use crate::record::{Errors, block_time_s, flags, restarts};
use crate::stage::{Setting, Stage, play_with};
use crate::watch::Watch;
use crate::{batches, cast, panics, promises};

/// How long everything is well before the fault, so that measures have settled.
const BEFORE: Duration = Duration::from_secs(15);
/// How long the fault lasts.
const DURING: Duration = Duration::from_secs(45);
/// How long everything is well again, for what was held against somebody to show.
const AFTER: Duration = Duration::from_secs(45);

/// How often it is looked at meanwhile.
const LOOKS: u32 = 30;

/// Plays every form that the fault has in memory.
pub fn play(fault: Fault) {
    let head = setting(&Reach::Provider(Vec::new())).genesis.premined;
    let forms = fault.forms(Height(head));
    assert_eq!(fault.venue().in_memory(), !forms.is_empty(), "{fault}");
    for (place, form) in forms.iter().enumerate() {
        play_form(fault, place, &form.reach);
    }
}

fn play_form(fault: Fault, place: usize, reach: &Reach) {
    panics::watch();
    let befallen = reach.clone();
    play_with(
        setting(reach),
        move |world| cast::fleet(world, &befallen),
        move |stage: Stage| async move {
            let row = Row::begin(fault, place, stage).await;
            println!("row {} {fault}: {:?} befalls {:?}", fault.row(), row.form, row.victims);
            row.run().await;
        },
    );
    assert_eq!(panics::count(), 0, "{fault}: something panicked");
}

fn setting(reach: &Reach) -> Setting {
    let genesis = Genesis {
        premined: 60,
        block_time: Duration::from_secs(2),
        transactions_per_block: 2..=4,
        ..Genesis::default()
    };
    let clock_shows = match reach {
        Reach::Clock(seconds) => Duration::from_secs(*seconds),
        _ => Duration::from_secs(genesis.time_s),
    };
    Setting { genesis, receipts: Receipts::With, clock_shows, ..Setting::default() }
}

/// One row on the stage.
struct Row {
    fault: Fault,
    form: Form,
    stage: Stage,
    watch: Watch,
    victims: BTreeSet<String>,
    /// What was counted when all was well, for so long as the fault lasts.
    usual: Errors,
    before: Errors,
    head: Header,
    evidence: Evidence,
}

impl Row {
    async fn begin(fault: Fault, place: usize, stage: Stage) -> Self {
        let usual = {
            stage.wait(BEFORE).await;
            Errors::of(&stage).await
        };
        stage.wait(DURING).await;
        stage.caught_up(Duration::from_secs(10)).await;
        let head = stage.world.head();
        let form = fault.forms(head.height).swap_remove(place);
        let victims = cast::victims(&stage, fault, &form.reach);
        let watch = Watch::over(stage.world.clone(), stage.record.clone());
        let before = Errors::of(&stage).await;
        let evidence = Evidence::begin(fault, &form, &victims, &stage).await;
        Self { fault, form, watch, victims, usual, before, head, evidence, stage }
    }

    async fn run(mut self) {
        self.afflict();
        self.last().await;
        promises::hold_in_memory(&self.evidence, &self.stage);
        self.is_recorded().await;
        self.is_paced_as_before().await;
        self.is_in_time(self.watch.take(), During::Fault);
        self.heal();
        if self.form.expected == Expected::Halted {
            self.stage.estate.orders.give("sim", Command::Resume { with: None }).await.unwrap();
        }
        self.is_well_again().await;
        self.stage.stream_is_true();
        assert_eq!(restarts(&self.stage).await, 0, "{}: an actor was restarted", self.fault);
        assert!(self.stage.given_up.lock().unwrap().is_empty());
    }

    async fn is_well_again(&mut self) {
        self.stage.caught_up(self.fault.recovery()).await;
        if self.is_starved() {
            // What waited for the fault to end is here, and in time.
            self.watch.take();
        }
        self.stage.wait(AFTER).await;
        self.stage.caught_up(self.fault.recovery()).await;
        self.is_in_time(self.watch.take(), During::Recovery);
        self.nobody_else_is_blamed().await;
    }

    fn afflict(&self) {
        let everyone = || self.stage.fleet.providers();
        match &self.form.reach {
            Reach::Provider(symptoms) | Reach::Operator(symptoms) | Reach::Everybody(symptoms) => {
                self.victims.iter().for_each(|name| self.inflict(name, symptoms));
            }
            Reach::Each(symptoms) => {
                everyone().zip(symptoms).for_each(|(provider, symptom)| provider.inflict(symptom.clone()))
            }
            Reach::Chain(verb) => self.turn(verb),
            Reach::Newcomer(_) | Reach::Clock(_) => {}
        }
    }

    fn inflict(&self, name: &str, symptoms: &[Symptom]) {
        symptoms.iter().for_each(|symptom| self.stage.fleet.inflict(name, symptom.clone()).unwrap());
    }

    fn turn(&self, verb: &Verb) {
        let world = &self.stage.world;
        match verb {
            Verb::Reorg { depth } => drop(world.reorg(*depth)),
            Verb::RollBack { count } => drop(world.roll_back(*count)),
            Verb::Halt => world.halt(),
            other => unreachable!("{other} is no fault of a chain"),
        }
    }

    /// The fault lasts; where heads are skipped, they come in bursts.
    async fn last(&mut self) {
        let step = lasts(self.fault) / LOOKS;
        for look in 1..=LOOKS {
            self.stage.wait(step).await;
            self.evidence.look(&self.stage).await;
            if self.fault == Fault::SkippedHeads && look % 6 == 0 {
                self.stage.world.mine(3);
            }
        }
    }

    fn heal(&self) {
        self.victims.iter().for_each(|name| self.stage.fleet.heal(name).unwrap());
        match &self.form.reach {
            Reach::Each(_) => self.stage.fleet.providers().for_each(|provider| provider.heal()),
            Reach::Chain(Verb::Halt) => self.stage.world.resume(),
            Reach::Chain(Verb::Reorg { .. }) if self.form.expected == Expected::Halted => {
                self.stage.world.adopt(&self.head.hash);
                self.stage.world.mine(2);
            }
            _ => {}
        }
    }
}

fn lasts(fault: Fault) -> Duration {
    match fault {
        Fault::OverloadThenSilence => Duration::from_secs(1200),
        // Long enough for the identity to be asked for again.
        Fault::ChainSwitched => Duration::from_secs(600),
        _ => DURING,
    }
}

// === What must hold ===

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum During {
    Fault,
    Recovery,
}

impl Row {
    /// The class that the row names was counted for those whom it befell, and no other.
    async fn is_recorded(&mut self) {
        let now = Errors::of(&self.stage).await;
        let counted = now.since(&self.before, &self.victims);
        let mut allowed = self.usual_classes(&self.victims);
        if batches::is_of_batches(self.fault) {
            let victim = self.victims.first().unwrap();
            assert!(batches::end_as(&self.stage, victim, self.form.expected).await, "{}", self.fault);
        } else if let Some(class) = self.form.expected.class() {
            allowed.insert(class.to_owned());
            assert!(self.is_more_than_usual(&now, class).await, "{}: {class} among {counted:?}", self.fault);
        }
        if self.form.expected == Expected::Quarantine {
            allowed.insert("bad".to_owned());
        }
        assert!(counted.is_subset(&allowed), "{}: counted {counted:?}, allowed {allowed:?}", self.fault);
        self.is_shown().await;
    }

    async fn is_more_than_usual(&self, now: &Errors, class: &str) -> bool {
        let newcomer = matches!(self.form.reach, Reach::Newcomer(_));
        self.victims.iter().any(|name| {
            let usual = self.before.count(name, class) - self.usual.count(name, class);
            let since = now.count(name, class) - if newcomer { 0 } else { self.before.count(name, class) };
            since > if newcomer { 0 } else { usual }
        })
    }

    /// What is counted when all is well, and what comes of asking those for a block who are behind.
    fn usual_classes(&self, providers: &BTreeSet<String>) -> BTreeSet<String> {
        let mut usual = self.before.since(&self.usual, providers);
        let behind = matches!(
            self.fault,
            Fault::HeadGoesBack | Fault::HeadsDisagree | Fault::StaleMember | Fault::BackendSkew
        );
        usual.extend(behind.then(|| "not_yet".to_owned()));
        usual
    }

    /// Nothing that a provider does changes what the chain's block time is taken to be.
    async fn is_paced_as_before(&self) {
        let measured = block_time_s(&self.stage).await;
        let paced = (1.8..2.2).contains(&measured);
        assert!(paced || self.is_chain_s_own(), "{}: a block time of {measured} s", self.fault);
    }

    /// Whether it is the chain that behaves oddly: its pace may change.
    fn is_chain_s_own(&self) -> bool {
        matches!(self.form.reach, Reach::Chain(_)) || self.fault == Fault::SkippedHeads
    }

    /// What becomes of the provider, or of the stream.
    async fn is_shown(&mut self) {
        let quarantined = self.quarantined();
        let excused = self.fault == Fault::RootNotRecomputable;
        let flags = flags(&self.stage).await;
        let free = |name: &String| flags[name].as_array().unwrap().is_empty();
        match self.form.expected {
            Expected::Quarantine => assert_eq!(quarantined, self.victims, "{}", self.fault),
            Expected::Demoted => assert!(!self.victims.iter().any(free), "{}: {flags:?}", self.fault),
            Expected::Halted => {
                assert!(self.stage.estate.board.read()["sim"].halted.is_some());
                assert_eq!(self.stage.record.count(Step::Undo), 0);
            }
            // Nobody is held guilty in the end, whoever was accused first.
            _ if excused => assert!(flags.keys().all(free), "{}: {flags:?}", self.fault),
            _ => assert!(quarantined.is_empty(), "{}: {quarantined:?} quarantined", self.fault),
        }
    }

    fn quarantined(&mut self) -> BTreeSet<String> {
        let notices = self.stage.notices().into_iter();
        let quarantined = notices.filter_map(|notice| match notice {
            Notice::Quarantined { provider, .. } => Some(provider),
            _ => None,
        });
        quarantined.collect()
    }

    /// Whether nobody has a block to give while it lasts.
    fn is_starved(&self) -> bool {
        matches!(self.fault, Fault::OverloadThenSilence | Fault::ReorgBelowFinal)
    }

    fn is_in_time(&self, longest: Duration, during: During) {
        if self.is_starved() && during == During::Fault {
            return;
        }
        let bound = self.fault.recovery();
        println!("    the longest wait during the {during:?} was {longest:?} of {bound:?}");
        assert!(longest <= bound, "{}: a block waited {longest:?} during the {during:?}", self.fault);
    }

    async fn nobody_else_is_blamed(&mut self) {
        let now = Errors::of(&self.stage).await;
        let all: BTreeSet<String> =
            self.stage.fleet.providers().map(|provider| provider.profile().name.clone()).collect();
        let others: BTreeSet<String> = all.difference(&self.victims).cloned().collect();
        let counted = now.since(&self.before, &others);
        let usual = self.usual_classes(&others);
        assert!(counted.is_subset(&usual), "{}: others were counted {counted:?}", self.fault);
        assert!(self.quarantined().is_subset(&self.victims));
        let flags = flags(&self.stage).await;
        for name in others {
            assert!(flags[&name].as_array().unwrap().is_empty(), "{}: {name} {flags:?}", self.fault);
        }
    }
}
