//! Idle providers are looked into before they are needed.

use std::time::Duration;

use blocktap::actors::notice::Notice;
use blocktap::chain::family::Receipts;
use blocktap::sim::corruption::Corruption;
use blocktap::sim::symptom::Symptom;

use crate::stage::{Setting, Stage, play};

const MINUTE: Duration = Duration::from_secs(60);

/// A provider that neither leads nor is the second voice.
async fn idle(stage: &Stage) -> String {
    let observed = stage.observe("providers/").await;
    let idle = observed.into_iter().find(|one| one.state["role"] == "standby").unwrap();
    idle.state["provider"].as_str().unwrap().to_owned()
}

#[test]
fn an_idle_liar_is_found_out_by_its_canary() {
    let setting = Setting { receipts: Receipts::With, ..Setting::default() };
    play(setting, |mut stage: Stage| async move {
        stage.wait(MINUTE).await;
        let liar = idle(&stage).await;
        stage.fleet.inflict(&liar, Symptom::Corrupt(Corruption::ReceiptStatus)).unwrap();
        stage.wait(11 * MINUTE).await;
        stage.caught_up(MINUTE).await;
        stage.stream_is_true();
        let found_out = stage.notices().into_iter().find_map(|notice| match notice {
            Notice::Quarantined { provider, evidence, .. } if provider == liar => Some(evidence),
            _ => None,
        });
        assert!(found_out.unwrap().contains("its content gives"));
    });
}

#[test]
fn honest_idle_providers_pass_their_canaries() {
    play(Setting::default(), |mut stage: Stage| async move {
        stage.wait(20 * MINUTE).await;
        stage.caught_up(MINUTE).await;
        assert!(!stage.notices().iter().any(|notice| matches!(notice, Notice::Quarantined { .. })));
        let inspected = stage.observe("validator").await[0].vitals.received.get("Inspect").copied();
        assert!(inspected.unwrap_or_default() >= 4, "{inspected:?}");
    });
}

#[test]
fn an_address_that_serves_another_chain_from_now_on_is_noticed() {
    play(Setting::default(), |stage: Stage| async move {
        stage.wait(MINUTE).await;
        let turned = idle(&stage).await;
        stage.fleet.inflict(&turned, Symptom::WrongChain(5)).unwrap();
        stage.wait(11 * MINUTE).await;
        let observed = stage.observe(&format!("providers/{turned}")).await;
        assert_eq!(observed[0].state["misfit"], "it serves eip155:5, not eip155:1337");
        stage.caught_up(MINUTE).await;
        stage.stream_is_true();
    });
}
