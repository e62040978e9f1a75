//! Swaps on record: what each change of the lead cost the stream.
//!
//! *Why.* That consumers notice nothing of a swap is easily said. Each record says it in figures: whether the new leader had
//! shown the last block delivered, the **cursor**, before it took over; what was fetched twice; and how long the stream paused.
//! *Decision.* A record is closed once the stream went on and one block time has passed, so that what the old leader still had
//! in hand is counted; or when the lead changes again.

use std::collections::VecDeque;
use std::time::Duration;

use serde::Serialize;

use crate::core::at::At;
use crate::core::header::BlockRef;
use crate::core::numbers::Term;

/// One change of the lead.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Swap {
    /// Who led before, if anybody did.
    pub old: Option<String>,
    /// Who leads now.
    pub new: String,
    /// The new term.
    pub term: Term,
    /// Why, in words.
    pub why: String,
    /// The moment of the election.
    pub at: At,
    /// The last block delivered before.
    pub cursor: Option<BlockRef>,
    /// How long after the election the new leader had shown the cursor's hash; 0 if before. `None`: it has not, or there was no
    /// cursor.
    pub cursor_shown_ms: Option<u64>,
    /// Blocks that were on their way when the lead changed and were asked for again.
    pub blocks_replayed: u64,
    /// Second copies that came all the same, and were dropped.
    pub duplicates_dropped: u64,
    /// From the last block delivered before to the first one after; `None` until there is one, or if there was none before.
    pub emit_gap_ms: Option<u64>,
    /// The time that usually lies between two blocks, to hold the gap against.
    pub block_time_ms: u64,
    #[serde(skip)]
    emitted: Option<At>,
    #[serde(skip)]
    resumed: Option<At>,
}

/// What is known of a swap when it happens.
#[derive(Clone, Debug)]
pub struct Beginning {
    /// Who led before, if anybody did.
    pub old: Option<String>,
    /// Who leads now.
    pub new: String,
    /// The new term.
    pub term: Term,
    /// Why, in words.
    pub why: String,
    /// The last block delivered.
    pub cursor: Option<BlockRef>,
    /// When that was.
    pub emitted: Option<At>,
    /// The measured time between blocks.
    pub block_time: Duration,
}

/// The last swaps of one chain.
#[derive(Clone, Debug, Default)]
pub struct Swaps {
    open: Option<Swap>,
    closed: VecDeque<Swap>,
}

// === impl Swaps ===

impl Swaps {
    /// Records kept for people.
    pub const KEPT: usize = 16;

    /// The lead changed at `now`. Gives the record before, if it was still open.
    pub fn begin(&mut self, beginning: Beginning, now: At) -> Option<Swap> {
        let before = self.close();
        let Beginning { old, new, term, why, cursor, emitted, block_time } = beginning;
        self.open = Some(Swap {
            old,
            new,
            term,
            why,
            at: now,
            cursor,
            cursor_shown_ms: None,
            blocks_replayed: 0,
            duplicates_dropped: 0,
            emit_gap_ms: None,
            block_time_ms: whole_ms(block_time),
            emitted,
            resumed: None,
        });
        before
    }

    /// The new leader and the cursor that it has not shown yet.
    pub fn awaited(&self) -> Option<(&str, BlockRef)> {
        let open = self.open.as_ref().filter(|open| open.cursor_shown_ms.is_none())?;
        Some((&open.new, open.cursor?))
    }

    /// The new leader showed the cursor.
    pub fn on_cursor_shown(&mut self, now: At) {
        if let Some(open) = self.open.as_mut().filter(|open| open.cursor_shown_ms.is_none()) {
            open.cursor_shown_ms = Some(whole_ms(now.since(open.at)));
        }
    }

    /// In this term, so many blocks were asked for again and so many second copies dropped.
    pub fn on_replayed(&mut self, term: Term, replayed: u64, dropped: u64) {
        if let Some(open) = self.open.as_mut().filter(|open| open.term == term) {
            open.blocks_replayed += replayed;
            open.duplicates_dropped += dropped;
        }
    }

