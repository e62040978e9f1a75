//! When nothing more can be made durable, the chain waits and says for what.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use blocktap::actors::vitals::Witness;
use blocktap::app::chain::{Blueprint, Outlet};
use blocktap::core::chain_id::ChainId;
use blocktap::core::event::Event;
use blocktap::http::board::{ChainStatus, Pace};
use blocktap::journal::Journal;
use blocktap::journal::memory::{Left, Memory, MemoryJournal};
use blocktap::journal::retention::Options;
use blocktap::sink::error::SinkError;
use blocktap::sink::{Position, Sink};

use crate::stage::{Record, Setting, Stage, play};

const MINUTE: Duration = Duration::from_secs(60);
const SEGMENT_BYTES: u64 = 16 << 10;
const BUDGET_BYTES: u64 = 128 << 10;

/// A journal with a small budget, in the place of the stage's own.
fn small(journal: Arc<MemoryJournal>) -> Box<dyn FnOnce(&mut Blueprint)> {
    Box::new(move |plan: &mut Blueprint| {
        plan.log = journal.clone();
        plan.open = Arc::new(move || {
            let journal = journal.clone();
            journal.reopen();
            Box::pin(async move { Ok(journal as Arc<dyn Journal>) })
        });
    })
}

fn journal(required: &[&str]) -> Arc<MemoryJournal> {
    let options = Options {
        segment_bytes: SEGMENT_BYTES,
        budget_bytes: BUDGET_BYTES,
        required: required.iter().map(|&sink| sink.to_owned()).collect(),
        ..Options::default()
    };
    Arc::new(MemoryJournal::new(ChainId::evm(1337), options))
}

fn status(stage: &Stage) -> ChainStatus {
    stage.estate.board.read()["sim"].clone()
}

/// A sink that takes nothing while it is shut.
#[derive(Clone, Default)]
struct Gate {
    record: Record,
    open: Arc<AtomicBool>,
}

#[async_trait]
impl Sink for Gate {
    async fn position(&mut self) -> Result<Position, SinkError> {
        self.record.position().await
    }

    async fn deliver(&mut self, events: &[Arc<Event>]) -> Result<(), SinkError> {
        while !self.open.load(Ordering::SeqCst) {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        self.record.deliver(events).await
    }
}

/// A sink whose answer to the batch with all that there is gets lost: it holds it, and nobody knows.
#[derive(Clone, Default)]
struct Unheard {
    gate: Gate,
    batches: Arc<AtomicUsize>,
}

#[async_trait]
impl Sink for Unheard {
    async fn position(&mut self) -> Result<Position, SinkError> {
        self.gate.position().await
    }

