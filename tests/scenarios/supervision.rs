//! What happens to the actors themselves.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use blocktap::actors::vitals::Answer;
use blocktap::app::chain::{Blueprint, Outlet};
use blocktap::chain::error::ChainError;
use blocktap::chain::family::{RawBlock, Verifier};
use blocktap::chain::transport::{Limits, Transport};
use blocktap::chain::verdict::Verdict;
use blocktap::core::event::{Draft, Event, Tail};
use blocktap::core::event_id::EventId;
use blocktap::core::header::Header;
use blocktap::core::numbers::{Height, Seq};
use blocktap::journal::error::JournalError;
use blocktap::journal::{Acknowledged, Extent, Journal, Located};
use blocktap::sink::error::SinkError;
use blocktap::sink::{Position, Sink};
use bytes::Bytes;

use crate::stage::{Record, Setting, Stage, play};

const MINUTE: Duration = Duration::from_secs(60);

#[test]
fn every_actor_answers_the_debug_message() {
    play(Setting::default(), |stage: Stage| async move {
        stage.wait(MINUTE).await;
        let observed = stage.observe("").await;
        let kinds: std::collections::BTreeSet<_> = observed.iter().map(|one| one.kind).collect();
        let all = ["Archive", "Fetcher", "Journal", "Manager", "Provider", "Sink", "Validator"];
        assert_eq!(kinds.into_iter().collect::<Vec<_>>(), all);
        assert!(observed.iter().all(|one| one.answer == Answer::Alive && one.vitals.restarts == 0));
    });
}

#[test]
fn an_actor_that_is_gone_leaves_its_last_words() {
    play(Setting::default(), |stage: Stage| async move {
        stage.wait(MINUTE).await;
        stage.running.drain(Duration::from_secs(5)).await;
        let observed = stage.observe("validator").await;
        assert_eq!(observed[0].answer, Answer::PostMortem);
        assert!(observed[0].state["applied"].as_u64().unwrap() > 10);
    });
}

/// Goes off once, the `after`-th time it is asked.
#[derive(Clone)]
pub struct Fuse(Arc<AtomicU32>);

impl Fuse {
    pub fn after(times: u32) -> Self {
        Self(Arc::new(AtomicU32::new(times)))
    }

    fn burn(&self) {
        let left = self.0.load(Ordering::SeqCst);
        self.0.store(left.saturating_sub(1), Ordering::SeqCst);
        assert!(left != 1, "a panic on purpose");
    }
}

/// A verifier that panics.
pub struct PanickingVerifier(pub Arc<dyn Verifier>, pub Fuse);

impl Verifier for PanickingVerifier {
    fn verify(&self, block: &RawBlock) -> Result<Verdict, ChainError> {
        self.1.burn();
        self.0.verify(block)
    }
}

/// A sink that panics.
struct PanickingSink(Record, Fuse);

#[async_trait]
impl Sink for PanickingSink {
    async fn position(&mut self) -> Result<Position, SinkError> {
        self.0.position().await
    }

    async fn deliver(&mut self, events: &[Arc<Event>]) -> Result<(), SinkError> {
        self.1.burn();
        self.0.deliver(events).await
    }
}

/// A transport that panics when the provider itself looks for its head; what others ask of it is detached and dies alone.
#[derive(Debug)]
struct PanickingTransport(Arc<dyn Transport>, Fuse);

impl std::fmt::Debug for Fuse {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("Fuse")
    }
}

#[async_trait]
impl Transport for PanickingTransport {
    async fn post(&self, body: Bytes, limits: Limits) -> Result<Bytes, ChainError> {
        if body.windows(b"latest".len()).any(|word| word == b"latest") {
            self.1.burn();
        }
        self.0.post(body, limits).await
    }
}

async fn lost_nothing(stage: &Stage, actor: &str) {
    stage.wait(2 * MINUTE).await;
    stage.caught_up(MINUTE).await;
    stage.stream_is_true();
    let observed = stage.observe(actor).await;
    assert_eq!(observed[0].vitals.restarts, 1, "{observed:#?}");
}

