//! Stops asking a provider that does not answer, and finds out when it does again.
//!
//! **Trips on** three failures in a row, two timeouts in a row (hanging is the commonest sign of a dead node), one refusal of
//! key or plan, or half of the recent requests failed. Rules that need a full window first would take minutes at the one to
//! three requests a block of a stream. Too many requests and "not yet" never count.
//!
//! **Open** it refuses for 5 s, doubling with each new opening up to 5 min; a refused key for 2 to 30 min. What still fails
//! meanwhile does not prolong that. **Half-open** it lets one request through at a time: three successes in a row close it,
//! one failure opens it again. While closed it forgives one doubling every 10 minutes.
//!
//! **When supply is scarce**, that is when too few other providers are left, an open breaker still lets a request through
//! every 10 s or every block, whichever is sooner: a breaker may cost the last provider its rest, never the stream.

use std::time::Duration;

use super::at::At;
use super::backoff::Backoff;
use super::ewma::Ewma;
use super::outcome::{FailureKind, Outcome};

mod kept;
mod state;

pub use kept::Kept;
pub use state::{Cause, Phase, State};

const FAILURES_IN_A_ROW: u32 = 3;
const TIMEOUTS_IN_A_ROW: u32 = 2;
const SUCCESSES_TO_CLOSE: u32 = 3;
const ERROR_RATIO: f64 = 0.5;
/// Below this many effective samples the ratio says nothing, and only the rules for rows apply.
const RATIO_SAMPLES: f64 = 8.0;
const RATIO_HALF_LIFE: Duration = Duration::from_secs(60);
/// One doubling is forgiven for every such time spent closed.
const FORGIVEN_EVERY: Duration = Duration::from_secs(600);
/// A trial whose outcome nobody told by then is taken for lost, and another is let through.
const TRIAL_LOST_AFTER: Duration = Duration::from_secs(60);
const SCARCE_TRIAL_EVERY: Duration = Duration::from_secs(10);
const OPEN: Backoff = Backoff { first: Duration::from_secs(5), cap: Duration::from_secs(300), spread: 0.2 };
const OPEN_CONFIG: Backoff =
    Backoff { first: Duration::from_secs(120), cap: Duration::from_secs(1800), spread: 0.2 };

/// The breaker of one provider.
#[derive(Clone, Debug)]
pub struct Breaker {
    position: Position,
    errors: Ewma,
    failures_in_a_row: u32,
    timeouts_in_a_row: u32,
    /// Openings not yet forgiven.
    openings: u32,
    cause: Option<Cause>,
}

#[derive(Clone, Copy, Debug)]
enum Position {
    Closed { since: At },
    Open { until: At, last_try: At },
    HalfOpen { until: At, successes: u32, trial: Option<At> },
}

/// Whether enough other providers are left to do without this one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Supply {
    /// They are.
    Enough,
    /// They are not: this one must be tried often.
    Scarce {
        /// The measured time between blocks.
        block_time: Duration,
    },
}

/// Whether a request may be sent.
#[must_use]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Permit {
    /// As always.
    Allowed,
    /// As a trial: no other is let through until its outcome is recorded.
    Trial,
    /// No.
    Refused {
        /// When it is worth asking again.
        until: At,
    },
}

impl Breaker {
    /// A closed breaker.
    pub const fn new(now: At) -> Self {
        Self {
            position: Position::Closed { since: now },
            errors: Ewma::new(RATIO_HALF_LIFE),
            failures_in_a_row: 0,
            timeouts_in_a_row: 0,
            openings: 0,
            cause: None,
        }
    }

    /// Asks to send one request. A [`Permit::Trial`] must be followed by [`Breaker::record`].
    pub fn permit(&mut self, now: At, supply: Supply) -> Permit {
        let (until, successes) = match self.position {
            Position::Closed { .. } => return Permit::Allowed,
            Position::HalfOpen { trial: Some(sent), .. } if now < sent + TRIAL_LOST_AFTER => {
                return Permit::Refused { until: sent + TRIAL_LOST_AFTER };
            }
            Position::HalfOpen { until, successes, .. } => (until, successes),
            Position::Open { until, last_try } => {
                let next = next_try(until, last_try, supply);
                if now < next {
                    return Permit::Refused { until: next };
                }
                (until, 0)
            }
        };
        self.position = Position::HalfOpen { until, successes, trial: Some(now) };
        Permit::Trial
    }

