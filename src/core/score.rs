//! One number for how good a provider is, and every term of it.
//!
//! `S = pref / (1 + 8·ê + 4·t̂ + 3·min(3, p70/(0.5·T')) + 4·min(4, g/T') + 2·v)`, with `T' = clamp(T, 1 s, 15 s)`
//!
//! The form is eRPC's. But latency and freshness are shares of the chain's block time: what is slow for a chain of 250 ms is
//! nothing to one of 12 s, and must not make its leader change. Error and throttle ratios are drawn towards a small prior
//! (`ê = (E + 10·0.02)/(N + 10)`, `t̂ = E₄₂₉/(N + 10)`), so that a new provider looks slightly imperfect, neither perfect nor
//! dead. What is not known counts as one whole unit: half a block time of latency, a block time of head delay.

use std::time::Duration;

use serde::Serialize;

use super::measures::Reading;

const ERROR_FACTOR: f64 = 8.0;
const THROTTLE_FACTOR: f64 = 4.0;
const LATENCY_FACTOR: f64 = 3.0;
const LATENCY_MOST: f64 = 3.0;
const FRESHNESS_FACTOR: f64 = 4.0;
const FRESHNESS_MOST: f64 = 4.0;
const STRIKE_FACTOR: f64 = 2.0;
/// The prior weighs as much as this many samples,
const PRIOR_SAMPLES: f64 = 10.0;
/// of which this share failed.
const PRIOR_ERRORS: f64 = 0.02;

/// A score with all that went into it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct ScoreCard {
    /// The preference over one plus all other terms: larger is better.
    pub score: f64,
    /// The terms.
    pub terms: Terms,
    /// Effective number of requests behind it.
    pub samples: f64,
}

/// The terms of a score. All but the first lower it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Terms {
    /// The operator's preference: 1 for an ordinary provider, more for a better liked one.
    pub preference: f64,
    /// For failures.
    pub errors: f64,
    /// For refusals for too many requests.
    pub throttling: f64,
    /// For slow answers.
    pub latency: f64,
    /// For late heads.
    pub freshness: f64,
    /// For misbehaviour.
    pub strikes: f64,
}

impl ScoreCard {
    /// The score of a provider with this `reading`, on a chain with this time between blocks.
    pub fn new(reading: &Reading, preference: f64, block_time: Duration) -> Self {
        let terms = Terms::new(reading, preference, block_time);
        Self { score: terms.preference / (1.0 + terms.penalty()), terms, samples: reading.samples }
    }
}

impl Terms {
    fn new(reading: &Reading, preference: f64, block_time: Duration) -> Self {
        let block_s = block_time.as_secs_f64().clamp(1.0, 15.0);
        let errors = (reading.errors + PRIOR_SAMPLES * PRIOR_ERRORS) / (reading.samples + PRIOR_SAMPLES);
        let throttled = reading.throttled / (reading.throttle_samples + PRIOR_SAMPLES);
        let latency = reading.latency_p70_ms.map_or(1.0, |latency_ms| latency_ms / 1000.0 / (0.5 * block_s));
        let freshness = reading.head_delay_s.map_or(1.0, |delay_s| delay_s / block_s);
        Self {
            preference: preference.max(0.0),
            errors: ERROR_FACTOR * errors,
            throttling: THROTTLE_FACTOR * throttled,
            latency: LATENCY_FACTOR * latency.min(LATENCY_MOST),
            freshness: FRESHNESS_FACTOR * freshness.min(FRESHNESS_MOST),
            strikes: STRIKE_FACTOR * reading.strikes,
        }
    }

