//! What happened in a play, or in many, in numbers.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::sim::schedule::troubles::Trouble;

/// Counts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Blocks that the chain made, those of branches that lost included.
    pub blocks: u64,
    /// Time that passed in the world.
    pub virtual_time: Duration,
    /// Times that the chain replaced or took back blocks.
    pub upheavals: u64,
    /// How often each trouble began.
    pub troubles: BTreeMap<Trouble, u64>,
    /// Events in the log.
    pub events: u64,
    /// Reorganisations of the stream.
    pub reorgs: u64,
    /// Blocks undone.
    pub undone: u64,
    /// Times that another provider took over, and how long no block came then, where one came at last.
    pub failovers: u64,
    /// The gaps.
    pub gaps: Vec<Duration>,
    /// Times that operators contradicted each other and nothing was delivered.
    pub halts: u64,
    /// Providers caught with false content.
    pub quarantines: u64,
    /// Actors that panicked on order.
    pub panics: u64,
    /// Times that the daemon was killed.
    pub kills: u64,
    /// Times that everything had to be caught up, and was.
    pub reviews: u64,
}

impl Tally {
    /// Adds another play's.
    pub fn add(&mut self, other: &Self) {
        self.blocks += other.blocks;
        self.virtual_time += other.virtual_time;
        self.upheavals += other.upheavals;
        for (trouble, count) in &other.troubles {
            *self.troubles.entry(*trouble).or_default() += count;
        }
        self.events += other.events;
        self.reorgs += other.reorgs;
        self.undone += other.undone;
        self.failovers += other.failovers;
        self.gaps.extend_from_slice(&other.gaps);
        self.halts += other.halts;
        self.quarantines += other.quarantines;
        self.panics += other.panics;
        self.kills += other.kills;
        self.reviews += other.reviews;
    }

    /// The gap that so many hundredths of all do not exceed.
    pub fn gap(&self, percent: usize) -> Option<Duration> {
        let mut sorted = self.gaps.clone();
        sorted.sort_unstable();
        let rank = (sorted.len() * percent).div_ceil(100).saturating_sub(1);
        sorted.get(rank).copied()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::Tally;

    #[test]
    fn percentiles_of_gaps_are_gaps_that_were() {
        let gaps = (1..=10).rev().map(Duration::from_secs).collect();
        let tally = Tally { gaps, ..Tally::default() };
        let secs = |percent| tally.gap(percent).map(|gap| gap.as_secs());
        assert_eq!((secs(50), secs(90), secs(99), secs(100)), (Some(5), Some(9), Some(10), Some(10)));
        assert_eq!(Tally::default().gap(50), None);
    }
}
