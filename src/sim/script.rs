//! What happens to a world and its fleet, and when.

use std::fmt;
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use super::corruption::Corruption;
use super::fleet::{Fleet, NoSuchProvider};
use super::random::Random;
use super::symptom::{Refusal, Symptom};
use super::view::Fork;
use crate::core::at::At;
use crate::core::header::Header;
use crate::core::numbers::Height;

/// When something happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// As soon as the canonical chain is this high.
    Height(Height),
    /// So long after the world began.
    After(Duration),
}

/// What happens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verb {
    /// A provider starts to fail.
    Inflict {
        /// Its name.
        provider: String,
        /// How.
        symptom: Symptom,
    },
    /// A provider is well again.
    Heal {
        /// Its name.
        provider: String,
    },
    /// The newest blocks are replaced.
    Reorg {
        /// How many.
        depth: u64,
    },
    /// The newest blocks go away, and come again.
    RollBack {
        /// How many.
        count: u64,
    },
    /// No more blocks.
    Halt,
    /// Blocks again.
    Resume,
}

/// One line of a script. Its text is one plain line for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// When it happens.
    pub when: When,
    /// What happens.
    pub verb: Verb,
}

impl Event {
    /// At a height.
    pub fn at_height(height: Height, verb: Verb) -> Self {
        Self { when: When::Height(height), verb }
    }

    fn is_due(&self, height: Height, now: At) -> bool {
        match self.when {
            When::Height(due) => due <= height,
            When::After(due) => due <= now.elapsed(),
        }
    }
}

impl fmt::Display for Event {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.when {
            When::Height(height) => write!(out, "block {height}: {}", self.verb),
            When::After(time) => write!(out, "{}: {}", humantime::format_duration(time), self.verb),
        }
    }
}

impl fmt::Display for Verb {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Inflict { provider, symptom } => write!(out, "{provider} {symptom}"),
            Self::Heal { provider } => write!(out, "{provider} is well again"),
            Self::Reorg { depth } => write!(out, "the chain replaces its newest {depth} blocks"),
            Self::RollBack { count } => write!(out, "the chain goes back by {count} blocks"),
            Self::Halt => out.write_str("the chain halts"),
            Self::Resume => out.write_str("the chain goes on"),
        }
    }
}

/// Who meets which fate in the demonstration with [`Fleet::of_five`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cast {
    /// Dies.
    pub dead: &'static str,
    /// Lags.
    pub lagging: &'static str,
    /// Follows a branch of its own.
    pub forked: &'static str,
    /// Lies.
    pub liar: &'static str,
    /// Takes fewer requests than it is asked.
    pub throttled: &'static str,
}

impl Cast {
    /// The cast that follows from a seed.
    pub fn of(seed: u64) -> Self {
        let mut names = ["alpha", "bravo", "charlie", "delta", "echo"];
        let mut random = Random::seeded(seed);
        for left in (1..names.len()).rev() {
            let chosen = random.below(left as u64 + 1);
            names.swap(left, usize::try_from(chosen).unwrap_or_default());
        }
        let [dead, lagging, forked, liar, throttled] = names;
        Self { dead, lagging, forked, liar, throttled }
    }
}

/// The events of the demonstration with [`Fleet::of_five`], spread over `blocks` blocks after `start`. Who meets which fate
/// follows from the seed. No more than two providers fail at once, so two operators always tell the truth.
pub fn demo_script(start: Height, blocks: u64, seed: u64) -> Vec<Event> {
    let cast = Cast::of(seed);
    let at = |percent: u64| start.plus(blocks * percent / 100);
    let fork = Fork { from: at(50), branch: 1 };
    let refusal = Refusal::Status;
    let limit = Symptom::RateLimit { per_second: 1, retry_after: Some(Duration::from_secs(2)), refusal };
    let fates = [
        (cast.dead, 8, 30, Symptom::Die),
        (cast.lagging, 24, 44, Symptom::Lag(6)),
        (cast.forked, 50, 66, Symptom::ForkAt(fork)),
        // Beyond the beginning of the throttling: it lies also to whoever turns to it then.
        (cast.liar, 62, 94, Symptom::Corrupt(Corruption::TxField)),
        (cast.throttled, 76, 92, limit),
    ];
    let reorg = Event::at_height(at(47), Verb::Reorg { depth: 3 });
    let mut events = vec![reorg];
    for (name, from, to, symptom) in fates {
        events.push(Event::at_height(at(from), Verb::Inflict { provider: name.into(), symptom }));
        events.push(Event::at_height(at(to), Verb::Heal { provider: name.into() }));
    }
    events.sort_by_key(|event| match event.when {
        When::Height(height) => height,
        When::After(_) => start,
    });
    events
}

/// Grows a world block by block and plays a script over it.
#[derive(Debug)]
pub struct Director {
    fleet: Fleet,
    pending: Vec<Event>,
}

impl Director {
    /// Plays `script` over the fleet and its world.
    ///
    /// # Errors
    /// When the script names a provider that the fleet has not.
    pub fn new(fleet: Fleet, script: Vec<Event>) -> Result<Self, NoSuchProvider> {
        for event in &script {
            if let Verb::Inflict { provider, .. } | Verb::Heal { provider } = &event.verb {
                fleet.provider(provider)?;
            }
        }
        Ok(Self { fleet, pending: script })
    }

    /// Adds one block, plays what is due, and gives the head and what was played.
    pub fn step(&mut self) -> (Header, Vec<Event>) {
        self.grow();
        let played = self.play();
        (self.fleet.world().head(), played)
    }

    /// Adds one block.
    pub fn grow(&self) {
        self.fleet.world().step();
    }

    /// Adds a block every block time of the genesis, for ever, plays what is due, and tells of it.
    pub async fn run(mut self, mut tell: impl FnMut(&Event)) {
        let block_time = self.fleet.world().genesis().block_time;
        let mut next_block = Instant::now() + block_time;
        loop {
            let wake = self.next_timed().map_or(next_block, |timed| timed.min(next_block));
            sleep_until(wake).await;
            let played = if Instant::now() >= next_block {
                next_block += block_time;
                self.step().1
            } else {
                self.play()
            };
            played.iter().for_each(&mut tell);
        }
    }

    /// Events that are still to come.
    pub fn pending(&self) -> &[Event] {
        &self.pending
    }

    fn next_timed(&self) -> Option<Instant> {
        let timed = |event: &Event| match event.when {
            When::After(due) => Some(self.fleet.world().instant(At::after_epoch(due))),
            When::Height(_) => None,
        };
        self.pending.iter().filter_map(timed).min()
    }

    /// Plays what is due, and gives what was played.
    pub fn play(&mut self) -> Vec<Event> {
        let (height, now) = (self.fleet.world().head().height, self.fleet.world().now());
        let (due, pending) =
            std::mem::take(&mut self.pending).into_iter().partition(|event| event.is_due(height, now));
        self.pending = pending;
        for event in &due {
            self.act(event);
        }
        due
    }

    fn act(&self, event: &Event) {
        let world = self.fleet.world();
        match &event.verb {
            // The names were checked when the script was taken.
            Verb::Inflict { provider, symptom } => drop(self.fleet.inflict(provider, symptom.clone())),
            Verb::Heal { provider } => drop(self.fleet.heal(provider)),
            Verb::Reorg { depth } => drop(world.reorg(*depth)),
            Verb::RollBack { count } => drop(world.roll_back(*count)),
            Verb::Halt => world.halt(),
            Verb::Resume => world.resume(),
        }
    }
}

#[cfg(test)]
mod tests;
