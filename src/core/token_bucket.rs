//! Spends an account's quota: most important work first, and never more than the provider allows.
//!
//! One bucket an account, in credits. A tip request may take the last credit; the others must leave some for those above
//! them, so that a catch-up that uses all that flows in never makes the tip wait. What nobody above uses, catch-up gets.
//! Probes, besides, stay within 5 % of the rate.
//!
//! A refusal for too many requests (429) pauses the account for as long as the provider asks, or with doubling waits if it
//! does not say, and lowers the rate to 70 %. The bucket is empty when the pause ends, so work resumes at the new rate rather
//! than with a burst. Refused again within 10 s of two resumptions in a row, it is not a burst but the quota that is used up,
//! and the account rests for 15 min; but no longer than 10 s, or than it asked for, while nobody else can take over. The rate grows back by 5 % every 30 s, but only if it is used: an idle account proves
//! nothing. (Additive-increase limiters differ in numbers, not in kind: eRPC's auto-tuner, AWS's adaptive retry mode.)

use std::time::Duration;

use serde::{Deserialize, Serialize};

use self::level::Level;
use self::priority::PROBE_SHARE;
use super::at::At;
use super::until::{Now, Until};

mod level;
mod pause;
mod priority;

pub use pause::{Pause, PauseReason};
pub use priority::Priority;

const LOWERED_TO: f64 = 0.7;
const RAISED_TO: f64 = 1.05;
const RAISED_EVERY: Duration = Duration::from_secs(30);
/// The share of the rate that must have been used for it to be raised.
const USED: f64 = 0.9;
/// What an account may spend.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Quota {
    /// Credits a second.
    pub rate_per_s: f64,
    /// Credits at once, after a rest.
    pub burst: f64,
}

/// The answer to a wish to spend.
#[must_use]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    /// The credits are spent.
    Granted,
    /// Nothing is spent; ask again after this.
    WaitFor(Duration),
}

/// The token bucket of one account.
#[derive(Clone, Debug)]
pub struct TokenBucket {
    configured: Quota,
    rate_per_s: f64,
    main: Level,
    probes: Level,
    /// The dearest request so far: the rate never falls below one of these a second.
    dearest: f64,
    pause: pause::History,
    period_since: At,
    period_spent: f64,
}

/// A bucket's state, for people.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct State {
    /// The rate in use: the configured one, or less if the provider refused.
    pub rate_per_s: f64,
    /// The rate the operator allows.
    pub configured_per_s: f64,
    /// Credits in the bucket; below zero after a request dearer than the bucket.
    pub credits: f64,
    /// The pause, if there is one.
    pub pause: Option<Pause>,
}

impl Quota {
    /// The same, with nonsense made harmless: neither number may be zero, negative or infinite.
    fn sane(self) -> Self {
        let sane = |number: f64| if number.is_finite() { number.max(1e-3) } else { 1e9 };
        Self { rate_per_s: sane(self.rate_per_s), burst: sane(self.burst) }
    }
}

impl TokenBucket {
    /// A full bucket.
    pub fn new(quota: Quota, now: At) -> Self {
        let configured = quota.sane();
        Self {
            configured,
            rate_per_s: configured.rate_per_s,
            main: Level { credits: configured.burst, at: now },
            probes: Level { credits: configured.burst * PROBE_SHARE, at: now },
            dearest: 1.0,
            pause: pause::History::default(),
            period_since: now,
            period_spent: 0.0,
        }
    }

    /// The same, in a pause that began in an earlier life.
    #[must_use]
    pub fn still_paused(mut self, pause: Until, now: Now) -> Self {
        if let Some(until) = pause.resumed(pause::QUOTA_REST, now) {
            self.pause.resume(until);
            self.main = Level { credits: 0.0, at: until };
            self.probes = Level { credits: 0.0, at: until };
        }
        self
    }

