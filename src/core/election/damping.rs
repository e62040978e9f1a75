//! Passes over providers that keep losing the lead.
//!
//! As routers do with routes that flap (RFC 2439): each loss adds to a penalty that halves with time; beyond one mark the
//! provider is passed over, until the penalty has fallen below a lower one. Whoever would be the last is not passed over.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::core::at::At;
use crate::core::ewma::fading;
use crate::core::until::{Now, passed_since};

const PER_DEMOTION: f64 = 1000.0;
const HALF_LIFE: Duration = Duration::from_secs(900);
const SUPPRESSED_FROM: f64 = 2000.0;
const REUSED_BELOW: f64 = 750.0;
/// No penalty grows beyond: nobody is passed over for longer than about 36 minutes after its last loss.
const MOST: f64 = 4000.0;
/// Penalties below this are forgotten.
const NEGLIGIBLE: f64 = 1.0;

/// The penalties of all providers.
#[derive(Clone, Debug, Default)]
pub(super) struct Damping {
    penalties: BTreeMap<String, Penalty>,
}

#[derive(Clone, Copy, Debug)]
struct Penalty {
    value: f64,
    at: At,
    mark: Mark,
}

/// Whether a penalty has passed the upper mark since it was last below the lower one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Mark {
    NotReached,
    Passed,
}

/// A penalty as it is kept over a restart.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Kept {
    kept_unix_s: u64,
    penalty: f64,
    mark: Mark,
}

impl Damping {
    /// All penalties, as they are kept over a restart.
    pub(super) fn kept(&self, now: Now) -> BTreeMap<String, Kept> {
        let penalties =
            self.penalties.iter().map(|(name, penalty)| (name, penalty.value_at(now.at), penalty));
        let worth_keeping = penalties.filter(|(_, value, _)| *value >= NEGLIGIBLE);
        let kept = |value, mark| Kept { kept_unix_s: now.unix_s, penalty: value, mark };
        worth_keeping.map(|(name, value, penalty)| (name.clone(), kept(value, penalty.mark))).collect()
    }

    /// Takes a penalty over from an earlier life.
    pub(super) fn recall(&mut self, name: &str, kept: &Kept, now: Now) {
        let left = fading(passed_since(kept.kept_unix_s, now), HALF_LIFE);
        let value = if kept.penalty.is_finite() { kept.penalty.clamp(0.0, MOST) * left } else { 0.0 };
        self.penalties.insert(name.into(), Penalty { value, at: now.at, mark: kept.mark });
    }

    /// `name` lost the lead because it could not keep it.
    pub(super) fn on_demotion(&mut self, name: &str, now: At) {
        self.penalties.retain(|_, penalty| penalty.value_at(now) >= NEGLIGIBLE);
        let before = self.penalties.get(name);
        let value = (before.map_or(0.0, |penalty| penalty.value_at(now)) + PER_DEMOTION).min(MOST);
        let suppressed = self.suppresses(name, now) || value >= SUPPRESSED_FROM;
        let mark = if suppressed { Mark::Passed } else { Mark::NotReached };
        self.penalties.insert(name.into(), Penalty { value, at: now, mark });
    }

    /// Whether `name` is to be passed over.
    pub(super) fn suppresses(&self, name: &str, now: At) -> bool {
        self.penalties.get(name).is_some_and(|penalty| penalty.suppresses(now))
    }

    /// The penalties of those who are passed over.
    pub(super) fn suppressed(&self, now: At) -> BTreeMap<String, u64> {
        let suppressed = self.penalties.iter().filter(|(_, penalty)| penalty.suppresses(now));
        suppressed.map(|(name, penalty)| (name.clone(), penalty.value_at(now) as u64)).collect()
    }
}

impl Penalty {
    fn value_at(&self, now: At) -> f64 {
        self.value * fading(now.since(self.at), HALF_LIFE)
    }

    fn suppresses(&self, now: At) -> bool {
        self.mark == Mark::Passed && self.value_at(now) >= REUSED_BELOW
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn demoted(seconds: &[u64]) -> Damping {
        let mut damping = Damping::default();
        seconds.iter().for_each(|second| damping.on_demotion("a", At::from_secs(*second)));
        damping
    }

    #[test]
    fn two_losses_are_forgiven_and_the_third_within_minutes_is_not() {
        assert!(!demoted(&[0, 60]).suppresses("a", At::from_secs(60)));
        assert!(demoted(&[0, 60, 120]).suppresses("a", At::from_secs(120)));
        assert!(!demoted(&[0, 3600, 7200]).suppresses("a", At::from_secs(7200)));
    }

    #[test]
    fn it_lasts_until_the_penalty_is_below_the_lower_mark() {
        let damping = demoted(&[0, 0]);
        assert!(damping.suppresses("a", At::from_secs(1270)));
        assert!(!damping.suppresses("a", At::from_secs(1280)));
    }

    #[test]
    fn one_that_loses_again_before_that_is_still_passed_over() {
        let damping = demoted(&[0, 0, 1200]);
        assert!(damping.penalties["a"].value_at(At::from_secs(1200)) < SUPPRESSED_FROM);
        assert!(damping.suppresses("a", At::from_secs(1200)));
    }

    #[test]
    fn a_restart_neither_forgives_nor_adds() {
        let kept = demoted(&[0, 60, 120]).kept(Now { at: At::from_secs(120), unix_s: 1000 });
        let recalled = |unix_s| {
            let mut damping = Damping::default();
            damping.recall("a", &kept["a"], Now { at: At::ZERO, unix_s });
            damping
        };
        assert!(recalled(1000 + 1200).suppresses("a", At::ZERO));
        assert!(!recalled(1000 + 3600).suppresses("a", At::ZERO));
        assert_eq!(recalled(1).suppressed(At::ZERO), demoted(&[0, 60, 120]).suppressed(At::from_secs(120)));
    }

    #[test]
    fn no_number_of_losses_is_held_against_anybody_for_longer_than_36_minutes() {
        let damping = demoted(&[0; 1000]);
        assert!(!damping.suppresses("a", At::from_secs(36 * 60 + 30)));
    }
}
