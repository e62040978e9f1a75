//! Operators that stay on different branches, and go on there.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use blocktap::actors::notice::Notice;
use blocktap::actors::vitals::Witness;
use blocktap::core::command::Command;
use blocktap::core::event::Step;
use blocktap::core::hash::Hash;
use blocktap::core::numbers::Height;
use blocktap::sim::fleet::Fleet;
use blocktap::sim::genesis::Genesis;
use blocktap::sim::profile::Profile;
use blocktap::sim::symptom::Symptom;
use blocktap::sim::view::Fork;
use blocktap::sim::world::World;

use crate::stage::{Setting, Sockets, Stage, play_with};

const MINUTE: Duration = Duration::from_secs(60);
const SECOND: Duration = Duration::from_secs(1);
/// Those that leave.
const LEAVE: [&str; 2] = ["alpha", "bravo"];
/// Those that stay, where they are two.
const OTHERS: [&str; 2] = ["charlie", "delta"];
/// Those that stay.
const STAY: [&str; 3] = ["charlie", "delta", "echo"];

fn of(names: &[&str]) -> impl FnOnce(World) -> Fleet {
    let profiles: Vec<Profile> = names.iter().map(|name| Profile::of(name, &format!("{name}-inc"))).collect();
    move |world| Fleet::new(world, profiles)
}

fn five(world: World) -> Fleet {
    of(&["alpha", "bravo", "charlie", "delta", "echo"])(world)
}

fn four(world: World) -> Fleet {
    of(&["alpha", "bravo", "charlie", "delta"])(world)
}

fn inflict(stage: &Stage, names: &[&str], symptom: &Symptom) {
    names.iter().for_each(|name| stage.fleet.inflict(name, symptom.clone()).unwrap());
}

fn heal(stage: &Stage, names: &[&str]) {
    names.iter().for_each(|name| stage.fleet.heal(name).unwrap());
}

/// Two operators leave the chain; the first block that they have there.
fn leave(stage: &Stage) -> Height {
    let from = stage.world.head().height.plus(1);
    inflict(stage, &LEAVE, &Symptom::ForkAt(Fork { from, branch: 7 }));
    from
}

/// Two operators leave the chain while the others stand still, so that theirs is what is delivered.
async fn let_a_minority_be_first(stage: &Stage) {
    stage.wait(MINUTE).await;
    inflict(stage, &STAY, &Symptom::Freeze);
    let from = leave(stage);
    stage.wait(8 * SECOND).await;
    assert!(stage.record.height() >= from, "nothing of the minority's was delivered");
    heal(stage, &STAY);
}

/// Two against two, of which the two that left were first.
async fn tie_with_one_side_delivered(stage: &Stage) {
    stage.wait(MINUTE).await;
    inflict(stage, &OTHERS, &Symptom::Freeze);
    leave(stage);
    stage.wait(8 * SECOND).await;
    heal(stage, &OTHERS);
    stage.wait(MINUTE / 2).await;
}

async fn majority_has_won(stage: &mut Stage) {
    stage.caught_up(MINUTE).await;
    stage.stream_is_true();
    assert!(stage.record.count(Step::Undo) > 0);
    let status = stage.estate.board.read()["sim"].clone();
    assert!(status.is_ready() && STAY.contains(&status.active_provider.unwrap().as_str()));
    let blamed = stage.notices().into_iter().find(|notice| matches!(notice, Notice::Quarantined { .. }));
    assert_eq!(blamed, None);
    for name in STAY {
        let observed = stage.observe(&format!("providers/{name}")).await;
        assert_eq!(observed[0].state["eligibility"], serde_json::json!([]), "{name}");
    }
}

#[test]
fn three_operators_win_against_the_two_that_were_first() {
    play_with(Setting::default(), five, |mut stage: Stage| async move {
        let_a_minority_be_first(&stage).await;
        stage.wait(MINUTE / 3).await;
        majority_has_won(&mut stage).await;
    });
}

