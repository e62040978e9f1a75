//! A simulated provider: it answers requests from its view of the world, as far as its symptoms let it.
//!
//! A request passes, in this order, the *wire* (is anybody there?), the *quota*, the *view* (which block is meant?) and the
//! *answer* (is it told truly?). Each symptom has its place in one of them.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use tokio::time::timeout_at;

use super::block::Block;
use super::frames::Frames;
use super::profile::Profile;
use super::quota::{Quota, Taken};
use super::random::Random;
use super::reply::{HttpAnswer, Reply, Served};
use super::rpc::{Answer, Call, Request};
use super::symptom::{Garbage, Refusal, Symptom};
use super::trace::Trace;
use super::world::World;
use crate::core::at::At;

mod answers;
mod condition;

use condition::Condition;

/// One provider of a fleet; clones share it.
#[derive(Clone, Debug)]
pub struct Provider {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    profile: Profile,
    place: u64,
    world: World,
    trace: Trace,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    condition: Condition,
    chance: Random,
    own_quota: Option<Quota>,
    symptom_quota: Option<Quota>,
    requests: u64,
}

impl Provider {
    /// A provider in front of `world`, the one at `place` in its fleet.
    pub fn new(profile: Profile, place: u64, world: World, trace: Trace) -> Self {
        let now = world.now();
        let state = State {
            condition: Condition::new(&profile, place),
            chance: Random::derived(&[world.genesis().seed, place]),
            own_quota: profile.requests_per_second.map(|rate| Quota::full(rate, now)),
            symptom_quota: None,
            requests: 0,
        };
        Self { shared: Arc::new(Shared { profile, place, world, trace, state: Mutex::new(state) }) }
    }

    /// Who it is.
    pub fn profile(&self) -> &Profile {
        &self.shared.profile
    }

    /// The world it stands in front of.
    pub fn world(&self) -> &World {
        &self.shared.world
    }

    /// Requests that it was asked so far, each of a batch counted.
    pub fn requests(&self) -> u64 {
        self.state().requests
    }

    /// Its symptoms, oldest first.
    pub fn symptoms(&self) -> Vec<Symptom> {
        self.state().condition.symptoms().cloned().collect()
    }

    /// Makes it fail, from now on, besides whatever else fails.
    pub fn inflict(&self, symptom: Symptom) {
        let now = self.world().now();
        let mut state = self.state();
        if let Symptom::RateLimit { per_second, .. } = symptom {
            state.symptom_quota = Some(Quota::full(per_second, now));
        }
        state.condition.add(symptom, now);
        drop(state);
        self.world().touch();
    }

