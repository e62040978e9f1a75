//! The demonstration: a simulated fleet on loopback sockets, with faults scripted into it, and the real daemon before it.
//!
//! Nothing in it is played: the daemon reads a configuration, connects, elects, proves and delivers as it would anywhere. Only
//! the chain and its providers are made up, and misbehave on cue.

mod ledger;
mod setting;
mod viewer;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{broadcast, mpsc};

use self::ledger::Ledger;
pub use self::ledger::Summary;
use self::viewer::Viewer;
use super::chain::{Estate, Outlet, Running};
use super::error::AppError;
use super::process::{self, DRAIN_STEP};
use super::signals::{Asked, Signals};
use super::{App, chain, outlets, plan, system, telling};
use crate::actors::notice::Notice;
use crate::core::event::Event;
use crate::settings::Http;
use crate::sim::fleet::Fleet;
use crate::sim::genesis::Genesis;
use crate::sim::loopback::Loopback;
use crate::sim::script::{Cast, Director, Verb, demo_script};
use crate::sim::symptom::Symptom;
use crate::sim::world::World;
use crate::sink::Sink;
use crate::sink::error::SinkError;

/// From block to block.
const BLOCK_TIME: Duration = Duration::from_millis(500);
/// Blocks that exist when the demonstration begins.
const PREMINED: u64 = 20;
/// How long the stream may take to deliver the last block once no more come.
const SETTLE: Duration = Duration::from_secs(20);

/// What is demonstrated.
#[derive(Clone, Debug)]
pub struct Options {
    /// How long.
    pub length: Length,
    /// Decides what the chain holds and who meets which fate.
    pub seed: u64,
    /// Where everything is written; emptied first.
    pub folder: PathBuf,
    /// The port of 127.0.0.1 on which the daemon tells of itself; 0 for any that is free.
    pub port: u16,
}

/// How long a demonstration lasts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Length {
    /// So many blocks.
    Blocks(u64),
    /// Until somebody stops it; the script begins anew every 60 blocks.
    Forever,
}

/// Something to show.
#[derive(Clone, Debug)]
pub enum Scene {
    /// The fleet listens.
    Opened {
        /// Each provider: name, operator, address.
        providers: Vec<(String, String, String)>,
        /// Where everything is written.
        folder: PathBuf,
        /// Where the daemon tells of itself.
        http: String,
    },
    /// The script made something happen.
    Fate(String),
    /// The daemon has something to say.
    Notice(Notice),
    /// An event was delivered.
    Delivered(Arc<Event>),
}

/// Plays the demonstration and tells of everything in it.
///
/// # Errors
/// What keeps it from starting.
pub fn demo(options: Options, tell: impl FnMut(Scene) + 'static) -> Result<Summary, AppError> {
    system::run(play(options, tell))?
}

async fn play(options: Options, tell: impl FnMut(Scene) + 'static) -> Result<Summary, AppError> {
    let system = |action| move |source| AppError::System { action, source };
    let _lock = setting::take(&options.folder)?;
    let world = World::grown_from(genesis(options.seed));
    let fleet = Fleet::of_five(world.clone());
    let loopback = Loopback::listen(&fleet).await.map_err(system("cannot listen on loopback"))?;
    let mut house = Audience { tell: Box::new(tell), ledger: Ledger::default() };
    let providers = setting::addresses(&fleet, &loopback);
    // Actors that die too often have no place in a demonstration: it ends with whatever was delivered.
    let (given_up, _) = mpsc::unbounded_channel();
    let estate = process::estate(&given_up);
    let listen = SocketAddr::from(([127, 0, 0, 1], options.port));
    let http = Http { listen, token: None, hosts: Vec::new() };
    let server = telling::tell(http, &estate, telling::observer(&estate))?;
    let http = format!("http://{}/", server.address());
    house.show(Scene::Opened { providers, folder: options.folder.clone(), http });
    let app = App::new(setting::settings(&fleet, &loopback, &Cast::of(options.seed), &options.folder)?);
    let (scenes, shown) = mpsc::unbounded_channel();
    let (running, notices) = start(&app, &estate, &scenes).await?;
    let signals = Signals::listen()?;
    let direction = actix::spawn(direct(fleet, options.length, options.seed, scenes));
    let stage = Stage { world: world.clone(), shown, notices, signals, direction };
    stage.watch(&mut house).await;
    running.drain(DRAIN_STEP).await;
    server.stop().await;
    Ok(house.ledger.summary(&world))
}

