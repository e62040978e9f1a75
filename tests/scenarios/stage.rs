//! The stage: a simulated fleet, one chain's real actors in front of it, and a recording sink.

use std::future::Future;
use std::rc::Rc;
use std::sync::{Arc, Mutex, Once};
use std::time::Duration;

use async_trait::async_trait;
use blocktap::actors::clock::Clock;
use blocktap::actors::manager::Mandate;
use blocktap::actors::notice::{Notice, Notices};
use blocktap::actors::orders::Orders;
use blocktap::actors::panics;
use blocktap::actors::pool::Pool;
use blocktap::actors::provider::Profile;
use blocktap::actors::registry::Registry;
use blocktap::actors::slot::House;
use blocktap::actors::vitals::Witness;
use blocktap::app::chain::{Blueprint, Estate, Keeping, Outlet, Running, start};
use blocktap::chain::evm::family::Evm;
use blocktap::chain::family::{Family, Receipts, Verification};
use blocktap::chain::network::{Compression, NetworkConnector, PlainHttp};
use blocktap::chain::transport::{Connector, SocketTransport, Transport};
use blocktap::core::audit::Auditor;
use blocktap::core::backends::Backends;
use blocktap::core::chain_id::ChainId;
use blocktap::core::consensus::ruling::{Corroboration, OnSingle, Rules};
use blocktap::core::event::{Event, Step};
use blocktap::core::finality::Source;
use blocktap::core::header::Header;
use blocktap::core::health::Health;
use blocktap::core::numbers::Height;
use blocktap::core::start::Start;
use blocktap::core::token_bucket::Quota;
use blocktap::http::board::Board;
use blocktap::journal::Journal;
use blocktap::journal::memory::MemoryJournal;
use blocktap::records::Records;
use blocktap::records::volatile::VolatileRecords;
use blocktap::sim;
use blocktap::sim::fleet::Fleet;
use blocktap::sim::genesis::Genesis;
use blocktap::sim::loopback::Loopback;
use blocktap::sim::memory::SimConnector;
use blocktap::sim::world::World;
use blocktap::sink::error::SinkError;
use blocktap::sink::{Position, Sink};

/// What a scenario plays with.
pub struct Stage {
    pub fleet: Fleet,
    pub world: World,
    pub estate: Estate,
    pub journal: Arc<MemoryJournal>,
    pub record: Record,
    pub running: Running,
    pub given_up: Arc<Mutex<Vec<String>>>,
    pub records: VolatileRecords,
    plan: Box<dyn Fn() -> Blueprint>,
    heard: tokio::sync::broadcast::Receiver<(String, Notice)>,
    #[allow(dead_code, reason = "the stage is shared; where sockets are listened to, it keeps them open")]
    roads: Rc<Roads>,
}

/// The ways to a fleet.
struct Roads {
    fleet: Fleet,
    loopback: Option<Loopback>,
    connector: Box<dyn Connector>,
}

impl Roads {
    fn to(fleet: &Fleet, loopback: Option<Loopback>) -> Self {
        let connector: Box<dyn Connector> = match &loopback {
            None => Box::new(SimConnector::new(fleet.clone())),
            Some(_) => Box::new(NetworkConnector::new(PlainHttp::Refused, Compression::Gzip)),
        };
        Self { fleet: fleet.clone(), loopback, connector }
    }

    fn http(&self, provider: &sim::provider::Provider) -> Arc<dyn Transport> {
        let near = provider.profile().http_url();
        let far = self.loopback.as_ref().map(|loopback| loopback.http_url(&provider.profile().name).unwrap());
        self.connector.http(&far.unwrap_or(near).parse().unwrap()).unwrap()
    }

    fn socket(&self, provider: &sim::provider::Provider) -> Arc<dyn SocketTransport> {
        let (near, name) = (provider.profile().websocket_url(), &provider.profile().name);
        let far = self.loopback.as_ref().map(|loopback| loopback.websocket_url(name).unwrap());
        self.connector.socket(&far.unwrap_or(near).parse().unwrap()).unwrap()
    }
}

