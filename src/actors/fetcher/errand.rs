//! What must be got, what is being got, and what was got.
//!
//! *Invariants.* A key is at most once on its way. What was handed on is not asked for again unless the Validator says that it
//! was refused. Lower heights go first, so that what everything waits for is never behind what only fills the window.

use std::collections::{BTreeMap, BTreeSet};

use crate::chain::family::Key;
use crate::core::header::BlockRef;
use crate::core::numbers::Height;

/// One block to get.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Errand {
    /// Which.
    pub key: Key,
    /// Providers that failed at it, or served something else in its place.
    pub tried: BTreeSet<String>,
}

/// All blocks to get.
#[derive(Debug, Default)]
pub struct Errands {
    pending: BTreeMap<(Height, Key), Errand>,
    sent: BTreeMap<Key, (Errand, String)>,
    done: BTreeSet<(Height, Key)>,
    refused: BTreeMap<Key, BTreeSet<String>>,
    span: Option<(Height, Height)>,
}

// === impl Errand ===

impl Errand {
    fn new(key: Key) -> Self {
        Self { key, tried: BTreeSet::new() }
    }

    /// The height it is at.
    pub fn height(&self) -> Height {
        super::named(self.key).height
    }

    /// The block as far as the key names it.
    pub fn block(&self) -> BlockRef {
        super::named(self.key)
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

    /// One is on its way to `provider`.
    pub fn sent(&mut self, errand: Errand, provider: &str) {
        self.sent.insert(errand.key, (errand, provider.into()));
    }

    /// An answer of `provider` came; gives the errand if it was still expected of that one.
    pub fn returned(&mut self, key: Key, provider: &str) -> Option<Errand> {
        let expected = self.sent.get(&key).is_some_and(|(_, asked)| asked == provider);
        if expected { self.sent.remove(&key).map(|(errand, _)| errand) } else { None }
    }

    /// It was handed on.
    pub fn done(&mut self, key: Key) {
        self.done.insert((super::named(key).height, key));
    }

    /// These blocks are wanted at the tip; others at the tip no longer are.
    pub fn want_tip(&mut self, blocks: &[BlockRef]) {
        self.span = None;
        self.pending.retain(|(_, key), _| matches!(key, Key::Hash(_)));
        blocks.iter().for_each(|block| self.add(Key::Hash(*block)));
    }

    /// All blocks of a span are wanted.
    pub fn want_span(&mut self, from: Height, to: Height) {
        self.span = Some((from, to));
        (from.0..=to.0).for_each(|height| self.add(Key::Number(Height(height))));
    }

    /// A block is missing, or what `not_from` served in its place was refused.
    pub fn want(&mut self, block: BlockRef, not_from: Option<String>) {
        let key = Key::Hash(block);
        if let Some(provider) = not_from {
            self.refused.entry(key).or_default().insert(provider);
            self.done.remove(&(block.height, key));
        }
        // By number it is on its way already: most often that is the very block.
        let coming = Key::Number(block.height);
        if !self.sent.contains_key(&coming) && !self.pending.contains_key(&(block.height, coming)) {
            self.add(key);
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

    /// Everything below `next` is delivered.
    pub fn delivered_below(&mut self, next: Height) {
        self.pending.retain(|(height, key), _| *height >= next || matches!(key, Key::Hash(_)));
        // Blocks below the tip stay known for a while: a reorg may ask for their heights under other hashes.
        let known = next.minus(64);
        self.done.retain(|(height, _)| *height >= known);
        self.pending.retain(|(height, _), _| *height >= known);
        self.refused.retain(|key, _| super::named(*key).height >= known);
    }

    /// The leader changed: what is on its way at the tip is asked for again.
    pub fn recall_tip(&mut self) {
        let at_tip: Vec<Key> = self.sent.keys().filter(|key| matches!(key, Key::Hash(_))).copied().collect();
        for key in at_tip {
            if let Some((errand, _)) = self.sent.remove(&key) {
                self.put_back(errand);
            }
        }
    }

    /// Lets everybody be asked again for what they failed at; what they served falsely stays refused.
    pub fn forgive(&mut self) {
        for errand in self.pending.values_mut() {
            errand.tried = self.refused.get(&errand.key).cloned().unwrap_or_default();
        }
    }

    /// Whether what is to be sent next was tried by all of `routes`.
    pub fn exhausted(&self, routes: usize) -> bool {
        self.pending.values().next().is_some_and(|errand| errand.tried.len() >= routes)
    }

    /// How many are on their way.
    pub fn in_flight(&self) -> usize {
        self.sent.len()
    }

    /// The lowest height that is to be got.
    pub fn lowest(&self) -> Option<Height> {
        let pending = self.pending.keys().next().map(|(height, _)| *height);
        let sent = self.sent.keys().map(|key| super::named(*key).height).min();
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

    #[test]
    fn a_block_is_asked_for_once() {
        let mut errands = Errands::default();
        errands.want_tip(&[block(5, 1)]);
        let errand = errands.next().unwrap();
        errands.sent(errand, "a");
        errands.want_tip(&[block(5, 1)]);
        assert_eq!(errands.next(), None);
        assert!(errands.returned(Key::Hash(block(5, 1)), "a").is_some());
        errands.done(Key::Hash(block(5, 1)));
        errands.want_tip(&[block(5, 1)]);
        assert_eq!(errands.next(), None);
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
        errands.sent(errand, "a");
        errands.recall_tip();
        assert_eq!(errands.returned(Key::Hash(block(5, 1)), "a"), None);
        assert!(errands.next().is_some());
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
