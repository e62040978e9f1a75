//! Whether the stream says when it stands on too little.

use std::time::Duration;

use blocktap::actors::notice::Notice;
use blocktap::core::event::Step;
use blocktap::core::footing::Weakness;
use blocktap::sim::symptom::Symptom;

use crate::stage::{Setting, Stage, play};

const MINUTE: Duration = Duration::from_secs(60);

fn degraded(stage: &Stage) -> Vec<Weakness> {
    stage.estate.board.read()["sim"].degraded.clone()
}

fn inflict(stage: &Stage, names: &[String], symptom: &Symptom) {
    for name in names {
        stage.fleet.inflict(name, symptom.clone()).unwrap();
    }
}

fn heal(stage: &Stage, names: &[String]) {
    for name in names {
        stage.fleet.heal(name).unwrap();
    }
}

/// What was said of weaknesses since the last time that somebody asked.
fn told(stage: &mut Stage) -> Vec<Notice> {
    let of_footing = |notice: &Notice| matches!(notice, Notice::Degraded(_) | Notice::Mended(_));
    stage.notices().into_iter().filter(of_footing).collect()
}

fn of_all_operators_but(stage: &Stage, kept: &str) -> Vec<String> {
    let others = stage.fleet.providers().map(|provider| provider.profile().clone());
    others.filter(|profile| profile.operator != kept).map(|profile| profile.name).collect()
}

#[test]
fn a_stream_that_is_left_with_one_operator_says_so_after_a_minute_and_again_when_that_is_over() {
    play(Setting::default(), |mut stage: Stage| async move {
        stage.wait(MINUTE).await;
        assert_eq!((degraded(&stage), told(&mut stage)), (vec![], vec![]));
        let last = stage.fleet.providers().next().unwrap().profile().operator.clone();
        let dead = of_all_operators_but(&stage, &last);
        inflict(&stage, &dead, &Symptom::Die);
        stage.wait(MINUTE / 2).await;
        assert_eq!((degraded(&stage), told(&mut stage)), (vec![Weakness::OneOperator], vec![]));
        stage.wait(MINUTE).await;
        assert_eq!(told(&mut stage), [Notice::Degraded(Weakness::OneOperator)]);
        heal(&stage, &dead);
        stage.wait(5 * MINUTE).await;
        assert_eq!(
            (degraded(&stage), told(&mut stage)),
            (vec![], vec![Notice::Mended(Weakness::OneOperator)])
        );
        stage.stream_is_true();
    });
}

#[test]
fn finality_that_goes_back_with_everybody_is_told_and_nothing_is_taken_back() {
    play(Setting::default(), |mut stage: Stage| async move {
        stage.wait(2 * MINUTE).await;
        let final_before = stage.record.count(Step::Final);
        assert!(final_before > 0);
        let everybody = of_all_operators_but(&stage, "nobody");
        inflict(&stage, &everybody, &Symptom::FinalityBack(60));
        stage.wait(100 * MINUTE / 60).await;
        assert_eq!(degraded(&stage), [Weakness::FinalityReceded]);
        assert_eq!(told(&mut stage), [Notice::Degraded(Weakness::FinalityReceded)]);
        assert_eq!(stage.record.count(Step::Final), final_before);
        heal(&stage, &everybody);
        stage.wait(2 * MINUTE).await;
        assert_eq!(told(&mut stage), [Notice::Mended(Weakness::FinalityReceded)]);
        assert!(stage.record.count(Step::Final) > final_before);
        stage.stream_is_true();
    });
}
