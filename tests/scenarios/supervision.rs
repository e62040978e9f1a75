//! What happens to the actors themselves.

use std::time::Duration;

use blocktap::actors::vitals::Answer;

use crate::stage::{Setting, Stage, play};

const MINUTE: Duration = Duration::from_secs(60);

#[test]
fn every_actor_answers_the_debug_message() {
    play(Setting::default(), |stage: Stage| async move {
        stage.wait(MINUTE).await;
        let observed = stage.observe("").await;
        let kinds: std::collections::BTreeSet<_> = observed.iter().map(|one| one.kind).collect();
        let all = ["Fetcher", "Journal", "Manager", "Provider", "Sink", "Validator"];
        assert_eq!(kinds.into_iter().collect::<Vec<_>>(), all);
        assert!(observed.iter().all(|one| one.answer == Answer::Alive && one.vitals.restarts == 0));
    });
}

#[test]
fn an_actor_that_is_gone_leaves_its_last_words() {
    play(Setting::default(), |stage: Stage| async move {
        stage.wait(MINUTE).await;
        stage.running.drain(Duration::from_secs(5)).await;
        let observed = stage.observe("validator").await;
        assert_eq!(observed[0].answer, Answer::PostMortem);
        assert!(observed[0].state["applied"].as_u64().unwrap() > 10);
    });
}
