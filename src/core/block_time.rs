//! How often a chain makes blocks, as measured.
//!
//! Nearly every patience in blocktap is a multiple of the block time, so it is measured rather than believed. Each block adds
//! an interval: the time since the block before, by one and the same clock, the headers' own or ours. A gap in height counts
//! as so many equal intervals, and intervals may be negative where a chain lets header times go back: only then is the mean
//! right.

use std::collections::VecDeque;
use std::time::Duration;

use serde::Serialize;

use super::numbers::Height;
use super::window::nearest_rank;

/// The block time of one chain.
#[derive(Clone, Debug)]
pub struct BlockTime {
    expected: Duration,
    last: Option<(Height, Duration)>,
    mean_s: f64,
    samples: u64,
    intervals: VecDeque<Duration>,
}

/// What is known of a chain's block time.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Summary {
    /// The block time in use.
    pub block_time_s: f64,
    /// The interval that 95 % of the recent ones kept.
    pub interval_p95_s: f64,
    /// Intervals measured.
    pub samples: u64,
}

impl BlockTime {
    /// Used until enough is measured, if nobody says better: Ethereum's.
    pub const DEFAULT: Duration = Duration::from_secs(12);
    /// No chain is taken to be faster,
    pub const SHORTEST: Duration = Duration::from_millis(50);
    /// or slower: six times Bitcoin's.
    pub const LONGEST: Duration = Duration::from_secs(3600);
    /// So many intervals are needed before the measure is used.
    const ENOUGH: u64 = 3;
    /// The weight of the newest interval, once there are as many as it takes for a plain mean to give it less.
    const ALPHA: f64 = 0.1;
    /// Recent intervals kept for their 95th percentile.
    const RECENT: usize = 100;
    /// No reorg goes back by more blocks than this on a measure that is any good.
    const ASTRAY: u64 = 1000;
    /// Silence shorter than this is never suspicious.
    const LEAST_SILENCE: Duration = Duration::from_secs(10);

    /// A chain of which nothing is measured yet; `hint` is what the operator expects.
    pub fn new(hint: Option<Duration>) -> Self {
        let expected = hint.unwrap_or(Self::DEFAULT).clamp(Self::SHORTEST, Self::LONGEST);
        Self { expected, last: None, mean_s: 0.0, samples: 0, intervals: VecDeque::new() }
    }

    /// What the chain's block time is taken to be until it is measured here.
    pub fn expect(&mut self, block_time: Duration) {
        self.expected = block_time.clamp(Self::SHORTEST, Self::LONGEST);
    }

    /// A block of `height` was made, or first seen, at `time`. All times of one chain must come from one clock. A block
    /// that is not higher than the last one adds nothing; one that is far below it shows that the last one was no block of
    /// this chain, and all begins anew.
    pub fn add(&mut self, height: Height, time: Duration) {
        if self.last.is_some_and(|(last, _)| last.beyond(height) > Self::ASTRAY) {
            *self = Self::new(Some(self.expected));
        }
        if self.last.is_some_and(|(last, _)| height <= last) {
            return;
        }
        if let Some((last_height, last_time)) = self.last.replace((height, time)) {
            let seconds = time.as_secs_f64() - last_time.as_secs_f64();
            self.add_intervals(height.beyond(last_height), seconds);
        }
    }

    /// The block time: measured if possible, else expected.
    pub fn get(&self) -> Duration {
        self.measured().unwrap_or(self.expected)
    }

    /// The measured block time, once there are three intervals.
    pub fn measured(&self) -> Option<Duration> {
        (self.samples >= Self::ENOUGH).then(|| bounded(self.mean_s))
    }

    /// The interval that 95 % of the recent ones kept; never less than the block time.
    pub fn interval_p95(&self) -> Duration {
        let mut sorted: Vec<Duration> = self.intervals.iter().copied().collect();
        sorted.sort_unstable();
        nearest_rank(&sorted, 95).map_or(self.get(), |interval| interval.max(self.get()))
    }

    /// A provider that shows no new block for longer, while others do, is stuck: four times the longest usual interval.
    pub fn longest_silence(&self) -> Duration {
        self.interval_p95().saturating_mul(4).max(Self::LEAST_SILENCE)
    }

    /// How often to ask for the head where none is announced.
    pub fn poll_interval(&self) -> Duration {
        self.get().mul_f64(0.7).clamp(Duration::from_secs(1), Duration::from_secs(15))
    }

