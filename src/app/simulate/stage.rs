//! The stage: world, fleet, log, sinks and oracle, and the daemon that is set up in front of them as often as it is killed.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use super::fuses::Fuses;
use super::log::Log;
use super::outlet::Store;
use super::trace::Trace;
use crate::actors::clock::Clock;
use crate::actors::manager::Mandate;
use crate::actors::notice::Notices;
use crate::actors::orders::Orders;
use crate::actors::pool::Pool;
use crate::actors::provider::Profile;
use crate::actors::registry::Registry;
use crate::actors::slot::House;
use crate::app::chain::{Blueprint, Estate, Keeping, Outlet};
use crate::app::error::AppError;
use crate::chain::error::ChainError;
use crate::chain::evm::family::Evm;
use crate::chain::family::{Family, RawBlock, Receipts, Verification, Verifier};
use crate::chain::secret_url::SecretUrl;
use crate::chain::transport::Connector;
use crate::chain::verdict::Verdict;
use crate::core::backends::Backends;
use crate::core::block_time::BlockTime;
use crate::core::chain_id::ChainId;
use crate::core::consensus::ruling::{Corroboration, OnSingle, Rules};
use crate::core::finality::Source;
use crate::core::health::Health;
use crate::core::start::Start;
use crate::core::token_bucket::Quota;
use crate::http::board::Board;
use crate::journal::memory::MemoryJournal;
use crate::records::volatile::VolatileRecords;
use crate::settings::chain::Chain;
use crate::sim::fleet::Fleet;
use crate::sim::memory::SimConnector;
use crate::sim::oracle::breach::Invariant;
use crate::sim::oracle::terms::{Account, LoneWord, Terms};
use crate::sim::oracle::{Memory, Oracle};
use crate::sim::schedule::Schedule;
use crate::sim::schedule::cast::Member;
use crate::sim::schedule::deed::Victim;
use crate::sim::schedule::draw::SINKS;
use crate::sim::schedule::shape::{Agreement, Shape};
use crate::sim::world::World;
use crate::sink::Sink;
use crate::sink::error::SinkError;

/// The name of the chain on the stage.
const CHAIN: &str = "sim";
/// Blocks below the tip that count as final where no provider knows the tag: as in a daemon of one's own.
const FALLBACK_DEPTH: u64 = 50;
/// What the wall clock shows when a play begins: seconds since 1970.
const CLOCK_SHOWS: Duration = Duration::from_secs(1_700_000_000);

/// Everything but the daemon.
#[derive(Clone)]
pub struct Stage {
    pub fleet: Fleet,
    pub oracle: Oracle,
    pub trace: Trace,
    pub fuses: Fuses,
    pub log: Arc<Log>,
    pub sinks: Vec<Store>,
    /// What the daemon remembers of providers from life to life.
    records: VolatileRecords,
    /// The actors of the daemon as it lives now.
    pub registry: Rc<RefCell<Registry>>,
    settings: Settings,
    cast: Vec<Member>,
    connector: SimConnector,
}

/// The daemon's settings for the chain.
#[derive(Clone)]
struct Settings {
    chain: ChainId,
    start: Start,
    receipts: Receipts,
    verification: Verification,
    corroboration: Corroboration,
    on_single: OnSingle,
    block_time: Option<Duration>,
    finality: Source,
    health: Health,
    memory_bytes: usize,
}

