use std::sync::Mutex;

use super::*;
use crate::chain::evm::family::Evm;
use crate::chain::family::Verification;
use crate::chain::transport::Connector;
use crate::core::at::At;
use crate::core::chain_id::ChainId;
use crate::core::health::Health;
use crate::core::numbers::Height;
use crate::core::token_bucket::Quota;
use crate::sim::fleet::Fleet;
use crate::sim::genesis::Genesis;
use crate::sim::memory::SimConnector;
use crate::sim::profile::Profile;
use crate::sim::reply::Reply;
use crate::sim::watch::Watcher;
use crate::sim::world::World;

/// When which method was asked for.
#[derive(Debug, Default)]
struct Log(Mutex<Vec<(String, Duration)>>);

impl Watcher for Log {
    fn asked(&self, _: &str, request: &[u8], at: At) {
        let request: serde_json::Value = serde_json::from_slice(request).unwrap();
        let method = request["method"].as_str().unwrap().to_owned();
        self.0.lock().unwrap().push((method, at.elapsed()));
    }

    fn answered(&self, _: &str, _: &[u8], _: &Reply, _: At) {}

    fn connected(&self, _: &str, _: At) {}

    fn announced(&self, _: &str, _: &[u8], _: At) {}
}

/// In front of a provider that takes half a second for each answer.
fn desk(quota: Quota, log: &Arc<Log>) -> Rc<RefCell<Desk>> {
    let world = World::grown_from(Genesis { premined: 5, ..Genesis::default() });
    let latency = Duration::from_millis(500);
    let profile = Profile { latency, jitter: Duration::ZERO, ..Profile::of("alpha", "alpha-inc") };
    let url = profile.http_url().parse().unwrap();
    let connector = SimConnector::watched(Fleet::new(world, vec![profile]), log.clone());
    let family = Evm::new(&ChainId::evm(1337), Verification::Full);
    let clock = Clock::system();
    Rc::new(RefCell::new(Desk {
        name: "alpha".into(),
        conduct: Conduct::new(&Health::default(), quota, clock.now()),
        tally: Tally::default(),
        endpoints: Endpoints::new(&family, vec![connector.http(&url).unwrap()], Vec::new()),
        supply: Supply::Enough,
        clock,
        jitter: Jitter::named("alpha"),
    }))
}

#[tokio::test(start_paused = true)]
async fn receipts_that_are_asked_for_later_are_paid_later() {
    let log = Arc::new(Log::default());
    let desk = desk(Quota { rate_per_s: 1.5, burst: 2.0 }, &log);
    let ask = |height, want| {
        fetch(desk.clone(), Key::Number(Height(height)), want, Priority::Tip, Duration::from_secs(10))
    };
    let (block, other) = futures_util::future::join(ask(3, Receipts::With), ask(4, Receipts::Without)).await;
    assert!(block.unwrap().receipts.is_some() && other.unwrap().receipts.is_none());
    let log = log.0.lock().unwrap();
    let [(_, first), (_, second), (receipts, third)] = log.as_slice() else { panic!("{log:?}") };
    assert_eq!(
        (*first, *second, receipts.as_str()),
        (Duration::ZERO, Duration::ZERO, "eth_getBlockReceipts")
    );
    // The two blocks emptied the account, and a credit takes two thirds of a second.
    assert!(*third >= Duration::from_millis(666) && *third < Duration::from_millis(700), "{third:?}");
}
