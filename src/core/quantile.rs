//! Quantiles of latencies that forget with time.
//!
//! Values fall into buckets whose width grows with the value (DDSketch: Masson, Rim and Lee, VLDB 2019), so an answer is off
//! by at most [`Quantile::ERROR`] of itself, in about 1 kB, whatever the number of samples. Samples are weighted by forward
//! decay (Cormode et al., ICDE 2009): newer ones are added with more weight rather than older ones aged, so reading changes
//! nothing and adding touches one bucket.

use std::collections::BTreeMap;
use std::time::Duration;

use super::at::At;
use super::ewma::{Ewma, fading};

/// A time-decayed sketch of positive values, in milliseconds by custom.
#[derive(Clone, Debug)]
pub struct Quantile {
    half_life: Duration,
    /// A sample of this moment weighs one.
    landmark: At,
    weights: Vec<f64>,
}

impl Quantile {
    /// An answer lies within this share of the true value, for values from 1 to [`Quantile::LARGEST`].
    pub const ERROR: f64 = 0.05;
    /// Larger values are taken for this one: 20 minutes in milliseconds.
    pub const LARGEST: f64 = 1_200_000.0;
    /// The ratio of one bucket's upper bound to the one before.
    const GROWTH: f64 = (1.0 + Self::ERROR) / (1.0 - Self::ERROR);
    /// Weights are brought back to the landmark before `2^this` can lose them precision.
    const HALF_LIVES_AHEAD: u32 = 64;

    /// An empty sketch whose samples lose half their weight every `half_life`.
    pub fn new(half_life: Duration) -> Self {
        let half_life = half_life.max(Duration::from_millis(1));
        Self { half_life, landmark: At::ZERO, weights: vec![0.0; bucket_of(Self::LARGEST) + 1] }
    }

    /// Adds one value, seen at `at`.
    pub fn add(&mut self, value: f64, at: At) {
        if at.since(self.landmark) > self.half_life.saturating_mul(Self::HALF_LIVES_AHEAD) {
            self.move_landmark(at);
        }
        if let Some(weight) = self.weights.get_mut(bucket_of(value)) {
            *weight += fading(self.landmark.since(at), self.half_life)
                / fading(at.since(self.landmark), self.half_life);
        }
    }

    /// The value that the share `rank` (0 to 1) of the samples does not exceed, unless all are forgotten.
    pub fn at_rank(&self, rank: f64, now: At) -> Option<f64> {
        if self.samples(now) < Ewma::FORGOTTEN {
            return None;
        }
        let target = self.weights.iter().sum::<f64>() * rank.clamp(0.0, 1.0) * (1.0 - f64::EPSILON * 64.0);
        let mut below = 0.0;
        let reached = self.weights.iter().position(|weight| {
            below += weight;
            *weight > 0.0 && below >= target
        });
        reached.map(middle_of)
    }

    /// The effective number of samples: the sum of their weights.
    pub fn samples(&self, now: At) -> f64 {
        let ahead = now.since(self.landmark);
        self.weights.iter().sum::<f64>() * fading(ahead, self.half_life)
    }

    /// As it is kept over a restart: the weights of its buckets.
    pub fn kept(&self, now: At) -> BTreeMap<usize, f64> {
        let left = fading(now.since(self.landmark), self.half_life);
        let buckets = self.weights.iter().map(|weight| weight * left).enumerate();
        buckets.filter(|(_, weight)| *weight >= Ewma::FORGOTTEN).collect()
    }

    /// What was kept, `passed` ago, as it weighs now.
    pub fn recalled(half_life: Duration, kept: &BTreeMap<usize, f64>, passed: Duration, now: At) -> Self {
        let mut sketch = Self { landmark: now, ..Self::new(half_life) };
        let left = fading(passed, sketch.half_life);
        for (bucket, weight) in kept.iter().filter(|(_, weight)| weight.is_finite() && **weight > 0.0) {
            if let Some(place) = sketch.weights.get_mut(*bucket) {
                *place = weight * left;
            }
        }
        sketch
    }

