//! Blocks that fail with several operators alike: a check at fault, or a conspiracy?

use std::time::Duration;

use blocktap::actors::notice::Notice;
use blocktap::core::event::Step;
use blocktap::sim::corruption::Corruption;
use blocktap::sim::genesis::Genesis;
use blocktap::sim::symptom::Symptom;

use crate::stage::{Setting, Stage, play};

const MINUTE: Duration = Duration::from_secs(60);

fn tamper(stage: &Stage, providers: &[&str]) {
    let fault = || Symptom::Corrupt(Corruption::TxField);
    providers.iter().for_each(|name| stage.fleet.inflict(name, fault()).unwrap());
}

/// How many blocks were delivered without their transactions' proof.
fn unproved(stage: &Stage) -> usize {
    let events = stage.record.events();
    let sources = events.iter().filter_map(|event| event.envelope.source.as_ref());
    sources.filter(|source| !source.verified.iter().any(|check| check == "tx_hashes")).count()
}

fn quarantined(stage: &mut Stage) -> Vec<String> {
    let notices = stage.notices().into_iter();
    let mut names: Vec<String> = notices
        .filter_map(|notice| match notice {
            Notice::Quarantined { provider, .. } => Some(provider),
            _ => None,
        })
        .collect();
    names.sort();
    names
}

#[test]
fn conspirators_that_tamper_alike_are_found_out_by_the_one_honest_copy() {
    play(Setting::default(), |mut stage: Stage| async move {
        stage.wait(MINUTE).await;
        stage.notices();
        tamper(&stage, &["alpha", "bravo", "charlie", "delta"]);
        stage.wait(5 * MINUTE).await;
        stage.caught_up(MINUTE).await;
        stage.stream_is_true();
        assert_eq!(unproved(&stage), 0);
        let found_out = quarantined(&mut stage);
        assert!(found_out.len() >= 2, "{found_out:?}");
        assert!(!found_out.contains(&"echo".to_owned()), "{found_out:?}");
    });
}

#[test]
fn the_honest_copy_is_waited_for_though_its_operator_is_a_block_behind() {
    play(Setting::default(), |mut stage: Stage| async move {
        stage.wait(MINUTE).await;
        stage.fleet.inflict("echo", Symptom::Lag(1)).unwrap();
        stage.wait(MINUTE / 6).await;
        stage.notices();
        tamper(&stage, &["alpha", "bravo", "charlie", "delta"]);
        stage.wait(2 * MINUTE).await;
        stage.fleet.heal("echo").unwrap();
        stage.caught_up(MINUTE).await;
        stage.stream_is_true();
        assert_eq!(unproved(&stage), 0);
        let found_out = quarantined(&mut stage);
        assert!(found_out.len() >= 2 && !found_out.contains(&"echo".to_owned()), "{found_out:?}");
    });
}

#[test]
fn a_block_that_fails_with_everybody_is_passed_on_without_that_proof() {
    play(Setting::default(), |mut stage: Stage| async move {
        stage.wait(MINUTE).await;
        tamper(&stage, &["alpha", "bravo", "charlie", "delta", "echo"]);
        stage.wait(5 * MINUTE).await;
        stage.caught_up(MINUTE).await;
        stage.stream_is_true();
        assert!(unproved(&stage) > 50, "{}", unproved(&stage));
        let excused = stage.notices().into_iter().find_map(|notice| match notice {
            Notice::Excused { checks, operators, .. } => Some((checks, operators)),
            _ => None,
        });
        let (checks, operators) = excused.unwrap();
        assert!(checks.contains(&"tx_hashes") && operators.len() >= 3, "{checks:?} {operators:?}");
        let listed = stage.observe("validator").await[0].state["excused_checks"].clone();
        assert!(listed[0]["until"]["secs"].as_u64() > listed[0]["since"]["secs"].as_u64(), "{listed}");
        assert!(listed[0]["blocks"].as_u64() > Some(1), "{listed}");
    });
}

#[test]
fn the_first_honest_copy_ends_the_excuse_and_exposes_whoever_failed() {
    play(Setting::default(), |mut stage: Stage| async move {
        stage.wait(MINUTE).await;
        tamper(&stage, &["alpha", "bravo", "charlie", "delta", "echo"]);
        stage.wait(2 * MINUTE).await;
        stage.notices();
        stage.fleet.heal("echo").unwrap();
        stage.wait(2 * MINUTE).await;
        stage.caught_up(MINUTE).await;
        stage.stream_is_true();
        let found_out = quarantined(&mut stage);
        assert!(!found_out.is_empty() && !found_out.contains(&"echo".to_owned()), "{found_out:?}");
        let before = unproved(&stage);
        stage.wait(MINUTE).await;
        stage.caught_up(MINUTE).await;
        assert_eq!(unproved(&stage), before);
        assert_eq!(stage.record.count(Step::Undo), 0);
    });
}

#[test]
fn whoever_served_what_was_delivered_under_an_excuse_is_not_said_to_have_been_refused() {
    // Canaries are final blocks: these were delivered before anybody was healed.
    let genesis = Genesis { final_depth: 150, ..Setting::default().genesis };
    play(Setting { genesis, ..Setting::default() }, |stage: Stage| async move {
        stage.wait(MINUTE).await;
        let all = ["alpha", "bravo", "charlie", "delta", "echo"];
        tamper(&stage, &all);
        stage.wait(8 * MINUTE).await;
        all.iter().for_each(|name| stage.fleet.heal(name).unwrap());
        stage.wait(6 * MINUTE).await;
        stage.caught_up(MINUTE).await;
        let cases = stage.records.cases().into_iter().map(|(_, text)| text);
        let delivered: Vec<String> =
            cases.filter(|text| text.contains("another operator has a copy")).collect();
        assert!(!delivered.is_empty());
        for text in delivered {
            assert!(
                text.contains("THIS BLOCK WAS DELIVERED") && text.contains("- First: fetch block "),
                "{text}"
            );
            assert!(!text.contains("nothing of it was delivered"), "{text}");
        }
    });
}
