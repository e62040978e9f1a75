//! A world and its fleet on loopback, on a thread of the test: they go on while the program is dead.

use std::fmt::Write;
use std::sync::{Arc, Mutex, mpsc};
use std::thread::JoinHandle;
use std::time::Duration;

use blocktap::core::numbers::Height;
use blocktap::sim::fleet::Fleet;
use blocktap::sim::genesis::Genesis;
use blocktap::sim::loopback::Loopback;
use blocktap::sim::profile::Profile;
use blocktap::sim::world::World;
use tokio::sync::oneshot;

/// From block to block: short, since a test lives through thousands of them.
const BLOCK_TIME: Duration = Duration::from_millis(50);
/// Every so many steps of the world are a reorg,
const REORG_EVERY: u64 = 5;
/// of so many blocks.
pub const REORG_DEPTH: u64 = 3;
/// So far it grows in one life of the program: a machine that is busy must not fall behind for ever.
const LEASH_BLOCKS: u64 = 60;

/// How much a block holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Blocks {
    /// A few kilobytes.
    Small,
    /// Some 100 kB: a segment of the journal holds a dozen.
    Large,
}

/// A world that grows until it is dropped.
pub struct Land {
    /// The world.
    pub world: World,
    chains: String,
    /// Up to where it may grow.
    leash: Arc<Mutex<Height>>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Land {
    /// Opens one.
    pub fn open(seed: u64, blocks: Blocks) -> Self {
        let world = World::grown_from(genesis(seed, blocks));
        let fleet = fleet(&world);
        let leash = Arc::new(Mutex::new(Height(LEASH_BLOCKS)));
        let (opened, told) = mpsc::channel();
        let (stop, stopped) = oneshot::channel();
        let growing = grow(world.clone(), leash.clone());
        let live = async move {
            let loopback = Loopback::listen(&fleet).await.unwrap();
            opened.send(chains(&fleet, &loopback)).unwrap();
            tokio::select! {
                biased;
                _ = stopped => {}
                () = growing => {}
            }
        };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let thread = std::thread::spawn(move || runtime.block_on(live));
        let chains = told.recv().unwrap();
        Self { world, chains, leash, stop: Some(stop), thread: Some(thread) }
    }

    /// The `[[chains]]` of a configuration.
    pub fn chains(&self) -> &str {
        &self.chains
    }

    /// The world stands still from now on.
    pub fn pause(&self) {
        *self.leash.lock().unwrap() = Height(0);
    }

    /// The world goes on, as far as its leash reaches.
    pub fn go_on(&self) {
        *self.leash.lock().unwrap() = self.world.head().height.plus(LEASH_BLOCKS);
    }
}

impl Drop for Land {
    fn drop(&mut self) {
        self.stop.take();
        if let Some(thread) = self.thread.take() {
            let _whoever_was_served_has_noticed = thread.join();
        }
    }
}

fn genesis(seed: u64, blocks: Blocks) -> Genesis {
    let input_bytes = match blocks {
        Blocks::Small => 0..=80,
        Blocks::Large => 20_000..=30_000,
    };
    let transactions_per_block = 1..=2;
    Genesis {
        seed,
        block_time: BLOCK_TIME,
        premined: 2,
        transactions_per_block,
        input_bytes,
        ..Genesis::default()
    }
}

fn fleet(world: &World) -> Fleet {
    let close = |name: &str, operator: &str| Profile {
        latency: Duration::from_millis(1),
        jitter: Duration::ZERO,
        propagation: Duration::ZERO,
        ..Profile::of(name, operator)
    };
    let profiles = [close("alpha", "northwind"), close("bravo", "quayside"), close("charlie", "lumen")];
    Fleet::new(world.clone(), profiles)
}

async fn grow(world: World, leash: Arc<Mutex<Height>>) {
    for step in 1_u64.. {
        tokio::time::sleep(BLOCK_TIME).await;
        // Held while the world moves: who has paused it finds it still.
        let leash = leash.lock().unwrap();
        match (world.head().height < *leash, step % REORG_EVERY) {
            (false, _) => {}
            (true, 0) => drop(world.reorg(REORG_DEPTH)),
            (true, _) => drop(world.step()),
        }
    }
}

fn chains(fleet: &Fleet, loopback: &Loopback) -> String {
    let mut text = "[[chains]]\nname = \"sim\"\nchain_id = \"eip155:1337\"\nstart = \"0\"\n".to_owned();
    writeln!(text, "block_time = \"{}ms\"\nhealth.probe_interval = \"1s\"", BLOCK_TIME.as_millis()).unwrap();
    for provider in fleet.providers() {
        let (name, operator) = (&provider.profile().name, &provider.profile().operator);
        let (http, ws) = (loopback.http_url(name).unwrap(), loopback.websocket_url(name).unwrap());
        writeln!(
            text,
            "[[chains.providers]]\nname = \"{name}\"\noperator = \"{operator}\"\nendpoints = [\"{http}\"]\nws = [\"{ws}\"]\n\
             rate_limit = {{ per_second = 1000.0, burst = 1000 }}"
        )
        .unwrap();
    }
    text
}
