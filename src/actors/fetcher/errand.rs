//! What must be got, what is being got, and what was got.
//!
//! *Invariants.* A key is at most once on its way. What was handed on is not asked for again unless the Validator says that it
//! is missing or was refused. Lower heights go first, so that what everything waits for is never behind what only fills the
//! window. What neither the plan nor the Validator names any more is dropped: a branch that was left may be nowhere to be had.

use std::collections::{BTreeMap, BTreeSet};

use crate::chain::family::Key;
use crate::core::catch_up::LONGEST_SPAN;
use crate::core::header::BlockRef;
use crate::core::numbers::{Height, Term};

/// How often the wait for a block that nobody has is doubled.
const MOST_DOUBLINGS: u32 = 5;

/// One block to get.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Errand {
    /// Which.
    pub key: Key,
    /// Providers that failed at it, or served something else in its place.
    pub tried: BTreeSet<String>,
    /// What it weighs, if it came when there was no room for it.
    pub weight_bytes: Option<usize>,
    rounds: u32,
}

/// Whom an errand went to, and in which term.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bearer {
    /// The provider.
    pub provider: String,
    /// The term.
    pub term: Term,
}

/// All blocks to get.
#[derive(Debug, Default)]
pub struct Errands {
    pending: BTreeMap<(Height, Key), Errand>,
    sent: BTreeMap<Key, (Errand, Bearer)>,
    done: BTreeSet<(Height, Key)>,
    wishes: BTreeSet<BlockRef>,
    ticks: u32,
    refused: BTreeMap<Key, BTreeSet<String>>,
    span: Option<(Height, Height)>,
    /// Where the stream goes on, as far as is known.
    next: Option<Height>,
}

// === impl Errand ===

impl Errand {
    fn new(key: Key) -> Self {
        Self { key, tried: BTreeSet::new(), weight_bytes: None, rounds: 0 }
    }

    /// The height it is at.
    pub fn height(&self) -> Height {
        self.key.named().height
    }

    /// The block as far as the key names it.
    pub fn block(&self) -> BlockRef {
        self.key.named()
    }

    fn place(&self) -> (Height, Key) {
        (self.height(), self.key)
    }
}

// === impl Errands ===

impl Errands {
    /// The next one to send.
    pub fn next(&mut self) -> Option<Errand> {
        self.pending.pop_first().map(|(_, errand)| errand)
    }

    /// Puts one back that could not be sent, or failed.
    pub fn put_back(&mut self, errand: Errand) {
        self.pending.insert(errand.place(), errand);
    }

    /// One is on its way.
    pub fn sent(&mut self, errand: Errand, bearer: Bearer) {
        self.sent.insert(errand.key, (errand, bearer));
    }

    /// An answer came back by `bearer`; gives the errand if it was still expected of that one.
    pub fn returned(&mut self, key: Key, bearer: &Bearer) -> Option<Errand> {
        let expected = self.sent.get(&key).is_some_and(|(_, sent)| sent == bearer);
        if expected { self.sent.remove(&key).map(|(errand, _)| errand) } else { None }
    }

    /// It was handed on.
    pub fn done(&mut self, key: Key) {
        self.done.insert((key.named().height, key));
    }

    /// These blocks are wanted at the tip; others at the tip no longer are.
    pub fn want_tip(&mut self, blocks: &[BlockRef]) {
        self.span = None;
        self.pending.retain(|(_, key), _| match key {
            Key::Hash(block) => blocks.contains(block) || self.wishes.contains(block),
            _ => false,
        });
        blocks.iter().for_each(|block| self.add(Key::Hash(*block)));
    }

    /// All blocks of a span are wanted, by their heights.
    pub fn want_span(&mut self, from: Height, to: Height) {
        (self.span, self.next) = (Some((from, to)), Some(from));
        self.pending.retain(|(_, key), _| match key {
            Key::Hash(block) => self.wishes.contains(block),
            _ => true,
        });
        (from.0..=to.0).for_each(|height| self.add(Key::Number(Height(height))));
    }

    /// Who served a block falsely.
    pub fn refused(&self, block: &BlockRef) -> BTreeSet<String> {
        self.refused.get(&Key::Hash(*block)).cloned().unwrap_or_default()
    }

