//! What every actor knows about itself.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::Serialize;
use tokio::sync::oneshot;

use super::clock::Clock;
use super::panics;
use crate::core::at::At;

/// How an actor's life ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// It drained and stopped.
    Drained,
    /// It panicked, or gave up.
    Died,
}

/// What a new actor is born with.
pub struct Birth {
    /// Its path, such as `ethereum/providers/alchemy`.
    pub path: String,
    /// How often its post was filled before.
    pub restarts: u32,
    /// The clock.
    pub clock: Clock,
    /// Where its last words are kept.
    pub last_words: LastWords,
    /// Who hears of its messages, if anybody does.
    pub witness: Option<Witness>,
    /// Tells the slot how it ended.
    pub death: oneshot::Sender<End>,
}

/// Hears of every message before its actor handles it: the actor's path, and the message's name. For tests, which may panic in it.
pub type Witness = Arc<dyn Fn(&str, &'static str) + Send + Sync>;

/// The state that an actor published last, and what ended it; they outlive the actor.
#[derive(Clone, Debug, Default)]
pub struct LastWords(Arc<Mutex<Words>>);

#[derive(Debug, Default)]
struct Words {
    observation: Option<Observation>,
    /// The last error of whoever died in this post.
    died_of: Option<String>,
}

/// An actor's answer to the debug message.
#[derive(Clone, Debug, Serialize)]
pub struct Observation {
    /// Its path.
    pub path: String,
    /// What kind of actor it is.
    pub kind: &'static str,
    /// How this answer was come by.
    pub answer: Answer,
    /// What all actors have.
    pub vitals: Signs,
    /// What this kind has.
    pub state: serde_json::Value,
}

/// How an observation was come by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Answer {
    /// It answered.
    Alive,
    /// It did not answer in time: this is what it published last.
    Timeout,
    /// It is dead: these are its last words.
    PostMortem,
}

/// The vitals, for people to read.
#[derive(Clone, Debug, Serialize)]
pub struct Signs {
    /// When it was started, RFC 3339.
    pub started: String,
    /// How often it was restarted.
    pub restarts: u32,
    /// Messages received, by type.
    pub received: BTreeMap<&'static str, u64>,
    /// What it is waiting for, and since how many milliseconds.
    pub handling: BTreeMap<String, u64>,
    /// The last error it met, and when.
    pub last_error: Option<String>,
}

/// The vitals, as the actor keeps them.
pub struct Vitals {
    birth: Birth,
    started: At,
    received: BTreeMap<&'static str, u64>,
    handling: BTreeMap<u64, (String, At)>,
    next_job: u64,
    last_error: Option<String>,
    end: End,
    death: Option<oneshot::Sender<End>>,
}

/// A job that was begun; see [`Vitals::begin`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Job(u64);

// === impl LastWords ===

impl LastWords {
    /// Keeps an observation.
    pub fn keep(&self, observation: Observation) {
        self.words().observation = Some(observation);
    }

    /// What was published last, marked with how it comes to be asked for.
    pub fn recall(&self, answer: Answer) -> Option<Observation> {
        let words = self.words();
        let mut observation = words.observation.clone()?;
        if answer == Answer::PostMortem && words.died_of.is_some() {
            observation.vitals.last_error = words.died_of.clone();
        }
        Some(Observation { answer, ..observation })
    }

    /// Keeps what an actor died of; whoever fills its post shows it until it has an error of its own.
    fn died_of(&self, error: String) {
        self.words().died_of = Some(error);
    }

    fn words(&self) -> MutexGuard<'_, Words> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

// === impl Vitals ===

impl Vitals {
    /// Begins a life.
    pub fn new(mut birth: Birth) -> Self {
        let (started, (sender, _)) = (birth.clock.now(), oneshot::channel());
        let death = Some(std::mem::replace(&mut birth.death, sender));
        let last_error = birth.last_words.words().died_of.clone();
        Self {
            birth,
            started,
            received: BTreeMap::new(),
            handling: BTreeMap::new(),
            next_job: 0,
            last_error,
            end: End::Died,
            death,
        }
    }

    /// The clock.
    pub fn clock(&self) -> Clock {
        self.birth.clock
    }

    /// Now.
    pub fn now(&self) -> At {
        self.birth.clock.now()
    }

    /// The actor's path.
    pub fn path(&self) -> &str {
        &self.birth.path
    }

    /// Counts a message.
    pub fn received(&mut self, message: &'static str) {
        *self.received.entry(message).or_default() += 1;
        if let Some(witness) = &self.birth.witness {
            witness(&self.birth.path, message);
        }
    }

    /// Notes that something was begun that will take a while.
    pub fn begin(&mut self, what: impl Into<String>) -> Job {
        self.next_job += 1;
        self.handling.insert(self.next_job, (what.into(), self.now()));
        Job(self.next_job)
    }

    /// Notes that it ended.
    pub fn end(&mut self, job: Job) {
        self.handling.remove(&job.0);
    }

    /// How many jobs are under way.
    pub fn jobs(&self) -> usize {
        self.handling.len()
    }

    /// Remembers an error for people to read.
    pub fn failed(&mut self, error: impl std::fmt::Display) {
        self.last_error = Some(format!("{}: {error}", self.birth.clock.rfc3339(self.now())));
    }

    /// Marks the end that is to come as wanted.
    pub fn drained(&mut self) {
        self.end = End::Drained;
    }

    /// Puts an observation together.
    pub fn observation(&self, kind: &'static str, state: serde_json::Value) -> Observation {
        Observation {
            path: self.birth.path.clone(),
            kind,
            answer: Answer::Alive,
            vitals: self.signs(),
            state,
        }
    }

    /// Publishes an observation for when the actor can no longer answer.
    pub fn publish(&self, observation: Observation) {
        self.birth.last_words.keep(observation);
    }

    fn signs(&self) -> Signs {
        let now = self.now();
        let since = |(what, began): &(String, At)| {
            (what.clone(), u64::try_from(now.since(*began).as_millis()).unwrap_or(u64::MAX))
        };
        Signs {
            started: self.birth.clock.rfc3339(self.started),
            restarts: self.birth.restarts,
            received: self.received.clone(),
            handling: self.handling.values().map(since).collect(),
            last_error: self.last_error.clone(),
        }
    }
}

impl Drop for Vitals {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let error = format!("{}: {}", self.birth.clock.rfc3339(self.now()), panics::last());
            self.birth.last_words.died_of(error);
        }
        if let Some(death) = self.death.take() {
            // Nobody listens once the process is going down: that is fine.
            let _ = death.send(self.end);
        }
    }
}
