//! How firmly a stream stands while it goes on: what keeps it from standing on several healthy operators.
//!
//! A stream goes on with one operator, or with a leader that is merely the least bad one: its user has asked for that. But
//! somebody must be told, for one more failure ends it or, worse, nobody is left to contradict a lie. A provider that restarts
//! takes less than a minute; for that nobody is woken.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::at::At;

/// How long something must last to be told.
const TOLD_AFTER: Duration = Duration::from_secs(60);

/// What is weak.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Weakness {
    /// Fewer than two operators have a provider in good health.
    OneOperator,
    /// Nobody is eligible: the least bad provider leads.
    LastResort,
    /// Nobody leads: whoever is left may not be believed.
    NoLeader,
    /// Most operators call less final than was delivered as final.
    FinalityReceded,
}

/// What is to be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum News {
    /// It has lasted long enough.
    Weak(Weakness),
    /// It is over.
    Firm(Weakness),
}

/// One time of weakness.
#[derive(Clone, Copy, Debug)]
struct Spell {
    since: At,
    told: Told,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Told {
    NotYet,
    Once,
}

/// What is weak, and since when.
#[derive(Clone, Debug, Default)]
pub struct Footing {
    spells: BTreeMap<Weakness, Spell>,
}

impl Weakness {
    /// Each of them.
    pub const ALL: [Self; 4] = [Self::OneOperator, Self::LastResort, Self::NoLeader, Self::FinalityReceded];

    /// Its name in metrics.
    pub const fn name(self) -> &'static str {
        match self {
            Self::OneOperator => "one_operator",
            Self::LastResort => "last_resort",
            Self::NoLeader => "no_leader",
            Self::FinalityReceded => "finality_receded",
        }
    }

    /// What it means, in a sentence without an end.
    pub const fn words(self) -> &'static str {
        match self {
            Self::OneOperator => {
                "fewer than two operators are in good health, so nobody may contradict what is delivered"
            }
            Self::LastResort => "no provider is in good health, the least bad one serves",
            Self::NoLeader => "no provider may be believed, so nobody leads",
            Self::FinalityReceded => "most operators call less final than was delivered as final",
        }
    }
}

impl Footing {
    /// Takes what is weak at `now`; answers what is to be told.
    pub fn observe(&mut self, weak: &BTreeSet<Weakness>, now: At) -> Vec<News> {
        let over = |(weakness, spell): (&Weakness, &Spell)| {
            (!weak.contains(weakness) && spell.told == Told::Once).then_some(News::Firm(*weakness))
        };
        let mut news: Vec<News> = self.spells.iter().filter_map(over).collect();
        self.spells.retain(|weakness, _| weak.contains(weakness));
        for weakness in weak {
            let spell = self.spells.entry(*weakness).or_insert(Spell { since: now, told: Told::NotYet });
            if spell.told == Told::NotYet && now.since(spell.since) >= TOLD_AFTER {
                spell.told = Told::Once;
                news.push(News::Weak(*weakness));
            }
        }
        news
    }

    /// What is weak, whether told or not.
    pub fn weak(&self) -> Vec<Weakness> {
        self.spells.keys().copied().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(s: u64) -> At {
        At::after_epoch(Duration::from_secs(s))
    }

    fn observe(footing: &mut Footing, weak: &[Weakness], s: u64) -> Vec<News> {
        footing.observe(&weak.iter().copied().collect(), at(s))
    }

    #[test]
    fn what_lasts_is_told_once_and_its_end_too() {
        let (mut footing, alone) = (Footing::default(), Weakness::OneOperator);
        assert_eq!(observe(&mut footing, &[alone], 0), []);
        assert_eq!(footing.weak(), [alone]);
        assert_eq!(observe(&mut footing, &[alone], 59), []);
        assert_eq!(observe(&mut footing, &[alone], 60), [News::Weak(alone)]);
        assert_eq!(observe(&mut footing, &[alone], 600), []);
        assert_eq!(observe(&mut footing, &[], 601), [News::Firm(alone)]);
        assert_eq!(footing.weak(), []);
    }

    #[test]
    fn a_short_spell_wakes_nobody() {
        let (mut footing, weak) = (Footing::default(), [Weakness::LastResort]);
        for s in 0..30 {
            assert_eq!(observe(&mut footing, &weak, s * 120), []);
            assert_eq!(observe(&mut footing, &weak, s * 120 + 59), []);
            assert_eq!(observe(&mut footing, &[], s * 120 + 60), []);
        }
    }

    #[test]
    fn one_weakness_does_not_hide_another() {
        let mut footing = Footing::default();
        observe(&mut footing, &[Weakness::OneOperator], 0);
        observe(&mut footing, &[Weakness::OneOperator, Weakness::NoLeader], 40);
        let both = observe(&mut footing, &Weakness::ALL, 100);
        assert_eq!(both, [News::Weak(Weakness::OneOperator), News::Weak(Weakness::NoLeader)]);
    }

    #[test]
    fn each_is_named_in_metrics_as_in_json() {
        for weakness in Weakness::ALL {
            assert_eq!(serde_json::to_value(weakness).unwrap(), weakness.name());
        }
    }
}