    /// A block was delivered. If it is the first one of the term: the gap before it.
    pub fn on_emitted(&mut self, now: At) -> Option<Duration> {
        let open = self.open.as_mut().filter(|open| open.resumed.is_none())?;
        open.resumed = Some(now);
        let gap = now.since(open.emitted?);
        open.emit_gap_ms = Some(whole_ms(gap));
        Some(gap)
    }

    /// Gives the record once it is complete.
    pub fn settle(&mut self, now: At) -> Option<Swap> {
        let open = self.open.as_ref().filter(|open| open.resumed.is_some())?;
        let retired = now.since(open.at) >= Duration::from_millis(open.block_time_ms);
        if retired { self.close() } else { None }
    }

    /// The last ones, oldest first; the newest may still be open.
    pub fn iter(&self) -> impl Iterator<Item = &Swap> {
        self.closed.iter().chain(&self.open)
    }

    fn close(&mut self) -> Option<Swap> {
        let closed = self.open.take()?;
        if self.closed.len() >= Self::KEPT {
            self.closed.pop_front();
        }
        self.closed.push_back(closed.clone());
        Some(closed)
    }
}

fn whole_ms(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::hash::Hash;
    use crate::core::numbers::Height;

    fn beginning(term: u64) -> Beginning {
        Beginning {
            old: Some("old".into()),
            new: "new".into(),
            term: Term(term),
            why: "it died".into(),
            cursor: Some(BlockRef { height: Height(7), hash: Hash([7; 32]) }),
            emitted: Some(At::from_secs(8)),
            block_time: Duration::from_secs(2),
        }
    }

    #[test]
    fn a_record_waits_for_the_first_block_and_for_what_the_old_leader_had_in_hand() {
        let mut swaps = Swaps::default();
        assert_eq!(swaps.begin(beginning(2), At::from_secs(10)), None);
        swaps.on_replayed(Term(2), 3, 0);
        assert_eq!(swaps.settle(At::from_secs(60)), None);
        assert_eq!(swaps.on_emitted(At::from_secs(11)), Some(Duration::from_secs(3)));
        assert_eq!(swaps.settle(At::from_secs(11)), None);
        swaps.on_replayed(Term(2), 0, 1);
        let done = swaps.settle(At::from_secs(12)).unwrap();
        assert_eq!((done.blocks_replayed, done.duplicates_dropped, done.emit_gap_ms), (3, 1, Some(3_000)));
    }

    #[test]
    fn only_the_first_block_closes_the_gap() {
        let mut swaps = Swaps::default();
        let _ = swaps.begin(beginning(2), At::from_secs(10));
        assert!(swaps.on_emitted(At::from_secs(11)).is_some());
        assert_eq!(swaps.on_emitted(At::from_secs(13)), None);
    }

    #[test]
    fn what_belongs_to_another_term_is_not_counted() {
        let mut swaps = Swaps::default();
        let _ = swaps.begin(beginning(2), At::from_secs(10));
        swaps.on_replayed(Term(1), 3, 3);
        assert_eq!(swaps.iter().next().unwrap().blocks_replayed, 0);
    }

    #[test]
    fn a_cursor_is_shown_once() {
        let mut swaps = Swaps::default();
        let _ = swaps.begin(beginning(2), At::from_secs(10));
        assert_eq!(swaps.awaited().map(|(new, _)| new), Some("new"));
        swaps.on_cursor_shown(At::from_secs(11));
        swaps.on_cursor_shown(At::from_secs(19));
        assert_eq!(swaps.awaited(), None);
        assert_eq!(swaps.iter().next().unwrap().cursor_shown_ms, Some(1_000));
    }

    #[test]
    fn the_next_swap_closes_the_one_before_and_the_oldest_are_forgotten() {
        let mut swaps = Swaps::default();
        for term in 0..40 {
            assert_eq!(swaps.begin(beginning(term), At::from_secs(term)).is_some(), term > 0);
        }
        assert_eq!(swaps.iter().count(), Swaps::KEPT + 1);
        assert_eq!(swaps.iter().last().map(|swap| swap.term), Some(Term(39)));
    }
}
