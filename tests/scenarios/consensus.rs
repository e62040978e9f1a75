//! Whom the stream believes.

use std::sync::Arc;
use std::time::Duration;

use blocktap::actors::notice::Notice;
use blocktap::core::event::{Event, Step};
use blocktap::core::numbers::Height;
use blocktap::sim::corruption::Corruption;
use blocktap::sim::fleet::Fleet;
use blocktap::sim::genesis::Genesis;
use blocktap::sim::profile::Profile;
use blocktap::sim::symptom::Symptom;
use blocktap::sim::view::Fork;

use crate::stage::{Setting, Sockets, Stage, play, play_with};

const MINUTE: Duration = Duration::from_secs(60);

#[test]
fn a_liar_about_a_transaction_is_quarantined_with_the_proof() {
    play(Setting::default(), |mut stage: Stage| async move {
        stage.wait(MINUTE).await;
        let serving = stage.record.served_by().unwrap();
        stage.fleet.inflict(&serving, Symptom::Corrupt(Corruption::TxField)).unwrap();
        stage.wait(2 * MINUTE).await;
        stage.caught_up(MINUTE).await;
        stage.stream_is_true();
        let quarantined = stage.notices().into_iter().find_map(|notice| match notice {
            Notice::Quarantined { provider, evidence, .. } => Some((provider, evidence)),
            _ => None,
        });
        let (provider, evidence) = quarantined.unwrap();
        assert_eq!(provider, serving);
        assert!(evidence.contains("its content gives 0x"), "{evidence}");
    });
}

#[test]
fn a_lying_minority_is_outvoted() {
    play(Setting::default(), |stage: Stage| async move {
        stage.wait(MINUTE).await;
        let next = stage.world.head().height.plus(2);
        stage.fleet.inflict("alpha", Symptom::LieFrom(next)).unwrap();
        stage.wait(3 * MINUTE).await;
        stage.caught_up(MINUTE).await;
        stage.stream_is_true();
        assert_eq!(stage.record.count(Step::Undo), 0);
    });
}

#[test]
fn a_provider_on_a_fork_is_left_until_it_returns() {
    // None of the fork is called final: that would be held against it.
    let genesis = Genesis { final_depth: 1000, ..Setting::default().genesis };
    play(Setting { genesis, ..Setting::default() }, |mut stage: Stage| async move {
        stage.wait(MINUTE).await;
        let leader = stage.estate.board.read()["sim"].active_provider.clone().unwrap();
        let from = stage.world.head().height.plus(1);
        stage.fleet.inflict(&leader, Symptom::ForkAt(Fork { from, branch: 7 })).unwrap();
        stage.wait(2 * MINUTE).await;
        stage.caught_up(MINUTE).await;
        stage.stream_is_true();
        let left = stage.notices().into_iter().any(|notice| {
            matches!(notice, Notice::Elected { from: Some(from), reason, .. } if from == leader && reason.contains("branch"))
        });
        assert!(left);
        stage.fleet.heal(&leader).unwrap();
        stage.wait(2 * MINUTE).await;
        let observed = stage.observe(&format!("providers/{leader}")).await;
        assert_eq!(observed[0].state["eligibility"], serde_json::json!([]));
    });
}

fn two(world: blocktap::sim::world::World) -> Fleet {
    Fleet::new(world, [Profile::of("alpha", "north"), Profile::of("bravo", "south")])
}

#[test]
fn two_operators_that_contradict_each_other_halt_the_stream_and_heal_it() {
    play_with(Setting::default(), two, |mut stage: Stage| async move {
        stage.wait(MINUTE).await;
        let from = stage.world.head().height.plus(1);
        stage.fleet.inflict("bravo", Symptom::ForkAt(Fork { from, branch: 7 })).unwrap();
        stage.wait(MINUTE).await;
        let stood = stage.record.height();
        assert!(stood < from.plus(1), "{stood:?}");
        let status = stage.estate.board.read()["sim"].clone();
        let why = status.halted.unwrap();
        assert!(why.contains("north") && why.contains("south") && why.contains("0x"), "{why}");
        assert!(stage.notices().iter().any(|notice| matches!(notice, Notice::Halted { .. })));
        stage.fleet.heal("bravo").unwrap();
        stage.wait(MINUTE).await;
        stage.caught_up(MINUTE).await;
        stage.stream_is_true();
        assert!(stage.notices().contains(&Notice::Resumed));
    });
}

