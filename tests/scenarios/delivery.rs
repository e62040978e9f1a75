//! What reaches the sinks.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use blocktap::app::chain::Outlet;
use blocktap::chain::family::Receipts;
use blocktap::core::event::{Event, Mode, Step};
use blocktap::core::numbers::Height;
use blocktap::core::start::Start;
use blocktap::journal::Journal as _;
use blocktap::sim::genesis::Genesis;
use blocktap::sim::script::{Verb, When, demo_script};
use blocktap::sink::error::SinkError;
use blocktap::sink::{Position, Sink};

use sha2::{Digest, Sha256};

use crate::stage::{Record, Setting, Stage, play};

const MINUTE: Duration = Duration::from_secs(60);

#[test]
fn every_block_arrives_once_and_in_order() {
    play(Setting::default(), |stage: Stage| async move {
        stage.wait(2 * MINUTE).await;
        stage.caught_up(MINUTE).await;
        stage.stream_is_true();
        assert!(stage.record.count(Step::Apply) >= 55);
        assert_eq!(stage.record.count(Step::Undo), 0);
    });
}

#[test]
fn every_delivered_block_was_proved_and_agreed_on_by_two_operators() {
    let setting = Setting { receipts: Receipts::With, ..Setting::default() };
    play(setting, |stage: Stage| async move {
        stage.wait(MINUTE).await;
        let events = stage.record.events();
        let applied: Vec<_> = events.iter().filter(|event| event.envelope.step == Step::Apply).collect();
        assert!(applied.len() > 20);
        for event in applied {
            let source = event.envelope.source.as_ref().unwrap();
            assert!(source.agreed.len() >= 2, "{source:?}");
            for check in ["hash", "tx_root", "receipts_root", "bloom"] {
                assert!(source.verified.iter().any(|held| held == check), "{check}: {source:?}");
            }
            assert!(event.body.as_ref().unwrap().receipts.is_some());
        }
    });
}

#[test]
fn the_bytes_are_those_of_the_provider() {
    play(Setting::default(), |stage: Stage| async move {
        stage.wait(MINUTE).await;
        for event in stage.record.events() {
            let Some(body) = &event.body else { continue };
            let made = stage.world.block(&event.envelope.block_hash).unwrap();
            assert_eq!(body.block, made.full_json());
        }
    });
}

#[test]
fn a_stream_far_behind_catches_up_span_by_span() {
    let genesis = Genesis { premined: 700, ..Setting::default().genesis };
    let setting = Setting { genesis, start: Start::At(Height(0)), ..Setting::default() };
    play(setting, |stage: Stage| async move {
        stage.caught_up(2 * MINUTE).await;
        stage.stream_is_true();
        let events = stage.record.events();
        assert_eq!(events[0].envelope.block_number, Height(0));
        let caught_up = |event: &&Arc<Event>| {
            event.envelope.source.as_ref().is_some_and(|source| source.mode == Mode::CatchUp)
        };
        assert!(events.iter().filter(caught_up).count() >= 600);
    });
}

#[test]
fn final_blocks_are_told_once_and_never_above_the_tip() {
    play(Setting::default(), |stage: Stage| async move {
        stage.wait(3 * MINUTE).await;
        stage.stream_is_true();
        assert!(stage.record.count(Step::Final) >= 3);
        let (mut tip, mut last) = (Height(0), Height(0));
        for event in stage.record.events() {
            match event.envelope.step {
                Step::Final => {
                    assert!(event.envelope.block_number > last && event.envelope.block_number <= tip);
                    last = event.envelope.block_number;
                }
                _ => tip = event.envelope.block_number,
            }
        }
    });
}

#[test]
fn votes_on_span_ends_may_settle_in_any_order() {
    for seed in 0..8 {
        let genesis = Genesis { premined: 180, seed, ..Setting::default().genesis };
        play(
            Setting { genesis, start: Start::At(Height(0)), ..Setting::default() },
            |stage: Stage| async move {
                stage.world.halt();
                stage.caught_up(MINUTE / 4).await;
                stage.stream_is_true();
            },
        );
    }
}