    /// Records how a request ended. Requests sent before the breaker opened do not move it any more.
    pub fn record(&mut self, outcome: Outcome, now: At, jitter: f64) {
        match self.position {
            Position::Closed { since } => self.record_closed(outcome, since, now, jitter),
            Position::HalfOpen { until, successes, trial: Some(_) } => {
                self.record_trial(outcome, (until, successes), now, jitter);
            }
            Position::HalfOpen { trial: None, .. } | Position::Open { .. } => {}
        }
    }

    fn record_closed(&mut self, outcome: Outcome, since: At, now: At, jitter: f64) {
        match outcome {
            Outcome::Success => {
                (self.failures_in_a_row, self.timeouts_in_a_row) = (0, 0);
                self.errors.add(0.0, now);
            }
            Outcome::Failure(kind) => {
                self.count_failure(kind, now);
                if let Some(cause) = self.reason_to_trip(kind, now) {
                    let forgiven = now.since(since).as_secs() / FORGIVEN_EVERY.as_secs();
                    self.openings = self.openings.saturating_sub(forgiven.min(u64::from(u32::MAX)) as u32);
                    self.open(cause, now, jitter);
                }
            }
            Outcome::Throttled | Outcome::Ignored => {}
        }
    }

    fn record_trial(&mut self, outcome: Outcome, (until, before): (At, u32), now: At, jitter: f64) {
        let successes = before + u32::from(outcome == Outcome::Success);
        self.position = match outcome {
            Outcome::Success if successes >= SUCCESSES_TO_CLOSE => return self.close(now),
            // A trial before its time, because supply was scarce, proves nothing new: the deadline stands.
            Outcome::Failure(_) if now < until => Position::Open { until, last_try: now },
            Outcome::Failure(kind) => return self.open(Cause::of_trial(kind), now, jitter),
            _ => Position::HalfOpen { until, successes, trial: None },
        };
    }

    fn count_failure(&mut self, kind: FailureKind, now: At) {
        self.errors.add(1.0, now);
        self.failures_in_a_row += 1;
        self.timeouts_in_a_row = if kind == FailureKind::Timeout { self.timeouts_in_a_row + 1 } else { 0 };
    }

    fn reason_to_trip(&self, kind: FailureKind, now: At) -> Option<Cause> {
        let ratio = self.errors.mean(now).filter(|_| self.errors.samples(now) >= RATIO_SAMPLES);
        if kind == FailureKind::Config {
            Some(Cause::Config)
        } else if self.timeouts_in_a_row >= TIMEOUTS_IN_A_ROW {
            Some(Cause::Timeouts)
        } else if self.failures_in_a_row >= FAILURES_IN_A_ROW {
            Some(Cause::Failures)
        } else {
            ratio.filter(|ratio| *ratio >= ERROR_RATIO).map(|_| Cause::ErrorRatio)
        }
    }

    fn open(&mut self, cause: Cause, now: At, jitter: f64) {
        // The waits for a refused key are of another scale: a row of one kind says nothing about the other.
        if (self.cause == Some(Cause::Config)) != (cause == Cause::Config) {
            self.openings = 0;
        }
        let backoff = if cause == Cause::Config { OPEN_CONFIG } else { OPEN };
        let until = now + backoff.wait(self.openings, jitter);
        self.openings = self.openings.saturating_add(1);
        self.cause = Some(cause);
        self.position = Position::Open { until, last_try: now };
    }

    fn close(&mut self, now: At) {
        self.errors = Ewma::new(RATIO_HALF_LIFE);
        (self.failures_in_a_row, self.timeouts_in_a_row) = (0, 0);
        self.position = Position::Closed { since: now };
    }
}

fn next_try(until: At, last_try: At, supply: Supply) -> At {
    match supply {
        Supply::Enough => until,
        Supply::Scarce { block_time } => until.min(last_try + block_time.min(SCARCE_TRIAL_EVERY)),
    }
}

#[cfg(test)]
mod tests;
