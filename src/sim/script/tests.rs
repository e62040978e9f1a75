use std::collections::BTreeSet;
use std::time::Duration;

use super::{Director, Event, Verb, When, demo_script};
use crate::core::numbers::Height;
use crate::sim::fleet::{Fleet, NoSuchProvider};
use crate::sim::genesis::Genesis;
use crate::sim::symptom::Symptom;
use crate::sim::world::World;

fn fleet() -> Fleet {
    Fleet::of_five(World::grown_from(Genesis::default()))
}

#[tokio::test]
async fn two_operators_tell_the_truth_throughout_the_demonstration() {
    for seed in 0..50 {
        let fleet = fleet();
        let mut director = Director::new(fleet.clone(), demo_script(Height(0), 60, seed)).unwrap();
        for _ in 0..60 {
            director.step();
            let well = fleet.providers().filter(|provider| provider.symptoms().is_empty());
            let operators: BTreeSet<_> = well.map(|provider| provider.profile().operator.clone()).collect();
            assert!(operators.len() >= 2, "seed {seed}");
        }
        assert!(director.pending().is_empty());
        assert!(fleet.providers().all(|provider| provider.symptoms().is_empty()));
        assert_eq!(fleet.world().ever_canonical().len(), fleet.world().canonical().len() + 3);
    }
}

#[test]
fn the_demonstration_reads_as_plain_lines() {
    let lines: Vec<String> = demo_script(Height(100), 60, 1).iter().map(ToString::to_string).collect();
    assert_eq!(lines.len(), 11);
    assert!(lines[0].starts_with("block 104: ") && lines[0].ends_with(" dies"), "{}", lines[0]);
    assert!(lines.contains(&"block 128: the chain replaces its newest 3 blocks".to_owned()));
}

#[tokio::test]
async fn a_script_for_somebody_else_is_refused() {
    let heal = Verb::Heal { provider: "zulu".into() };
    let script = vec![Event::at_height(Height(1), heal)];
    assert_eq!(Director::new(fleet(), script).unwrap_err(), NoSuchProvider("zulu".into()));
}

#[tokio::test(start_paused = true)]
async fn events_happen_at_their_time_between_blocks_too() {
    let fleet = fleet();
    let inflict = Verb::Inflict { provider: "alpha".into(), symptom: Symptom::Die };
    let script = vec![
        Event { when: When::After(Duration::from_millis(4500)), verb: inflict },
        Event::at_height(Height(3), Verb::Heal { provider: "alpha".into() }),
    ];
    let (tell, mut told) = tokio::sync::mpsc::unbounded_channel();
    let world = fleet.world().clone();
    let played = move |_: &Event| tell.send((world.now().elapsed(), world.head().height)).unwrap();
    let running = tokio::spawn(Director::new(fleet, script).unwrap().run(played));
    assert_eq!(told.recv().await, Some((Duration::from_millis(4500), Height(2))));
    assert_eq!(told.recv().await, Some((Duration::from_secs(6), Height(3))));
    running.abort();
}
