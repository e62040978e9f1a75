use proptest::prelude::*;

use super::*;

const FAILURE: Outcome = Outcome::Failure(FailureKind::Transport);
const TIMEOUT: Outcome = Outcome::Failure(FailureKind::Timeout);
const CONFIG: Outcome = Outcome::Failure(FailureKind::Config);
const SCARCE: Supply = Supply::Scarce { block_time: Duration::from_secs(2) };

fn at(second: u64) -> At {
    At::from_secs(second)
}

fn fed(outcomes: &[Outcome]) -> Breaker {
    let mut breaker = Breaker::new(At::ZERO);
    outcomes.iter().for_each(|outcome| breaker.record(*outcome, At::ZERO, 0.5));
    breaker
}

fn is_closed(breaker: &Breaker, second: u64) -> bool {
    breaker.state(at(second)).phase == Phase::Closed
}

/// Lets one trial through at `second` and ends it with `outcome`.
fn try_once(breaker: &mut Breaker, outcome: Outcome, second: u64) {
    assert_eq!(breaker.permit(at(second), Supply::Enough), Permit::Trial);
    breaker.record(outcome, at(second), 0.5);
}

#[test]
fn three_failures_in_a_row_open_it_and_two_do_not() {
    assert!(is_closed(&fed(&[FAILURE, FAILURE, Outcome::Success, FAILURE, FAILURE]), 0));
    let mut breaker = fed(&[FAILURE; 3]);
    assert_eq!(breaker.permit(at(1), Supply::Enough), Permit::Refused { until: at(5) });
}

#[test]
fn two_timeouts_in_a_row_open_it() {
    assert!(is_closed(&fed(&[TIMEOUT, Outcome::Success, TIMEOUT]), 0));
    assert_eq!(fed(&[TIMEOUT; 2]).state(at(0)).cause, Some(Cause::Timeouts));
}

#[test]
fn one_refused_key_opens_it_for_two_minutes() {
    assert_eq!(fed(&[CONFIG]).state(at(0)).phase, Phase::Open { until: at(120) });
}

#[test]
fn half_of_the_recent_requests_failing_opens_it() {
    let mixed: Vec<Outcome> = (0..8).map(|n| if n % 2 == 0 { Outcome::Success } else { FAILURE }).collect();
    assert!(is_closed(&fed(&mixed[..7]), 0));
    assert_eq!(fed(&mixed).state(at(0)).cause, Some(Cause::ErrorRatio));
}

#[test]
fn too_many_requests_and_not_yet_never_count() {
    let mut outcomes = vec![FAILURE, FAILURE];
    outcomes.extend([Outcome::Throttled, Outcome::Ignored].repeat(50));
    assert!(is_closed(&fed(&outcomes), 0));
}

#[test]
fn three_good_trials_in_a_row_close_it_one_at_a_time() {
    let mut breaker = fed(&[FAILURE; 3]);
    try_once(&mut breaker, Outcome::Success, 5);
    try_once(&mut breaker, Outcome::Ignored, 6);
    assert_eq!(breaker.permit(at(7), Supply::Enough), Permit::Trial);
    assert!(matches!(breaker.permit(at(7), SCARCE), Permit::Refused { .. }));
    breaker.record(Outcome::Success, at(7), 0.5);
    assert_eq!(breaker.state(at(7)).phase, Phase::HalfOpen { successes: 2 });
    try_once(&mut breaker, Outcome::Success, 8);
    assert_eq!(breaker.permit(at(8), Supply::Enough), Permit::Allowed);
}

#[test]
fn a_failed_trial_opens_it_for_twice_as_long() {
    let mut breaker = fed(&[FAILURE; 3]);
    try_once(&mut breaker, Outcome::Success, 5);
    try_once(&mut breaker, FAILURE, 6);
    assert_eq!(breaker.state(at(6)).phase, Phase::Open { until: at(16) });
}