#[test]
fn a_reorg_is_undone_newest_first_and_then_applied() {
    play(Setting::default(), |stage: Stage| async move {
        stage.wait(MINUTE).await;
        stage.world.reorg(3);
        stage.wait(MINUTE).await;
        stage.caught_up(MINUTE).await;
        stage.stream_is_true();
        let events = stage.record.events();
        let undone: Vec<_> = events.iter().filter(|event| event.envelope.step == Step::Undo).collect();
        assert_eq!(undone.len(), 3);
        for event in undone {
            let reorg = event.envelope.reorg.as_ref().unwrap();
            assert_eq!(reorg.depth, 3);
            assert!(event.body.is_some(), "an undo carries the block that it takes back");
        }
    });
}

#[test]
fn providers_that_merely_go_back_undo_nothing() {
    play(Setting::default(), |stage: Stage| async move {
        stage.wait(MINUTE).await;
        stage.world.roll_back(3);
        stage.wait(MINUTE).await;
        stage.caught_up(MINUTE).await;
        stage.stream_is_true();
        assert_eq!(stage.record.count(Step::Undo), 0);
    });
}

/// A sink that takes for ever.
struct Stuck;

#[async_trait]
impl Sink for Stuck {
    async fn position(&mut self) -> Result<Position, SinkError> {
        Ok(Position::Unknown)
    }

    async fn deliver(&mut self, _: &[Arc<Event>]) -> Result<(), SinkError> {
        std::future::pending().await
    }
}

/// A sink that always fails.
struct Failing;

#[async_trait]
impl Sink for Failing {
    async fn position(&mut self) -> Result<Position, SinkError> {
        Ok(Position::Unknown)
    }

    async fn deliver(&mut self, _: &[Arc<Event>]) -> Result<(), SinkError> {
        Err(SinkError::Transient("the disk is full".into()))
    }
}

#[test]
fn a_stuck_sink_and_a_failing_one_do_not_delay_the_others() {
    let stuck = Outlet { name: "stuck".into(), build: Arc::new(|| Ok(Box::new(Stuck))) };
    let failing = Outlet { name: "failing".into(), build: Arc::new(|| Ok(Box::new(Failing))) };
    let setting = Setting { sinks: vec![stuck, failing], ..Setting::default() };
    play(setting, |stage: Stage| async move {
        stage.wait(2 * MINUTE).await;
        stage.caught_up(MINUTE).await;
        stage.stream_is_true();
        let observed = stage.observe("sinks/failing").await;
        assert!(observed[0].state["work"]["pausing"].as_str().unwrap().contains("disk is full"));
    });
}

/// How a sink fails.
#[derive(Clone, Copy)]
enum Failure {
    /// It says so, and another attempt follows.
    Told,
    /// Its actor dies of it, and another life follows.
    Panic,
}

/// A sink whose file can be moved away: whoever has it open fails then, and whoever opens it later finds an empty one.
#[derive(Clone, Default)]
struct Movable {
    file: Record,
    new_file: Record,
    moved: Arc<AtomicBool>,
}

/// It, opened.
struct Opened {
    file: Record,
    opened_moved: bool,
    moved: Arc<AtomicBool>,
    failure: Failure,
}

impl Movable {
    fn outlet(&self, failure: Failure) -> Outlet {
        let movable = self.clone();
        let build = move || -> Result<Box<dyn Sink>, SinkError> {
            let opened_moved = movable.moved.load(Ordering::Relaxed);
            let file = if opened_moved { &movable.new_file } else { &movable.file }.clone();
            Ok(Box::new(Opened { file, opened_moved, moved: movable.moved.clone(), failure }))
        };
        Outlet { name: "movable".into(), build: Arc::new(build) }
    }
}

#[async_trait]
impl Sink for Opened {
    async fn position(&mut self) -> Result<Position, SinkError> {
        self.file.position().await
    }