    async fn deliver(&mut self, events: &[Arc<Event>]) -> Result<(), SinkError> {
        self.gate.deliver(events).await?;
        // The first is what there was when the gate was shut.
        match self.batches.fetch_add(1, Ordering::SeqCst) {
            1 => Err(SinkError::Transient("the answer is lost".into())),
            _ => Ok(()),
        }
    }
}

fn outlet(name: &str, sink: &(impl Sink + Clone + Sync + 'static)) -> Outlet {
    let sink = sink.clone();
    Outlet { name: name.into(), build: Arc::new(move || Ok(Box::new(sink.clone()))) }
}

#[test]
fn a_required_sink_that_is_stuck_pauses_the_chain_at_the_budget_until_it_goes_on() {
    let (gate, log) = (Gate::default(), journal(&["archive"]));
    let setting =
        Setting { sinks: vec![outlet("archive", &gate)], alter: small(log.clone()), ..Setting::default() };
    play(setting, move |stage: Stage| async move {
        stage.wait(10 * MINUTE).await;
        let stood = stage.record.height();
        let told = status(&stage);
        assert_eq!(told.pace, Pace::Paused);
        let why = told.why_not_ready().unwrap();
        assert!(why.contains("sink archive") && why.contains("budget"), "{why}");
        let held_bytes = log.extent().bytes;
        assert!(held_bytes > BUDGET_BYTES && held_bytes < BUDGET_BYTES + 2 * SEGMENT_BYTES, "{held_bytes}");
        stage.wait(5 * MINUTE).await;
        assert_eq!(stage.record.height(), stood, "nothing more is delivered");
        assert_eq!(log.extent().bytes, held_bytes, "nothing more is kept");
        gate.open.store(true, Ordering::SeqCst);
        stage.caught_up(MINUTE).await;
        stage.stream_is_true();
        assert!(status(&stage).is_ready());
        assert_eq!(gate.record.chain(), stage.record.chain());
    });
}

#[test]
fn a_required_sink_whose_answer_was_lost_after_it_took_everything_pauses_the_chain_no_longer() {
    let (sink, log) = (Unheard::default(), journal(&["archive"]));
    let setting = Setting { sinks: vec![outlet("archive", &sink)], alter: small(log), ..Setting::default() };
    play(setting, move |stage: Stage| async move {
        stage.wait(10 * MINUTE).await;
        assert_eq!(status(&stage).pace, Pace::Paused);
        sink.gate.open.store(true, Ordering::SeqCst);
        stage.caught_up(MINUTE).await;
        assert!(sink.batches.load(Ordering::SeqCst) > 2, "no answer was lost");
        stage.stream_is_true();
        assert!(status(&stage).is_ready());
        assert_eq!(sink.gate.record.chain(), stage.record.chain());
    });
}

#[test]
fn a_required_sink_whose_acknowledgement_was_lost_says_again_what_it_has() {
    let (gate, log) = (Gate::default(), journal(&["archive"]));
    let setting =
        Setting { sinks: vec![outlet("archive", &gate)], alter: small(log.clone()), ..Setting::default() };
    play(setting, move |stage: Stage| async move {
        stage.wait(10 * MINUTE).await;
        log.turn(Memory::Loses);
        gate.open.store(true, Ordering::SeqCst);
        stage.wait(Duration::from_secs(2)).await;
        assert_eq!(gate.record.height(), stage.record.height(), "it has everything");
        log.turn(Memory::Keeps);
        stage.caught_up(MINUTE).await;
        stage.stream_is_true();
        assert!(status(&stage).is_ready());
    });
}

#[test]
fn a_stuck_sink_that_is_not_required_pauses_nothing() {
    let (gate, log) = (Gate::default(), journal(&[]));
    let setting =
        Setting { sinks: vec![outlet("archive", &gate)], alter: small(log.clone()), ..Setting::default() };
    play(setting, move |stage: Stage| async move {
        stage.wait(10 * MINUTE).await;
        stage.caught_up(MINUTE).await;
        stage.stream_is_true();
        assert!(log.extent().bytes < BUDGET_BYTES + 2 * SEGMENT_BYTES);
    });
}

#[test]
fn a_full_disk_pauses_the_chain_which_says_so_and_goes_on() {
    let log = journal(&[]);
    let full = log.clone();
    play(Setting { alter: small(log), ..Setting::default() }, move |stage: Stage| async move {
        stage.wait(MINUTE).await;
        for _ in 0..20 {
            full.fail_next_append(Left::Nothing);
            stage.wait(Duration::from_millis(500)).await;
        }
        let why = status(&stage).why_not_ready().unwrap();
        assert!(why.starts_with("paused: ") && why.contains("see that the disk has room"), "{why}");
        stage.caught_up(MINUTE).await;
        stage.stream_is_true();
        assert!(status(&stage).is_ready());
    });
}

#[test]
fn a_validator_that_dies_while_the_disk_refuses_begins_after_what_it_left_to_be_written() {
    let log = journal(&[]);
    let full = log.clone();
    let armed = Arc::new(AtomicBool::new(false));
    let bomb = armed.clone();
    let witness: Witness = Arc::new(move |actor, message| {
        let meets = actor == "sim/validator" && message == "Agreed";
        assert!(!(meets && bomb.swap(false, Ordering::SeqCst)), "a panic on purpose");
    });
    let setting = Setting { alter: small(log), witness: Some(witness), ..Setting::default() };
    play(setting, move |stage: Stage| async move {
        stage.wait(MINUTE).await;
        for half_second in 0..20 {
            full.fail_next_append(Left::Nothing);
            stage.wait(Duration::from_millis(500)).await;
            if half_second == 9 {
                armed.store(true, Ordering::SeqCst);
            }
        }
        assert_eq!(stage.observe("validator").await[0].vitals.restarts, 1);
        stage.caught_up(MINUTE).await;
        stage.stream_is_true();
    });
}

#[test]
fn a_journal_that_dies_long_after_the_disk_refused_goes_on_from_what_was_opened_last() {
    let first = journal(&[]);
    let (refusing, newest) = (first.clone(), Arc::new(Mutex::new(first.clone())));
    let alter = Box::new(move |plan: &mut Blueprint| {
        plan.log = first;
        plan.open = Arc::new(move || {
            let mut newest = newest.lock().unwrap();
            *newest = Arc::new(newest.opened_anew());
            let opened = newest.clone();
            Box::pin(async move { Ok(opened as Arc<dyn Journal>) })
        });
    });
    let armed = Arc::new(AtomicBool::new(false));
    let bomb = armed.clone();
    let witness: Witness = Arc::new(move |actor, message| {
        let meets = actor == "sim/journal" && message == "Append";
        assert!(!(meets && bomb.swap(false, Ordering::SeqCst)), "a panic on purpose");
    });
    let setting = Setting { alter, witness: Some(witness), ..Setting::default() };
    play(setting, move |stage: Stage| async move {
        stage.wait(MINUTE).await;
        refusing.fail_next_append(Left::Nothing);
        // Long enough for what the first one held to be let go.
        stage.wait(10 * MINUTE).await;
        armed.store(true, Ordering::SeqCst);
        stage.wait(MINUTE).await;
        assert_eq!(stage.observe("journal").await[0].vitals.restarts, 1);
        stage.caught_up(MINUTE).await;
        stage.stream_is_true();
        assert!(status(&stage).is_ready());
    });
}

#[test]
fn a_tip_that_was_replaced_during_a_pause_is_never_called_final() {
    let log = journal(&[]);
    let full = log.clone();
    play(Setting { alter: small(log), ..Setting::default() }, move |stage: Stage| async move {
        stage.wait(MINUTE).await;
        for half_second in 0..120 {
            full.fail_next_append(Left::Nothing);
            stage.wait(Duration::from_millis(500)).await;
            if half_second % 11 == 10 && half_second < 60 {
                stage.world.reorg(3);
            }
        }
        assert!(stage.world.finalized().height > stage.record.height());
        stage.caught_up(4 * MINUTE).await;
        stage.stream_is_true();
    });
}
