//! What is remembered of providers over a restart of the daemon.

use std::time::Duration;

use blocktap::core::command::Command;
use blocktap::sim::corruption::Corruption;
use blocktap::sim::symptom::Symptom;
use serde_json::Value;

use crate::stage::{Setting, Stage, play};

const MINUTE: Duration = Duration::from_secs(60);

/// What a provider says of itself.
async fn state(stage: &Stage, name: &str) -> Value {
    stage.observe(&format!("providers/{name}")).await[0].state.clone()
}

async fn why_not(stage: &Stage, name: &str) -> String {
    state(stage, name).await["why_not_active"].as_str().unwrap_or_default().to_owned()
}

fn requests(stage: &Stage, name: &str) -> u64 {
    stage.fleet.provider(name).unwrap().requests()
}

/// Whoever serves lies, and heals once it was caught.
async fn quarantine(stage: &Stage) -> String {
    let liar = stage.record.served_by().unwrap();
    stage.fleet.inflict(&liar, Symptom::Corrupt(Corruption::TxField)).unwrap();
    while !why_not(stage, &liar).await.contains("quarantined") {
        stage.wait(Duration::from_secs(1)).await;
    }
    stage.fleet.heal(&liar).unwrap();
    liar
}

#[test]
fn a_quarantine_outlasts_a_restart_and_then_ends_when_it_would_have() {
    play(Setting::default(), |mut stage: Stage| async move {
        stage.wait(MINUTE).await;
        let liar = quarantine(&stage).await;
        stage.wait(2 * MINUTE).await;
        stage.restart().await;
        stage.wait(MINUTE).await;
        let why = why_not(&stage, &liar).await;
        assert!(why.contains("quarantined for 6m") && why.contains("provably wrong content"), "{why}");
        stage.wait(8 * MINUTE).await;
        assert!(!why_not(&stage, &liar).await.contains("quarantined"));
        stage.caught_up(MINUTE).await;
        stage.stream_is_true();

        // The second one is twice as long, for the first is remembered too.
        let again = quarantine(&stage).await;
        let longer = why_not(&stage, &again).await;
        let expected = if again == liar { "quarantined for 19m" } else { "quarantined for 9m" };
        assert!(longer.contains(expected) || longer.contains("20m") || longer.contains("10m"), "{longer}");
    });
}

#[test]
fn a_clock_that_was_set_back_by_an_hour_prolongs_no_quarantine_and_disturbs_no_stream() {
    play(Setting::default(), |mut stage: Stage| async move {
        stage.wait(MINUTE).await;
        let liar = quarantine(&stage).await;
        stage.set_clock_back(60 * MINUTE);
        stage.restart().await;
        stage.wait(MINUTE).await;
        let why = why_not(&stage, &liar).await;
        assert!(why.contains("quarantined for 8m") || why.contains("quarantined for 9m"), "{why}");
        stage.caught_up(MINUTE).await;
        stage.wait(10 * MINUTE).await;
        assert!(!why_not(&stage, &liar).await.contains("quarantined"));
        stage.caught_up(MINUTE).await;
        stage.stream_is_true();
    });
}

#[test]
fn a_cordoned_provider_is_not_even_looked_at_after_a_restart() {
    play(Setting::default(), |mut stage: Stage| async move {
        stage.wait(MINUTE).await;
        let (by, reason) = (Some("anna".into()), Some("new disk".into()));
        let cordon =
            Command::Cordon { provider: "bravo".into(), for_s: Some(1800), by, reason, force: false };
        stage.estate.orders.give("sim", cordon).await.unwrap();
        stage.wait(Duration::from_secs(5)).await;
        let before = requests(&stage, "bravo");
        stage.restart().await;
        stage.wait(5 * MINUTE).await;
        assert_eq!(requests(&stage, "bravo"), before);
        let why = why_not(&stage, "bravo").await;
        assert!(why.contains("cordoned for 24m") && why.contains("by anna: new disk"), "{why}");
        stage.wait(26 * MINUTE).await;
        assert!(requests(&stage, "bravo") > before, "the cordon is over");
    });
}

#[test]
fn an_open_breaker_stays_open_and_its_openings_count() {
    play(Setting::default(), |mut stage: Stage| async move {
        stage.wait(MINUTE).await;
        stage.fleet.inflict("bravo", Symptom::Die).unwrap();
        stage.wait(3 * MINUTE).await;
        let before = state(&stage, "bravo").await["breaker"].clone();
        assert!(before["openings"].as_u64().unwrap() >= 3, "{before}");
        let asked = requests(&stage, "bravo");
        stage.restart().await;
        stage.wait(Duration::from_secs(1)).await;
        let after = state(&stage, "bravo").await["breaker"].clone();
        assert_eq!((&after["openings"], &after["phase"]), (&before["openings"], &"open".into()), "{after}");
        assert!(requests(&stage, "bravo") <= asked + 1, "it was hammered");
    });
}

#[test]
fn a_score_goes_on_where_it_stood() {
    play(Setting::default(), |mut stage: Stage| async move {
        stage.fleet.inflict("bravo", Symptom::Latency(Duration::from_millis(800))).unwrap();
        stage.wait(5 * MINUTE).await;
        let score = |state: &Value| state["score"]["score"].as_f64().unwrap();
        let (slow, fast) = (score(&state(&stage, "bravo").await), score(&state(&stage, "alpha").await));
        stage.restart().await;
        let (later, still) = (score(&state(&stage, "bravo").await), score(&state(&stage, "alpha").await));
        assert!((slow - later).abs() < 0.02 && (fast - still).abs() < 0.02, "{slow} {later}, {fast} {still}");
        assert!(later * 1.2 < still, "the slow one is known to be slow: {later} {still}");
    });
}

#[test]
fn what_is_remembered_holds_no_address() {
    play(Setting::default(), |mut stage: Stage| async move {
        stage.wait(2 * MINUTE).await;
        quarantine(&stage).await;
        stage.restart().await;
        let text = blocktap::records::Records::recall(&stage.records).await.memory.text();
        assert!(text.contains("\"quarantine\"") && !text.contains("://"), "{text}");
    });
}