/// How the stage is set.
pub struct Setting {
    pub genesis: Genesis,
    pub start: Start,
    pub corroboration: Corroboration,
    pub on_single: OnSingle,
    pub receipts: Receipts,
    pub sinks: Vec<Outlet>,
    pub sockets: Sockets,
    pub wires: Wires,
    pub clock_shows: Duration,
    pub alter: Box<dyn FnOnce(&mut Blueprint)>,
    /// Hears of every message, and may panic.
    pub witness: Option<Witness>,
}

/// Whether the fleet announces its heads.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Sockets {
    Open,
    None,
}

/// What lies between the fleet and whoever asks it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Wires {
    /// Nothing; time is paused.
    Memory,
    /// Sockets on loopback, and real time.
    #[allow(dead_code, reason = "the stage is shared; only the fault matrix is played over sockets")]
    Sockets,
}

impl Default for Setting {
    fn default() -> Self {
        Self {
            genesis: Genesis { premined: 20, block_time: Duration::from_secs(2), ..Genesis::default() },
            start: Start::Latest,
            corroboration: Corroboration::Two,
            on_single: OnSingle::Flag,
            receipts: Receipts::Without,
            sinks: Vec::new(),
            sockets: Sockets::Open,
            wires: Wires::Memory,
            clock_shows: Duration::from_secs(1_700_000_000),
            alter: Box::new(|_| {}),
            witness: None,
        }
    }
}

/// Plays a scenario with a fleet of five providers of four operators.
pub fn play<F: Future<Output = ()> + 'static>(setting: Setting, scenario: impl FnOnce(Stage) -> F + 'static) {
    let fleet_of = |world| Fleet::of_five(world);
    play_with(setting, fleet_of, scenario);
}

/// Plays a scenario with a fleet of one's own.
pub fn play_with<F: Future<Output = ()> + 'static>(
    setting: Setting,
    fleet: impl FnOnce(World) -> Fleet + 'static,
    scenario: impl FnOnce(Stage) -> F + 'static,
) {
    let paused = setting.wires == Wires::Memory;
    let runtime = move || {
        let mut builder = tokio::runtime::Builder::new_current_thread();
        builder.enable_all().start_paused(paused).build().unwrap()
    };
    let system = actix::System::with_tokio_rt(runtime);
    system.block_on(async move {
        let world = World::grown_from(setting.genesis.clone());
        let fleet = fleet(world);
        let loopback = match setting.wires {
            Wires::Memory => None,
            Wires::Sockets => Some(Loopback::listen(&fleet).await.unwrap()),
        };
        scenario(raise(setting, fleet, loopback)).await;
    });
}

fn raise(mut setting: Setting, fleet: Fleet, loopback: Option<Loopback>) -> Stage {
    let world = fleet.world().clone();
    let clock = Clock::showing(setting.clock_shows);
    let notices = Notices::default();
    let heard = notices.listen();
    let given_up = Arc::new(Mutex::new(Vec::new()));
    let told = given_up.clone();
    let escalate = Arc::new(move |path: &str| told.lock().unwrap().push(path.to_owned()));
    note_panics();
    let registry = Registry::default();
    setting.witness.iter().cloned().for_each(|witness| registry.attend(witness));
    let house = House { clock, registry, escalate };
    let (board, orders) = (Board::default(), Orders::default());
    let estate = Estate { house, pool: Pool::Inline, notices, board, orders };
    let chain = ChainId::evm(setting.genesis.chain);
    let journal = Arc::new(MemoryJournal::new(chain.clone(), Default::default()));
    let record = Record::default();
    let alter = std::mem::replace(&mut setting.alter, Box::new(|_| {}));
    let (records, block_time) = (VolatileRecords::default(), setting.genesis.block_time);
    let roads = Rc::new(Roads::to(&fleet, loopback));
    let plan: Box<dyn Fn() -> Blueprint> = {
        let (roads, journal, record) = (roads.clone(), journal.clone(), record.clone());
        Box::new(move || blueprint(&setting, &roads, &chain, &journal, &record))
    };
    let mut first = plan();
    first.keeping.records = Arc::new(records.clone());
    alter(&mut first);
    let running = start(&estate, first, &[]);
    actix::spawn(world.clone().mine_every(block_time));
    Stage { fleet, world, estate, journal, record, running, given_up, records, plan, heard, roads }
}

