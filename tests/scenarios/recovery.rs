//! What was lost on the way is got again, and soon.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use blocktap::actors::notice::Notice;
use blocktap::app::chain::Blueprint;
use blocktap::chain::error::ChainError;
use blocktap::chain::transport::{Limits, Transport};
use blocktap::core::backends::Backends;
use blocktap::core::event::Step;
use blocktap::core::numbers::Height;
use blocktap::core::start::Start;
use blocktap::sim::fleet::Fleet;
use blocktap::sim::genesis::Genesis;
use blocktap::sim::profile::Profile;
use blocktap::sim::symptom::{Garbage, Symptom};
use blocktap::sim::world::World;
use bytes::Bytes;

use crate::stage::{Setting, Stage, play, play_with};
use crate::supervision::{Fuse, PanickingVerifier};

const MINUTE: Duration = Duration::from_secs(60);
const FLEET: [&str; 5] = ["alpha", "bravo", "charlie", "delta", "echo"];

fn panicking(after: u32) -> Box<dyn FnOnce(&mut Blueprint)> {
    Box::new(move |plan: &mut Blueprint| {
        plan.verifier = Arc::new(PanickingVerifier(plan.verifier.clone(), Fuse::after(after)));
    })
}

async fn restarts(stage: &Stage, actor: &str) -> u32 {
    stage.observe(actor).await[0].vitals.restarts
}

#[test]
fn a_validator_that_panics_at_the_first_block_begins_again() {
    play(Setting { alter: panicking(1), ..Setting::default() }, |stage: Stage| async move {
        stage.wait(MINUTE).await;
        assert_eq!(restarts(&stage, "validator").await, 1);
        stage.caught_up(MINUTE).await;
        stage.stream_is_true();
    });
}

#[test]
fn blocks_that_died_with_the_validator_are_got_again_at_once() {
    play(Setting { alter: panicking(20), ..Setting::default() }, |stage: Stage| async move {
        while restarts(&stage, "validator").await == 0 {
            stage.wait(Duration::from_millis(500)).await;
        }
        stage.caught_up(Duration::from_secs(10)).await;
        stage.stream_is_true();
    });
}

#[test]
fn a_chain_that_returns_to_a_branch_it_had_left_is_followed_back() {
    play(Setting::default(), |stage: Stage| async move {
        stage.wait(MINUTE).await;
        stage.caught_up(MINUTE).await;
        let left = stage.world.head();
        stage.world.reorg(3);
        stage.caught_up(Duration::from_secs(20)).await;
        stage.world.adopt(&left.hash);
        stage.world.mine(3);
        stage.caught_up(Duration::from_secs(20)).await;
        stage.stream_is_true();
        assert!(stage.record.count(Step::Undo) >= 6);
    });
}

#[test]
fn a_fleet_that_dies_during_the_catch_up_is_waited_for() {
    let genesis = Genesis { premined: 600, ..Setting::default().genesis };
    let setting = Setting { genesis, start: Start::At(Height(0)), ..Setting::default() };
    play(setting, |stage: Stage| async move {
        while stage.record.height() < Height(50) {
            stage.wait(Duration::from_millis(20)).await;
        }
        FLEET.iter().for_each(|name| stage.fleet.inflict(name, Symptom::Die).unwrap());
        stage.wait(Duration::from_secs(30)).await;
        let sent: u64 = FLEET.iter().map(|name| stage.fleet.provider(name).unwrap().requests()).sum();
        stage.wait(Duration::from_secs(20)).await;
        let later: u64 = FLEET.iter().map(|name| stage.fleet.provider(name).unwrap().requests()).sum();
        assert!(later - sent < 400, "{}", later - sent);
        FLEET.iter().for_each(|name| stage.fleet.heal(name).unwrap());
        stage.caught_up(4 * MINUTE).await;
        stage.stream_is_true();
    });
}

#[test]
fn a_tip_that_was_replaced_while_nobody_answered_is_never_called_final() {
    play(Setting::default(), |stage: Stage| async move {
        stage.wait(MINUTE).await;
        FLEET.iter().for_each(|name| stage.fleet.inflict(name, Symptom::Die).unwrap());
        stage.world.reorg(3);
        stage.wait(2 * MINUTE).await;
        assert!(stage.world.finalized().height > stage.record.height());
        FLEET.iter().for_each(|name| stage.fleet.heal(name).unwrap());
        stage.caught_up(4 * MINUTE).await;
        stage.stream_is_true();
    });
}

