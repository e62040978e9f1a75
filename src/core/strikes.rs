//! What is held against a provider, and for how long it is not used because of that.
//!
//! **Proof of corruption**, or of calling the wrong block final, quarantines at once: 10 minutes, twice as long with each further quarantine, at most a day. **A
//! strike** is for what an honest provider may do once: the third within 10 minutes quarantines in the same way. Errors,
//! slowness and lag are no offences at all: breaker and score see to them. Each day without a quarantine forgives one doubling.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::at::At;
use super::until::{Now, Until};

/// The first quarantine; each later one is twice as long.
const QUARANTINE: Duration = Duration::from_secs(600);
/// The longest.
const LONGEST_QUARANTINE: Duration = Duration::from_secs(24 * 3600);
/// How long a strike counts.
const STRIKE_COUNTS: Duration = Duration::from_secs(600);
/// So many strikes that count make a quarantine.
const STRIKES_OUT: usize = 3;
/// One doubling is forgiven for every such time without a quarantine.
const FORGIVEN_EVERY: Duration = Duration::from_secs(24 * 3600);

/// What a provider did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Offence {
    /// It served content that contradicts itself, or not what was asked for: proof of corruption.
    Corrupt,
    /// It served a block without the body that its header promises.
    Partial,
    /// It held to a branch that lost for longer than six block times.
    LongFork,
    /// Its head went back further than replicas drift apart, and there was no reorg.
    Regression,
    /// It calls a block final where another one is, by the word of most operators: proof that it is wrong.
    FalseFinal,
}

/// What follows from an offence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Sentence {
    /// It counts as a strike; there are so many now.
    Strike {
        /// Strikes that count, this one among them.
        count: usize,
    },
    /// It is not used for so long.
    Quarantine {
        /// How long.
        pause: Duration,
        /// How many quarantines it had that are not forgiven, this one among them.
        count: u32,
    },
}

/// What is held against one provider.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Strikes {
    /// The ends of the times in which strikes count.
    strikes: Vec<At>,
    quarantined: Option<Quarantine>,
    quarantines: u32,
    forgiven_at: At,
}

/// A time in which a provider is not used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quarantine {
    /// Its end.
    pub until: At,
    /// What it is for.
    pub offence: Offence,
}

/// The same as it is kept over a restart.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    /// How long each strike still counts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub strikes: Vec<Until>,
    /// The quarantine that it serves.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quarantine: Option<Until>,
    /// What that is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offence: Option<Offence>,
    /// Quarantines that are not forgiven.
    #[serde(default)]
    pub quarantines: u32,
    /// When the next one is forgiven.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub forgiven: Option<Until>,
}

impl Offence {
    /// In words.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Corrupt => "provably wrong content",
            Self::Partial => "a block without its body",
            Self::LongFork => "a fork that lasts",
            Self::Regression => "its head went back",
            Self::FalseFinal => "a block called final that is not",
        }
    }

    /// Whether once is enough: no honest provider does it.
    const fn is_proof(self) -> bool {
        match self {
            Self::Corrupt | Self::FalseFinal => true,
            Self::Partial | Self::LongFork | Self::Regression => false,
        }
    }
}

impl fmt::Display for Offence {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.words())
    }
}

impl Strikes {
    /// Holds an offence against it. Nothing new is held against one that is quarantined already.
    pub fn on_offence(&mut self, offence: Offence, now: At) -> Option<Sentence> {
        if self.quarantine(now).is_some() {
            return None;
        }
        self.strikes.retain(|until| now < *until);
        if !offence.is_proof() {
            self.strikes.push(now + STRIKE_COUNTS);
            if self.strikes.len() < STRIKES_OUT {
                return Some(Sentence::Strike { count: self.strikes.len() });
            }
        }
        Some(self.sentence(offence, now))
    }

    fn sentence(&mut self, offence: Offence, now: At) -> Sentence {
        self.quarantines = self.unforgiven(now);
        let pause = QUARANTINE.saturating_mul(1 << self.quarantines.min(16)).min(LONGEST_QUARANTINE);
        self.quarantines = self.quarantines.saturating_add(1);
        self.quarantined = Some(Quarantine { until: now + pause, offence });
        self.forgiven_at = now + pause + FORGIVEN_EVERY;
        self.strikes.clear();
        Sentence::Quarantine { pause, count: self.quarantines }
    }

    /// Takes a quarantine back that was not deserved.
    pub fn acquit(&mut self) {
        if self.quarantined.take().is_some() {
            self.quarantines = self.quarantines.saturating_sub(1);
        }
    }

    /// Ends a quarantine because a person says so; that it was deserved stays on record. Tells whether there was one.
    pub fn pardon(&mut self, now: At) -> bool {
        let served = self.quarantine(now).is_some();
        self.quarantined = None;
        served
    }

    /// Its quarantine, if it serves one.
    pub fn quarantine(&self, now: At) -> Option<Quarantine> {
        self.quarantined.filter(|quarantine| now < quarantine.until)
    }

    /// Strikes that count.
    pub fn count(&self, now: At) -> usize {
        self.strikes.iter().filter(|until| now < **until).count()
    }

    /// Quarantines that are not forgiven.
    pub fn unforgiven(&self, now: At) -> u32 {
        self.quarantines.saturating_sub(self.forgiven(now))
    }

    /// How many were forgiven since the last quarantine.
    fn forgiven(&self, now: At) -> u32 {
        let late = now.since(self.forgiven_at).as_secs() / FORGIVEN_EVERY.as_secs();
        if now < self.forgiven_at { 0 } else { u32::try_from(late).unwrap_or(u32::MAX).saturating_add(1) }
    }

    fn next_forgiven(&self, now: At) -> At {
        self.forgiven_at + FORGIVEN_EVERY.saturating_mul(self.forgiven(now))
    }

    /// As it is kept over a restart.
    pub fn kept(&self, now: Now) -> Kept {
        let quarantines = self.unforgiven(now.at);
        Kept {
            strikes: self.strikes.iter().filter_map(|until| Until::of(*until, now)).collect(),
            quarantine: self.quarantined.and_then(|quarantine| Until::of(quarantine.until, now)),
            offence: self.quarantine(now.at).map(|quarantine| quarantine.offence),
            quarantines,
            forgiven: Until::of(self.next_forgiven(now.at), now).filter(|_| quarantines > 0),
        }
    }

    /// What was kept. A day that passed meanwhile forgives one quarantine.
    pub fn recalled(kept: &Kept, now: Now) -> Self {
        let forgiven = kept.forgiven.and_then(|day| day.resumed(LONGEST_QUARANTINE + FORGIVEN_EVERY, now));
        let strikes = kept.strikes.iter().filter_map(|strike| strike.resumed(STRIKE_COUNTS, now));
        let until = kept.quarantine.and_then(|end| end.resumed(LONGEST_QUARANTINE, now));
        let offence = kept.offence.unwrap_or(Offence::Corrupt);
        Self {
            strikes: strikes.take(STRIKES_OUT).collect(),
            quarantined: until.map(|until| Quarantine { until, offence }),
            quarantines: kept.quarantines.saturating_sub(u32::from(forgiven.is_none())),
            forgiven_at: forgiven.unwrap_or(now.at + FORGIVEN_EVERY),
        }
    }

    /// Whether nothing at all is held against it.
    pub fn is_clean(&self, now: At) -> bool {
        self.count(now) == 0 && self.quarantine(now).is_none() && self.unforgiven(now) == 0
    }
}

#[cfg(test)]
mod tests;