impl Stage {
    /// Sets the stage for a schedule.
    ///
    /// # Errors
    /// When the configuration names something that has no place in an address.
    pub fn set(
        schedule: &Schedule,
        given: Option<&Chain>,
        trace: Trace,
        fuses: Fuses,
    ) -> Result<Self, AppError> {
        let shape = &schedule.shape;
        let world = World::grown_from(shape.genesis.clone());
        let fleet = Fleet::new(world.clone(), schedule.cast.iter().map(|member| member.profile.clone()));
        let settings = given.map_or_else(|| Settings::drawn(shape), Settings::given);
        let oracle = Oracle::new(world, settings.terms(schedule));
        let inner = MemoryJournal::new(settings.chain.clone(), Default::default());
        let latency = Duration::from_millis(shape.genesis.seed % 4 * 5);
        let log = Arc::new(Log {
            inner,
            oracle: oracle.clone(),
            fuses: fuses.clone(),
            trace: trace.clone(),
            latency,
        });
        let store = |name| {
            let memory = if name == SINKS[2] { Memory::None } else { Memory::Exact };
            Store::new(name, memory, &oracle, &fuses, &trace)
        };
        let sinks = SINKS.into_iter().map(store).collect();
        let connector = SimConnector::watched(fleet.clone(), Arc::new(oracle.clone()));
        let cast = schedule.cast.clone();
        Ok(Self {
            fleet,
            oracle,
            trace,
            fuses,
            log,
            sinks,
            records: VolatileRecords::default(),
            registry: Rc::default(),
            settings,
            cast,
            connector,
        })
    }

    /// What a new daemon shares with nobody.
    pub fn estate(&self) -> Estate {
        let oracle = self.oracle.clone();
        let given_up = move |path: &str| {
            oracle.object(Invariant::Alive, format!("{path} died too often and was given up"));
        };
        let house = House {
            clock: Clock::showing(CLOCK_SHOWS + self.fleet.world().now().elapsed()),
            registry: Registry::default(),
            escalate: Arc::new(given_up),
        };
        let (notices, board, orders) = (Notices::default(), Board::default(), Orders::default());
        Estate { house, pool: Pool::Inline, notices, board, orders }
    }

    /// The plan of a new daemon.
    ///
    /// # Errors
    /// When a provider cannot be connected to.
    pub fn blueprint(&self) -> Result<Blueprint, AppError> {
        let settings = &self.settings;
        let family: Arc<dyn Family> = Arc::new(Evm::new(&settings.chain, settings.verification));
        let refused = |error: ChainError| AppError::Settings(error.message.clone());
        let providers = self.cast.iter().map(|member| self.profile(member, &family));
        let (log, opened) = (self.log.clone(), self.log.clone());
        let verifier = family.verifier(&settings.chain, settings.verification);
        Ok(Blueprint {
            mandate: settings.mandate(),
            providers: providers.collect::<Result<_, _>>().map_err(refused)?,
            verifier: Arc::new(Watched { inner: verifier, fuses: self.fuses.clone() }),
            receipts: settings.receipts,
            memory_bytes: settings.memory_bytes,
            log,
            open: Arc::new(move || {
                let log = opened.clone();
                Box::pin(async move {
                    log.inner.reopen();
                    Ok(log as Arc<dyn crate::journal::Journal>)
                })
            }),
            sinks: self.sinks.iter().map(outlet).collect(),
            keeping: Keeping { records: Arc::new(self.records.clone()), memory: self.records.found().memory },
        })
    }

    fn profile(&self, member: &Member, family: &Arc<dyn Family>) -> Result<Profile, ChainError> {
        let address = |text: String| {
            let parsed = text.parse::<SecretUrl>();
            parsed.map_err(|_| ChainError::new(crate::core::class::Class::Config, "no address"))
        };
        let profile = &member.profile;
        let socket = member.announces.then(|| self.connector.socket(&address(profile.websocket_url())?));
        Ok(Profile {
            name: profile.name.clone(),
            operator: profile.operator.clone(),
            weight: member.weight,
            quota: Quota { rate_per_s: member.rate_per_s, burst: member.burst },
            health: self.settings.health,
            chain: self.settings.chain.clone(),
            block_time: self.settings.block_time,
            family: family.clone(),
            backends: Backends::default(),
            http: vec![self.connector.http(&address(profile.http_url())?)?],
            sockets: socket.transpose()?.into_iter().collect(),
        })
    }
}

fn outlet(store: &Store) -> Outlet {
    let made = store.clone();
    let build = move || -> Result<Box<dyn Sink>, SinkError> { Ok(Box::new(made.clone())) };
    Outlet { name: store.name().into(), build: Arc::new(build) }
}

/// A verifier that panics on order.
struct Watched {
    inner: Arc<dyn Verifier>,
    fuses: Fuses,
}

