//! What is held against providers, and the evidence that is kept of it.

use std::time::Duration;

use blocktap::actors::notice::Notice;
use blocktap::app::chain::Blueprint;
use blocktap::chain::family::Receipts;
use blocktap::core::backends::Backends;
use blocktap::sim::corruption::Corruption;
use blocktap::sim::genesis::Genesis;
use blocktap::sim::symptom::Symptom;
use blocktap::sim::view::Fork;

use crate::stage::{Setting, Stage, play};

const MINUTE: Duration = Duration::from_secs(60);
const FLEET: [&str; 5] = ["alpha", "bravo", "charlie", "delta", "echo"];

fn quarantined(stage: &mut Stage) -> Vec<String> {
    let named = |notice| match notice {
        Notice::Quarantined { provider, .. } => Some(provider),
        _ => None,
    };
    stage.notices().into_iter().filter_map(named).collect()
}

/// The evidence against one provider: names of files and texts.
fn cases(stage: &Stage, provider: &str) -> Vec<(String, String)> {
    let against = format!("_sim_{provider}_");
    stage.records.cases().into_iter().filter(|(name, _)| name.contains(&against)).collect()
}

#[test]
fn a_liar_s_case_can_be_read_by_a_person() {
    play(Setting::default(), |mut stage: Stage| async move {
        stage.wait(MINUTE).await;
        let liar = stage.record.served_by().unwrap();
        stage.fleet.inflict(&liar, Symptom::Corrupt(Corruption::TxField)).unwrap();
        stage.wait(MINUTE).await;
        assert_eq!(quarantined(&mut stage), std::slice::from_ref(&liar));
        let cases = cases(&stage, &liar);
        let (name, text) = cases.first().unwrap();
        assert!(name.starts_with("2023-11-14T") && name.contains("_tx_hashes_"), "{name}");
        for said in [
            "WHAT HAPPENED",
            &format!("provider    {liar} (operator "),
            &format!("asked at    {liar}.sim"),
            "check       tx_hashes",
            "it says         hash 0x",
            "recomputed      0x",
            "sha256",
            "Quarantined",
            "holds this very block",
            &format!("blocktap uncordon sim/{liar}"),
            "transactionsRoot: 0x",
        ] {
            assert!(text.contains(said), "{said}\n{text}");
        }
        assert!(text.len() < 16 << 10 && !text.contains("://"), "{text}");
    });
}

#[test]
fn receipts_left_out_cost_a_strike_and_the_third_a_quarantine() {
    let genesis = Genesis { premined: 20, block_time: Duration::from_secs(12), ..Genesis::default() };
    let setting = Setting { receipts: Receipts::With, genesis, ..Setting::default() };
    play(setting, |mut stage: Stage| async move {
        stage.wait(MINUTE).await;
        let lazy = stage.record.served_by().unwrap();
        stage.fleet.inflict(&lazy, Symptom::Corrupt(Corruption::ReceiptsMissing)).unwrap();
        while cases(&stage, &lazy).is_empty() {
            stage.wait(Duration::from_secs(1)).await;
        }
        assert_eq!(quarantined(&mut stage), Vec::<String>::new());
        let first = cases(&stage, &lazy)[0].1.clone();
        assert!(first.contains("Strike 1 of 3") && first.contains("a block without its body"), "{first}");
        stage.wait(5 * MINUTE).await;
        stage.caught_up(MINUTE).await;
        stage.stream_is_true();
        assert_eq!(quarantined(&mut stage), [lazy]);
    });
}

#[test]
fn a_head_that_goes_back_again_and_again_costs_the_place() {
    play(Setting::default(), |mut stage: Stage| async move {
        stage.wait(MINUTE).await;
        for strikes in 1..=3 {
            stage.fleet.inflict("bravo", Symptom::Lag(12)).unwrap();
            while cases(&stage, "bravo").len() < strikes {
                stage.wait(Duration::from_secs(1)).await;
            }
            stage.fleet.heal("bravo").unwrap();
            stage.wait(MINUTE).await;
        }
        assert_eq!(quarantined(&mut stage), ["bravo"]);
        assert!(
            cases(&stage, "bravo")[0].1.contains("its head went back by 1"),
            "{:?}",
            cases(&stage, "bravo")
        );
        stage.caught_up(MINUTE).await;
        stage.stream_is_true();
    });
}

#[test]
fn a_chain_that_goes_back_is_held_against_nobody() {
    play(Setting::default(), |mut stage: Stage| async move {
        for _ in 0..4 {
            stage.wait(MINUTE).await;
            stage.world.roll_back(6);
        }
        stage.wait(MINUTE).await;
        for name in FLEET {
            assert_eq!(cases(&stage, name), []);
        }
        assert_eq!(quarantined(&mut stage), Vec::<String>::new());
        stage.caught_up(MINUTE).await;
        stage.stream_is_true();
    });
}

