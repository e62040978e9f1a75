//! A panic in each actor: it is back within a second, nothing is lost, and `observe` tells what happened.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use blocktap::actors::link::Handle;
use blocktap::actors::observer::{ObserveAll, Observer};
use blocktap::actors::vitals::{Answer, Witness};
use blocktap::sim::fleet::Fleet;
use blocktap::sim::profile::Profile;
use blocktap::sim::symptom::Symptom;

use crate::stage::{Setting, Stage, play, play_with};

const MINUTE: Duration = Duration::from_secs(60);
const SECOND: Duration = Duration::from_secs(1);

/// Each actor of a chain: its kind, one of them, and a message that keeps coming.
const ACTORS: [(&str, &str, &str); 7] = [
    ("Provider", "sim/providers/alpha", "SetRole"),
    ("Manager", "sim/manager", "ProviderReported"),
    ("Fetcher", "sim/fetcher", "HeadAdvanced"),
    ("Validator", "sim/validator", "Agreed"),
    ("Archive", "sim/archive", "RememberConduct"),
    ("Journal", "sim/journal", "Append"),
    ("Sink", "sim/sinks/record", "Appended"),
];

/// Panics in the handlers of one kind of message of one actor, from the `first` time on for so many `times`.
fn bomb(path: &'static str, message: &'static str, first: u32, times: u32) -> Witness {
    let met = AtomicU32::new(0);
    Arc::new(move |actor, name| {
        let meets = actor == path && name == message;
        let nth = if meets { met.fetch_add(1, Ordering::SeqCst) + 1 } else { 0 };
        assert!(nth < first || nth >= first + times, "a panic on purpose");
    })
}

#[test]
fn every_actor_that_panics_is_back_within_a_second_and_nothing_is_lost() {
    for (_, path, message) in ACTORS {
        let setting = Setting { witness: Some(bomb(path, message, 12, 1)), ..Setting::default() };
        play(setting, move |stage: Stage| async move {
            while stage.observe(path).await.first().is_none_or(|one| one.answer == Answer::Alive) {
                stage.wait(Duration::from_millis(10)).await;
            }
            stage.wait(SECOND).await;
            let observed = stage.observe(path).await.remove(0);
            assert_eq!((observed.answer, observed.vitals.restarts), (Answer::Alive, 1), "{path}");
            let error = observed.vitals.last_error.unwrap_or_default();
            assert!(
                error.contains("panicked at ") && error.ends_with("a panic on purpose"),
                "{path}: {error}"
            );
            stage.wait(2 * MINUTE).await;
            stage.caught_up(MINUTE).await;
            stage.stream_is_true();
            assert_eq!(stage.observe(path).await[0].vitals.restarts, 1, "{path}");
            assert!(stage.given_up.lock().unwrap().is_empty());
        });
    }
}

#[test]
fn an_actor_that_panics_too_often_is_given_up_loudly() {
    for (kind, path, message) in ACTORS {
        // Scores are kept once a minute: too seldom to die of them too often.
        let message = if kind == "Archive" { "Observe" } else { message };
        let setting = Setting { witness: Some(bomb(path, message, 5, u32::MAX - 5)), ..Setting::default() };
        play(setting, move |stage: Stage| async move {
            for _ in 0..180 {
                stage.observe(path).await;
                stage.wait(SECOND).await;
            }
            assert_eq!(stage.given_up.lock().unwrap().as_slice(), [path]);
            let observed = stage.observe(path).await.remove(0);
            assert_eq!(observed.answer, Answer::PostMortem, "{path}");
            assert!(observed.vitals.last_error.unwrap_or_default().contains("a panic on purpose"), "{path}");
        });
    }
}

#[test]
fn an_observer_that_panics_is_back_within_a_second() {
    let setting = Setting { witness: Some(bomb("observer", "ObserveAll", 2, 1)), ..Setting::default() };
    play(setting, |stage: Stage| async move {
        let (registry, post) = (stage.estate.house.registry.clone(), Handle::vacant());
        stage.estate.house.employ("observer", &post, move |birth| Observer::new(birth, registry.clone()));
        let observer = post.link::<ObserveAll>();
        let all = || observer.ask(ObserveAll { pattern: "sim/".into() });
        let seen = all().await.unwrap().len();
        assert!(seen > 6);
        assert!(all().await.is_err());
        stage.wait(SECOND).await;
        assert_eq!(all().await.unwrap().len(), seen);
        assert_eq!(stage.observe("observer").await[0].vitals.restarts, 1);
        stage.stream_is_true();
    });
}

#[test]
fn every_actor_of_the_contract_panics_here() {
    let contract = include_str!("../../actors.md");
    let rows = contract.lines().filter_map(|line| line.strip_prefix("| **")?.split_once("** |"));
    let told: Vec<&str> = rows.map(|(name, _)| name).collect();
    let mut tried: Vec<&str> = ACTORS.iter().map(|(kind, ..)| *kind).collect();
    tried.push("Observer");
    assert_eq!(tried, told);
}

#[test]
fn a_provider_that_panics_while_it_is_ill_is_tried_as_often_as_before_if_there_is_no_other() {
    let armed = Arc::new(AtomicBool::new(false));
    let bomb = armed.clone();
    let witness: Witness = Arc::new(move |actor, message| {
        let meets = actor == "sim/providers/alpha" && message == "ProbeTick";
        assert!(!(meets && bomb.swap(false, Ordering::SeqCst)), "a panic on purpose");
    });
    let alone = |world| Fleet::new(world, vec![Profile::of("alpha", "alpha-inc")]);
    play_with(
        Setting { witness: Some(witness), ..Setting::default() },
        alone,
        |mut stage: Stage| async move {
            stage.wait(MINUTE).await;
            stage.fleet.inflict("alpha", Symptom::Die).unwrap();
            stage.restart().await;
            armed.store(true, Ordering::SeqCst);
            // Its breaker has just opened again, by now for minutes.
            let opened = async || {
                stage.observe("providers/alpha").await[0].state["breaker"]["openings"].as_u64().unwrap()
            };
            stage.wait(20 * MINUTE).await;
            let openings = opened().await;
            while opened().await == openings {
                stage.wait(SECOND).await;
            }
            assert_eq!(stage.observe("providers/alpha").await[0].vitals.restarts, 1);
            stage.fleet.heal("alpha").unwrap();
            stage.caught_up(MINUTE / 2).await;
            stage.stream_is_true();
        },
    );
}
