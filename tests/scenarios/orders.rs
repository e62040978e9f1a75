//! What people order.

use std::time::Duration;

use blocktap::core::command::{Command, Declined, Done};

use crate::stage::{Setting, Stage, play};

const MINUTE: Duration = Duration::from_secs(60);
const FLEET: [&str; 5] = ["alpha", "bravo", "charlie", "delta", "echo"];

fn leader(stage: &Stage) -> Option<String> {
    stage.estate.board.read()["sim"].active_provider.clone()
}

fn requests(stage: &Stage, name: &str) -> u64 {
    stage.fleet.provider(name).unwrap().requests()
}

async fn cordon(stage: &Stage, name: &str, for_s: Option<u64>, force: bool) -> Result<Done, Declined> {
    let (by, reason) = (Some("anna".into()), Some("new disk".into()));
    stage.estate.orders.give("sim", Command::Cordon { provider: name.into(), for_s, by, reason, force }).await
}

async fn uncordon(stage: &Stage, name: &str) -> Result<Done, Declined> {
    stage.estate.orders.give("sim", Command::Uncordon { provider: name.into() }).await
}

/// What a provider says of itself.
async fn why_not(stage: &Stage, name: &str) -> String {
    let observed = stage.observe(&format!("providers/{name}")).await;
    observed[0].state["why_not_active"].as_str().unwrap_or_default().to_owned()
}

#[test]
fn a_cordoned_leader_is_replaced_and_neither_asked_nor_probed() {
    play(Setting::default(), |stage: Stage| async move {
        stage.wait(MINUTE).await;
        let cordoned = leader(&stage).unwrap();
        let done = cordon(&stage, &cordoned, None, false).await.unwrap();
        assert_eq!(done.done, format!("sim/{cordoned} is cordoned until uncordoned by anna: new disk"));
        assert_ne!(leader(&stage), Some(cordoned.clone()));
        // What was under way when the order came may still end.
        stage.wait(Duration::from_secs(1)).await;
        let before = requests(&stage, &cordoned);
        stage.wait(5 * MINUTE).await;
        assert_eq!(requests(&stage, &cordoned), before, "it was asked");
        assert!(why_not(&stage, &cordoned).await.contains("cordoned until uncordoned by anna: new disk"));
        stage.caught_up(MINUTE).await;
        stage.stream_is_true();

        uncordon(&stage, &cordoned).await.unwrap();
        stage.wait(MINUTE).await;
        assert!(requests(&stage, &cordoned) > before, "it was not asked again");
        assert_eq!(why_not(&stage, &cordoned).await, "another provider leads");
    });
}

#[test]
fn a_cordon_with_an_end_ends_by_itself() {
    play(Setting::default(), |stage: Stage| async move {
        stage.wait(MINUTE).await;
        cordon(&stage, "bravo", Some(90), false).await.unwrap();
        stage.wait(MINUTE).await;
        let before = requests(&stage, "bravo");
        assert!(why_not(&stage, "bravo").await.contains("cordoned for 30s by anna"));
        stage.wait(Duration::from_secs(45)).await;
        assert!(requests(&stage, "bravo") > before, "it was not asked again");
        assert_eq!(why_not(&stage, "bravo").await, "another provider leads");
    });
}

#[test]
fn the_last_eligible_provider_is_cordoned_by_force_only() {
    play(Setting::default(), |stage: Stage| async move {
        stage.wait(MINUTE).await;
        for name in &FLEET[1..] {
            cordon(&stage, name, None, false).await.unwrap();
        }
        let refused = cordon(&stage, "alpha", None, false).await.unwrap_err();
        assert!(
            matches!(&refused, Declined::Unwise(why) if why.contains("no eligible provider")),
            "{refused}"
        );
        assert_eq!(leader(&stage).as_deref(), Some("alpha"));
        stage.wait(MINUTE).await;
        stage.caught_up(MINUTE).await;

        let forced = cordon(&stage, "alpha", None, true).await.unwrap();
        assert!(forced.warnings[0].contains("nothing more is delivered"), "{forced:?}");
        stage.wait(Duration::from_secs(1)).await;
        let height = stage.record.height();
        stage.wait(MINUTE).await;
        assert_eq!((stage.record.height(), leader(&stage)), (height, None));
        for name in FLEET {
            uncordon(&stage, name).await.unwrap();
        }
        stage.caught_up(MINUTE).await;
        stage.stream_is_true();
    });
}

#[test]
fn orders_that_make_no_sense_are_declined_with_the_names_there_are() {
    play(Setting::default(), |stage: Stage| async move {
        let unknown = cordon(&stage, "alpa", None, false).await.unwrap_err();
        assert!(unknown.to_string().contains("alpha, bravo"), "{unknown}");
        let nowhere = Command::Uncordon { provider: "alpha".into() };
        let nowhere = stage.estate.orders.give("simm", nowhere).await.unwrap_err();
        assert_eq!(nowhere.to_string(), "there is no chain \"simm\"; there is sim");
        assert!(matches!(uncordon(&stage, "alpha").await, Err(Declined::Unwise(_))));
    });
}
