//! How a provider is asked: not before it may be, and not more often than its account allows.

use std::collections::BTreeMap;
use std::time::Duration;

use super::breach::Invariant;
use super::shown::Said;
use super::terms::{Account, Terms};
use crate::core::at::At;
use crate::sim::reply::HttpAnswer;

/// A provider's own wish is kept up to here: a slip of its pen must not park it for a day.
const LONGEST_WAIT: Duration = Duration::from_secs(300);

/// What every provider asked for, and was asked.
#[derive(Debug)]
pub struct Manners {
    accounts: BTreeMap<String, (Account, State)>,
}

#[derive(Debug, Default)]
struct State {
    /// Nothing may be asked before this.
    rests_until: At,
    /// Requests that were made and not yet made up for by the rate.
    spent: f64,
    spent_at: At,
}

impl Manners {
    pub fn new(terms: &Terms) -> Self {
        let accounts = terms.providers.iter();
        let state =
            |(name, account): (&String, &Account)| (name.clone(), (account.clone(), State::default()));
        Self { accounts: accounts.map(state).collect() }
    }

    pub fn forget(&mut self) {
        self.accounts.values_mut().for_each(|(_, state)| *state = State::default());
    }

    pub fn forget_provider(&mut self, name: &str) {
        if let Some((_, state)) = self.accounts.get_mut(name) {
            *state = State::default();
        }
    }

    pub fn waits_until(&self) -> At {
        self.accounts.values().map(|(_, state)| state.rests_until).max().unwrap_or_default()
    }

    pub fn asked(&mut self, provider: &str, request: &[u8], at: At) -> Result<(), (Invariant, String)> {
        let Some((account, state)) = self.accounts.get_mut(provider) else { return Ok(()) };
        if at < state.rests_until {
            let left = state.rests_until.since(at);
            let what = format!("{provider} is asked {left:?} before the wait is over that it asked for");
            return Err((Invariant::RetryAfter, what));
        }
        let passed = at.since(state.spent_at).as_secs_f64();
        state.spent = (state.spent - passed * account.rate_per_s).max(0.0);
        state.spent_at = at;
        let cost = calls(request);
        // One that is dearer than all the account holds may go when nothing was spent.
        if state.spent > 0.01 && state.spent + cost > account.burst + 0.01 {
            let what = format!("{provider} is asked {:.1} times at once and in between", state.spent + cost);
            return Err((Invariant::RateLimit, what));
        }
        state.spent += cost;
        Ok(())
    }

    pub fn answered(&mut self, provider: &str, answer: &HttpAnswer, said: &Said, at: At) {
        let Some((_, state)) = self.accounts.get_mut(provider) else { return };
        let by_header = answer.retry_after.filter(|_| answer.status == 429);
        let by_body = said.backoff_s.map(Duration::from_secs);
        if let Some(wait) = by_header.max(by_body) {
            state.rests_until = state.rests_until.max(at + wait.min(LONGEST_WAIT));
        }
    }
}

/// How many requests a body holds.
fn calls(request: &[u8]) -> f64 {
    let word = b"\"method\"";
    let count = request.windows(word.len()).filter(|window| window == word).count();
    u32::try_from(count).map_or(f64::MAX, f64::from)
}