    /// A block is missing, or what `not_from` served in its place was refused. Whatever was handed on before is gone: it may
    /// have died with the Validator, or have been taken back in a reorg.
    pub fn want(&mut self, block: BlockRef, not_from: Option<String>) {
        let key = Key::Hash(block);
        self.done.remove(&(block.height, key));
        self.wishes.insert(block);
        if let Some(provider) = not_from {
            self.refused.entry(key).or_default().insert(provider);
        }
        // By number it is on its way already: most often that is the very block.
        let coming = Key::Number(block.height);
        if !self.sent.contains_key(&coming) && !self.pending.contains_key(&(block.height, coming)) {
            self.add(key);
        }
    }

    /// Whether the stream stands still without it: the Validator misses it on the branch that was agreed on, and not far above the
    /// tip. What nobody agreed on may be one provider's invention.
    pub fn is_awaited(&self, errand: &Errand) -> bool {
        let near = self.next.is_none_or(|next| errand.height() < next.plus(LONGEST_SPAN));
        near && match errand.key {
            Key::Hash(block) => self.wishes.contains(&block),
            _ => self.wishes.iter().any(|wish| wish.height == errand.height()),
        }
    }

    fn add(&mut self, key: Key) {
        let mut errand = Errand::new(key);
        let place = errand.place();
        if self.sent.contains_key(&key) || self.done.contains(&place) || self.pending.contains_key(&place) {
            return;
        }
        errand.tried = self.refused.get(&key).cloned().unwrap_or_default();
        self.pending.insert(place, errand);
    }

    /// Everything below `next` is delivered. What the Validator misses now, it says again.
    pub fn delivered_below(&mut self, next: Height) {
        self.wishes.clear();
        self.next = Some(next);
        self.pending.retain(|(height, key), _| *height >= next || matches!(key, Key::Hash(_)));
        // Blocks below the tip stay known for a while: a reorg may ask for their heights under other hashes.
        let known = next.minus(64);
        self.done.retain(|(height, _)| *height >= known);
        self.pending.retain(|(height, _), _| *height >= known);
        self.refused.retain(|key, _| key.named().height >= known);
    }

    /// The leader changed: what is on its way at the tip is asked for again. Tells how many that are.
    pub fn recall_tip(&mut self) -> u64 {
        let at_tip: Vec<Key> = self.sent.keys().filter(|key| matches!(key, Key::Hash(_))).copied().collect();
        for key in &at_tip {
            if let Some((errand, _)) = self.sent.remove(key) {
                self.put_back(errand);
            }
        }
        at_tip.len() as u64
    }

    /// Lets everybody be asked again for what they failed at; what they served falsely stays refused. The more often nobody
    /// had it, the more calls of this that takes: twice as many each round, up to 32.
    pub fn forgive(&mut self) {
        self.ticks = self.ticks.wrapping_add(1);
        for errand in self.pending.values_mut() {
            if self.ticks.is_multiple_of(1 << errand.rounds.min(MOST_DOUBLINGS)) {
                errand.tried = self.refused.get(&errand.key).cloned().unwrap_or_default();
                errand.rounds = errand.rounds.saturating_add(1);
            }
        }
    }

    /// How many are on their way.
    pub fn in_flight(&self) -> usize {
        self.sent.len()
    }

    /// The lowest height that is to be got.
    pub fn lowest(&self) -> Option<Height> {
        let pending = self.pending.keys().next().map(|(height, _)| *height);
        let sent = self.sent.keys().map(|key| key.named().height).min();
        pending.into_iter().chain(sent).min()
    }

