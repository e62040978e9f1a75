//! What befalls the fleet, drawn over time.

use std::ops::RangeInclusive;
use std::time::Duration;

use blocktap::core::numbers::Height;
use blocktap::sim::fleet::Fleet;
use blocktap::sim::random::Random;
use blocktap::sim::symptom::{Garbage, Refusal, Symptom};
use blocktap::sim::view::Fork;

/// At most so many providers fail at once: the others are still enough to agree.
const FAILING: usize = 2;

/// What is to be done beside the faults.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Due {
    /// The next block.
    Nothing,
    /// A reorg, as soon as what it replaces was delivered.
    Reorg,
}

/// Draws faults, and ends them again. Lies are left out: who lies is asked no more for the rest of the day.
pub struct Fates {
    fleet: Fleet,
    random: Random,
    failing: Vec<(String, Height)>,
    pauses: RangeInclusive<u64>,
    next: Height,
}

impl Fates {
    /// For this fleet: so many blocks from one fate to the next.
    pub fn new(fleet: Fleet, seed: u64, pauses: RangeInclusive<u64>) -> Self {
        Self { fleet, random: Random::seeded(seed), failing: Vec::new(), pauses, next: Height(0) }
    }

    /// Plays what is due when the chain has grown to `head`, and says whether a reorg is due as well.
    pub fn play(&mut self, head: Height) -> Due {
        while let Some(over) = self.failing.iter().position(|(_, until)| *until <= head) {
            let (name, _) = self.failing.swap_remove(over);
            self.fleet.heal(&name).unwrap();
        }
        if self.next > head {
            return Due::Nothing;
        }
        self.next = head.plus(self.random.within(&self.pauses));
        if self.random.once_in(8) {
            return Due::Reorg;
        }
        self.inflict(head);
        Due::Nothing
    }

    /// Replaces the newest blocks, or takes them back for a while.
    pub fn reorganise(&mut self) {
        let depth = self.random.within(&(1..=6));
        if self.random.once_in(4) {
            self.fleet.world().roll_back(depth);
        } else {
            self.fleet.world().reorg(depth);
        }
    }

    /// Ends everything.
    pub fn heal(&mut self) {
        self.failing.drain(..).for_each(|(name, _)| self.fleet.heal(&name).unwrap());
    }

    fn inflict(&mut self, head: Height) {
        if self.failing.len() >= FAILING {
            return;
        }
        let well = |name: &&str| self.failing.iter().all(|(failing, _)| failing != *name);
        let names: Vec<&str> =
            self.fleet.providers().map(|provider| provider.profile().name.as_str()).filter(well).collect();
        let chosen = usize::try_from(self.random.below(names.len() as u64)).unwrap();
        let name = names[chosen].to_owned();
        let symptom = self.symptom(head);
        // Refused for long, an account rests for a quarter of an hour: here that would be most of the day.
        let most = if matches!(symptom, Symptom::RateLimit { .. }) { 100 } else { 1_200 };
        self.fleet.inflict(&name, symptom).unwrap();
        self.failing.push((name, head.plus(self.random.within(&(50..=most)))));
    }

    fn symptom(&mut self, head: Height) -> Symptom {
        let refusal = if self.random.once_in(2) { Refusal::Status } else { Refusal::Body };
        let limit = Symptom::RateLimit { per_second: 20, retry_after: Some(Duration::from_secs(1)), refusal };
        let fork = Fork { from: head.minus(1), branch: head.0 };
        let mut symptoms = vec![
            Symptom::Die,
            Symptom::Drop,
            Symptom::Stall,
            Symptom::Flap { period: Duration::from_millis(700) },
            Symptom::Latency(Duration::from_millis(80)),
            Symptom::HttpStatus(503),
            Symptom::Garbage(Garbage::Html),
            Symptom::Garbage(Garbage::Truncated),
            Symptom::Lag(self.random.within(&(3..=100))),
            Symptom::Freeze,
            Symptom::SilentWebSocket,
            Symptom::DeafWebSocket,
            Symptom::DuplicateHeads,
            Symptom::SkipHeads,
            Symptom::ForkAt(fork),
            limit,
        ];
        let chosen = usize::try_from(self.random.below(symptoms.len() as u64)).unwrap();
        symptoms.swap_remove(chosen)
    }
}
