//! A fleet on a thread of its own, before a chain that grows as fast as it is followed.

use std::ops::RangeInclusive;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc;
use std::thread::JoinHandle;
use std::time::Duration;

use blocktap::core::header::Header;
use blocktap::core::numbers::Height;
use blocktap::sim::fleet::Fleet;
use blocktap::sim::genesis::Genesis;
use blocktap::sim::loopback::Loopback;
use blocktap::sim::profile::Profile;
use blocktap::sim::world::World;

use crate::fates::{Due, Fates};

/// From block to block, at the least.
const PACE: Duration = Duration::from_millis(2);
/// The chain waits while it is further ahead of what was delivered: the machine may be slow, or busy.
const AHEAD: u64 = 150;
/// Blocks behind the head that providers still have.
const KEPT: u64 = 4_096;

/// Where a provider answers.
#[derive(Clone, Debug)]
pub struct Address {
    /// Its name, and its operator's.
    pub name: String,
    /// For requests.
    pub http: String,
    /// For subscriptions.
    pub socket: String,
}

/// A fleet that lives until it is dropped.
pub struct Living {
    addresses: Vec<Address>,
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct Shared {
    grows: AtomicBool,
    delivered: AtomicU64,
    leave: AtomicBool,
}

impl Shared {
    fn is_behind(&self, head: Height) -> bool {
        self.delivered.load(Ordering::SeqCst) < head.0 && !self.leave.load(Ordering::SeqCst)
    }

    fn may_grow(&self, head: Height) -> bool {
        self.grows.load(Ordering::SeqCst) && head.0 <= self.delivered.load(Ordering::SeqCst) + AHEAD
    }
}

/// What is to come.
#[derive(Clone, Debug)]
pub struct Plan {
    /// What the chain is made of.
    pub genesis: Genesis,
    /// Its last block.
    pub last: Height,
    /// Names of the providers, each of an operator of its own.
    pub names: &'static [&'static str],
    /// The faults: their seed, and how many blocks from one to the next.
    pub faults: Option<(u64, RangeInclusive<u64>)>,
}

impl Living {
    /// Listens. The chain stands still at what is premined; the second value comes once it has its last block: its head.
    pub fn listen(plan: Plan) -> (Self, mpsc::Receiver<Header>) {
        let shared = Arc::new(Shared::default());
        let (listening, addresses) = mpsc::channel();
        let (grown, last) = mpsc::channel();
        let live = live(plan, shared.clone(), listening, grown);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let thread = std::thread::spawn(move || runtime.block_on(live));
        (Self { addresses: addresses.recv().unwrap(), shared, thread: Some(thread) }, last)
    }

    /// Where its providers answer.
    pub fn addresses(&self) -> &[Address] {
        &self.addresses
    }

    /// Lets the chain grow.
    pub fn grow(&self) {
        self.shared.grows.store(true, Ordering::SeqCst);
    }

    /// So high a block was delivered: the chain may go on.
    pub fn delivered(&self, height: u64) {
        self.shared.delivered.store(height, Ordering::SeqCst);
    }
}

impl Drop for Living {
    fn drop(&mut self) {
        self.shared.leave.store(true, Ordering::SeqCst);
        // If it panicked, the test has failed already.
        let _ = self.thread.take().map(JoinHandle::join);
    }
}

async fn live(
    plan: Plan,
    shared: Arc<Shared>,
    listening: mpsc::Sender<Vec<Address>>,
    grown: mpsc::Sender<Header>,
) {
    let near = |name: &&str| Profile {
        latency: Duration::from_micros(300),
        jitter: Duration::from_micros(300),
        propagation: Duration::ZERO,
        ..Profile::of(name, name)
    };
    let fleet = Fleet::new(World::grown_from(plan.genesis.clone()), plan.names.iter().map(near));
    let loopback = Loopback::listen(&fleet).await.unwrap();
    listening.send(addresses(&fleet, &loopback)).unwrap();
    let mut fates = plan.faults.map(|(seed, pauses)| Fates::new(fleet.clone(), seed, pauses));
    let world = fleet.world();
    let mut ticks = tokio::time::interval(PACE);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    while world.head().height < plan.last && !shared.leave.load(Ordering::SeqCst) {
        ticks.tick().await;
        if !shared.may_grow(world.head().height) {
            continue;
        }
        let head = world.step().height;
        if let Some(fates) = &mut fates
            && fates.play(head) == Due::Reorg
        {
            while shared.is_behind(head) {
                ticks.tick().await;
            }
            fates.reorganise();
        }
        if head.0.is_multiple_of(256) {
            world.forget_below(head.minus(KEPT));
        }
    }
    fates.iter_mut().for_each(Fates::heal);
    // Nobody may wait for it any more.
    let _ = grown.send(world.head());
    while !shared.leave.load(Ordering::SeqCst) {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

fn addresses(fleet: &Fleet, loopback: &Loopback) -> Vec<Address> {
    let address = |name: &String| Address {
        name: name.clone(),
        http: loopback.http_url(name).unwrap(),
        socket: loopback.websocket_url(name).unwrap(),
    };
    fleet.providers().map(|provider| address(&provider.profile().name)).collect()
}
