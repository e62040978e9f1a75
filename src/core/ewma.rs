//! A mean that forgets with time.
//!
//! A mean over the last *n* samples freezes when traffic stops: yesterday's failures stay "current" for ever. Here a sample
//! loses half its weight with every half-life, whether or not others follow, and the weight that is left tells how much is
//! still known. Because the weights are summed beside the values, the mean needs no made-up first value.
//!
//! On a sample *x* after Δt: `k = 2^(−Δt/H)`, `X ← kX + x`, `N ← kN + 1`, `mean = X/N`. A sample that comes late is given the
//! weight it would have by now, so the order of arrival does not matter.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::at::At;

/// A time-decayed mean of the samples added to it.
#[derive(Clone, Debug)]
pub struct Ewma {
    half_life: Duration,
    weighted_sum: f64,
    weight: f64,
    newest: At,
}

/// What is left of a mean, as it is kept over a restart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Kept {
    /// The sum of the samples, each by its weight.
    pub sum: f64,
    /// The sum of the weights.
    pub samples: f64,
}

impl Ewma {
    /// Below this weight nothing is known any more: one sample, ten half-lives ago.
    pub const FORGOTTEN: f64 = 1.0 / 1024.0;

    /// An empty mean whose samples lose half their weight every `half_life`.
    pub const fn new(half_life: Duration) -> Self {
        Self { half_life, weighted_sum: 0.0, weight: 0.0, newest: At::ZERO }
    }

    /// Adds one sample, seen at `at`.
    pub fn add(&mut self, value: f64, at: At) {
        let kept = self.fading(at.since(self.newest));
        let share = self.fading(self.newest.since(at));
        self.weighted_sum = self.weighted_sum * kept + value * share;
        self.weight = self.weight * kept + share;
        self.newest = self.newest.max(at);
    }

    /// The mean, unless all samples are forgotten.
    pub fn mean(&self, now: At) -> Option<f64> {
        (self.samples(now) >= Self::FORGOTTEN).then(|| self.weighted_sum / self.weight)
    }

    /// The sum of the samples, each by its weight: how many there were lately, if each counts one.
    pub fn sum(&self, now: At) -> f64 {
        self.weighted_sum * self.fading(now.since(self.newest))
    }

    /// The effective number of samples: the sum of their weights.
    pub fn samples(&self, now: At) -> f64 {
        self.weight * self.fading(now.since(self.newest))
    }

    /// As it is kept over a restart.
    pub fn kept(&self, now: At) -> Kept {
        Kept { sum: self.sum(now), samples: self.samples(now) }
    }

    /// What was kept, `passed` ago, as it weighs now.
    pub fn recalled(half_life: Duration, kept: Kept, passed: Duration, now: At) -> Self {
        let left = fading(passed, half_life);
        let sane = |number: f64| if number.is_finite() { number.max(0.0) } else { 0.0 };
        let (weighted_sum, weight) = (sane(kept.sum) * left, sane(kept.samples) * left);
        Self { half_life, weighted_sum, weight, newest: now }
    }

    /// What is left of one sample after `elapsed`.
    fn fading(&self, elapsed: Duration) -> f64 {
        fading(elapsed, self.half_life)
    }
}

/// The weight left after `elapsed` of something that halves every `half_life`.
pub(super) fn fading(elapsed: Duration, half_life: Duration) -> f64 {
    (-elapsed.as_secs_f64() / half_life.max(Duration::from_millis(1)).as_secs_f64()).exp2()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const HALF_LIFE: Duration = Duration::from_secs(60);

    #[test]
    fn nothing_is_known_before_the_first_sample() {
        assert_eq!(Ewma::new(HALF_LIFE).mean(At::from_secs(5)), None);
    }

    #[test]
    fn the_first_sample_is_the_mean() {
        let mut ewma = Ewma::new(HALF_LIFE);
        ewma.add(7.0, At::from_secs(1000));
        assert_eq!(ewma.mean(At::from_secs(1000)), Some(7.0));
        assert!((ewma.samples(At::from_secs(1060)) - 0.5).abs() < 1e-9);
    }

    #[test]
    fn a_half_life_later_a_sample_weighs_half() {
        let mut ewma = Ewma::new(HALF_LIFE);
        ewma.add(0.0, At::from_secs(0));
        ewma.add(3.0, At::from_secs(60));
        let mean = ewma.mean(At::from_secs(60)).unwrap();
        assert!((mean - 2.0).abs() < 1e-9, "{mean}");
    }

    #[test]
    fn a_restart_forgets_as_much_as_idleness() {
        let mut ewma = Ewma::new(HALF_LIFE);
        ewma.add(1.0, At::from_secs(900));
        ewma.add(4.0, At::from_secs(1000));
        let kept = ewma.kept(At::from_secs(1030));
        let recalled = Ewma::recalled(HALF_LIFE, kept, Duration::from_secs(70), At::from_secs(5));
        let near = |a: f64, b: f64| assert!((a - b).abs() < 1e-9, "{a} {b}");
        near(recalled.samples(At::from_secs(5)), ewma.samples(At::from_secs(1100)));
        near(recalled.mean(At::from_secs(5)).unwrap(), ewma.mean(At::from_secs(1100)).unwrap());
    }

    #[test]
    fn nonsense_is_not_recalled() {
        for number in [f64::NAN, f64::INFINITY, -1.0] {
            let kept = Kept { sum: number, samples: number };
            assert_eq!(Ewma::recalled(HALF_LIFE, kept, Duration::ZERO, At::ZERO).mean(At::ZERO), None);
        }
    }

    #[test]
    fn idleness_forgets() {
        let mut ewma = Ewma::new(HALF_LIFE);
        ewma.add(1.0, At::from_secs(0));
        assert!(ewma.mean(At::from_secs(500)).is_some());
        assert_eq!(ewma.mean(At::from_secs(601)), None);
    }

    proptest! {
        #[test]
        fn the_mean_lies_between_the_smallest_and_the_largest_sample(
            samples in prop::collection::vec((0.0..1e6f64, 0u64..600), 1..50),
        ) {
            let mut ewma = Ewma::new(HALF_LIFE);
            for (value, second) in &samples {
                ewma.add(*value, At::from_secs(*second));
            }
            let values = samples.iter().map(|(value, _)| *value);
            let (low, high) = (values.clone().fold(f64::MAX, f64::min), values.fold(f64::MIN, f64::max));
            let mean = ewma.mean(At::from_secs(600)).unwrap();
            prop_assert!(low - 1e-6 <= mean && mean <= high + 1e-6);
        }

        #[test]
        fn the_order_of_arrival_does_not_matter(
            samples in prop::collection::vec((0.0..100f64, 0u64..600), 1..20),
        ) {
            let (mut there, mut back) = (Ewma::new(HALF_LIFE), Ewma::new(HALF_LIFE));
            samples.iter().for_each(|(value, second)| there.add(*value, At::from_secs(*second)));
            samples.iter().rev().for_each(|(value, second)| back.add(*value, At::from_secs(*second)));
            let now = At::from_secs(600);
            prop_assert!((there.sum(now) - back.sum(now)).abs() < 1e-6);
            prop_assert!((there.samples(now) - back.samples(now)).abs() < 1e-6);
        }
    }
}