#[test]
fn providers_that_all_refuse_the_key_are_not_taken_for_another_chain() {
    play(Setting::default(), |mut stage: Stage| async move {
        FLEET.iter().for_each(|name| stage.fleet.inflict(name, Symptom::HttpStatus(403)).unwrap());
        stage.wait(MINUTE).await;
        assert!(!stage.notices().iter().any(|notice| matches!(notice, Notice::Misfit { .. })));
        FLEET.iter().for_each(|name| stage.fleet.heal(name).unwrap());
        stage.wait(3 * MINUTE).await;
        stage.caught_up(MINUTE).await;
        stage.stream_is_true();
    });
}

fn alone(world: World) -> Fleet {
    Fleet::new(world, [Profile::of("alpha", "north")])
}

#[test]
fn a_reorg_while_the_only_provider_fails_is_followed_when_it_is_back() {
    play_with(Setting::default(), alone, |stage: Stage| async move {
        stage.wait(MINUTE).await;
        let unread = Symptom::Garbage(Garbage::Truncated);
        stage.world.reorg(4);
        // Heads are still announced, so it shows another branch; blocks cannot be had.
        stage.fleet.inflict("alpha", unread).unwrap();
        stage.wait(MINUTE / 2).await;
        stage.fleet.heal("alpha").unwrap();
        stage.caught_up(MINUTE).await;
        stage.stream_is_true();
        assert_eq!(stage.record.count(Step::Undo), 4);
    });
}

#[test]
fn a_reorg_below_the_beginning_before_the_first_block_begins_elsewhere() {
    let genesis = Genesis { premined: 40, ..Setting::default().genesis };
    let setting = Setting { genesis, start: Start::Back(3), ..Setting::default() };
    play(setting, |stage: Stage| async move {
        FLEET.iter().for_each(|name| {
            stage.fleet.inflict(name, Symptom::Unexecuted { newest: 30 }).unwrap();
        });
        stage.wait(Duration::from_secs(3)).await;
        assert!(stage.record.events().is_empty());
        stage.world.reorg(12);
        stage.wait(MINUTE / 2).await;
        FLEET.iter().for_each(|name| stage.fleet.heal(name).unwrap());
        stage.caught_up(MINUTE).await;
        stage.stream_is_true();
    });
}

#[test]
fn a_reorg_below_the_first_delivered_block_replaces_it_at_its_height() {
    let setting = Setting { start: Start::Back(3), ..Setting::default() };
    play(setting, |stage: Stage| async move {
        stage.wait(Duration::from_secs(10)).await;
        let first = stage.record.events()[0].envelope.block_number;
        assert_eq!(stage.estate.board.read()["sim"].finalized, None);
        stage.world.reorg(12);
        stage.caught_up(MINUTE).await;
        stage.stream_is_true();
        let applied = stage.record.events().into_iter().filter(|event| event.envelope.step == Step::Apply);
        let at_first: Vec<_> = applied.filter(|event| event.envelope.block_number == first).collect();
        assert_eq!(at_first.len(), 2);
        assert_eq!(stage.estate.board.read()["sim"].halted, None);
    });
}

/// Counts how often its connections are made anew.
#[derive(Debug)]
struct Renewable {
    inner: Arc<dyn Transport>,
    renewed: Arc<AtomicUsize>,
}

#[async_trait]
impl Transport for Renewable {
    async fn post(&self, body: Bytes, limits: Limits) -> Result<Bytes, ChainError> {
        self.inner.post(body, limits).await
    }

    fn renew(&self) {
        self.renewed.fetch_add(1, Ordering::Relaxed);
    }
}

/// How often bravo's connections are made anew while its head stands still for four minutes.
fn renewals(backends: Backends) -> usize {
    let renewed = Arc::new(AtomicUsize::new(0));
    let counted = renewed.clone();
    let alter = Box::new(move |plan: &mut Blueprint| {
        let bravo = plan.providers.iter_mut().find(|provider| provider.name == "bravo").unwrap();
        bravo.backends = backends;
        let inner = bravo.http[0].clone();
        bravo.http[0] = Arc::new(Renewable { inner, renewed: counted });
    });
    play(Setting { alter, ..Setting::default() }, |stage: Stage| async move {
        stage.wait(MINUTE).await;
        stage.fleet.inflict("bravo", Symptom::Freeze).unwrap();
        stage.wait(4 * MINUTE).await;
        stage.stream_is_true();
    });
    renewed.load(Ordering::Relaxed)
}

#[test]
fn another_node_is_looked_for_behind_a_load_balancer_whose_head_stands_still() {
    assert!(renewals(Backends::Many) >= 2);
    assert_eq!(renewals(Backends::One), 0);
}
