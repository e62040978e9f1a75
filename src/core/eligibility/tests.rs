use proptest::prelude::*;

use super::*;
use crate::core::breaker::Breaker;
use crate::core::cordon::Cordon;
use crate::core::outcome::{FailureKind, Outcome};
use crate::core::strikes::Offence;

const NOW: At = At::from_secs(1000);

/// What one test changes of a healthy provider's inputs.
struct World {
    declared: Vec<Flag>,
    head: u64,
    shown_s: u64,
    others_shown_s: u64,
    reading: Reading,
    breaker: Breaker,
    paused_until: Option<At>,
    block_time: BlockTime,
}

impl Default for World {
    fn default() -> Self {
        Self {
            declared: Vec::new(),
            head: 100,
            shown_s: 999,
            others_shown_s: 998,
            reading: Reading::default(),
            breaker: Breaker::new(At::ZERO),
            paused_until: None,
            block_time: BlockTime::new(None),
        }
    }
}

impl World {
    fn assess_after(&self, previous: &Eligibility) -> Eligibility {
        let inputs = Inputs {
            declared: &self.declared,
            head: Some(Height(self.head)),
            reference: Some(Height(100)),
            shown_at: Some(At::from_secs(self.shown_s)),
            others_shown_at: Some(At::from_secs(self.others_shown_s)),
            block_time: &self.block_time,
            reading: &self.reading,
            breaker: self.breaker.state(NOW),
            paused_until: self.paused_until,
            health: &Health::default(),
        };
        Eligibility::assess(&inputs, previous, NOW)
    }

    fn assess(&self) -> Eligibility {
        self.assess_after(&Eligibility::default())
    }

    fn why_not(&self) -> String {
        self.assess().why_not(NOW).unwrap_or_default()
    }
}

#[test]
fn a_healthy_provider_has_no_flags() {
    let eligibility = World::default().assess();
    assert!(eligibility.eligible());
    assert_eq!((eligibility.why_not(NOW), eligibility.fitness(NOW)), (None, Fitness::Eligible));
}

#[test]
fn what_is_unknown_is_held_against_nobody() {
    let world = World::default();
    let inputs = Inputs {
        declared: &[],
        head: Some(Height(100)),
        reference: None,
        shown_at: None,
        others_shown_at: None,
        block_time: &world.block_time,
        reading: &Reading::default(),
        breaker: world.breaker.state(NOW),
        paused_until: None,
        health: &Health::default(),
    };
    let assess = |inputs: &Inputs| Eligibility::assess(inputs, &Eligibility::default(), NOW);
    assert!(assess(&inputs).eligible());
    assert_eq!(assess(&Inputs { head: None, ..inputs }).flags(), [Flag::Syncing], "it has no block to serve");
}

#[test]
fn lagging_begins_beyond_three_blocks_and_ends_at_one() {
    let head = |head| World { head, ..World::default() };
    assert!(head(97).assess().eligible());
    let lagging = head(96).assess();
    assert_eq!(lagging.why_not(NOW).unwrap(), "4 blocks behind the reference tip");
    assert!(!head(98).assess_after(&lagging).eligible());
    assert!(head(99).assess_after(&lagging).eligible());
}

#[test]
fn a_fast_chain_may_be_many_blocks_behind_within_the_threshold() {
    let fast =
        |head| World { head, block_time: BlockTime::new(Some(Duration::from_secs(1))), ..World::default() };
    assert!(fast(70).assess().eligible());
    assert!(!fast(69).assess().eligible());
}

#[test]
fn a_long_mean_lag_makes_ineligible_even_at_the_tip() {
    let reading = Reading { lag_s: Some(31.0), ..Reading::default() };
    assert!(!World { reading, ..World::default() }.assess().eligible());
}

#[test]
fn silence_counts_only_while_others_advance() {
    let silent = World { shown_s: 900, ..World::default() };
    assert_eq!(silent.why_not(), "no new block for 1m 40s");
    let quiet_chain = World { shown_s: 900, others_shown_s: 899, ..World::default() };
    assert!(quiet_chain.assess().eligible());
}

#[test]
fn too_many_failures_make_ineligible_once_there_are_enough_to_tell() {
    let failing = |errors, samples| World {
        reading: Reading { errors, samples, ..Reading::default() },
        ..World::default()
    };
    assert_eq!(failing(6.0, 20.0).why_not(), "error ratio 0.30");
    assert!(failing(4.0, 20.0).assess().eligible());
    assert!(failing(1.0, 1.0).assess().eligible());
}

#[test]
fn answers_slower_than_the_threshold_make_ineligible() {
    let slow = |latency_ms| World {
        reading: Reading { latency_ms: Some(latency_ms), ..Reading::default() },
        ..World::default()
    };
    assert!(slow(29_000.0).assess().eligible());
    assert_eq!(slow(31_000.0).why_not(), "answers take 31s");
}

#[test]
fn an_open_breaker_and_a_pause_are_told_with_their_end() {
    let mut world = World { paused_until: Some(At::from_secs(1004)), ..World::default() };
    (0..2)
        .for_each(|_| world.breaker.record(Outcome::Failure(FailureKind::Timeout), At::from_secs(998), 0.5));
    let expected = "breaker open for 3s: several timeouts in a row, error ratio 1.00; \
                    throttled for 4s: too many requests";
    assert_eq!(world.why_not(), expected);
    let fitness = world.assess().fitness(NOW);
    assert!(matches!(fitness, Fitness::LastResort { severity: Severity::Down, .. }));
}

#[test]
fn a_quarantine_ends_by_itself_and_bars_until_then() {
    let offence = Offence::Corrupt;
    let quarantined =
        |until| World { declared: vec![Flag::Quarantined { until, offence }], ..World::default() };
    let barred = quarantined(At::from_secs(1060)).assess().fitness(NOW);
    assert_eq!(barred, Fitness::Barred { why: "quarantined for 1m: provably wrong content".into() });
    assert!(quarantined(NOW).assess().eligible());
}

#[test]
fn flags_read_well_as_json() {
    let cordon = Cordon { until: None, by: None, reason: None };
    let world = World { head: 90, declared: vec![Flag::Cordoned { cordon }], ..World::default() };
    let json = serde_json::to_value(world.assess()).unwrap();
    assert_eq!(json[0]["flag"], "cordoned");
    assert_eq!((&json[1]["flag"], &json[1]["blocks"]), (&"lagging".into(), &10.into()));
}

proptest! {
    #[test]
    fn health_alone_never_bars(
        head in 0u64..200, shown_s in 0u64..1000, errors in 0.0..50.0f64, latency_ms in 0.0..1e6f64,
        lag_s in 0.0..1e5f64, pause in prop::option::of(0u64..5000), failures in 0usize..5,
    ) {
        let reading = Reading {
            errors, samples: 50.0, latency_ms: Some(latency_ms), lag_s: Some(lag_s), ..Reading::default()
        };
        let paused_until = pause.map(At::from_secs);
        let mut world = World { head, shown_s, reading, paused_until, ..World::default() };
        (0..failures).for_each(|_| world.breaker.record(Outcome::Failure(FailureKind::Config), NOW, 0.5));
        let eligibility = world.assess();
        let barred = matches!(eligibility.fitness(NOW), Fitness::Barred { .. });
        prop_assert!(!barred);
        prop_assert_eq!(eligibility.eligible(), eligibility.why_not(NOW).is_none());
    }
}
