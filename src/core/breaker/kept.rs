//! A breaker over a restart of the process.
//!
//! An open one stays open until its deadline, and its openings still double the next wait. Only a refused key is tried at once:
//! a person who mends it restarts, and must not wait half an hour for that. If it is still refused, the wait is the longer one.

use serde::{Deserialize, Serialize};

use super::{Breaker, Cause, OPEN, OPEN_CONFIG, Position};
use crate::core::until::{Now, Until};

/// Openings beyond these make no wait any longer.
const MOST_OPENINGS: u32 = 32;

/// A breaker as it is kept over a restart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    /// Whether it was open or half-open.
    #[serde(flatten)]
    phase: Phase,
    /// Openings not yet forgiven.
    openings: u32,
    /// What opened it last.
    cause: Option<Cause>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "phase")]
enum Phase {
    Closed,
    /// Without a deadline it was being tried.
    Open {
        until: Option<Until>,
    },
}

impl Breaker {
    /// As it is kept over a restart; `None` when there is nothing to keep.
    pub fn kept(&self, now: Now) -> Option<Kept> {
        let phase = match self.position {
            Position::Closed { .. } if self.openings == 0 => return None,
            Position::Closed { .. } => Phase::Closed,
            Position::Open { until, .. } | Position::HalfOpen { until, .. } => {
                Phase::Open { until: Until::of(until, now) }
            }
        };
        Some(Kept { phase, openings: self.openings, cause: self.cause })
    }

    /// What was kept.
    pub fn recalled(kept: &Kept, now: Now) -> Self {
        let refused = kept.cause == Some(Cause::Config);
        let cap = if refused { OPEN_CONFIG } else { OPEN };
        let longest = cap.cap.mul_f64(1.0 + cap.spread);
        let position = match kept.phase {
            Phase::Closed => Position::Closed { since: now.at },
            Phase::Open { until } => {
                let until = until.filter(|_| !refused).and_then(|until| until.resumed(longest, now));
                Position::Open { until: until.unwrap_or(now.at), last_try: now.at }
            }
        };
        let openings = kept.openings.min(MOST_OPENINGS);
        Self { position, openings, cause: kept.cause, ..Self::new(now.at) }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::core::at::At;
    use crate::core::breaker::{Permit, Supply};
    use crate::core::outcome::{FailureKind, Outcome};

    const KEPT_AT: Now = Now { at: At::from_secs(100), unix_s: 1_000_000 };

    fn tripped(kind: FailureKind) -> Breaker {
        let mut breaker = Breaker::new(At::ZERO);
        (0..3).for_each(|_| breaker.record(Outcome::Failure(kind), At::from_secs(99), 0.5));
        breaker
    }

    /// Kept, read back so many seconds later by a process that has just begun.
    fn later(breaker: &Breaker, seconds: u64) -> Breaker {
        let text = serde_json::to_string(&breaker.kept(KEPT_AT)).unwrap();
        let kept: Option<Kept> = serde_json::from_str(&text).unwrap();
        Breaker::recalled(&kept.unwrap(), Now { at: At::ZERO, unix_s: KEPT_AT.unix_s + seconds })
    }

    #[test]
    fn an_open_breaker_stays_open_until_its_deadline() {
        let mut recalled = later(&tripped(FailureKind::Transport), 1);
        assert_eq!(recalled.permit(At::ZERO, Supply::Enough), Permit::Refused { until: At::from_secs(3) });
        assert_eq!(recalled.permit(At::from_secs(3), Supply::Enough), Permit::Trial);
        assert_eq!(
            later(&tripped(FailureKind::Transport), 4).permit(At::ZERO, Supply::Enough),
            Permit::Trial
        );
    }

    #[test]
    fn its_openings_still_double_the_next_wait() {
        let mut recalled = later(&tripped(FailureKind::Transport), 60);
        assert_eq!(recalled.permit(At::ZERO, Supply::Enough), Permit::Trial);
        recalled.record(Outcome::Failure(FailureKind::Transport), At::ZERO, 0.5);
        assert_eq!(recalled.permit(At::ZERO, Supply::Enough), Permit::Refused { until: At::from_secs(10) });
    }

    #[test]
    fn a_refused_key_is_tried_at_once_and_waits_longer_if_it_is_refused_again() {
        let mut recalled = later(&tripped(FailureKind::Config), 1);
        assert_eq!(recalled.permit(At::ZERO, Supply::Enough), Permit::Trial);
        recalled.record(Outcome::Failure(FailureKind::Config), At::ZERO, 0.5);
        let until = At::ZERO + Duration::from_secs(240);
        assert_eq!(recalled.permit(At::ZERO, Supply::Enough), Permit::Refused { until });
    }

    #[test]
    fn a_clock_set_back_prolongs_nothing() {
        let kept = tripped(FailureKind::Transport).kept(KEPT_AT).unwrap();
        let mut recalled = Breaker::recalled(&kept, Now { at: At::ZERO, unix_s: KEPT_AT.unix_s - 3600 });
        assert_eq!(recalled.permit(At::from_secs(4), Supply::Enough), Permit::Trial);
    }

    #[test]
    fn one_that_never_opened_leaves_nothing_behind() {
        assert_eq!(Breaker::new(At::ZERO).kept(KEPT_AT), None);
    }
}