#[test]
fn a_lost_trial_does_not_block_it_for_ever() {
    let mut breaker = fed(&[FAILURE; 3]);
    assert_eq!(breaker.permit(at(5), Supply::Enough), Permit::Trial);
    assert_eq!(breaker.permit(at(6), Supply::Enough), Permit::Refused { until: at(65) });
    assert_eq!(breaker.permit(at(65), Supply::Enough), Permit::Trial);
}

#[test]
fn late_failures_do_not_prolong_it() {
    let mut breaker = fed(&[FAILURE; 3]);
    (0..10).for_each(|_| breaker.record(FAILURE, at(4), 0.5));
    assert_eq!(breaker.permit(at(5), Supply::Enough), Permit::Trial);
}

#[test]
fn the_last_provider_is_tried_every_block_and_keeps_its_deadline() {
    let mut breaker = fed(&[FAILURE; 3]);
    assert_eq!(breaker.permit(at(1), SCARCE), Permit::Refused { until: at(2) });
    assert_eq!(breaker.permit(at(2), SCARCE), Permit::Trial);
    breaker.record(FAILURE, at(3), 0.5);
    assert_eq!(breaker.state(at(3)).phase, Phase::Open { until: at(5) });
    assert_eq!(breaker.permit(at(4), SCARCE), Permit::Refused { until: at(5) });
}

#[test]
fn ten_quiet_minutes_forgive_one_doubling() {
    let mut breaker = fed(&[FAILURE; 3]);
    try_once(&mut breaker, FAILURE, 5);
    (15..18).for_each(|second| try_once(&mut breaker, Outcome::Success, second));
    (0..3).for_each(|_| breaker.record(FAILURE, at(17 + 600), 0.5));
    assert_eq!(breaker.state(at(617)).phase, Phase::Open { until: at(627) });
}

#[test]
fn it_says_why_in_words() {
    let breaker = fed(&[Outcome::Success, FAILURE, FAILURE, FAILURE]);
    let words = breaker.state(at(1)).describe(at(1));
    assert_eq!(words, "open for 4s: several failures in a row, error ratio 0.75");
}

fn outcomes() -> impl Strategy<Value = Outcome> {
    prop_oneof![
        Just(Outcome::Success),
        Just(FAILURE),
        Just(TIMEOUT),
        Just(CONFIG),
        Just(Outcome::Throttled),
        Just(Outcome::Ignored)
    ]
}

proptest! {
    #[test]
    fn whatever_happens_a_request_gets_through_again(
        steps in prop::collection::vec((outcomes(), 0u64..40, 0.0..1.0f64), 1..80),
    ) {
        let (mut breaker, mut now) = (Breaker::new(At::ZERO), 0);
        for (outcome, gap, jitter) in steps {
            now += gap;
            if !matches!(breaker.permit(at(now), Supply::Enough), Permit::Refused { .. }) {
                breaker.record(outcome, at(now), jitter);
            }
        }
        let granted = !matches!(breaker.permit(at(now + 1800), Supply::Enough), Permit::Refused { .. });
        prop_assert!(granted);
    }

    #[test]
    fn scarce_supply_is_never_made_to_wait_longer_than_ten_seconds(
        steps in prop::collection::vec((outcomes(), 0u64..5, 0.0..1.0f64), 1..80),
    ) {
        let supply = Supply::Scarce { block_time: Duration::from_secs(600) };
        let (mut breaker, mut now) = (Breaker::new(At::ZERO), 0);
        for (outcome, gap, jitter) in steps {
            now += gap;
            match breaker.permit(at(now), supply) {
                Permit::Refused { until } => prop_assert!(until.since(at(now)) <= SCARCE_TRIAL_EVERY),
                Permit::Allowed | Permit::Trial => breaker.record(outcome, at(now), jitter),
            }
        }
    }

    #[test]
    fn without_failures_it_never_refuses(quiet in prop::collection::vec(0usize..3, 1..100)) {
        let harmless = [Outcome::Success, Outcome::Throttled, Outcome::Ignored];
        let mut breaker = Breaker::new(At::ZERO);
        for index in quiet {
            breaker.record(harmless[index], At::ZERO, 0.5);
            prop_assert_eq!(breaker.permit(At::ZERO, Supply::Enough), Permit::Allowed);
        }
    }
}