    fn move_landmark(&mut self, to: At) {
        let kept = fading(to.since(self.landmark), self.half_life);
        self.weights.iter_mut().for_each(|weight| *weight *= kept);
        self.landmark = to;
    }
}

/// Bucket 0 holds what is at most 1; bucket *i* holds `GROWTH^(i−1)` (not itself) to `GROWTH^i`.
fn bucket_of(value: f64) -> usize {
    value.clamp(1.0, Quantile::LARGEST).log(Quantile::GROWTH).ceil() as usize
}

/// The value furthest, in proportion, from neither end of a bucket.
fn middle_of(bucket: usize) -> f64 {
    2.0 * Quantile::GROWTH.powi(bucket as i32) / (Quantile::GROWTH + 1.0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const HALF_LIFE: Duration = Duration::from_secs(300);

    #[test]
    fn nothing_is_known_before_the_first_sample_and_after_long_idleness() {
        let mut sketch = Quantile::new(HALF_LIFE);
        assert_eq!(sketch.at_rank(0.5, At::ZERO), None);
        sketch.add(100.0, At::ZERO);
        assert!(sketch.at_rank(0.5, At::from_secs(300)).is_some());
        assert_eq!(sketch.at_rank(0.5, At::from_secs(3001)), None);
    }

    #[test]
    fn recent_samples_outweigh_old_ones() {
        let mut sketch = Quantile::new(HALF_LIFE);
        (0..10).for_each(|_| sketch.add(2000.0, At::ZERO));
        (0..5).for_each(|_| sketch.add(100.0, At::from_secs(900)));
        let median = sketch.at_rank(0.5, At::from_secs(900)).unwrap();
        assert!((median - 100.0).abs() <= 5.0, "{median}");
    }

    #[test]
    fn a_moved_landmark_changes_no_answer() {
        let mut sketch = Quantile::new(Duration::from_secs(1));
        sketch.add(10.0, At::from_secs(62));
        sketch.add(1000.0, At::from_secs(64));
        let before = sketch.samples(At::from_secs(65));
        sketch.move_landmark(At::from_secs(65));
        assert!((sketch.samples(At::from_secs(65)) - before).abs() < 1e-9);
        assert!((sketch.at_rank(0.9, At::from_secs(65)).unwrap() / 1000.0 - 1.0).abs() <= Quantile::ERROR);
    }

    #[test]
    fn a_restart_changes_no_answer_and_forgets_as_much_as_idleness() {
        let mut sketch = Quantile::new(HALF_LIFE);
        (0..9).for_each(|_| sketch.add(100.0, At::from_secs(1000)));
        sketch.add(2000.0, At::from_secs(1100));
        let kept = sketch.kept(At::from_secs(1100));
        let recalled = Quantile::recalled(HALF_LIFE, &kept, Duration::from_secs(300), At::ZERO);
        assert_eq!(recalled.at_rank(0.5, At::ZERO), sketch.at_rank(0.5, At::from_secs(1400)));
        let (ours, its) = (recalled.samples(At::ZERO), sketch.samples(At::from_secs(1400)));
        assert!((ours - its).abs() < 1e-9, "{ours} {its}");
        let nonsense = BTreeMap::from([(3, f64::NAN), (4, -1.0), (usize::MAX, 1.0)]);
        assert_eq!(Quantile::recalled(HALF_LIFE, &nonsense, Duration::ZERO, At::ZERO).samples(At::ZERO), 0.0);
    }

    proptest! {
        #[test]
        fn every_answer_keeps_the_stated_error(
            mut values in prop::collection::vec(1.0..1_000_000f64, 1..200),
            rank in 0.0..1.0f64,
        ) {
            let mut sketch = Quantile::new(HALF_LIFE);
            values.iter().for_each(|value| sketch.add(*value, At::from_secs(9)));
            values.sort_by(f64::total_cmp);
            let index = (rank * values.len() as f64).ceil().max(1.0) as usize - 1;
            let answer = sketch.at_rank(rank, At::from_secs(9)).unwrap();
            prop_assert!((answer / values[index] - 1.0).abs() <= Quantile::ERROR + 1e-9, "{answer} {}", values[index]);
        }
    }
}
