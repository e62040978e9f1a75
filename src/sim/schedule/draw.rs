//! What goes wrong in one act.

use std::time::Duration;

use super::cast::Member;
use super::deed::{Ailment, Deed, Entry, Manner, Victim};
use super::shape::Shape;
use super::troubles::Trouble;
use crate::sim::fault::Fault;
use crate::sim::random::Random;
use crate::sim::symptom::Symptom;

/// The sinks of every play: one that is always well, and two that are not; the last one cannot tell where it stands.
pub const SINKS: [&str; 3] = ["steady", "moody", "forgetting"];

/// From one panic of an actor to its next: more than five in a minute would stop the chain, as they should.
const BETWEEN_PANICS: Duration = Duration::from_secs(14);

/// One act.
pub(super) struct Act<'a> {
    pub shape: &'a Shape,
    pub cast: &'a [Member],
    pub troubles: &'a [Trouble],
    pub from: Duration,
    pub length: Duration,
}

impl Act<'_> {
    /// Draws everything that goes wrong, and its end.
    pub fn draw(&self, random: &mut Random, entries: &mut Vec<Entry>) {
        match random.below(8) {
            0 => self.leave_alone(random, entries),
            1 => self.black_out(random, entries),
            _ => self.trouble(random, entries),
        }
        self.fork(random, entries);
        self.unsettle(random, entries);
        self.ail_sinks(random, entries);
        self.panic(random, entries);
        if random.once_in(4) {
            let down = Duration::from_millis(random.within(&(0..=20_000)));
            entries.push(self.some_time(random, Deed::Kill { down }));
        }
        if random.once_in(4) {
            let deed = if random.once_in(2) { Deed::DiskErrs } else { Deed::DiskRefuses };
            entries.push(self.some_time(random, deed));
        }
        entries.push(Entry { at: self.from + self.length, deed: Deed::HealAll });
    }

    /// Every provider fails now and then.
    fn trouble(&self, random: &mut Random, entries: &mut Vec<Entry>) {
        for member in self.cast {
            let mut at = self.from + self.part(random, 60);
            while at < self.from + self.length && !random.once_in(4) {
                let Some((trouble, ailment)) = self.fitting(member, random) else { break };
                let until = at + self.lasting(&ailment, random);
                let provider = member.profile.name.clone();
                entries.push(Entry { at, deed: Deed::Fail { provider: provider.clone(), trouble, ailment } });
                entries.push(Entry { at: until, deed: Deed::Heal { provider } });
                at = until + self.part(random, 40);
            }
        }
    }

    /// All operators but one are gone for a while.
    fn leave_alone(&self, random: &mut Random, entries: &mut Vec<Entry>) {
        let kept = self.cast[index(random, self.cast.len())].profile.operator.clone();
        let gone = self.cast.iter().filter(|member| member.profile.operator != kept);
        self.die(gone, random, entries);
    }

    /// Everybody is gone for a while.
    fn black_out(&self, random: &mut Random, entries: &mut Vec<Entry>) {
        self.die(self.cast.iter(), random, entries);
    }

    fn die<'a>(&self, gone: impl Iterator<Item = &'a Member>, random: &mut Random, entries: &mut Vec<Entry>) {
        let trouble = Trouble::Row(Fault::Reset);
        if !self.troubles.contains(&trouble) {
            return;
        }
        for member in gone {
            let provider = member.profile.name.clone();
            let at = self.from + self.part(random, 20);
            let ailment = Ailment::Own(Symptom::Die);
            entries.push(Entry { at, deed: Deed::Fail { provider, trouble, ailment } });
        }
    }

    /// Some providers follow another branch for a while, one that is too short to become final.
    fn fork(&self, random: &mut Random, entries: &mut Vec<Entry>) {
        let trouble = Trouble::Forked;
        if !random.once_in(3) || !self.troubles.contains(&trouble) {
            return;
        }
        let ailment = Ailment::Fork(random.word() >> 8);
        let followers = 1 + index(random, self.cast.len());
        let begin = self.from + self.part(random, 60);
        let until = begin + self.too_short_to_be_final(random);
        for place in 0..followers {
            let provider = self.cast[place].profile.name.clone();
            let deed = Deed::Fail { provider: provider.clone(), trouble, ailment: ailment.clone() };
            entries.push(Entry { at: begin, deed });
            entries.push(Entry { at: until, deed: Deed::Heal { provider } });
        }
    }

    /// The chain itself is unruly.
    fn unsettle(&self, random: &mut Random, entries: &mut Vec<Entry>) {
        for _ in 0..random.below(4) {
            let deepest = self.shape.genesis.final_depth;
            let depth =
                if random.once_in(5) { random.within(&(1..=deepest)) } else { random.within(&(1..=4)) };
            let deed =
                if random.once_in(4) { Deed::RollBack { count: depth } } else { Deed::Reorg { depth } };
            entries.push(self.some_time(random, deed));
        }
    }

    fn ail_sinks(&self, random: &mut Random, entries: &mut Vec<Entry>) {
        for name in &SINKS[1..] {
            for _ in 0..random.below(3) {
                let manner = match random.below(4) {
                    0 => Manner::Stuck,
                    1 => Manner::Refusing,
                    2 => Manner::Forgetful,
                    _ => Manner::Slow(Duration::from_millis(random.within(&(10..=10_000)))),
                };
                let begun = self.some_time(random, Deed::Sink { name, manner });
                let at = begun.at + self.part(random, 50);
                entries.extend([begun, Entry { at, deed: Deed::Sink { name, manner: Manner::Well } }]);
            }
        }
    }

    fn panic(&self, random: &mut Random, entries: &mut Vec<Entry>) {
        let mut at = self.from + self.part(random, 50);
        while at < self.from + self.length && random.once_in(2) {
            entries.push(Entry { at, deed: Deed::Panic(self.victim(random)) });
            at += BETWEEN_PANICS + self.part(random, 30);
        }
    }

    fn victim(&self, random: &mut Random) -> Victim {
        let sink = SINKS[index(random, SINKS.len())];
        match random.below(9) {
            0 => Victim::Manager,
            1 => Victim::ManagerCounting,
            2 => Victim::Fetcher,
            3 => Victim::Validator,
            4 => Victim::JournalBefore,
            5 => Victim::JournalAfter,
            6 => Victim::SinkBefore(sink),
            7 => Victim::SinkAfter(sink),
            _ => Victim::Provider(self.cast[index(random, self.cast.len())].profile.name.clone()),
        }
    }

    fn fitting(&self, member: &Member, random: &mut Random) -> Option<(Trouble, Ailment)> {
        // Most troubles have a form for everybody; whoever draws one that has not, draws again.
        (0..8).find_map(|_| {
            let trouble = *self.troubles.get(index(random, self.troubles.len()))?;
            Some((trouble, trouble.draw(member.character, random)?))
        })
    }

    fn lasting(&self, ailment: &Ailment, random: &mut Random) -> Duration {
        let drawn = self.part(random, 60).max(Duration::from_secs(1));
        if ailment.branches() { drawn.min(self.too_short_to_be_final(random)) } else { drawn }
    }

    fn too_short_to_be_final(&self, random: &mut Random) -> Duration {
        let blocks = random.within(&(1..=self.shape.genesis.final_depth / 3));
        self.shape.block_time.mul_f64(blocks as f64)
    }

    fn some_time(&self, random: &mut Random, deed: Deed) -> Entry {
        Entry { at: self.from + self.part(random, 100), deed }
    }

    /// At most so many hundredths of the act.
    fn part(&self, random: &mut Random, percent: u64) -> Duration {
        let most = u64::try_from(self.length.as_millis()).unwrap_or(u64::MAX) * percent / 100;
        Duration::from_millis(random.below(most))
    }
}

fn index(random: &mut Random, length: usize) -> usize {
    usize::try_from(random.below(length as u64)).unwrap_or_default()
}
