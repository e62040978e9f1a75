//! When the stream stands still, it says why, and how it goes on.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use blocktap::actors::notice::Notice;
use blocktap::actors::vitals::Witness;
use blocktap::core::command::{Command, Declined, Done};
use blocktap::core::event::Step;
use blocktap::sim::fleet::Fleet;
use blocktap::sim::profile::Profile;
use blocktap::sim::symptom::Symptom;
use blocktap::sim::view::Fork;
use blocktap::sim::world::World;

use crate::stage::{Setting, Stage, play, play_with};

const MINUTE: Duration = Duration::from_secs(60);

fn two(world: World) -> Fleet {
    Fleet::new(world, [Profile::of("alpha", "north"), Profile::of("bravo", "south")])
}

async fn resume(stage: &Stage, with: Option<&str>) -> Result<Done, Declined> {
    stage.estate.orders.give("sim", Command::Resume { with: with.map(str::to_owned) }).await
}

fn halted(stage: &Stage) -> Option<String> {
    stage.estate.board.read()["sim"].halted.clone()
}

#[test]
fn a_tie_is_explained_line_by_line_and_ended_by_hand() {
    play_with(Setting::default(), two, |mut stage: Stage| async move {
        stage.wait(MINUTE).await;
        assert!(matches!(resume(&stage, None).await, Err(Declined::Unwise(_))), "it is not halted");
        let from = stage.world.head().height.plus(1);
        stage.fleet.inflict("bravo", Symptom::ForkAt(Fork { from, branch: 7 })).unwrap();
        stage.wait(MINUTE).await;
        let text = halted(&stage).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        assert!(lines[0].starts_with("sim stands still: "), "{text}");
        assert!(lines.iter().any(|line| line.starts_with("  north ")), "{text}");
        assert!(lines.iter().any(|line| line.starts_with("  south ") && line.contains("heard ")), "{text}");
        assert!(text.contains("blocktap resume sim --with "), "{text}");

        let nobody = resume(&stage, None).await.unwrap_err().to_string();
        assert!(nobody.contains("--with north") && nobody.contains("--with south"), "{nobody}");
        assert!(matches!(resume(&stage, Some("west")).await, Err(Declined::Unknown { .. })));
        resume(&stage, Some("north")).await.unwrap();
        stage.wait(MINUTE).await;
        stage.caught_up(MINUTE).await;
        stage.stream_is_true();
        assert_eq!(halted(&stage), None);
        assert!(stage.notices().contains(&Notice::Resumed));

        stage.fleet.heal("bravo").unwrap();
        stage.wait(3 * MINUTE).await;
        stage.caught_up(MINUTE).await;
        let events = stage.record.events();
        let last = events.iter().rev().find_map(|event| event.envelope.source.as_ref()).unwrap();
        assert_eq!(last.agreed, ["north", "south"]);
        assert_eq!(stage.record.count(Step::Undo), 0);
    });
}

#[test]
fn a_halt_at_a_final_block_ends_only_by_hand_and_only_once_the_contradiction_is_gone() {
    play(Setting::default(), |stage: Stage| async move {
        stage.wait(MINUTE).await;
        let left = stage.world.head();
        stage.world.reorg(25);
        stage.wait(2 * MINUTE).await;
        let text = halted(&stage).unwrap();
        assert!(text.contains("does not go on by itself"), "{text}");
        assert!(
            text.lines().any(|line| line.starts_with("  delivered ") && line.ends_with("final")),
            "{text}"
        );
        assert!(matches!(resume(&stage, Some("lumen")).await, Err(Declined::Unwise(_))));

        resume(&stage, None).await.unwrap();
        stage.wait(MINUTE).await;
        assert!(halted(&stage).is_some(), "the contradiction lasts");

        stage.world.adopt(&left.hash);
        stage.world.mine(3);
        stage.wait(MINUTE).await;
        assert!(halted(&stage).is_some(), "only a person ends it");
        resume(&stage, None).await.unwrap();
        stage.wait(MINUTE).await;
        stage.caught_up(MINUTE).await;
        stage.stream_is_true();
        assert_eq!((halted(&stage), stage.record.count(Step::Undo)), (None, 0));
    });
}

#[test]
fn a_contradiction_is_told_again_to_the_successor_of_a_manager_that_died_before_it_knew() {
    let doomed = AtomicBool::new(true);
    let witness: Witness = Arc::new(move |path, message| {
        let hears = path == "sim/manager" && message == "FinalityViolated";
        assert!(!(hears && doomed.swap(false, Ordering::SeqCst)), "a panic on purpose");
    });
    play(Setting { witness: Some(witness), ..Setting::default() }, |stage: Stage| async move {
        let all = ["alpha", "bravo", "charlie", "delta", "echo"];
        stage.wait(MINUTE).await;
        // Far behind they are asked for the ends of spans, and only the blocks below show that these are of another history.
        all.iter().for_each(|name| stage.fleet.inflict(name, Symptom::Die).unwrap());
        stage.world.reorg(25);
        stage.wait(3 * MINUTE).await;
        all.iter().for_each(|name| stage.fleet.heal(name).unwrap());
        stage.wait(2 * MINUTE).await;
        assert_eq!(stage.observe("manager").await[0].vitals.restarts, 1);
        let text = halted(&stage).expect("the successor is told too");
        assert!(text.contains("the branch of ") && text.contains("does not go on by itself"), "{text}");
        assert_eq!(stage.record.count(Step::Undo), 0);
    });
}

#[test]
fn whoever_joins_a_tie_is_shown_and_can_be_followed() {
    let three = |world| {
        let places = [("alpha", "north"), ("bravo", "south"), ("charlie", "west")];
        Fleet::new(world, places.map(|(name, operator)| Profile::of(name, operator)))
    };
    play_with(Setting::default(), three, |mut stage: Stage| async move {
        stage.wait(MINUTE).await;
        stage.fleet.inflict("charlie", Symptom::Die).unwrap();
        stage.wait(2 * MINUTE).await;
        let from = stage.world.head().height.plus(1);
        stage.fleet.inflict("bravo", Symptom::ForkAt(Fork { from, branch: 7 })).unwrap();
        stage.wait(MINUTE).await;
        let before = halted(&stage).unwrap();
        assert!(!before.contains("  west "), "{before}");
        stage.notices();

        stage.fleet.heal("charlie").unwrap();
        stage.fleet.inflict("charlie", Symptom::ForkAt(Fork { from, branch: 8 })).unwrap();
        stage.wait(4 * MINUTE).await;
        let text = halted(&stage).unwrap();
        assert!(text.contains("\n  west ") && text.contains("--with west"), "{text}");
        let told = stage.notices().into_iter().filter(|notice| matches!(notice, Notice::Halted { .. }));
        assert_eq!(told.count(), 0, "it is the same halt");
        let stood = stage.record.height();
        resume(&stage, Some("west")).await.unwrap();
        stage.wait(MINUTE / 6).await;
        assert!(halted(&stage).is_none() && stage.record.height() > stood);
    });
}