    /// All of it, for people.
    pub fn summary(&self) -> Summary {
        Summary {
            block_time_s: self.get().as_secs_f64(),
            interval_p95_s: self.interval_p95().as_secs_f64(),
            samples: self.samples,
        }
    }

    fn add_intervals(&mut self, blocks: u64, seconds: f64) {
        let each_s = seconds / blocks as f64;
        self.samples = self.samples.saturating_add(blocks);
        let decayed = 1.0 - (1.0 - Self::ALPHA).powf(blocks as f64);
        self.mean_s += (each_s - self.mean_s) * decayed.max(blocks as f64 / self.samples as f64);
        if self.intervals.len() == Self::RECENT {
            self.intervals.pop_front();
        }
        self.intervals.push_back(bounded(each_s));
    }
}

fn bounded(seconds: f64) -> Duration {
    Duration::from_secs_f64(
        seconds.clamp(BlockTime::SHORTEST.as_secs_f64(), BlockTime::LONGEST.as_secs_f64()),
    )
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn fed(times: impl IntoIterator<Item = u64>) -> BlockTime {
        let mut block_time = BlockTime::new(None);
        for (height, time) in (1u64..).zip(times) {
            block_time.add(Height(height), Duration::from_secs(time));
        }
        block_time
    }

    #[test]
    fn three_intervals_are_needed() {
        assert_eq!(fed([0, 2, 4]).get(), BlockTime::DEFAULT);
        assert_eq!(fed([0, 2, 4, 6]).get(), Duration::from_secs(2));
        assert_eq!(BlockTime::new(Some(Duration::from_secs(600))).get(), Duration::from_secs(600));
    }

    #[test]
    fn times_that_go_back_do_not_spoil_the_mean() {
        assert_eq!(fed([0, 20, 10, 30, 40]).get(), Duration::from_secs(10));
    }

    #[test]
    fn skipped_heights_are_divided_out_and_old_heights_ignored() {
        let mut block_time = fed([0, 2, 4, 6]);
        block_time.add(Height(14), Duration::from_secs(26));
        block_time.add(Height(3), Duration::from_secs(900));
        assert_eq!(block_time.get(), Duration::from_secs(2));
    }

    #[test]
    fn one_that_was_led_astray_begins_anew() {
        let mut block_time = fed([0, 2, 4, 6]);
        block_time.add(Height(1_000_000), Duration::from_secs(9));
        assert_eq!(block_time.get(), BlockTime::SHORTEST);
        for height in 5..9 {
            block_time.add(Height(height), Duration::from_secs(2 * height));
        }
        assert_eq!(block_time.get(), Duration::from_secs(2));
    }

    #[test]
    fn a_gap_of_many_blocks_is_enough() {
        let mut block_time = fed([0]);
        block_time.add(Height(31), Duration::from_secs(60));
        assert_eq!(block_time.get(), Duration::from_secs(2));
    }

    #[test]
    fn what_is_expected_gives_way_to_what_is_measured() {
        let mut block_time = fed([0]);
        block_time.expect(Duration::from_secs(5));
        assert_eq!(block_time.get(), Duration::from_secs(5));
        block_time.add(Height(4), Duration::from_secs(6));
        assert_eq!(block_time.get(), Duration::from_secs(2));
    }

    #[test]
    fn whole_seconds_still_give_the_mean_of_a_fast_chain() {
        let block_time = fed((0..400).map(|height| height / 4));
        let seconds = block_time.get().as_secs_f64();
        assert!((0.15..0.4).contains(&seconds), "{seconds}");
    }

    #[test]
    fn patience_grows_with_the_chain() {
        assert_eq!(fed([0, 1, 2, 3]).longest_silence(), Duration::from_secs(10));
        assert_eq!(fed([0, 600, 1200, 1800]).longest_silence(), Duration::from_secs(2400));
        assert_eq!(fed([0, 600, 1200, 1800]).poll_interval(), Duration::from_secs(15));
    }

    proptest! {
        #[test]
        fn it_never_leaves_its_bounds(times in prop::collection::vec(0u64..100_000_000, 1..50)) {
            let block_time = fed(times);
            for measure in [block_time.get(), block_time.interval_p95()] {
                prop_assert!((BlockTime::SHORTEST..=BlockTime::LONGEST).contains(&measure));
            }
        }

        #[test]
        fn a_steady_chain_is_measured_exactly(interval in 1u64..3000, blocks in 4u64..60) {
            let block_time = fed((0..blocks).map(|block| 1_700_000_000 + block * interval));
            let error = block_time.get().as_secs_f64() - interval as f64;
            prop_assert!(error.abs() < 1e-6);
        }
    }
}
