//! The ways in which a provider of a play may fail: every row of the fault matrix that a single clock can play, and more of the
//! kind that has no end of variants.

use std::fmt;
use std::time::Duration;

use super::cast::Character;
use super::deed::Ailment;
use crate::core::numbers::Height;
use crate::sim::corruption::Corruption;
use crate::sim::fault::{Fault, Form, Reach};
use crate::sim::random::Random;
use crate::sim::symptom::{Refusal, Symptom};

/// One way to fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Trouble {
    /// A row of the matrix.
    Row(Fault),
    /// Answers take longer.
    Slow,
    /// It dies and comes back again and again.
    Flapping,
    /// It lags by any number of blocks.
    Lagging,
    /// It takes few requests, and says how long to wait, or does not.
    Limited,
    /// It invents a chain of its own.
    Lying,
    /// It hands out content that is not what it says, in any way there is.
    Forging,
    /// In this one way.
    Forged(Corruption),
    /// It follows a fork, alone or with others.
    Forked,
}

/// A name that no trouble has.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no fault is called {0:?}; there are {1}")]
pub struct UnknownTrouble(String, String);

/// Rows that have no place here. The first two end in a halt that a person must end, or in content that no chain made, by what
/// blocktap promises; the third has no clock to set.
const ELSEWHERE: [Fault; 3] = [Fault::ReorgBelowFinal, Fault::RootNotRecomputable, Fault::WrongClock];

/// Where forms are looked at before the play; only their heights differ then.
const SOMEWHERE: Height = Height(1_000);

impl Trouble {
    const OWN: [Self; 7] =
        [Self::Slow, Self::Flapping, Self::Lagging, Self::Limited, Self::Lying, Self::Forging, Self::Forked];

    /// All of them; the ways to forge are one.
    pub fn all() -> Vec<Self> {
        let rows = Fault::ALL.iter().filter(|fault| fault.venue().in_memory() && !ELSEWHERE.contains(fault));
        rows.copied().map(Self::Row).chain(Self::OWN).collect()
    }

    /// Those of these names; `none` is no name.
    ///
    /// # Errors
    /// The first name that no trouble has.
    pub fn named<'n>(names: impl IntoIterator<Item = &'n str>) -> Result<Vec<Self>, UnknownTrouble> {
        let forged = Corruption::ALL.into_iter().map(Self::Forged);
        let all: Vec<Self> = Self::all().into_iter().chain(forged).collect();
        let mut found = Vec::new();
        for name in names.into_iter().filter(|name| *name != "none") {
            let meant = |trouble: &&Self| {
                trouble.name() == name
                    || matches!(trouble, Self::Row(fault) if fault.row().to_string() == name)
            };
            let known = || all.iter().map(|trouble| trouble.name()).collect::<Vec<_>>().join(", ");
            found.push(*all.iter().find(meant).ok_or_else(|| UnknownTrouble(name.into(), known()))?);
        }
        Ok(found)
    }

    /// What it is called.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Row(fault) => fault.name(),
            Self::Slow => "slow",
            Self::Flapping => "flapping",
            Self::Lagging => "lagging",
            Self::Limited => "limited",
            Self::Lying => "lying",
            Self::Forging => "forging",
            Self::Forged(corruption) => corruption.trouble(),
            Self::Forked => "forked",
        }
    }

    /// One of its forms that somebody of this character may have, if there is one.
    pub fn draw(self, character: Character, random: &mut Random) -> Option<Ailment> {
        let drawn = match self {
            Self::Row(fault) => return row(fault, character, random),
            Self::Forked => Ailment::Fork(random.word() >> 8),
            Self::Lying => Ailment::Lie { back: random.below(4) },
            Self::Slow => own(Symptom::Latency(Duration::from_millis(random.within(&(200..=6_000))))),
            Self::Flapping => {
                own(Symptom::Flap { period: Duration::from_millis(random.within(&(500..=15_000))) })
            }
            Self::Lagging => own(Symptom::Lag(random.within(&(1..=30)))),
            Self::Limited => own(Symptom::RateLimit {
                per_second: u32::try_from(random.below(4)).unwrap_or_default(),
                retry_after: (!random.once_in(3)).then(|| Duration::from_secs(random.within(&(1..=30)))),
                refusal: if random.once_in(2) { Refusal::Status } else { Refusal::Body },
            }),
            Self::Forged(corruption) => own(Symptom::Corrupt(corruption)),
            Self::Forging => {
                let place = random.below(Corruption::ALL.len() as u64);
                own(Symptom::Corrupt(Corruption::ALL[usize::try_from(place).unwrap_or_default()]))
            }
        };
        (drawn.takes() <= character).then_some(drawn)
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.name())
    }
}

fn own(symptom: Symptom) -> Ailment {
    Ailment::Own(symptom)
}

fn row(fault: Fault, character: Character, random: &mut Random) -> Option<Ailment> {
    let count = fault.forms(SOMEWHERE).len();
    let fitting = (0..count).map(|form| Ailment::Row { fault, form });
    let mut fitting: Vec<Ailment> = fitting.filter(|ailment| ailment.takes() <= character).collect();
    let place = usize::try_from(random.below(fitting.len() as u64)).ok()?;
    (place < fitting.len()).then(|| fitting.swap_remove(place))
}

// === What an ailment takes ===

impl Ailment {
    /// The form of a row, at this head.
    pub fn form(&self, head: Height) -> Option<Form> {
        match self {
            Self::Row { fault, form } => fault.forms(head).into_iter().nth(*form),
            Self::Own(_) | Self::Fork(_) | Self::Lie { .. } => None,
        }
    }

    /// Who may have it.
    pub fn takes(&self) -> Character {
        self.symptoms().iter().map(taken).max().unwrap_or(Character::Honest)
    }

    /// Whether it makes a branch that must not become final.
    pub fn branches(&self) -> bool {
        let branch = |symptom: &Symptom| {
            matches!(symptom, Symptom::ForkAt(_) | Symptom::TwoMinds(_) | Symptom::LieFrom(_))
        };
        matches!(self, Self::Fork(_)) || self.symptoms().iter().any(branch)
    }

    fn symptoms(&self) -> Vec<Symptom> {
        match self {
            Self::Own(symptom) => vec![symptom.clone()],
            Self::Lie { .. } => vec![Symptom::LieFrom(SOMEWHERE)],
            Self::Fork(_) => Vec::new(),
            Self::Row { .. } => match self.form(SOMEWHERE).map(|form| form.reach) {
                Some(
                    Reach::Provider(symptoms)
                    | Reach::Newcomer(symptoms)
                    | Reach::Operator(symptoms)
                    | Reach::Everybody(symptoms)
                    | Reach::Each(symptoms),
                ) => symptoms,
                Some(Reach::Chain(_) | Reach::Clock(_)) | None => Vec::new(),
            },
        }
    }
}

/// What it takes to show a symptom.
pub fn taken(symptom: &Symptom) -> Character {
    match symptom {
        Symptom::Corrupt(_) | Symptom::ReceiptsOfAnotherFork => Character::Forger,
        Symptom::LieFrom(_)
        | Symptom::WrongChain(_)
        | Symptom::OtherGenesis
        | Symptom::Leap(_)
        | Symptom::LeapSealed(_) => Character::Liar,
        _ => Character::Honest,
    }
}
