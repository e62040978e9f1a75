//! How long an account that asked too much is left alone.

use std::time::Duration;

use serde::Serialize;

use crate::core::at::At;
use crate::core::backoff::Backoff;

/// A provider's own wish is kept within these: a slip of its pen must not park it for a day.
const SHORTEST: Duration = Duration::from_millis(250);
const LONGEST: Duration = Duration::from_secs(300);
const UNTOLD: Backoff = Backoff { first: Duration::from_secs(1), cap: Duration::from_secs(60), spread: 0.2 };
/// Waits asked for are lengthened by up to this share, never shortened.
const SPREAD: f64 = 0.1;
/// A refusal that soon after a resumption
const SOON: Duration = Duration::from_secs(10);
/// so often in a row means that the quota is used up,
const SOON_IN_A_ROW: u32 = 2;
/// and that a longer rest is due.
pub(super) const QUOTA_REST: Duration = Duration::from_secs(900);
/// While nobody else can take over, a rest that nobody asked for is cut to this: the quota may have been filled again.
const SCARCE_REST: Duration = Duration::from_secs(10);
/// A resumption that held for so long forgives the refusals before it.
const FORGIVEN_AFTER: Duration = Duration::from_secs(30);

/// A time in which nothing is granted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Pause {
    /// Its end.
    pub until: At,
    /// Its reason.
    pub reason: PauseReason,
}

/// Why an account is paused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PauseReason {
    /// Too many requests at once: it will soon be over.
    Burst,
    /// Refused as soon as it resumed, again and again: the quota is used up. Worth telling the operator.
    Quota,
}

/// The pauses so far.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct History {
    last: Option<Pause>,
    /// When the last refusal came.
    refused: At,
    /// Until when the provider itself asked to be left alone.
    asked: At,
    /// Pauses not yet forgiven: each doubles the next untold wait.
    in_a_row: u32,
    soon_in_a_row: u32,
}

/// What a refusal did.
#[derive(Clone, Copy, Debug)]
pub(super) enum News {
    Began(Pause),
    Prolonged(Pause),
}

impl News {
    pub(super) const fn pause(self) -> Pause {
        match self {
            Self::Began(pause) | Self::Prolonged(pause) => pause,
        }
    }
}

impl History {
    /// The pause at `now`, if there is one.
    pub(super) fn at(&self, now: At) -> Option<Pause> {
        self.last.filter(|pause| now < pause.until)
    }

    pub(super) fn on_refusal(&mut self, retry_after: Option<Duration>, now: At, jitter: f64) -> News {
        self.refused = now;
        self.asked = self.asked.max(retry_after.map_or(now, |wait| now + told(wait, jitter)));
        if let Some(running) = self.at(now) {
            let asked = retry_after.map_or(running.until, |wait| now + told(wait, jitter));
            return News::Prolonged(self.remember(asked.max(running.until), running.reason));
        }
        self.count(now);
        let wait = retry_after.map_or_else(|| UNTOLD.wait(self.in_a_row, jitter), |wait| told(wait, jitter));
        self.in_a_row = self.in_a_row.saturating_add(1);
        News::Began(if self.soon_in_a_row >= SOON_IN_A_ROW {
            self.remember(now + wait.max(QUOTA_REST), PauseReason::Quota)
        } else {
            self.remember(now + wait, PauseReason::Burst)
        })
    }

    /// Cuts a pause at `now` to what the provider asked for, and a short rest; gives its new end.
    pub(super) fn cut(&mut self, now: At) -> Option<At> {
        let running = self.at(now)?;
        let until = self.asked.max(self.refused + SCARCE_REST);
        (until < running.until).then(|| self.remember(until, running.reason).until)
    }

    /// A pause that began in an earlier life.
    pub(super) fn resume(&mut self, until: At) {
        self.remember(until, PauseReason::Burst);
    }

    fn count(&mut self, now: At) {
        let Some(resumed) = self.last.map(|pause| pause.until) else { return };
        let held = now.since(resumed);
        self.soon_in_a_row = if held <= SOON { self.soon_in_a_row + 1 } else { 0 };
        if held >= FORGIVEN_AFTER {
            self.in_a_row = 0;
        }
    }

    fn remember(&mut self, until: At, reason: PauseReason) -> Pause {
        let pause = Pause { until, reason };
        self.last = Some(pause);
        pause
    }
}

fn told(retry_after: Duration, jitter: f64) -> Duration {
    retry_after.clamp(SHORTEST, LONGEST).mul_f64(1.0 + SPREAD * jitter.clamp(0.0, 1.0))
}
