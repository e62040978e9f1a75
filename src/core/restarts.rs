//! When a dead actor is started again, and when that is given up.
//!
//! The first restart comes at once, so that an accident costs less than a second. Repeated deaths wait longer each time: a
//! fault that outlives a restart is rarely cured by more of them. Too many in one window mean that whoever supervises the
//! supervisor must decide (Erlang/OTP's restart intensity).

use std::collections::VecDeque;
use std::time::Duration;

use super::at::At;
use super::backoff::Backoff;

/// How often an actor may be started again.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Policy {
    /// Restarts allowed within the window.
    pub most: usize,
    /// The window.
    pub window: Duration,
    /// The wait before each.
    pub backoff: Backoff,
}

/// What to do about a death.
#[must_use]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Restart {
    /// Start it again after this wait.
    After(Duration),
    /// It died too often: give up, and tell.
    Escalate,
}

/// The restarts of one actor.
#[derive(Clone, Debug)]
pub struct Restarts {
    policy: Policy,
    recent: VecDeque<At>,
    total: u64,
}

impl Default for Policy {
    /// Five within a minute; 100 ms, doubling up to 5 s, each ±20 %.
    fn default() -> Self {
        let backoff = Backoff { first: Duration::from_millis(100), cap: Duration::from_secs(5), spread: 0.2 };
        Self { most: 5, window: Duration::from_secs(60), backoff }
    }
}

impl Restarts {
    /// An actor that has not died yet.
    pub const fn new(policy: Policy) -> Self {
        Self { policy, recent: VecDeque::new(), total: 0 }
    }

    /// The actor died at `now`.
    pub fn on_death(&mut self, now: At, jitter: f64) -> Restart {
        self.recent.retain(|death| now.since(*death) < self.policy.window);
        if self.recent.len() >= self.policy.most {
            return Restart::Escalate;
        }
        let wait = self.policy.backoff.wait(self.recent.len() as u32, jitter);
        self.recent.push_back(now);
        self.total += 1;
        Restart::After(wait)
    }

    /// Restarts so far.
    pub const fn total(&self) -> u64 {
        self.total
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_first_restart_comes_within_200_ms() {
        let restart = Restarts::new(Policy::default()).on_death(At::from_secs(7), 0.999);
        assert!(matches!(restart, Restart::After(wait) if wait <= Duration::from_millis(200)));
    }

    #[test]
    fn repeated_deaths_wait_longer_and_then_escalate() {
        let mut restarts = Restarts::new(Policy::default());
        let waits: Vec<_> = (0..6).map(|second| restarts.on_death(At::from_secs(second), 0.5)).collect();
        let milliseconds = |wait| Restart::After(Duration::from_millis(wait));
        assert_eq!(waits[..5], [100, 200, 400, 800, 1600].map(milliseconds));
        assert_eq!(waits[5], Restart::Escalate);
        assert_eq!(restarts.total(), 5);
    }

    #[test]
    fn a_quiet_window_forgives() {
        let mut restarts = Restarts::new(Policy::default());
        (0..5)
            .for_each(|second| assert_ne!(restarts.on_death(At::from_secs(second), 0.5), Restart::Escalate));
        assert_eq!(restarts.on_death(At::from_secs(70), 0.5), Restart::After(Duration::from_millis(100)));
    }

    proptest! {
        #[test]
        fn no_window_holds_more_restarts_than_allowed(gaps in prop::collection::vec(0u64..30, 1..60)) {
            let policy = Policy::default();
            let mut restarts = Restarts::new(policy);
            let (mut now, mut starts) = (0, Vec::new());
            for gap in gaps {
                now += gap;
                if restarts.on_death(At::from_secs(now), 0.5) != Restart::Escalate {
                    starts.push(now);
                }
            }
            let window = policy.window.as_secs();
            for start in &starts {
                let within = starts.iter().filter(|other| (*start..start + window).contains(other)).count();
                prop_assert!(within <= policy.most);
            }
        }
    }
}
