//! What a provider's actor remembers of itself over a restart.

use std::time::Duration;

use super::{Profile, Provider};
use crate::actors::messages::{RememberConduct, Role};
use crate::core::at::At;
use crate::core::breaker::Phase;
use crate::core::conduct::Conduct;
use crate::core::cordon::Cordon;
use crate::core::memory::Remembered;
use crate::core::until::Now;

/// How often conduct is written down when nothing but the score moves.
const EVERY: Duration = Duration::from_secs(60);

/// What makes conduct worth writing down at once, and when it was last done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Outline {
    told: At,
    openings: u32,
    breaker: Passing,
    paused_until: Option<At>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Passing {
    Passes,
    Refuses,
}

/// The conduct that a provider begins with.
pub(super) fn conduct(profile: &Profile, remembered: &Remembered, now: Now) -> Conduct {
    match &remembered.conduct {
        Some(kept) => Conduct::recalled(kept, &profile.health, profile.quota, now),
        None => Conduct::new(&profile.health, profile.quota, now.at),
    }
}

/// The role that a provider begins with: one that is cordoned is not even looked at.
pub(super) fn role(remembered: &Remembered, now: Now) -> Role {
    let cordon = remembered.sanctions.cordon.as_ref().and_then(|kept| Cordon::recalled(kept, now));
    if cordon.is_some() { Role::Cordoned } else { Role::Standby }
}

impl Provider {
    /// Has its conduct written down, if that is worth it.
    pub(super) fn remember(&mut self) {
        let outline = self.outline();
        let stale = |told: &Outline| {
            outline.told.since(told.told) >= EVERY || Outline { told: told.told, ..outline } != *told
        };
        if self.told_conduct.as_ref().is_none_or(stale) {
            self.remember_now();
        }
    }

    /// Has its conduct written down.
    pub(super) fn remember_now(&mut self) {
        let now = self.vitals.clock().both(self.vitals.now());
        let conduct = self.desk.borrow().conduct.kept(now);
        self.told_conduct = Some(self.outline());
        let provider = self.profile.name.clone();
        self.links.remember.tell(RememberConduct { provider, conduct });
    }

    fn outline(&self) -> Outline {
        let now = self.vitals.now();
        let desk = self.desk.borrow();
        let breaker = desk.conduct.breaker(now);
        Outline {
            told: now,
            openings: breaker.openings,
            breaker: if breaker.phase == Phase::Closed { Passing::Passes } else { Passing::Refuses },
            paused_until: desk.conduct.paused_until(now),
        }
    }
}
