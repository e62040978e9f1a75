//! How fast the chain is, by what was delivered of it and by nobody's word.

use std::time::Duration;

use blocktap::sim::fleet::Fleet;
use blocktap::sim::profile::Profile;
use blocktap::sim::symptom::Symptom;
use blocktap::sim::world::World;

use crate::stage::{Setting, Stage, play_with};

const MINUTE: Duration = Duration::from_secs(60);

fn three(world: World) -> Fleet {
    Fleet::new(
        world,
        [("alpha", "north"), ("bravo", "south"), ("charlie", "west")]
            .map(|(name, operator)| Profile::of(name, operator)),
    )
}

async fn of_actor(stage: &Stage, actor: &str, field: &str) -> serde_json::Value {
    let observed = stage.observe(actor).await;
    observed.first().unwrap().state[field].clone()
}

#[test]
fn a_lone_head_far_ahead_leaves_the_block_time_as_it_was() {
    play_with(Setting::default(), three, |mut stage: Stage| async move {
        stage.wait(MINUTE).await;
        stage.fleet.inflict("bravo", Symptom::LeapSealed(1_000_000)).unwrap();
        for _ in 0..2 {
            stage.wait(MINUTE / 2).await;
            let measured = of_actor(&stage, "manager", "block_time_s").await.as_f64().unwrap();
            assert!((1.9..2.1).contains(&measured), "{measured}");
            stage.restart().await;
        }
        stage.wait(MINUTE / 2).await;
        stage.caught_up(MINUTE).await;
        stage.stream_is_true();
    });
}
