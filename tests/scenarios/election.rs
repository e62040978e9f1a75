//! Who leads.

use std::time::Duration;

use blocktap::actors::notice::Notice;
use blocktap::app::chain::Blueprint;
use blocktap::core::event::Step;
use blocktap::sim::fleet::Fleet;
use blocktap::sim::symptom::{Refusal, Symptom};

use crate::stage::{Setting, Sockets, Stage, play, play_with};

const MINUTE: Duration = Duration::from_secs(60);

fn leader(stage: &Stage) -> String {
    stage.estate.board.read()["sim"].active_provider.clone().unwrap()
}

#[test]
fn a_dead_leader_is_replaced_and_nothing_is_lost() {
    play(Setting::default(), |mut stage: Stage| async move {
        stage.wait(MINUTE).await;
        let dead = leader(&stage);
        stage.fleet.inflict(&dead, Symptom::Die).unwrap();
        stage.wait(MINUTE).await;
        stage.caught_up(MINUTE).await;
        stage.stream_is_true();
        assert_ne!(leader(&stage), dead);
        let gaps: Vec<Duration> = stage
            .notices()
            .into_iter()
            .filter_map(|notice| match notice {
                Notice::WentOn { gap, .. } => Some(gap),
                _ => None,
            })
            .collect();
        assert!(!gaps.is_empty() && gaps.iter().all(|gap| *gap < Duration::from_secs(20)), "{gaps:?}");
    });
}

#[test]
fn a_stalling_leader_is_replaced() {
    play(Setting::default(), |stage: Stage| async move {
        stage.wait(MINUTE).await;
        let stalling = leader(&stage);
        stage.fleet.inflict(&stalling, Symptom::Stall).unwrap();
        stage.wait(2 * MINUTE).await;
        stage.caught_up(MINUTE).await;
        stage.stream_is_true();
        assert_ne!(leader(&stage), stalling);
    });
}

#[test]
fn a_frozen_leader_is_replaced() {
    play(Setting::default(), |stage: Stage| async move {
        stage.wait(MINUTE).await;
        let frozen = leader(&stage);
        stage.fleet.inflict(&frozen, Symptom::Freeze).unwrap();
        stage.wait(2 * MINUTE).await;
        stage.caught_up(MINUTE).await;
        stage.stream_is_true();
        assert_ne!(leader(&stage), frozen);
        assert_eq!(stage.record.count(Step::Undo), 0);
    });
}

#[test]
fn a_rate_limited_provider_is_left_alone_until_its_time_is_over() {
    play(Setting::default(), |stage: Stage| async move {
        stage.wait(MINUTE).await;
        let limited = leader(&stage);
        let retry_after = Some(Duration::from_secs(30));
        let symptom = Symptom::RateLimit { per_second: 0, retry_after, refusal: Refusal::Status };
        stage.fleet.inflict(&limited, symptom).unwrap();
        stage.wait(Duration::from_secs(10)).await;
        let before = stage.fleet.provider(&limited).unwrap().requests();
        stage.wait(Duration::from_secs(10)).await;
        assert_eq!(stage.fleet.provider(&limited).unwrap().requests(), before);
        stage.caught_up(MINUTE).await;
        stage.stream_is_true();
    });
}

#[test]
fn the_score_of_an_idle_provider_stays_fresh() {
    play(Setting { sockets: Sockets::None, ..Setting::default() }, |stage: Stage| async move {
        stage.wait(5 * MINUTE).await;
        let leader = leader(&stage);
        for observed in stage.observe("providers/").await {
            let idle = observed.state["role"] == "standby";
            assert!(
                !idle || observed.state["score"]["samples"].as_f64().unwrap() > 5.0,
                "{leader} {observed:?}"
            );
        }
    });
}

#[test]
fn a_fleet_without_websockets_delivers_as_well() {
    play(Setting { sockets: Sockets::None, ..Setting::default() }, |stage: Stage| async move {
        stage.wait(3 * MINUTE).await;
        stage.caught_up(MINUTE).await;
        stage.stream_is_true();
    });
}

#[test]
fn silent_websockets_are_noticed_and_polled_around() {
    play(Setting::default(), |stage: Stage| async move {
        stage.wait(MINUTE).await;
        for name in ["alpha", "bravo", "charlie", "delta", "echo"] {
            stage.fleet.inflict(name, Symptom::SilentWebSocket).unwrap();
        }
        let before: u64 = stage.fleet.providers().map(|provider| provider.requests()).sum();
        stage.wait(3 * MINUTE).await;
        stage.caught_up(MINUTE).await;
        stage.stream_is_true();
        let after: u64 = stage.fleet.providers().map(|provider| provider.requests()).sum();
        let each_s = (after - before) as f64 / 5.0 / 240.0;
        assert!(
            each_s < 4.0,
            "{each_s} requests a second and provider: subscribing must not be repeated without end"
        );
    });
}

#[test]
fn the_last_provider_is_never_removed_for_its_health() {
    play(Setting::default(), |stage: Stage| async move {
        stage.wait(MINUTE).await;
        for name in ["alpha", "bravo", "charlie", "delta", "echo"] {
            stage.fleet.inflict(name, Symptom::Latency(Duration::from_millis(400))).unwrap();
        }
        for name in ["bravo", "charlie", "delta", "echo"] {
            stage.fleet.inflict(name, Symptom::Die).unwrap();
        }
        stage.wait(10 * MINUTE).await;
        assert_eq!(leader(&stage), "alpha");
        stage.caught_up(MINUTE).await;
        stage.stream_is_true();
    });
}

#[test]
fn all_providers_down_is_waited_out() {
    play(Setting::default(), |stage: Stage| async move {
        stage.wait(MINUTE).await;
        let names = ["alpha", "bravo", "charlie", "delta", "echo"];
        names.iter().for_each(|name| stage.fleet.inflict(name, Symptom::Die).unwrap());
        stage.wait(10 * MINUTE).await;
        names.iter().for_each(|name| stage.fleet.heal(name).unwrap());
        stage.caught_up(6 * MINUTE).await;
        stage.stream_is_true();
    });
}

#[test]
fn a_provider_that_has_no_block_yet_does_not_lead_however_much_it_is_preferred() {
    let alter: Box<dyn FnOnce(&mut Blueprint)> = Box::new(|plan| plan.providers[0].weight = 3.0);
    let syncing = |world| {
        let fleet = Fleet::of_five(world);
        fleet.inflict("alpha", Symptom::Syncing).unwrap();
        fleet
    };
    play_with(
        Setting { alter, sockets: Sockets::None, ..Setting::default() },
        syncing,
        |stage: Stage| async move {
            stage.wait(MINUTE).await;
            stage.caught_up(MINUTE).await;
            assert_ne!(leader(&stage), "alpha");
            let state = stage.observe("providers/alpha").await[0].state.clone();
            assert!(state["why_not_active"].as_str().unwrap().contains("no newest block yet"), "{state}");
            stage.fleet.heal("alpha").unwrap();
            stage.wait(3 * MINUTE).await;
            assert_eq!(leader(&stage), "alpha");
            stage.stream_is_true();
        },
    );
}