    /// Spends `cost` credits, if `priority` may have them now. A request dearer than the bucket is granted when the bucket is
    /// full, and paid off afterwards.
    pub fn take(&mut self, cost: u32, priority: Priority, now: At) -> Taken {
        self.raise_rate(now);
        let cost = f64::from(cost);
        let wait = self.wait_for(cost, priority, now);
        if wait > Duration::ZERO {
            return Taken::WaitFor(wait);
        }
        self.main.spend(cost, self.rate_per_s, self.configured.burst, now);
        if priority == Priority::Probe {
            let (rate_per_s, burst) = self.probe_quota();
            self.probes.spend(cost, rate_per_s, burst, now);
        }
        self.dearest = self.dearest.max(cost);
        self.period_spent += cost;
        Taken::Granted
    }

    /// The provider refused a request for being one too many, and perhaps said for how long. Requests that were on their way
    /// when the pause began may prolong it, but do not lower the rate again.
    pub fn on_rate_limited(&mut self, retry_after: Option<Duration>, now: At, jitter: f64) -> Pause {
        let news = self.pause.on_refusal(retry_after, now, jitter);
        let until = news.pause().until;
        if let pause::News::Began(_) = news {
            self.rate_per_s = (self.rate_per_s * LOWERED_TO).max(self.lowest_rate());
        }
        self.main = Level { credits: self.main.credits.min(0.0), at: until };
        self.probes = Level { credits: self.probes.credits.min(0.0), at: until };
        (self.period_since, self.period_spent) = (until, 0.0);
        news.pause()
    }

    /// Nobody else can take over: a pause that is longer than the provider asked for ends soon.
    pub fn hasten(&mut self, now: At) {
        if let Some(until) = self.pause.cut(now) {
            self.main.at = self.main.at.min(until);
            self.probes.at = self.probes.at.min(until);
            self.period_since = self.period_since.min(until);
        }
    }

    /// The end of the pause, if there is one at `now`.
    pub fn paused_until(&self, now: At) -> Option<At> {
        self.pause.at(now).map(|pause| pause.until)
    }

    /// The rate in use, in credits a second: worth keeping for the next life.
    pub const fn rate_per_s(&self) -> f64 {
        self.rate_per_s
    }

    /// Its state at `now`.
    pub fn state(&self, now: At) -> State {
        State {
            rate_per_s: self.rate_per_s,
            configured_per_s: self.configured.rate_per_s,
            credits: self.main.credits_at(now, self.rate_per_s, self.configured.burst),
            pause: self.pause.at(now),
        }
    }

    /// How long `priority` would have to wait for `cost` credits, if nobody else spends any.
    pub fn wait_for(&self, cost: f64, priority: Priority, now: At) -> Duration {
        let burst = self.configured.burst;
        let wanted = cost + priority.leaves() * burst;
        let wait = self.main.wait_for(wanted, self.rate_per_s, burst, now);
        if priority != Priority::Probe {
            return wait;
        }
        let (rate_per_s, burst) = self.probe_quota();
        wait.max(self.probes.wait_for(cost, rate_per_s, burst, now))
    }

    fn probe_quota(&self) -> (f64, f64) {
        (self.rate_per_s * PROBE_SHARE, self.configured.burst * PROBE_SHARE)
    }

    fn lowest_rate(&self) -> f64 {
        self.dearest.min(self.configured.rate_per_s)
    }

    fn raise_rate(&mut self, now: At) {
        let elapsed = now.since(self.period_since);
        if elapsed < RAISED_EVERY {
            return;
        }
        if self.period_spent >= USED * self.rate_per_s * elapsed.as_secs_f64() {
            let raised = (self.rate_per_s * RAISED_TO).min(self.configured.rate_per_s);
            self.main.settle(self.rate_per_s, self.configured.burst, now);
            self.rate_per_s = raised;
        }
        (self.period_since, self.period_spent) = (now, 0.0);
    }
}

#[cfg(test)]
mod tests;