#[test]
fn behind_a_load_balancer_a_head_may_go_back_further() {
    let alter = Box::new(|plan: &mut Blueprint| {
        let bravo = plan.providers.iter_mut().find(|provider| provider.name == "bravo").unwrap();
        bravo.backends = Backends::Many;
    });
    play(Setting { alter, ..Setting::default() }, |stage: Stage| async move {
        stage.wait(MINUTE).await;
        for _ in 0..3 {
            stage.fleet.inflict("bravo", Symptom::Lag(12)).unwrap();
            stage.wait(MINUTE / 2).await;
            stage.fleet.heal("bravo").unwrap();
            stage.wait(MINUTE).await;
        }
        assert_eq!(cases(&stage, "bravo"), []);
        stage.caught_up(MINUTE).await;
        stage.stream_is_true();
    });
}

#[test]
fn whoever_calls_a_block_final_where_another_is_has_shown_that_it_is_wrong() {
    play(Setting::default(), |mut stage: Stage| async move {
        stage.wait(MINUTE).await;
        let from = stage.world.head().height.plus(1);
        stage.fleet.inflict("bravo", Symptom::ForkAt(Fork { from, branch: 7 })).unwrap();
        stage.wait(2 * MINUTE).await;
        assert_eq!(quarantined(&mut stage), ["bravo"]);
        let cases = cases(&stage, "bravo");
        let (_, text) = cases.iter().find(|(name, _)| name.contains("_final_")).unwrap();
        for said in ["bravo on sim: a block called final that is not", "it calls block ", "Quarantined bravo"]
        {
            assert!(text.contains(said), "{said}\n{text}");
        }
        println!("{text}");
        stage.caught_up(MINUTE).await;
        stage.stream_is_true();
    });
}

#[test]
fn a_fork_that_lasts_costs_one_strike_however_long_while_none_of_it_is_called_final() {
    let genesis = Genesis { final_depth: 1000, ..Setting::default().genesis };
    play(Setting { genesis, ..Setting::default() }, |mut stage: Stage| async move {
        stage.wait(MINUTE).await;
        let from = stage.world.head().height.plus(1);
        stage.fleet.inflict("bravo", Symptom::ForkAt(Fork { from, branch: 7 })).unwrap();
        stage.wait(8 * MINUTE).await;
        assert_eq!(quarantined(&mut stage), Vec::<String>::new());
        let cases = cases(&stage, "bravo");
        assert_eq!(cases.len(), 1, "{cases:?}");
        assert!(cases[0].0.contains("_fork_") && cases[0].1.contains("Strike 1 of 3"), "{cases:?}");
    });
}

#[test]
fn errors_and_reorgs_are_held_against_nobody() {
    play(Setting::default(), |mut stage: Stage| async move {
        stage.wait(MINUTE).await;
        for (name, symptom) in FLEET.iter().zip([
            Symptom::Die,
            Symptom::Stall,
            Symptom::HttpStatus(500),
            Symptom::Freeze,
            Symptom::Latency(Duration::from_secs(2)),
        ]) {
            stage.fleet.inflict(name, symptom).unwrap();
            stage.wait(MINUTE).await;
            stage.fleet.heal(name).unwrap();
            stage.wait(MINUTE).await;
            stage.world.reorg(4);
        }
        stage.wait(MINUTE).await;
        stage.caught_up(MINUTE).await;
        stage.stream_is_true();
        assert_eq!((quarantined(&mut stage), stage.records.cases()), (Vec::new(), Vec::new()));
    });
}

#[test]
fn one_that_keeps_losing_the_lead_is_passed_over_and_a_restart_does_not_forgive_that() {
    play(Setting::default(), |mut stage: Stage| async move {
        stage.wait(MINUTE).await;
        let leader = |stage: &Stage| stage.estate.board.read()["sim"].active_provider.clone();
        let passed_over = async |stage: &Stage| {
            let election = stage.observe("sim/manager").await[0].state["election"].clone();
            election["passed_over"].as_object().unwrap().keys().cloned().collect::<Vec<_>>()
        };
        // Only two take turns; the others are out of service.
        for name in ["charlie", "delta", "echo"] {
            let provider = name.to_owned();
            let cordon = blocktap::core::command::Command::Cordon {
                provider,
                for_s: None,
                by: None,
                reason: None,
                force: false,
            };
            stage.estate.orders.give("sim", cordon).await.unwrap();
        }
        stage.wait(MINUTE).await;
        for _ in 0..3 {
            stage.fleet.heal("alpha").unwrap();
            stage.fleet.inflict("bravo", Symptom::Die).unwrap();
            while leader(&stage).as_deref() != Some("alpha") {
                stage.wait(Duration::from_secs(1)).await;
            }
            stage.fleet.heal("bravo").unwrap();
            stage.wait(MINUTE).await;
            stage.fleet.inflict("alpha", Symptom::Die).unwrap();
            while leader(&stage).as_deref() != Some("bravo") {
                stage.wait(Duration::from_secs(1)).await;
            }
        }
        stage.fleet.heal("alpha").unwrap();
        let before = passed_over(&stage).await;
        assert!(before.contains(&"alpha".to_owned()), "{before:?}");
        stage.restart().await;
        stage.wait(Duration::from_secs(20)).await;
        assert!(passed_over(&stage).await.contains(&"alpha".to_owned()));
        stage.caught_up(MINUTE).await;
        stage.stream_is_true();
    });
}
