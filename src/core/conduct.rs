//! Everything remembered of one provider's conduct, and whether it may be asked right now.
//!
//! Breaker, limiter and measures see the same requests; keeping them together keeps them in step.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::at::At;
use super::breaker::{self, Breaker, Permit, Supply};
use super::class::Class;
use super::health::Health;
use super::measures::{self, Measures};
use super::outcome::{Deadline, Outcome};
use super::token_bucket::{self, Priority, Quota, Taken, TokenBucket};
use super::until::{Now, Until, passed_since};
use super::window::{self, Window};

/// Whether a request may go out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Admission {
    /// Now.
    Now,
    /// After this wait: the rate limit is spent.
    After(Duration),
    /// Not at all: the breaker is open until then.
    Refused {
        /// When it is worth asking again.
        until: At,
    },
}

/// One provider's conduct.
#[derive(Clone, Debug)]
pub struct Conduct {
    /// Latency, errors, lag and strikes.
    pub measures: Measures,
    /// The last requests, for people.
    pub window: Window,
    breaker: Breaker,
    bucket: TokenBucket,
}

/// The conduct, for people.
#[derive(Clone, Debug, Serialize)]
pub struct State {
    /// The breaker.
    pub breaker: breaker::State,
    /// The limiter.
    pub limiter: token_bucket::State,
    /// The last requests.
    pub recent: window::Summary,
}

/// The conduct as it is kept over a restart.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Kept {
    /// When it was written down, seconds since 1970.
    pub kept_unix_s: u64,
    /// The breaker, if it ever opened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub breaker: Option<breaker::Kept>,
    /// The pause that the provider asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pause: Option<Until>,
    /// What the score is made from.
    #[serde(default)]
    pub measures: measures::Kept,
}

impl Conduct {
    /// A provider that was never asked.
    pub fn new(health: &Health, quota: Quota, now: At) -> Self {
        Self {
            measures: Measures::new(health),
            window: Window::default(),
            breaker: Breaker::new(now),
            bucket: TokenBucket::new(quota, now),
        }
    }

    /// As it is kept over a restart.
    pub fn kept(&self, now: Now) -> Kept {
        Kept {
            kept_unix_s: now.unix_s,
            breaker: self.breaker.kept(now),
            pause: self.paused_until(now.at).and_then(|until| Until::of(until, now)),
            measures: self.measures.kept(now.at),
        }
    }

    /// What was kept, as it stands now.
    pub fn recalled(kept: &Kept, health: &Health, quota: Quota, now: Now) -> Self {
        let bucket = TokenBucket::new(quota, now.at);
        let passed = passed_since(kept.kept_unix_s, now);
        Self {
            measures: Measures::recalled(health, &kept.measures, passed, now.at),
            window: Window::default(),
            breaker: kept.breaker.map_or_else(|| Breaker::new(now.at), |kept| Breaker::recalled(&kept, now)),
            bucket: match kept.pause {
                Some(pause) => bucket.still_paused(pause, now),
                None => bucket,
            },
        }
    }

    /// Asks to send a request that costs `cost` credits.
    pub fn admit(&mut self, cost: u32, priority: Priority, supply: Supply, now: At) -> Admission {
        if matches!(supply, Supply::Scarce { .. }) {
            self.bucket.hasten(now);
        }
        // The limiter first: it may be asked without consequence, but a trial of the breaker must be used.
        match self.bucket.take(cost, priority, now) {
            Taken::WaitFor(wait) => Admission::After(wait),
            Taken::Granted => match self.breaker.permit(now, supply) {
                Permit::Allowed | Permit::Trial => Admission::Now,
                Permit::Refused { until } => Admission::Refused { until },
            },
        }
    }

    /// A request ended well after `took`.
    pub fn succeeded(&mut self, took: Duration, now: At) {
        self.record(Outcome::Success, took, now, 0.5);
    }

    /// A request failed after `took` of the `limit` that it had.
    pub fn failed(&mut self, class: Class, took: Duration, limit: Duration, now: At, jitter: f64) {
        if let Class::RateLimited { retry_after } = class {
            let _ = self.bucket.on_rate_limited(retry_after, now, jitter);
        }
        let outcome = Outcome::of_failure(class, Deadline::of(took, limit));
        self.record(outcome, took, now, jitter);
    }

    fn record(&mut self, outcome: Outcome, took: Duration, now: At, jitter: f64) {
        self.breaker.record(outcome, now, jitter);
        self.measures.on_request(outcome, took, now);
        self.window.add(outcome, took, now);
    }

    /// The breaker's state.
    pub fn breaker(&self, now: At) -> breaker::State {
        self.breaker.state(now)
    }

    /// Until when the provider asked to be left alone.
    pub fn paused_until(&self, now: At) -> Option<At> {
        self.bucket.paused_until(now)
    }

    /// All of it, for people.
    pub fn state(&self, now: At) -> State {
        State {
            breaker: self.breaker.state(now),
            limiter: self.bucket.state(now),
            recent: self.window.summary(now),
        }
    }
}