    /// The plan in words.
    pub fn plan(&self) -> String {
        match self.span {
            Some((from, to)) => format!("span {from} to {to}"),
            None => format!("tip, {} blocks to get", self.pending.len() + self.sent.len()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::hash::Hash;

    fn block(height: u64, tag: u8) -> BlockRef {
        BlockRef { height: Height(height), hash: Hash([tag; 32]) }
    }

    fn by_a(term: u64) -> Bearer {
        Bearer { provider: "a".into(), term: Term(term) }
    }

    #[test]
    fn a_block_is_asked_for_once() {
        let mut errands = Errands::default();
        errands.want_tip(&[block(5, 1)]);
        let errand = errands.next().unwrap();
        errands.sent(errand, by_a(1));
        errands.want_tip(&[block(5, 1)]);
        assert_eq!(errands.next(), None);
        assert!(errands.returned(Key::Hash(block(5, 1)), &by_a(1)).is_some());
        errands.done(Key::Hash(block(5, 1)));
        errands.want_tip(&[block(5, 1)]);
        assert_eq!(errands.next(), None);
    }

    #[test]
    fn only_what_is_missed_on_the_agreed_branch_near_the_tip_is_awaited() {
        let mut errands = Errands::default();
        errands.delivered_below(Height(5));
        errands.want_tip(&[block(5, 1)]);
        errands.want(block(5, 2), None);
        errands.want(block(5 + LONGEST_SPAN, 3), None);
        let awaits = |errands: &Errands, block| errands.is_awaited(&Errand::new(Key::Hash(block)));
        assert!(awaits(&errands, block(5, 2)));
        assert!(!awaits(&errands, block(5, 1)) && !awaits(&errands, block(5 + LONGEST_SPAN, 3)));
        assert!(errands.is_awaited(&Errand::new(Key::Number(Height(5)))));
        assert!(!errands.is_awaited(&Errand::new(Key::Number(Height(6)))));
        errands.delivered_below(Height(6));
        assert!(!awaits(&errands, block(5, 2)), "the Validator says again what it misses");
    }

    #[test]
    fn a_refused_block_is_asked_of_another() {
        let mut errands = Errands::default();
        errands.done(Key::Hash(block(5, 1)));
        errands.want(block(5, 1), Some("liar".into()));
        let errand = errands.next().unwrap();
        assert!(errand.tried.contains("liar"));
        errands.put_back(errand);
        errands.forgive();
        assert!(errands.next().unwrap().tried.contains("liar"));
    }

    #[test]
    fn a_late_answer_is_not_expected() {
        let mut errands = Errands::default();
        errands.want_tip(&[block(5, 1)]);
        let errand = errands.next().unwrap();
        errands.sent(errand, by_a(1));
        assert_eq!(errands.recall_tip(), 1);
        let again = errands.next().unwrap();
        errands.sent(again, by_a(2));
        assert_eq!(errands.returned(Key::Hash(block(5, 1)), &by_a(1)), None);
        assert!(errands.returned(Key::Hash(block(5, 1)), &by_a(2)).is_some());
    }

    #[test]
    fn a_block_that_was_handed_on_and_lost_is_got_again() {
        let mut errands = Errands::default();
        errands.done(Key::Hash(block(5, 1)));
        errands.want(block(5, 1), None);
        assert!(errands.next().is_some());
    }

    #[test]
    fn a_branch_that_was_left_is_not_asked_for_any_more() {
        let mut errands = Errands::default();
        errands.want(block(5, 1), None);
        errands.want_tip(&[block(6, 1)]);
        assert_eq!(errands.lowest(), Some(Height(5)));
        errands.delivered_below(Height(6));
        errands.want_tip(&[block(6, 2)]);
        let left: Vec<BlockRef> =
            std::iter::from_fn(|| errands.next()).map(|errand| errand.block()).collect();
        assert_eq!(left, [block(6, 2)]);
    }

    #[test]
    fn a_block_that_nobody_has_is_asked_for_less_and_less_often() {
        let mut errands = Errands::default();
        errands.want(block(5, 1), None);
        let mut rounds = 0;
        for _ in 0..100 {
            let mut errand = errands.next().unwrap();
            rounds += u32::from(errand.tried.insert("a".into()));
            errands.put_back(errand);
            errands.forgive();
        }
        assert!((6..12).contains(&rounds), "{rounds}");
    }

    #[test]
    fn lower_heights_go_first() {
        let mut errands = Errands::default();
        errands.want_span(Height(10), Height(12));
        errands.want(block(9, 4), None);
        let order: Vec<Height> =
            std::iter::from_fn(|| errands.next()).map(|errand| errand.height()).collect();
        assert_eq!(order, [9, 10, 11, 12].map(Height));
    }
}
