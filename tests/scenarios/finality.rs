//! What is called final, and on whose word.

use std::time::Duration;

use blocktap::core::event::Step;
use blocktap::sim::fleet::Fleet;
use blocktap::sim::genesis::Genesis;
use blocktap::sim::symptom::{Symptom, Unknown};
use blocktap::sim::world::World;

use crate::stage::{Setting, Stage, play_with};

const MINUTE: Duration = Duration::from_secs(60);

/// A chain that is final later than the depth which stands in where nobody knows the tag.
fn late_finality() -> Setting {
    let block_time = Duration::from_secs(2);
    let genesis = Genesis { premined: 20, final_depth: 100, block_time, ..Genesis::default() };
    Setting { genesis, ..Setting::default() }
}

fn all(world: World, symptom: &Symptom) -> Fleet {
    let fleet = Fleet::of_five(world);
    let names: Vec<String> = fleet.providers().map(|provider| provider.profile().name.clone()).collect();
    names.iter().for_each(|name| fleet.inflict(name, symptom.clone()).unwrap());
    fleet
}

#[test]
fn an_error_about_what_is_final_makes_nothing_final() {
    let failing = |world| all(world, &Symptom::FinalityFails);
    play_with(late_finality(), failing, |mut stage: Stage| async move {
        stage.wait(5 * MINUTE).await;
        stage.restart().await;
        stage.wait(5 * MINUTE).await;
        stage.caught_up(MINUTE).await;
        assert_eq!(stage.record.count(Step::Final), 0);
        for name in ["alpha", "bravo", "charlie", "delta", "echo"] {
            stage.fleet.heal(name).unwrap();
        }
        stage.wait(2 * MINUTE).await;
        let events = stage.record.events();
        let finals = events.iter().filter(|event| event.envelope.step == Step::Final);
        let highest = finals.map(|event| event.envelope.block_number).max().unwrap();
        assert!(highest <= stage.world.finalized().height);
    });
}

#[test]
fn where_nobody_knows_the_tag_depth_stands_in() {
    let unknowing = |world| all(world, &Symptom::FinalityUnknown(Unknown::Null));
    play_with(late_finality(), unknowing, |stage: Stage| async move {
        stage.wait(5 * MINUTE).await;
        assert!(stage.record.count(Step::Final) > 0);
    });
}