#[test]
fn three_operators_win_against_two_over_a_restart_too() {
    play_with(Setting::default(), five, |mut stage: Stage| async move {
        let_a_minority_be_first(&stage).await;
        stage.restart().await;
        stage.wait(MINUTE / 2).await;
        majority_has_won(&mut stage).await;
    });
}

#[test]
fn two_against_two_delivers_nothing_of_either_side_for_as_long_as_it_lasts() {
    play_with(Setting::default(), four, |mut stage: Stage| async move {
        stage.wait(MINUTE).await;
        let from = leave(&stage);
        stage.wait(MINUTE).await;
        let delivered = stage.record.height();
        assert!(delivered <= from, "{delivered} {from} {:#?}", stage.notices());
        let finals = stage.record.count(Step::Final);
        for _ in 0..8 {
            stage.wait(MINUTE / 2).await;
            let status = stage.estate.board.read()["sim"].clone();
            assert!(status.halted.is_some(), "{status:?}");
        }
        assert_eq!((stage.record.height(), stage.record.count(Step::Final)), (delivered, finals));
        let resumed = stage.notices().contains(&Notice::Resumed);
        assert!(!resumed, "nobody agreed");
        let cases = stage.observe("archive").await[0].state["cases"].clone();
        assert_eq!(cases, 0, "nobody has lost, so nobody is blamed");
    });
}

#[test]
fn neither_side_wins_because_the_other_was_away_for_a_while() {
    play_with(Setting::default(), four, |mut stage: Stage| async move {
        stage.wait(MINUTE).await;
        let from = leave(&stage);
        stage.wait(MINUTE).await;
        let delivered = stage.record.height();
        for (away, side) in [(12, &LEAVE), (12, &OTHERS), (300, &OTHERS)] {
            inflict(&stage, side, &Symptom::Die);
            stage.wait(away * SECOND).await;
            heal(&stage, &LEAVE);
            heal(&stage, &OTHERS);
            inflict(&stage, &LEAVE, &Symptom::ForkAt(Fork { from, branch: 7 }));
            stage.wait(2 * MINUTE).await;
            let status = stage.estate.board.read()["sim"].clone();
            assert!(status.halted.is_some(), "{side:?} was away for {away} s: {status:?}");
            assert_eq!(stage.record.height(), delivered, "{side:?} was away for {away} s");
        }
        let resumed = stage.notices().contains(&Notice::Resumed);
        assert!(!resumed, "nobody agreed");
        heal(&stage, &LEAVE);
        stage.caught_up(2 * MINUTE).await;
        stage.stream_is_true();
    });
}

#[test]
fn neither_side_wins_because_it_is_back_first_after_nobody_could_be_heard() {
    play_with(Setting::default(), four, |stage: Stage| async move {
        stage.wait(MINUTE).await;
        let from = leave(&stage);
        stage.wait(MINUTE).await;
        let delivered = stage.record.height();
        inflict(&stage, &LEAVE, &Symptom::Die);
        inflict(&stage, &OTHERS, &Symptom::Die);
        stage.wait(10 * MINUTE).await;
        heal(&stage, &LEAVE);
        inflict(&stage, &LEAVE, &Symptom::ForkAt(Fork { from, branch: 7 }));
        stage.wait(2 * MINUTE).await;
        assert!(stage.estate.board.read()["sim"].halted.is_some());
        assert_eq!(stage.record.height(), delivered);
        heal(&stage, &LEAVE);
        heal(&stage, &OTHERS);
        stage.caught_up(2 * MINUTE).await;
        stage.stream_is_true();
    });
}

#[test]
fn whoever_is_silent_in_a_tie_is_asked_often_whatever_its_failures() {
    let setting = Setting { sockets: Sockets::None, ..Setting::default() };
    play_with(setting, four, |stage: Stage| async move {
        stage.wait(MINUTE).await;
        inflict(&stage, &LEAVE, &Symptom::Freeze);
        stage.world.reorg(2);
        stage.wait(MINUTE / 2).await;
        inflict(&stage, &LEAVE, &Symptom::Die);
        stage.wait(12 * MINUTE).await;
        assert!(stage.estate.board.read()["sim"].halted.is_some());
        heal(&stage, &LEAVE);
        stage.caught_up(MINUTE).await;
        stage.stream_is_true();
    });
}

