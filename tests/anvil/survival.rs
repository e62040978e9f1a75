//! Two hundred blocks through whatever comes: a dead endpoint, a silent one, a reorg, a rollback, a stop, and crashes.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread::{scope, sleep};
use std::time::Duration;

use super::chain::Chain;
use super::daemon::Daemon;
use super::road::{Road, Traffic};
use super::settings::Provider;
use super::sinks::Line;
use super::stage::{assert_delivered, file, wait_until_delivered};

const NAMES: [&str; 3] = ["red", "green", "blue"];
const BLOCK_TIME: Duration = Duration::from_millis(100);

struct Setting {
    chain: Chain,
    roads: Vec<Road>,
    daemon: Daemon,
}

impl Setting {
    fn new() -> Self {
        let chain = Chain::start(NAMES.len());
        let roads: Vec<Road> = chain.addresses().into_iter().map(Road::to).collect();
        let provider = |(name, road): (&&'static str, &Road)| Provider {
            name,
            http: road.address,
            socket: Some(road.address),
            weight: 1.0,
        };
        let providers: Vec<Provider> = NAMES.iter().zip(&roads).map(provider).collect();
        Self { daemon: Daemon::new(&providers), chain, roads }
    }

    fn mine(&mut self, blocks: usize) {
        for _ in 0..blocks {
            self.chain.mine();
            sleep(BLOCK_TIME);
        }
    }

    /// The road to the provider that served the last block.
    fn active(&self) -> &Road {
        let last =
            file(&self.daemon).pop().and_then(|line: Line| line.source).expect("a block was delivered");
        let index = NAMES.iter().position(|name| **name == last.served_by).expect("one of ours");
        &self.roads[index]
    }

    fn arrive(&mut self) {
        wait_until_delivered(&self.daemon, &mut self.chain);
    }
}

#[test]
#[ignore = "needs anvil: scripts/test"]
fn two_hundred_blocks_survive_dead_endpoints_reorgs_rollbacks_and_crashes() {
    let mut setting = Setting::new();
    setting.mine(3);
    setting.daemon.start();
    setting.mine(40);
    the_active_endpoint_dies(&mut setting);
    the_active_endpoint_goes_silent(&mut setting);
    history_changes(&mut setting);
    it_is_stopped_and_started(&mut setting);
    it_crashes_while_blocks_are_mined(&mut setting);
    while setting.chain.height() < 200 {
        setting.mine(1);
    }
    assert_delivered(&setting.daemon, &mut setting.chain);
    assert_eq!(setting.daemon.terminate().code(), Some(0));
    assert_delivered(&setting.daemon, &mut setting.chain);
}

fn the_active_endpoint_dies(setting: &mut Setting) {
    setting.arrive();
    let dead = setting.active().address;
    setting.active().set(Traffic::Refused);
    setting.mine(20);
    setting.arrive();
    assert_ne!(setting.active().address, dead, "a dead provider cannot serve");
    setting.roads.iter().for_each(|road| road.set(Traffic::Flows));
}

fn the_active_endpoint_goes_silent(setting: &mut Setting) {
    setting.active().set(Traffic::Stands);
    setting.mine(20);
    setting.arrive();
    setting.roads.iter().for_each(|road| road.set(Traffic::Flows));
}

fn history_changes(setting: &mut Setting) {
    setting.chain.reorg(3);
    setting.arrive();
    setting.mine(10);
    setting.arrive();
    let tip = file(&setting.daemon).len();
    setting.chain.roll_back(2);
    sleep(10 * BLOCK_TIME);
    assert_eq!(file(&setting.daemon).len(), tip, "blocks that are merely gone are not undone");
    setting.mine(1);
    setting.arrive();
    setting.mine(10);
}

fn it_is_stopped_and_started(setting: &mut Setting) {
    assert_eq!(setting.daemon.terminate().code(), Some(0));
    setting.mine(5);
    setting.chain.reorg(3);
    setting.daemon.start();
    setting.mine(5);
    setting.arrive();
}

fn it_crashes_while_blocks_are_mined(setting: &mut Setting) {
    let (chain, over) = (Mutex::new(&mut setting.chain), AtomicBool::new(false));
    let daemon = &mut setting.daemon;
    scope(|scope| {
        scope.spawn(|| {
            while !over.load(Ordering::Relaxed) {
                chain.lock().unwrap_or_else(PoisonError::into_inner).mine();
                sleep(BLOCK_TIME);
            }
        });
        for crash in 0..8_u32 {
            sleep(Duration::from_millis(u64::from(
                20 + std::process::id().wrapping_mul(2_654_435_761 + crash) % 1500,
            )));
            daemon.kill();
            if crash % 3 == 1 {
                chain.lock().unwrap_or_else(PoisonError::into_inner).reorg(3);
            }
            daemon.start();
        }
        over.store(true, Ordering::Relaxed);
    });
}