/// As the process does, but panics are still shown.
fn note_panics() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let shown = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            panics::note(panic);
            shown(panic);
        }));
    });
}

fn blueprint(
    setting: &Setting,
    roads: &Roads,
    chain: &ChainId,
    journal: &Arc<MemoryJournal>,
    record: &Record,
) -> Blueprint {
    let family: Arc<dyn Family> = Arc::new(Evm::new(chain, Verification::Full));
    let provider = |provider: &sim::provider::Provider| {
        let profile = provider.profile();
        let socket = (setting.sockets == Sockets::Open).then(|| roads.socket(provider));
        Profile {
            name: profile.name.clone(),
            operator: profile.operator.clone(),
            weight: 1.0,
            quota: Quota { rate_per_s: 1000.0, burst: 1000.0 },
            health: Health::default(),
            chain: chain.clone(),
            block_time: Some(setting.genesis.block_time),
            family: family.clone(),
            backends: Backends::default(),
            http: vec![roads.http(provider)],
            sockets: socket.into_iter().collect(),
        }
    };
    let recorder = record.clone();
    let sink = Outlet { name: "record".into(), build: Arc::new(move || Ok(Box::new(recorder.clone()))) };
    let (log, opened) = (journal.clone(), journal.clone());
    Blueprint {
        mandate: Mandate {
            chain: "sim".into(),
            start: setting.start,
            rules: Rules {
                corroboration: setting.corroboration,
                on_single: setting.on_single,
                block_time: setting.genesis.block_time,
                lag_threshold: Duration::from_secs(30),
            },
            finality: Source::Tag { fallback_depth: 64 },
            block_time: Some(setting.genesis.block_time),
            providers: Vec::new(),
            first: None,
        },
        providers: roads.fleet.providers().map(provider).collect(),
        verifier: family.verifier(chain, Verification::Full),
        receipts: setting.receipts,
        memory_bytes: 64 << 20,
        log,
        open: Arc::new(move || {
            let log = opened.clone();
            log.reopen();
            Box::pin(async move { Ok(log as Arc<dyn Journal>) })
        }),
        sinks: std::iter::once(sink).chain(setting.sinks.iter().cloned()).collect(),
        keeping: Keeping::default(),
    }
}

impl Stage {
    /// The way on which a provider is asked.
    #[allow(dead_code, reason = "the stage is shared; only the fault matrix asks for itself")]
    pub fn http(&self, provider: &str) -> Arc<dyn Transport> {
        self.roads.http(self.fleet.provider(provider).unwrap())
    }

    /// Lets so much time pass.
    pub async fn wait(&self, time: Duration) {
        tokio::time::sleep(time).await;
    }