#[test]
fn neither_side_wins_because_whoever_counted_died_while_the_other_was_away() {
    let armed = Arc::new(AtomicBool::new(false));
    let bomb = armed.clone();
    let witness: Witness = Arc::new(move |actor, message| {
        let meets = actor == "sim/manager" && message == "Look";
        assert!(!(meets && bomb.swap(false, Ordering::SeqCst)), "a panic on purpose");
    });
    play_with(Setting { witness: Some(witness), ..Setting::default() }, four, |stage: Stage| async move {
        stage.wait(MINUTE).await;
        leave(&stage);
        stage.wait(MINUTE).await;
        let delivered = stage.record.height();
        inflict(&stage, &OTHERS, &Symptom::Die);
        stage.wait(12 * SECOND).await;
        armed.store(true, Ordering::SeqCst);
        stage.wait(3 * MINUTE).await;
        assert_eq!(stage.observe("manager").await[0].vitals.restarts, 1);
        let status = stage.estate.board.read()["sim"].clone();
        assert!(status.halted.is_some(), "{status:?}");
        assert_eq!(stage.record.height(), delivered);
    });
}

#[test]
fn the_side_that_a_person_chose_is_followed_though_the_other_was_first() {
    play_with(Setting::default(), four, |stage: Stage| async move {
        tie_with_one_side_delivered(&stage).await;
        assert!(stage.estate.board.read()["sim"].halted.is_some());
        let told = stage.record.events().len();
        let order = Command::Resume { with: Some("charlie-inc".into()) };
        stage.estate.orders.give("sim", order).await.unwrap();
        stage.caught_up(MINUTE).await;
        stage.stream_is_true();
        let canonical: Vec<Hash> = stage.world.canonical().iter().map(|block| block.hash).collect();
        let strange = stage.record.events().into_iter().skip(told).find(|event| {
            event.envelope.step == Step::Apply && !canonical.contains(&event.envelope.block_hash)
        });
        assert!(strange.is_none(), "against the order: {strange:?}");
        stage.wait(2 * MINUTE).await;
        stage.caught_up(MINUTE).await;
        stage.stream_is_true();
        assert_eq!(stage.estate.board.read()["sim"].halted, None);
    });
}

#[test]
fn a_provider_out_of_service_no_longer_ties_the_others() {
    play_with(Setting::default(), four, |stage: Stage| async move {
        tie_with_one_side_delivered(&stage).await;
        let (for_s, by, reason, provider) = (None, None, None, "alpha".into());
        let order = Command::Cordon { provider, for_s, by, reason, force: false };
        stage.estate.orders.give("sim", order).await.unwrap();
        stage.caught_up(MINUTE).await;
        stage.stream_is_true();
    });
}

#[test]
fn whoever_is_far_ahead_on_another_branch_is_not_followed_against_more_who_just_died() {
    let genesis = Genesis { block_time: SECOND, ..Setting::default().genesis };
    let three = of(&["alpha", "bravo", "charlie"]);
    play_with(Setting { genesis, ..Setting::default() }, three, |stage: Stage| async move {
        stage.wait(MINUTE).await;
        inflict(&stage, &LEAVE, &Symptom::Die);
        stage.wait(3 * SECOND).await;
        let delivered = stage.record.height();
        stage.world.reorg(8);
        // By then the two count as standing still, and are far behind; but it is not long ago that they spoke.
        stage.wait(45 * SECOND).await;
        assert_eq!(stage.record.height(), delivered);
        let status = stage.estate.board.read()["sim"].clone();
        assert!(status.halted.is_some(), "{status:?}");
        heal(&stage, &LEAVE);
        stage.caught_up(MINUTE).await;
        stage.stream_is_true();
        assert_eq!(stage.estate.board.read()["sim"].halted, None);
    });
}