    fn penalty(&self) -> f64 {
        self.errors + self.throttling + self.latency + self.freshness + self.strikes
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const TWELVE_S: Duration = Duration::from_secs(12);
    const QUARTER_S: Duration = Duration::from_millis(250);

    const BASE: Reading = Reading {
        errors: 0.0,
        samples: 50.0,
        throttled: 0.0,
        throttle_samples: 50.0,
        latency_ms: Some(200.0),
        latency_p70_ms: Some(200.0),
        latency_p95_ms: None,
        head_delay_s: Some(0.5),
        lag_s: None,
        strikes: 0.0,
    };

    fn score(reading: &Reading, block_time: Duration) -> f64 {
        ScoreCard::new(reading, 1.0, block_time).score
    }

    /// How many times better the base is than the other: set against the 1.30 that a voluntary switch needs.
    fn base_over(other: Reading) -> f64 {
        score(&BASE, TWELVE_S) / score(&other, TWELVE_S)
    }

    fn assert_near(value: f64, expected: f64, tolerance: f64) {
        assert!((value - expected).abs() <= tolerance, "{value} is not {expected}");
    }

    #[test]
    fn a_good_provider_of_a_twelve_second_chain_scores_0_773() {
        assert_near(score(&BASE, TWELVE_S), 0.773, 0.0005);
    }

    #[test]
    fn what_should_cost_the_lead_does() {
        assert_near(base_over(Reading { errors: 5.0, ..BASE }), 1.52, 0.0151);
        assert_near(base_over(Reading { latency_p70_ms: Some(2000.0), ..BASE }), 1.70, 0.005);
        assert_near(base_over(Reading { head_delay_s: Some(3.0), ..BASE }), 1.64, 0.005);
        assert_near(base_over(Reading { strikes: 1.0, ..BASE }), 2.55, 0.005);
    }

    #[test]
    fn what_should_not_cost_the_lead_does_not() {
        assert_near(base_over(Reading { errors: 2.5, ..BASE }), 1.26, 0.005);
        assert_near(base_over(Reading { latency_p70_ms: Some(600.0), ..BASE }), 1.15, 0.0051);
        assert_near(base_over(Reading { throttled: 5.0, ..BASE }), 1.26, 0.005);
    }

    #[test]
    fn a_provider_never_asked_but_as_fast_and_fresh_is_slightly_worse() {
        assert_near(base_over(Reading { samples: 0.0, throttle_samples: 0.0, ..BASE }), 1.10, 0.005);
    }

    #[test]
    fn milliseconds_matter_on_a_fast_chain() {
        let fast = Reading { latency_p70_ms: Some(100.0), head_delay_s: Some(0.15), ..BASE };
        let slower = Reading { latency_p70_ms: Some(250.0), ..fast };
        assert_near(score(&fast, QUARTER_S) / score(&slower, QUARTER_S), 1.40, 0.005);
    }

    #[test]
    fn the_unknown_counts_as_a_whole_unit() {
        let terms = ScoreCard::new(&Reading::default(), 1.0, TWELVE_S).terms;
        assert_eq!((terms.latency, terms.freshness), (LATENCY_FACTOR, FRESHNESS_FACTOR));
    }

    #[test]
    fn every_term_is_shown() {
        let card = serde_json::to_value(ScoreCard::new(&BASE, 1.5, TWELVE_S)).unwrap();
        for term in ["preference", "errors", "throttling", "latency", "freshness", "strikes"] {
            assert!(card["terms"][term].is_number(), "{term}");
        }
    }

    proptest! {
        #[test]
        fn worse_never_scores_better(
            errors in 0.0..25.0f64, latency_ms in 1.0..60_000f64, delay_s in 0.0..600f64, more in 0.0..100f64,
        ) {
            let reading =
                Reading { errors, latency_p70_ms: Some(latency_ms), head_delay_s: Some(delay_s), ..BASE };
            let worse = [
                Reading { errors: errors + more, ..reading },
                Reading { latency_p70_ms: Some(latency_ms + more), ..reading },
                Reading { head_delay_s: Some(delay_s + more), ..reading },
                Reading { strikes: more, ..reading },
                Reading { throttled: more, ..reading },
            ];
            for other in worse {
                prop_assert!(score(&other, TWELVE_S) <= score(&reading, TWELVE_S));
                prop_assert!(score(&other, TWELVE_S) > 0.0);
            }
        }
    }
}