#[test]
fn the_only_operator_that_goes_on_is_followed_on_a_fast_chain_too() {
    let genesis = Genesis { block_time: Duration::from_millis(250), ..Setting::default().genesis };
    // Heads are polled for, so that most of them are never seen.
    let setting = Setting { genesis, sockets: Sockets::None, ..Setting::default() };
    play_with(setting, two, |stage: Stage| async move {
        stage.wait(MINUTE).await;
        stage.fleet.inflict("bravo", Symptom::Freeze).unwrap();
        stage.wait(2 * MINUTE).await;
        stage.caught_up(MINUTE).await;
        stage.stream_is_true();
        let last =
            stage.record.events().into_iter().rev().find(|event| event.envelope.step == Step::Apply).unwrap();
        assert_eq!(last.envelope.source.as_ref().unwrap().agreed, ["north"]);
    });
}

#[test]
fn after_a_quiet_time_a_block_still_needs_two_operators() {
    play(Setting::default(), |stage: Stage| async move {
        stage.wait(MINUTE).await;
        stage.world.halt();
        stage.wait(3 * MINUTE).await;
        let next = stage.world.head().height.plus(1);
        let liar = stage.estate.board.read()["sim"].active_provider.clone().unwrap();
        stage.fleet.inflict(&liar, Symptom::LieFrom(next)).unwrap();
        stage.world.resume();
        stage.wait(MINUTE).await;
        stage.caught_up(MINUTE).await;
        stage.stream_is_true();
        assert_eq!(stage.record.count(Step::Undo), 0);
        let lone = |event: &&Arc<Event>| {
            event.envelope.source.as_ref().is_some_and(|source| source.agreed.len() < 2)
        };
        assert_eq!(stage.record.events().iter().filter(lone).count(), 0);
    });
}

#[test]
fn the_last_operator_goes_on_alone_and_its_blocks_say_so() {
    play_with(Setting::default(), two, |stage: Stage| async move {
        stage.wait(MINUTE).await;
        stage.fleet.inflict("bravo", Symptom::Die).unwrap();
        stage.wait(3 * MINUTE).await;
        stage.caught_up(MINUTE).await;
        stage.stream_is_true();
        let events = stage.record.events();
        let last = events.iter().rev().find_map(|event| event.envelope.source.as_ref()).unwrap();
        assert_eq!(last.agreed, ["north"]);
    });
}

#[test]
fn one_provider_alone_is_enough_to_begin() {
    let alone = |world| Fleet::new(world, [Profile::of("alpha", "north")]);
    play_with(Setting::default(), alone, |stage: Stage| async move {
        stage.wait(MINUTE).await;
        stage.caught_up(MINUTE).await;
        stage.stream_is_true();
    });
}

#[test]
fn a_provider_of_another_chain_is_never_heard() {
    play(Setting::default(), |stage: Stage| async move {
        stage.fleet.inflict("alpha", Symptom::WrongChain(5)).unwrap();
        stage.wait(2 * MINUTE).await;
        stage.caught_up(MINUTE).await;
        stage.stream_is_true();
        let observed = stage.observe("providers/alpha").await;
        assert_eq!(observed[0].state["misfit"], "it serves eip155:5, not eip155:1337");
        assert_eq!(observed[0].state["active"], false);
        assert!(stage.record.height() > Height(20));
    });
}

#[test]
fn operators_that_take_back_what_was_final_halt_the_chain_and_nothing_is_undone() {
    play(Setting::default(), |stage: Stage| async move {
        stage.wait(MINUTE).await;
        stage.world.reorg(25);
        stage.wait(2 * MINUTE).await;
        let halted = stage.estate.board.read()["sim"].halted.clone().unwrap();
        assert!(halted.contains("which was delivered as final"), "{halted}");
        assert_eq!(stage.record.count(Step::Undo), 0);
    });
}
