//! A change of the lead that no consumer can notice, and the record that proves it.

use std::time::Duration;

use blocktap::core::event::Step;
use blocktap::sim::symptom::Symptom;
use serde_json::Value;

use crate::stage::{Setting, Sockets, Stage, play};

const MINUTE: Duration = Duration::from_secs(60);

fn leader(stage: &Stage) -> String {
    stage.estate.board.read()["sim"].active_provider.clone().unwrap()
}

async fn swaps(stage: &Stage) -> Vec<Value> {
    stage.observe("sim/manager").await[0].state["swaps"].as_array().unwrap().clone()
}

#[test]
fn a_forced_swap_is_on_record_with_cursor_and_gap() {
    play(Setting::default(), |stage: Stage| async move {
        stage.wait(MINUTE).await;
        let dead = leader(&stage);
        stage.fleet.inflict(&dead, Symptom::Die).unwrap();
        stage.wait(MINUTE).await;
        stage.caught_up(MINUTE).await;
        stage.stream_is_true();
        let swaps = swaps(&stage).await;
        let swap = swaps.iter().find(|swap| swap["old"] == dead.as_str()).unwrap();
        assert_eq!(swap["new"], leader(&stage).as_str());
        let cursor = swap["cursor"]["height"].as_u64().unwrap();
        assert!(stage.record.chain().iter().any(|block| block.height.0 == cursor), "{swap}");
        assert!(swap["cursor_shown_ms"].as_u64().unwrap() < 1_000, "{swap}");
        assert!(swap["emit_gap_ms"].as_u64().unwrap() < 20_000, "{swap}");
        assert_eq!(swap["block_time_ms"], 2_000);
        assert_eq!(stage.record.count(Step::Undo), 0);
    });
}

#[test]
fn a_hanging_leader_is_swapped_without_a_pause() {
    play(Setting::default(), |stage: Stage| async move {
        stage.wait(MINUTE).await;
        let hanging = leader(&stage);
        stage.fleet.inflict(&hanging, Symptom::Stall).unwrap();
        stage.wait(MINUTE).await;
        stage.caught_up(MINUTE).await;
        stage.stream_is_true();
        let swaps = swaps(&stage).await;
        let swap = swaps.iter().find(|swap| swap["old"] == hanging.as_str()).unwrap();
        assert!(swap["why"].as_str().unwrap().contains("timeouts"), "{swap}");
        assert!(
            swap["emit_gap_ms"].as_u64().unwrap() < 2 * swap["block_time_ms"].as_u64().unwrap(),
            "{swap}"
        );
    });
}

#[test]
fn a_better_provider_shows_our_cursor_before_it_takes_over() {
    play(Setting { sockets: Sockets::None, ..Setting::default() }, |stage: Stage| async move {
        stage.wait(3 * MINUTE).await;
        let slow = leader(&stage);
        stage.fleet.inflict(&slow, Symptom::Latency(Duration::from_millis(900))).unwrap();
        stage.wait(15 * MINUTE).await;
        stage.caught_up(MINUTE).await;
        stage.stream_is_true();
        let swaps = swaps(&stage).await;
        let swap = swaps.iter().find(|swap| swap["why"].as_str().unwrap().contains("scores")).unwrap();
        assert_eq!(swap["old"], slow.as_str());
        assert_eq!(swap["cursor_shown_ms"], 0, "{swap}");
    });
}