    /// Ends all its symptoms.
    pub fn heal(&self) {
        self.state().condition.clear();
        self.world().touch();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.shared.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

// === Being asked ===

impl Provider {
    /// What happens to a request that arrives now.
    pub fn serve(&self, body: &[u8]) -> Served {
        let now = self.world().now();
        let mut state = self.state();
        let chance_us = u64::try_from(self.profile().jitter.as_micros()).unwrap_or(u64::MAX);
        let jitter = Duration::from_micros(state.chance.below(chance_us));
        let after = self.profile().latency + jitter + state.condition.latency();
        let written = self.reply(&mut state, body, now);
        let reply = state.condition.sent(written);
        drop(state);
        self.shared.trace.add(now, &self.profile().name, body, &reply);
        Served { after, reply }
    }

    fn reply(&self, state: &mut State, body: &[u8], now: At) -> Reply {
        if let Some(broken) = state.condition.wire(now) {
            return broken;
        }
        let Some(call) = Call::read(body) else {
            return Reply::Answer(HttpAnswer::json(Answer::error(-32700, "parse error").rendered("null")));
        };
        let asked = call.requests().len() as u64;
        state.requests += asked;
        if let Some(refused) = state.refusal(&call, asked, now) {
            return Reply::Answer(refused);
        }
        let Some(body) = self.body(state, &call, now) else { return Reply::Reset };
        match state.condition.garbage() {
            Some(Garbage::Truncated) => Reply::Answer(HttpAnswer::json(body.slice(..body.len() / 2))),
            _ => Reply::Answer(HttpAnswer::json(body)),
        }
    }

    fn body(&self, state: &State, call: &Call, now: At) -> Option<Bytes> {
        let condition = &state.condition;
        let view = self.world().view(&condition.standpoint(now, state.requests));
        let scene = answers::Scene { world: self.world(), view: &view, condition };
        let one = |request: &Request| scene.answer(request).rendered(&condition.id(request.id.get()));
        match call {
            Call::Single(request) => Some(one(request).into()),
            Call::Batch(requests) if requests.len() > self.profile().batch_limit => {
                Some(Answer::error(-32600, "batch too large").rendered("null").into())
            }
            Call::Batch(requests) => condition.batch(requests, requests.iter().map(one).collect()),
        }
    }
}

impl State {
    fn refusal(&mut self, call: &Call, asked: u64, now: At) -> Option<HttpAnswer> {
        let by_symptom = self.symptom_refusal(call, asked, now);
        by_symptom.or_else(|| match self.own_quota.as_mut()?.take(asked, now) {
            Taken::Granted => None,
            Taken::Refused { wait } => Some(refuse(call, Refusal::Status, Some(wait))),
        })
    }

    fn symptom_refusal(&mut self, call: &Call, asked: u64, now: At) -> Option<HttpAnswer> {
        let (retry_after, refusal) = self.condition.rate_limit()?;
        match self.symptom_quota.as_mut()?.take(asked, now) {
            Taken::Granted => None,
            Taken::Refused { .. } => Some(refuse(call, refusal, retry_after)),
        }
    }
}

fn refuse(call: &Call, refusal: Refusal, retry_after: Option<Duration>) -> HttpAnswer {
    match refusal {
        Refusal::Status => HttpAnswer { retry_after, ..HttpAnswer::text(429, "too many requests") },
        Refusal::Body => {
            let backoff =
                retry_after.map(|wait| format!("{{\"rate\":{{\"backoff_seconds\":{}}}}}", wait.as_secs()));
            let error =
                Answer::Error { code: -32005, message: "request rate exceeded".into(), data: backoff };
            let bodies: Vec<_> =
                call.requests().iter().map(|request| error.rendered(request.id.get())).collect();
            HttpAnswer::json(match call {
                Call::Single(_) => bodies.concat(),
                Call::Batch(_) => super::rpc::batch(&bodies),
            })
        }
    }
}

// === Its sockets ===

impl Provider {
    /// The answer to a subscription that would get this id.
    pub fn subscribe(&self, request: &Request, id: &str) -> Answer {
        let instead = self.state().condition.instead(&request.method);
        instead.unwrap_or_else(|| Answer::Result(format!("\"{id}\"").into()))
    }
}

/// How a provider treats a subscriber.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SocketManner {
    /// It tells of heads.
    Telling,
    /// It answers, but tells of no head.
    Silent,
    /// It is gone, and nothing says so.
    Deaf,
    /// It closes the connection.
    Closing,
}

impl Provider {
    /// Whether connections are reset as soon as they are made.
    pub fn is_down(&self) -> bool {
        self.state().condition.is_down(self.world().now())
    }

    /// Waits until it is down.
    pub async fn down(&self) {
        self.until(Self::is_down).await;
    }

    /// Waits until it hears its sockets.
    pub async fn heard(&self) {
        self.until(|provider| provider.socket_manner() != SocketManner::Deaf).await;
    }

    async fn until(&self, reached: impl Fn(&Self) -> bool) {
        let mut changes = self.world().changes();
        while !reached(self) {
            let flap = self.state().condition.next_flap(self.world().now());
            let wake = flap.map(|at| self.world().instant(at));
            // Both ways of waking mean the same: look again.
            match wake {
                Some(wake) => drop(timeout_at(wake, changes.changed()).await),
                None => changes.changed().await,
            }
        }
    }

    /// How it treats subscribers now.
    pub fn socket_manner(&self) -> SocketManner {
        self.state().condition.socket_manner(self.world().now())
    }

    /// What befalls its messages now.
    pub fn frames(&self) -> Option<Frames> {
        self.state().condition.frames()
    }

    /// The newest block that it would announce now.
    pub fn head(&self) -> Arc<Block> {
        let standpoint = self.state().condition.standpoint(self.world().now(), 0);
        self.world().view(&standpoint).head
    }

    /// How long a subscriber's connection lives, if not until somebody ends it.
    pub fn hangs_up_after(&self) -> Option<Duration> {
        self.state().condition.hangs_up_after()
    }

    /// The results of the notifications for `blocks`, which are new since the last ones.
    pub fn announcements(&self, blocks: &[Arc<Block>]) -> Vec<Bytes> {
        self.state().condition.announcements(blocks)
    }

    /// From now to when a subscriber may hear something, symptoms and the world staying as they are.
    pub fn next_wake(&self) -> Option<At> {
        let now = self.world().now();
        let sight = self.world().next_sight(now, self.profile().propagation);
        let flap = self.state().condition.next_flap(now);
        sight.into_iter().chain(flap).min()
    }

    /// From an announcement to its arrival.
    pub fn socket_latency(&self) -> Duration {
        self.profile().latency + self.state().condition.latency()
    }

    /// Its number in the fleet.
    pub fn place(&self) -> u64 {
        self.shared.place
    }
}

#[cfg(test)]
mod tests;