impl Verifier for Watched {
    fn verify(&self, block: &RawBlock) -> Result<Verdict, ChainError> {
        self.fuses.burn(|victim| *victim == Victim::Validator);
        self.inner.verify(block)
    }
}

// === impl Settings ===

impl Settings {
    fn drawn(shape: &Shape) -> Self {
        let daemon = shape.daemon;
        let (corroboration, on_single) = match daemon.agreement {
            Agreement::Two => (Corroboration::Two, OnSingle::Flag),
            Agreement::TwoOrNone => (Corroboration::Two, OnSingle::Hold),
            Agreement::Majority => (Corroboration::Majority, OnSingle::Flag),
            Agreement::Fast => (Corroboration::Fast, OnSingle::Flag),
        };
        Self {
            chain: ChainId::evm(shape.genesis.chain),
            start: daemon.start,
            receipts: if daemon.receipts { Receipts::With } else { Receipts::Without },
            verification: Verification::Full,
            corroboration,
            on_single,
            block_time: daemon.knows_block_time.then_some(shape.block_time),
            finality: Source::Tag { fallback_depth: FALLBACK_DEPTH },
            health: Health::default(),
            memory_bytes: daemon.memory_bytes,
        }
    }

    fn given(chain: &Chain) -> Self {
        let health = &chain.health;
        Self {
            chain: chain.chain_id.clone(),
            // Heights of the real chain mean nothing here.
            start: Start::Latest,
            receipts: chain.receipts,
            verification: chain.verification,
            corroboration: chain.corroboration,
            on_single: chain.on_single,
            block_time: chain.block_time,
            finality: chain
                .finality_depth
                .map_or(Source::Tag { fallback_depth: FALLBACK_DEPTH }, Source::Depth),
            health: Health {
                score_halflife: health.score_halflife,
                lag_threshold: health.lag_threshold,
                failure_ratio: health.failure_ratio,
                probe_interval: health.probe_interval,
            },
            memory_bytes: 64 << 20,
        }
    }

    fn mandate(&self) -> Mandate {
        Mandate {
            chain: CHAIN.into(),
            start: self.start,
            rules: Rules {
                corroboration: self.corroboration,
                on_single: self.on_single,
                block_time: self.block_time.unwrap_or(BlockTime::DEFAULT),
                lag_threshold: self.health.lag_threshold,
            },
            finality: self.finality,
            block_time: self.block_time,
            providers: Vec::new(),
            first: None,
        }
    }

    fn terms(&self, schedule: &Schedule) -> Terms {
        let account = |member: &Member| {
            let Member { profile, rate_per_s, burst, .. } = member;
            let operator = profile.operator.clone();
            (profile.name.clone(), Account { operator, rate_per_s: *rate_per_s, burst: *burst })
        };
        let providers: BTreeMap<String, Account> = schedule.cast.iter().map(account).collect();
        let lone_word = match (self.corroboration, self.on_single) {
            (Corroboration::Fast, _) => LoneWord::Always,
            (_, OnSingle::Hold) => LoneWord::Nothing,
            (_, OnSingle::Flag) => LoneWord::WhileAlone,
        };
        let genesis = &schedule.shape.genesis;
        let mut checks = Vec::new();
        if self.verification == Verification::Full {
            checks.extend(["hash", "tx_root"]);
        }
        if self.verification == Verification::Full && self.receipts == Receipts::With {
            checks.extend(["receipts_root", "bloom"]);
        }
        Terms {
            stream: self.chain.clone(),
            providers,
            lone_word,
            lag_threshold: self.health.lag_threshold,
            checks,
            with_receipts: self.receipts == Receipts::With,
            most_bytes: self.memory_bytes + OVERDRAWN_BLOCKS * LARGEST_BLOCK,
            final_depth: match self.finality {
                Source::Depth(depth) => depth,
                Source::Tag { fallback_depth } => fallback_depth.max(genesis.final_depth),
            },
            start: None,
        }
    }
}

/// Blocks that may overdraw the budget: what is missed of the span above the tip that was agreed on, and one that is on its way.
const OVERDRAWN_BLOCKS: usize = 33;
/// No block of a play is larger than what is guessed of one that was never seen.
const LARGEST_BLOCK: usize = 64 << 10;