    async fn deliver(&mut self, events: &[Arc<Event>]) -> Result<(), SinkError> {
        let pulled_away = !self.opened_moved && self.moved.load(Ordering::Relaxed);
        match self.failure {
            Failure::Told if pulled_away => Err(SinkError::Transient("a passing fault".into())),
            Failure::Panic => {
                assert!(!pulled_away, "a panic on purpose");
                self.file.deliver(events).await
            }
            Failure::Told => self.file.deliver(events).await,
        }
    }
}

#[test]
fn a_sink_that_is_moved_away_before_another_attempt_or_life_stops_and_is_not_begun_anew() {
    for failure in [Failure::Told, Failure::Panic] {
        let movable = Movable::default();
        let setting = Setting { sinks: vec![movable.outlet(failure)], ..Setting::default() };
        play(setting, move |mut stage: Stage| async move {
            stage.wait(MINUTE).await;
            movable.moved.store(true, Ordering::Relaxed);
            stage.wait(MINUTE).await;
            let observed = stage.observe("sinks/movable").await;
            let work = observed[0].state["work"].to_string();
            assert!(work.contains("stopped") && work.contains("put it back"), "{work}");
            assert_eq!(movable.new_file.events(), []);
            stage.caught_up(MINUTE).await;
            // As the words promise: for whom the old one is gone for good.
            let next = movable.file.events().last().unwrap().envelope.seq.next();
            stage.restart().await;
            stage.wait(MINUTE).await;
            assert_eq!(movable.new_file.events()[0].envelope.seq, next);
        });
    }
}

#[test]
fn drain_loses_no_delivered_block() {
    play(Setting::default(), |stage: Stage| async move {
        stage.wait(MINUTE).await;
        stage.running.drain(Duration::from_secs(5)).await;
        let told = stage.record.events().last().unwrap().tail();
        assert_eq!(stage.journal.tail(), Some(told));
        let mark = stage.journal.acknowledged("record").unwrap();
        assert_eq!((mark.seq, mark.id), (told.seq, told.id));
    });
}

/// Everything that is delivered in three minutes of faults.
fn played(seed: u64) -> Vec<u8> {
    let genesis = Genesis { seed, ..Setting::default().genesis };
    let lines = Arc::new(Mutex::new(Vec::new()));
    let written = lines.clone();
    play(Setting { genesis, ..Setting::default() }, move |stage: Stage| async move {
        let script = demo_script(stage.world.head().height, 60, seed);
        for event in script {
            while matches!(event.when, When::Height(height) if stage.world.head().height < height) {
                stage.wait(Duration::from_millis(100)).await;
            }
            match &event.verb {
                Verb::Inflict { provider, symptom } => {
                    stage.fleet.inflict(provider, symptom.clone()).unwrap()
                }
                Verb::Heal { provider } => stage.fleet.heal(provider).unwrap(),
                Verb::Reorg { depth } => drop(stage.world.reorg(*depth)),
                _ => {}
            }
        }
        stage.wait(MINUTE).await;
        stage.stream_is_true();
        assert_eq!(stage.record.count(Step::Undo) % 3, 0);
        let lines = stage.record.events();
        lines.iter().for_each(|event| written.lock().unwrap().extend(event.to_json_line()));
    });
    lines.lock().unwrap().clone()
}

#[test]
fn the_same_seed_gives_the_same_stream_byte_for_byte() {
    for seed in 1..=3 {
        let first = played(seed);
        assert!(!first.is_empty());
        assert!(first == played(seed), "seed {seed}");
    }
    assert!(played(1) != played(2));
}

fn digest(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

#[test]
#[ignore = "the other process of the test below, which runs it"]
fn digest_in_another_process() {
    println!("digest {}", digest(&played(4)));
}

#[test]
fn the_same_seed_gives_the_same_stream_in_another_process() {
    let other = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "delivery::digest_in_another_process", "--ignored", "--nocapture"])
        .output()
        .unwrap();
    let text = String::from_utf8(other.stdout).unwrap();
    let expected = format!("digest {}", digest(&played(4)));
    assert!(text.contains(&expected), "{expected}, but in the other process: {text}");
}