    /// Lets time pass until the stream's tip is the world's head, at the most `limit`.
    pub async fn caught_up(&self, limit: Duration) {
        let caught_up = async {
            while self.record.tip().map(|tip| tip.hash) != Some(self.world.head().hash) {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        };
        let outcome = tokio::time::timeout(limit, caught_up).await;
        assert!(
            outcome.is_ok(),
            "not caught up within {limit:?}: delivered up to {:?}, the head is {:?}\n{:#?}",
            self.record.tip(),
            self.world.head(),
            self.estate.board.read()
        );
    }

    /// Ends the chain's actors in good order, and starts it anew from what was kept.
    pub async fn restart(&mut self) {
        self.running.drain(Duration::from_secs(5)).await;
        let mut plan = (self.plan)();
        let memory = self.records.recall().await.memory;
        plan.keeping = Keeping { records: Arc::new(self.records.clone()), memory };
        self.running = start(&self.estate, plan, &[]);
    }

    /// From the next restart on, the wall clock shows so much less than it would have.
    pub fn set_clock_back(&mut self, by: Duration) {
        let clock = &mut self.estate.house.clock;
        let shows = Duration::from_secs(clock.unix_s(clock.now()));
        *clock = Clock::showing(shows - by);
    }

    /// Every notice so far.
    pub fn notices(&mut self) -> Vec<Notice> {
        std::iter::from_fn(|| self.heard.try_recv().ok()).map(|(_, notice)| notice).collect()
    }

    /// What an actor says of itself.
    pub async fn observe(&self, pattern: &str) -> Vec<blocktap::actors::vitals::Observation> {
        self.estate.house.registry.observe(pattern).await
    }

    /// The stream is whole: ids chained, undo matched, and what it folds to is the world's canonical chain.
    pub fn stream_is_true(&self) {
        let events = self.record.events();
        let mut auditor = Auditor::new();
        for event in &events {
            auditor.read(&event.envelope).unwrap();
        }
        let canonical = self.world.canonical();
        let folded = self.record.chain();
        let first = folded.first().expect("something was delivered").height;
        let head = folded.last().unwrap().height;
        let ours: Vec<Header> =
            canonical.into_iter().filter(|block| (first..=head).contains(&block.height)).collect();
        assert_eq!(folded, ours);
    }
}

/// A sink that remembers all it was given.
#[derive(Clone, Default)]
pub struct Record(Arc<Mutex<Vec<Arc<Event>>>>);

impl Record {
    /// Everything delivered.
    pub fn events(&self) -> Vec<Arc<Event>> {
        self.0.lock().unwrap().clone()
    }

    /// How many events took this step.
    pub fn count(&self, step: Step) -> usize {
        self.events().iter().filter(|event| event.envelope.step == step).count()
    }

    /// Who served the last block. The leader is asked first only for what it has shown.
    pub fn served_by(&self) -> Option<String> {
        self.events().iter().rev().find_map(|event| Some(event.envelope.source.as_ref()?.served_by.clone()))
    }

    /// The chain that apply and undo fold to.
    pub fn chain(&self) -> Vec<Header> {
        let mut chain = Vec::new();
        for event in self.events() {
            match event.envelope.step {
                Step::Apply => chain.push(event.header()),
                Step::Undo => {
                    assert_eq!(chain.pop().map(|block: Header| block.hash), Some(event.envelope.block_hash))
                }
                Step::Final | Step::Skip => {}
            }
        }
        chain
    }

    /// The last block.
    pub fn tip(&self) -> Option<Header> {
        let events = self.0.lock().unwrap();
        let moved = |event: &&Arc<Event>| matches!(event.envelope.step, Step::Apply | Step::Undo);
        let last = events.iter().rev().find(moved)?;
        let applied = (last.envelope.step == Step::Apply).then(|| last.header());
        drop(events);
        applied.or_else(|| self.chain().last().copied())
    }

    /// The last height.
    pub fn height(&self) -> Height {
        self.tip().map(|tip| tip.height).unwrap_or_default()
    }
}

#[async_trait]
impl Sink for Record {
    async fn position(&mut self) -> Result<Position, SinkError> {
        let events = self.events();
        Ok(events.last().map_or(Position::Empty, |event| Position::After {
            seq: event.envelope.seq,
            id: event.envelope.id,
        }))
    }

    async fn deliver(&mut self, events: &[Arc<Event>]) -> Result<(), SinkError> {
        self.0.lock().unwrap().extend_from_slice(events);
        Ok(())
    }
}