fn genesis(seed: u64) -> Genesis {
    let transactions_per_block = 1..=5;
    Genesis { seed, block_time: BLOCK_TIME, premined: PREMINED, transactions_per_block, ..Genesis::default() }
}

/// Starts the daemon with one more sink: the one that shows.
async fn start(
    app: &App,
    estate: &Estate,
    scenes: &mpsc::UnboundedSender<Scene>,
) -> Result<(Running, broadcast::Receiver<(String, Notice)>), AppError> {
    let notices = estate.notices.listen();
    let described = app.settings.chains.first().ok_or_else(|| AppError::Settings("no chain".into()))?;
    let mut plan = plan::blueprint(app, described, outlets::of(app, described)?).await?;
    let scenes = scenes.clone();
    let build = move || -> Result<Box<dyn Sink>, SinkError> { Ok(Box::new(Viewer::new(scenes.clone()))) };
    plan.sinks.push(Outlet { name: "terminal".into(), build: Arc::new(build) });
    Ok((chain::start(estate, plan, &[]), notices))
}

/// Grows the chain and plays the script.
async fn direct(fleet: Fleet, length: Length, seed: u64, scenes: mpsc::UnboundedSender<Scene>) {
    let world = fleet.world().clone();
    let mut act = 0;
    loop {
        let (start, blocks) = (world.head().height, length.of_one_act());
        let mut script = demo_script(start, blocks, seed.wrapping_add(act));
        if act > 0 {
            script.retain(|event| !lasting(&event.verb));
        }
        let Ok(mut director) = Director::new(fleet.clone(), script) else { return };
        while world.head().height < start.plus(blocks) {
            tokio::time::sleep(BLOCK_TIME / 2).await;
            director.grow();
            // What is to be undone must have been delivered first.
            tokio::time::sleep(BLOCK_TIME / 2).await;
            for event in director.play() {
                // Nobody watches any more once the demonstration is over.
                let _ = scenes.send(Scene::Fate(event.to_string()));
            }
        }
        if length != Length::Forever {
            return;
        }
        act += 1;
    }
}

/// Lies and broken quotas keep a provider away for longer than an act lasts: a fleet that committed them in every act would soon
/// be gone.
fn lasting(verb: &Verb) -> bool {
    matches!(verb, Verb::Inflict { symptom: Symptom::Corrupt(_) | Symptom::RateLimit { .. }, .. })
}

impl Length {
    fn of_one_act(self) -> u64 {
        match self {
            Self::Blocks(blocks) => blocks,
            Self::Forever => 60,
        }
    }
}

/// Whoever watches, and whoever counts.
struct Audience {
    tell: Box<dyn FnMut(Scene)>,
    ledger: Ledger,
}

impl Audience {
    fn show(&mut self, scene: Scene) {
        self.ledger.note(&scene);
        (self.tell)(scene);
    }
}

/// Everything that scenes come from.
struct Stage {
    world: World,
    shown: mpsc::UnboundedReceiver<Scene>,
    notices: broadcast::Receiver<(String, Notice)>,
    signals: Signals,
    direction: tokio::task::JoinHandle<()>,
}

impl Stage {
    /// Shows everything until the chain ends or somebody asks to stop, and then until its last block was delivered or somebody
    /// asks again.
    async fn watch(mut self, house: &mut Audience) {
        loop {
            tokio::select! {
                biased;
                Ok((_, notice)) = self.notices.recv() => house.show(Scene::Notice(notice)),
                Some(scene) = self.shown.recv() => house.show(scene),
                asked = self.signals.next() => if asked == Asked::Stop { break },
                _ = &mut self.direction => break,
            }
        }
        self.direction.abort();
        let last = self.world.head().hash;
        let settle = tokio::time::sleep(SETTLE);
        tokio::pin!(settle);
        while house.ledger.tip() != Some(last) {
            tokio::select! {
                biased;
                Ok((_, notice)) = self.notices.recv() => house.show(Scene::Notice(notice)),
                Some(scene) = self.shown.recv() => house.show(scene),
                asked = self.signals.next() => if asked == Asked::Stop { return },
                () = &mut settle => return,
            }
        }
    }
}
