//! What a provider has shown of its chain.

use std::time::Duration;

use crate::core::at::At;
use crate::core::block_time::BlockTime;
use crate::core::finality::Word;
use crate::core::header::Header;

/// One provider's view of the chain.
#[derive(Debug)]
pub struct Sight {
    head: Option<Header>,
    finality: Word,
    moved: Option<At>,
    looked: Option<At>,
    announced: Option<At>,
    block_time: BlockTime,
}

impl Sight {
    /// Nothing was shown yet.
    pub fn new(block_time: Option<Duration>) -> Self {
        let block_time = BlockTime::new(block_time);
        Self { head: None, finality: Word::Unasked, moved: None, looked: None, announced: None, block_time }
    }

    /// A header was shown. Tells whether it is another head than before.
    pub fn saw(&mut self, head: Header, now: At) -> bool {
        if self.head.is_some_and(|known| known.hash == head.hash) {
            return false;
        }
        self.block_time.add(head.height, Duration::from_secs(head.time_s));
        self.head = Some(head);
        self.moved = Some(now);
        true
    }

    /// A poll was answered.
    pub fn polled(&mut self, head: Header, now: At) {
        self.looked = Some(now);
        self.saw(head, now);
    }

    /// A head was announced, or the subscription to them made.
    pub fn announced(&mut self, now: At) {
        self.announced = Some(now);
    }

    /// It was asked what is final.
    pub fn asked_finality(&mut self, word: Word) {
        self.finality = self.finality.asked_again(word);
    }

    /// The newest header.
    pub const fn head(&self) -> Option<Header> {
        self.head
    }

    /// What it says is final.
    pub const fn finality(&self) -> Word {
        self.finality
    }

    /// The newest header, and when it was last shown: by a poll, or when it was announced.
    pub fn vote(&self) -> Option<(Header, At)> {
        Some((self.head?, self.looked.max(self.moved)?))
    }

    /// When it last showed something new. Between two looks nothing can have been shown: that is no silence.
    pub fn shown_at(&self, now: At) -> Option<At> {
        let moved = self.moved?;
        let looked_in_vain = self.looked.is_some_and(|looked| looked > moved);
        Some(if looked_in_vain { moved } else { now })
    }

    /// Whether announcements have stopped though polls show that the chain goes on.
    pub fn announcements_stuck(&self, now: At) -> bool {
        let Some(announced) = self.announced else { return false };
        let quiet = now.since(announced) > self.block_time.longest_silence();
        quiet && self.moved.is_some_and(|moved| moved > announced)
    }

    /// Whether nothing new was shown for longer than the chain is ever silent, though it was asked.
    pub fn stands_still(&self, now: At) -> bool {
        let quiet = |moved: At| now.since(moved) > self.block_time.longest_silence();
        self.moved.is_some_and(|moved| quiet(moved) && self.looked.is_some_and(|looked| looked > moved))
    }

    /// How long the chain is silent at the most.
    pub fn longest_silence(&self) -> Duration {
        self.block_time.longest_silence()
    }

    /// What others measured of the chain's block time: it counts until this provider's heads tell.
    pub fn expect(&mut self, block_time: Duration) {
        self.block_time.expect(block_time);
    }

    /// The chain's block time by this provider's heads.
    pub fn block_time(&self) -> Duration {
        self.block_time.get()
    }

    /// The same with its spread.
    pub const fn measured(&self) -> &BlockTime {
        &self.block_time
    }

    /// How often to ask where nothing is announced.
    pub fn poll_interval(&self) -> Duration {
        self.block_time.poll_interval()
    }
}