#[test]
fn a_validator_that_panics_comes_back_and_nothing_is_lost() {
    let alter = Box::new(|plan: &mut Blueprint| {
        plan.verifier = Arc::new(PanickingVerifier(plan.verifier.clone(), Fuse::after(20)));
    });
    play(Setting { alter, ..Setting::default() }, |stage: Stage| async move {
        lost_nothing(&stage, "validator").await;
    });
}

#[test]
fn a_sink_that_panics_comes_back_and_nothing_is_lost_or_doubled() {
    let copy = Record::default();
    let (fed, fuse) = (copy.clone(), Fuse::after(10));
    let build = move || -> Result<Box<dyn Sink>, SinkError> {
        Ok(Box::new(PanickingSink(fed.clone(), fuse.clone())))
    };
    let outlet = Outlet { name: "panicking".into(), build: Arc::new(build) };
    play(Setting { sinks: vec![outlet], ..Setting::default() }, |stage: Stage| async move {
        lost_nothing(&stage, "sinks/panicking").await;
        assert_eq!(copy.chain(), stage.record.chain());
    });
}

#[test]
fn a_provider_that_panics_comes_back() {
    let alter = Box::new(|plan: &mut Blueprint| {
        let alpha = &mut plan.providers[0];
        alpha.http = vec![Arc::new(PanickingTransport(alpha.http[0].clone(), Fuse::after(5)))];
    });
    play(Setting { alter, ..Setting::default() }, |stage: Stage| async move {
        lost_nothing(&stage, "providers/alpha").await;
    });
}

/// A journal that panics in the middle of an append: the events are durable, nobody was told.
struct PanickingJournal(Arc<dyn Journal>, Fuse);

#[async_trait]
impl Journal for PanickingJournal {
    async fn append(&self, drafts: Vec<Draft>) -> Result<Vec<Arc<Event>>, JournalError> {
        let events = self.0.append(drafts).await;
        self.1.burn();
        events
    }

    async fn retire(&self) {
        self.0.retire().await;
    }

    fn tail(&self) -> Option<Tail> {
        self.0.tail()
    }

    fn extent(&self) -> Extent {
        self.0.extent()
    }

    async fn canonical(&self, depth: usize) -> Result<(Vec<Header>, Option<Height>), JournalError> {
        self.0.canonical(depth).await
    }

    async fn read(&self, after: Seq, max_bytes: usize) -> Result<Vec<Arc<Event>>, JournalError> {
        self.0.read(after, max_bytes).await
    }

    async fn locate(&self, seq: Seq, id: EventId) -> Result<Located, JournalError> {
        self.0.locate(seq, id).await
    }

    async fn acknowledge(&self, sink: &str, mark: Acknowledged) -> Result<(), JournalError> {
        self.0.acknowledge(sink, mark).await
    }

    fn acknowledged(&self, sink: &str) -> Option<Acknowledged> {
        self.0.acknowledged(sink)
    }

    fn held_by(&self) -> Option<String> {
        self.0.held_by()
    }
}

#[test]
fn a_journal_that_panics_comes_back_and_nothing_is_lost_or_doubled() {
    let alter = Box::new(|plan: &mut Blueprint| {
        plan.log = Arc::new(PanickingJournal(plan.log.clone(), Fuse::after(15)));
    });
    play(Setting { alter, ..Setting::default() }, |stage: Stage| async move {
        lost_nothing(&stage, "journal").await;
    });
}

#[test]
fn an_actor_that_dies_too_often_stops_its_chain_loudly() {
    struct Hopeless;
    impl Verifier for Hopeless {
        fn verify(&self, _: &RawBlock) -> Result<Verdict, ChainError> {
            panic!("a panic on purpose");
        }
    }
    let alter = Box::new(|plan: &mut Blueprint| plan.verifier = Arc::new(Hopeless));
    play(Setting { alter, ..Setting::default() }, |stage: Stage| async move {
        stage.wait(2 * MINUTE).await;
        assert_eq!(stage.given_up.lock().unwrap().as_slice(), ["sim/validator"]);
        assert!(stage.record.events().is_empty());
    });
}
