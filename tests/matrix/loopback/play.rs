//! Sets a stage on loopback sockets for each form of a row.

use std::time::Duration;

use blocktap::app::chain::Blueprint;
use blocktap::chain::family::Receipts;
use blocktap::core::health::Health;
use blocktap::core::numbers::Height;
use blocktap::sim::fault::{Fault, Form};
use blocktap::sim::genesis::Genesis;

use super::trial::Trial;
use super::turns;
use crate::stage::{Setting, Stage, Wires, play_with};
use crate::{cast, panics};

const BLOCK_TIME: Duration = Duration::from_millis(300);
pub const PREMINED: u64 = 30;
/// How long anything may take: what is recorded, a block, the way back to the tip. In real time, on a busy machine.
pub const BOUND: Duration = Duration::from_secs(45);
const LAG: Duration = Duration::from_secs(3);

/// Plays every form of a row, all at once.
pub fn play(fault: Fault) {
    let count = fault.forms(Height(PREMINED)).len();
    assert!(count > 0, "{fault}: nothing to play");
    let count = if is_of_content(fault) { 1 } else { count };
    std::thread::scope(|scope| {
        for place in 0..count {
            scope.spawn(move || play_form(fault, move |head| fault.forms(head).swap_remove(place)));
        }
    });
}

/// What stands in an answer is read by the same code, however it came: over sockets one form of it is enough.
fn is_of_content(fault: Fault) -> bool {
    fault.row() <= Fault::DuplicateKeys.row()
}

/// Plays the form that a fault has at a head.
pub fn play_form(fault: Fault, form: impl Fn(Height) -> Form + 'static) {
    let _turn = turns::take();
    panics::watch();
    let reach = form(Height(PREMINED)).reach;
    play_with(
        setting(),
        move |world| cast::fleet(world, &reach),
        move |stage: Stage| async move {
            ready(&stage).await;
            if fault == Fault::ReorgBelowFinal {
                let settled = async || stage.estate.board.read()["sim"].finalized.is_some();
                until("something is final", settled).await;
            }
            let form = form(stage.world.head().height);
            Trial::begin(fault, form, stage).await.run().await;
        },
    );
    assert_eq!(panics::count(), 0, "{fault}: something panicked");
}

/// Five providers on sockets, and a fast chain.
pub fn setting() -> Setting {
    let genesis = Genesis {
        premined: PREMINED,
        block_time: BLOCK_TIME,
        transactions_per_block: 1..=2,
        ..Genesis::default()
    };
    let clock_shows = Duration::from_secs(genesis.time_s);
    let alter = Box::new(hurry);
    Setting {
        genesis,
        receipts: Receipts::With,
        clock_shows,
        wires: Wires::Sockets,
        alter,
        ..Setting::default()
    }
}

/// Nobody has the time to wait for what is meant for chains of seconds.
pub fn hurry(plan: &mut Blueprint) {
    plan.mandate.rules.lag_threshold = LAG;
    let (probe_interval, score_halflife) = (Duration::from_secs(1), Duration::from_secs(10));
    let health = Health { probe_interval, score_halflife, lag_threshold: LAG, ..Health::default() };
    plan.providers.iter_mut().for_each(|provider| provider.health = health);
}

/// Waits until the stream runs.
pub async fn ready(stage: &Stage) {
    let start = stage.world.head().height;
    until("the stream runs", async || stage.record.height() > start.plus(3)).await;
}

/// Waits until the stream is where the chain was when this began: real time lets no moment pass in which both stand still.
pub async fn caught_up(stage: &Stage) {
    let head = stage.world.head().height;
    until("the stream is at the tip again", async || stage.record.height() >= head).await;
}

/// Waits until it is so, at the most [`BOUND`].
pub async fn until(what: &str, is_so: impl AsyncFn() -> bool) {
    let began = tokio::time::Instant::now();
    while !is_so().await {
        assert!(began.elapsed() < BOUND, "not within {BOUND:?}: {what}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
