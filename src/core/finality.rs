//! Up to where the chain is final: the word of a strict majority of the operators that know, or a depth where none does.
//!
//! *Unknown is not zero.* Depth stands in only for a tag that most operators say they do not know. A question that failed, or
//! was not asked yet, says nothing.
//!
//! *Not promised.* More than operators say: a final block is one that no honest majority would take back.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::time::Duration;

use super::at::At;
use super::canonical::Canonical;
use super::consensus::votes::Operator;
use super::header::{BlockRef, Header};
use super::numbers::Height;

/// How finality is come by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// From the chain's own tag, and by this depth while no operator knows the tag.
    Tag {
        /// Blocks below the tip.
        fallback_depth: u64,
    },
    /// By depth alone: the chain's tag is not to be trusted, or its user says so.
    Depth(u64),
}

/// What a provider says of the chain's tag.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Word {
    /// Nothing: it was not asked.
    #[default]
    Unasked,
    /// Nothing: the question failed.
    Failed,
    /// That it does not know the tag.
    Unknown,
    /// These blocks.
    Known {
        /// The finalized block.
        finalized: Header,
        /// The safe block.
        safe: Option<Header>,
    },
}

/// What operators call final and safe.
#[derive(Clone, Debug)]
pub struct Finality {
    source: Source,
    tag: Tag,
    /// What each operator that is heard says of the tag, and when it was heard last.
    heard: BTreeMap<Operator, (Word, At)>,
    finalized: BTreeMap<Operator, Mark>,
    safe: BTreeMap<Operator, Mark>,
}

/// One operator's word, and when it was last heard at all.
#[derive(Clone, Copy, Debug)]
struct Mark {
    /// The highest that it named.
    header: Header,
    /// The height that it named last.
    last: Height,
    heard: At,
}

/// Whether the chain has a tag.
#[derive(Clone, Copy, Debug)]
enum Tag {
    /// Too few said anything.
    Untold,
    /// Most operators say since then that they do not know it, and none knows it.
    Unknown { since: At },
    /// At least one knew it: depth never stands in again.
    Known,
}

/// What is final.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Final {
    /// The highest final block, which may lie above the tip.
    pub finalized: Option<BlockRef>,
    /// The highest safe height.
    pub safe: Option<Height>,
    /// Operators that call a block final which contradicts the delivered chain.
    pub contradicting: Vec<Operator>,
    /// What most operators call final by now, if that is less than was delivered as final: what no chain should do.
    pub receded_to: Option<Height>,
}

impl Word {
    /// What stands once it was asked again: what it knew it knows, and a failure takes nothing back.
    #[must_use]
    pub fn asked_again(self, now: Self) -> Self {
        match (self, now) {
            (Self::Known { safe: before, .. }, Self::Known { finalized, safe }) => {
                Self::Known { finalized, safe: safe.or(before) }
            }
            (Self::Known { .. }, _) | (Self::Unknown, Self::Unasked | Self::Failed) => self,
            (_, now) => now,
        }
    }

    /// The block that it calls final.
    pub const fn finalized(&self) -> Option<Header> {
        match self {
            Self::Known { finalized, .. } => Some(*finalized),
            Self::Unasked | Self::Failed | Self::Unknown => None,
        }
    }
}

impl Finality {
    /// How long operators may take to show that they know the tag, before depth is used.
    const SETTLE: Duration = Duration::from_secs(60);

    /// Nothing is known.
    pub const fn new(source: Source) -> Self {
        Self {
            source,
            tag: Tag::Untold,
            heard: BTreeMap::new(),
            finalized: BTreeMap::new(),
            safe: BTreeMap::new(),
        }
    }

    /// Takes an operator's word, heard at `heard`. It never goes back: a replica that lags is no change of mind.
    pub fn hear(&mut self, operator: &str, word: Word, heard: At) {
        let before = self.heard.get(operator).map_or(Word::Unasked, |(before, _)| *before);
        self.heard.insert(operator.into(), (before.asked_again(word), heard));
        let without = self.heard.values().filter(|(word, _)| *word == Word::Unknown).count();
        let most_are_without = 2 * without > self.heard.len();
        self.tag = match (self.tag, word) {
            (Tag::Known, _) | (_, Word::Known { .. }) => Tag::Known,
            (Tag::Unknown { since }, _) if most_are_without => Tag::Unknown { since },
            _ if most_are_without => Tag::Unknown { since: heard },
            _ => Tag::Untold,
        };
        if let Word::Known { finalized, safe } = word {
            raise(&mut self.finalized, operator, Some(finalized), heard);
            raise(&mut self.safe, operator, safe, heard);
        }
    }

    /// Forgets who has not been heard of for `lifetime`: the dead must not hold finality back.
    pub fn expire(&mut self, now: At, lifetime: Duration) {
        self.heard.retain(|_, (_, heard)| now.since(*heard) <= lifetime);
        self.finalized.retain(|_, mark| now.since(mark.heard) <= lifetime);
        self.safe.retain(|_, mark| now.since(mark.heard) <= lifetime);
    }

    /// Forgets an operator.
    pub fn revoke(&mut self, operator: &str) {
        self.heard.remove(operator);
        self.finalized.remove(operator);
        self.safe.remove(operator);
    }

    /// The height that a strict majority of those who know calls final, whatever chain is delivered: a place to start from.
    pub fn agreed_height(&self) -> Option<Height> {
        reached(self.finalized.values().map(|mark| mark.header.height).collect())
    }

    /// What is final on `chain`; `strays` tells of a header above its tip whether that is known to lie on another branch.
    pub fn rule(&self, chain: &Canonical, strays: impl Fn(&Header) -> bool, now: At) -> Final {
        let contradicts = |header: &Header| {
            chain.at(header.height).map_or_else(|| strays(header), |ours| ours.hash != header.hash)
        };
        let contradicting: Vec<Operator> = self
            .finalized
            .iter()
            .filter(|(_, mark)| contradicts(&mark.header))
            .map(|(operator, _)| operator.clone())
            .collect();
        // A lone word counts for a block that is ours; a height far ahead is believed of several.
        let counts = |marks: &BTreeMap<Operator, Mark>, header: &Header| {
            !contradicts(header) && (marks.len() > 1 || chain.contains(&header.block()))
        };
        let blocks = |marks: &BTreeMap<Operator, Mark>| {
            let headers = marks.values().map(|mark| mark.header);
            let ours = headers.filter(|header| counts(marks, header)).map(|header| header.block());
            majority(ours.collect(), marks.len())
        };
        let by_depth = |depth: u64| {
            let height = chain.tip()?.height.0.checked_sub(depth)?;
            chain.at(Height(height)).map(Header::block)
        };
        let (finalized, safe) = match self.source {
            Source::Depth(depth) => (by_depth(depth), None),
            Source::Tag { fallback_depth } => match self.tag {
                Tag::Untold => (None, None),
                Tag::Unknown { since } => {
                    let settled = now.since(since) >= Self::SETTLE;
                    (by_depth(fallback_depth).filter(|_| settled), None)
                }
                Tag::Known => (blocks(&self.finalized), blocks(&self.safe)),
            },
        };
        let safe = safe.map(|block| block.height);
        Final { finalized, safe, contradicting, receded_to: self.receded_to(chain) }
    }

    /// Our block where `theirs` is called final instead, and the operators by whose word ours is: a strict majority of those who
    /// know. `None` where ours is not final up to that height, or nobody contradicts it.
    pub fn refutation(
        &self,
        chain: &Canonical,
        theirs: &Header,
        final_up_to: Height,
    ) -> Option<(BlockRef, Vec<Operator>)> {
        let other = |ours: &&Header| ours.height <= final_up_to && ours.hash != theirs.hash;
        let ours = chain.at(theirs.height).filter(other)?.block();
        let holds = |mark: &Mark| mark.header.height >= ours.height && chain.contains(&mark.header.block());
        let holding = self.finalized.iter().filter(|(_, mark)| holds(mark));
        let by: Vec<Operator> = holding.map(|(operator, _)| operator.clone()).collect();
        (2 * by.len() > self.finalized.len()).then_some((ours, by))
    }

    /// Those that named as much as was delivered, and name less now.
    fn receded_to(&self, chain: &Canonical) -> Option<Height> {
        let ours = chain.finalized()?;
        let once = reached(self.finalized.values().map(|mark| mark.header.height).collect())?;
        let now = reached(self.finalized.values().map(|mark| mark.last).collect())?;
        (once >= ours && now < ours).then_some(now)
    }
}

fn raise(marks: &mut BTreeMap<Operator, Mark>, operator: &str, header: Option<Header>, heard: At) {
    if let Some(header) = header {
        let mark = marks.entry(operator.into()).or_insert(Mark { header, last: header.height, heard });
        if heard >= mark.heard {
            (mark.last, mark.heard) = (header.height, heard);
        }
        if header.height >= mark.header.height {
            mark.header = header;
        }
    }
}

/// The highest of these heights that more than half reach.
fn reached(mut heights: Vec<Height>) -> Option<Height> {
    heights.sort_unstable_by_key(|height| Reverse(*height));
    heights.get(heights.len() / 2).copied()
}

/// The highest block whose height more than half of `all` reach, who need not all agree with these.
fn majority(mut blocks: Vec<BlockRef>, all: usize) -> Option<BlockRef> {
    blocks.sort_unstable_by_key(|block| Reverse(block.height));
    blocks.get(all / 2).copied()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::core::canonical::{Anchor, Ground};
    use crate::core::hash::Hash;

    fn header(height: u64) -> Header {
        let mut hash = [1; 32];
        hash[..8].copy_from_slice(&height.to_be_bytes());
        let mut parent = [1; 32];
        parent[..8].copy_from_slice(&height.wrapping_sub(1).to_be_bytes());
        Header { height: Height(height), hash: Hash(hash), parent: Hash(parent), time_s: 0 }
    }

    fn known(height: u64) -> Word {
        Word::Known { finalized: header(height), safe: None }
    }

    fn chain() -> Canonical {
        let mut chain = Canonical::starting_at(Anchor::under(&header(1)), Ground::Firm);
        (1..=100).for_each(|height| chain.apply(header(height)).unwrap());
        chain
    }

    fn tag() -> Finality {
        Finality::new(Source::Tag { fallback_depth: 10 })
    }

    #[test]
    fn a_strict_majority_of_those_who_know_decides() {
        let mut finality = tag();
        for (operator, height) in [("a", 90), ("b", 80), ("c", 70)] {
            finality.hear(operator, known(height), At::ZERO);
        }
        assert_eq!(
            finality.rule(&chain(), |_| false, At::ZERO).finalized.map(|block| block.height),
            Some(Height(80))
        );
        finality.hear("b", known(60), At::ZERO);
        assert_eq!(
            finality.rule(&chain(), |_| false, At::ZERO).finalized.map(|block| block.height),
            Some(Height(80))
        );
    }

    #[test]
    fn depth_stands_in_where_nobody_knows_the_tag() {
        let mut finality = tag();
        assert_eq!(
            finality.rule(&chain(), |_| false, At::from_secs(600)).finalized,
            None,
            "nobody was asked"
        );
        finality.hear("a", Word::Unknown, At::from_secs(600));
        assert_eq!(finality.rule(&chain(), |_| false, At::from_secs(600)).finalized, None);
        assert_eq!(
            finality.rule(&chain(), |_| false, At::from_secs(660)).finalized.map(|block| block.height),
            Some(Height(90))
        );
    }

    #[test]
    fn a_question_that_failed_says_nothing_of_the_tag() {
        let mut finality = tag();
        for word in [Word::Unasked, Word::Failed] {
            ["a", "b"].iter().for_each(|operator| finality.hear(operator, word, At::ZERO));
            assert_eq!(finality.rule(&chain(), |_| false, At::from_secs(600)).finalized, None, "{word:?}");
        }
        finality.hear("a", Word::Unknown, At::ZERO);
        assert_eq!(
            finality.rule(&chain(), |_| false, At::from_secs(600)).finalized,
            None,
            "one of two may be wrong"
        );
        finality.hear("b", Word::Unknown, At::from_secs(600));
        assert_eq!(
            finality.rule(&chain(), |_| false, At::from_secs(659)).finalized,
            None,
            "it counts from there"
        );
        let settled = finality.rule(&chain(), |_| false, At::from_secs(660)).finalized;
        assert_eq!(settled.map(|block| block.height), Some(Height(90)));
    }

    #[test]
    fn what_was_known_stays_known_and_a_failure_takes_nothing_back() {
        let safe = Word::Known { finalized: header(5), safe: Some(header(7)) };
        let risen = Word::Known { finalized: header(6), safe: Some(header(7)) };
        assert_eq!(Word::Unasked.asked_again(Word::Failed), Word::Failed);
        assert_eq!(Word::Unknown.asked_again(Word::Failed), Word::Unknown);
        assert_eq!(Word::Failed.asked_again(Word::Unknown), Word::Unknown);
        assert_eq!(Word::Unknown.asked_again(safe), safe);
        assert_eq!(safe.asked_again(Word::Unknown), safe);
        assert_eq!(safe.asked_again(known(6)), risen);
    }

    #[test]
    fn depth_never_stands_in_once_the_tag_was_known() {
        let mut finality = tag();
        finality.hear("a", known(50), At::ZERO);
        finality.revoke("a");
        assert_eq!(finality.rule(&chain(), |_| false, At::from_secs(600)).finalized, None);
    }

    #[test]
    fn the_dead_do_not_hold_finality_back() {
        let mut finality = tag();
        for operator in ["dead", "gone"] {
            finality.hear(operator, known(10), At::ZERO);
        }
        finality.hear("alive", known(80), At::from_secs(100));
        assert_eq!(
            finality.rule(&chain(), |_| false, At::from_secs(100)).finalized.map(|block| block.height),
            Some(Height(10))
        );
        finality.expire(At::from_secs(100), Duration::from_secs(60));
        assert_eq!(
            finality.rule(&chain(), |_| false, At::from_secs(100)).finalized.map(|block| block.height),
            Some(Height(80))
        );
    }

    #[test]
    fn a_lone_word_about_a_height_far_ahead_makes_nothing_final() {
        let mut finality = tag();
        finality.hear("liar", known(1_000_000), At::ZERO);
        assert_eq!(finality.rule(&chain(), |_| false, At::ZERO).finalized, None);
        finality.hear("honest", known(70), At::ZERO);
        assert_eq!(
            finality.rule(&chain(), |_| false, At::ZERO).finalized.map(|block| block.height),
            Some(Height(70))
        );
    }

    #[test]
    fn whoever_calls_another_block_final_does_not_count() {
        let mut finality = tag();
        finality.hear("a", known(50), At::ZERO);
        let other = Header { hash: Hash([9; 32]), ..header(95) };
        finality.hear("liar", Word::Known { finalized: other, safe: None }, At::ZERO);
        let ruling = finality.rule(&chain(), |_| false, At::ZERO);
        assert_eq!((ruling.finalized, ruling.contradicting), (None, vec!["liar".into()]), "one against one");
        finality.hear("b", known(60), At::ZERO);
        let ruling = finality.rule(&chain(), |_| false, At::ZERO);
        let finalized = ruling.finalized.map(|block| block.height);
        assert_eq!((finalized, ruling.contradicting), (Some(Height(50)), vec!["liar".into()]));
    }

    #[test]
    fn whoever_is_known_to_be_on_another_branch_above_the_tip_does_not_count() {
        let mut finality = tag();
        for (operator, height) in [("a", 50), ("b", 60), ("c", 120), ("d", 130)] {
            finality.hear(operator, known(height), At::ZERO);
        }
        let agreed = |strays: bool| finality.rule(&chain(), |_| strays, At::ZERO).finalized;
        assert_eq!(agreed(false).map(|block| block.height), Some(Height(60)));
        assert_eq!(agreed(true), None, "two against two");
    }

    #[test]
    fn a_final_block_is_refuted_only_where_most_call_ours_final() {
        let (mut finality, chain) = (tag(), chain());
        let other = |height: u64| Header { hash: Hash([9; 32]), ..header(height) };
        finality.hear("liar", Word::Known { finalized: other(50), safe: None }, At::ZERO);
        finality.hear("a", known(60), At::ZERO);
        let refuted =
            |finality: &Finality, theirs, up_to| finality.refutation(&chain, &theirs, Height(up_to));
        assert_eq!(refuted(&finality, other(50), 60), None, "one against one");
        finality.hear("b", known(49), At::ZERO);
        assert_eq!(refuted(&finality, other(50), 60), None, "the second has not come so far");
        finality.hear("b", known(50), At::ZERO);
        let by = vec!["a".to_owned(), "b".to_owned()];
        assert_eq!(refuted(&finality, other(50), 60), Some((header(50).block(), by)));
        assert_eq!(refuted(&finality, other(50), 49), None, "ours is not final");
        assert_eq!(refuted(&finality, header(50), 60), None, "it is ours");
        assert_eq!(refuted(&finality, other(200), 200), None, "nothing of ours is there");
    }

    #[test]
    fn finality_has_receded_when_most_take_back_what_was_delivered_as_final() {
        let (mut finality, mut chain) = (tag(), chain());
        let receded =
            |finality: &Finality, chain: &Canonical| finality.rule(chain, |_| false, At::ZERO).receded_to;
        ["a", "b", "c"].iter().for_each(|operator| finality.hear(operator, known(80), At::ZERO));
        chain.finalize(Height(80)).unwrap();
        finality.hear("a", known(60), At::ZERO);
        assert_eq!(receded(&finality, &chain), None, "one of three may lag");
        finality.hear("b", known(79), At::ZERO);
        assert_eq!(receded(&finality, &chain), Some(Height(79)));
        assert_eq!(
            finality.rule(&chain, |_| false, At::ZERO).finalized,
            Some(header(80).block()),
            "it stays final"
        );
        finality.hear("b", known(80), At::ZERO);
        assert_eq!(receded(&finality, &chain), None);
    }

    #[test]
    fn after_a_restart_operators_that_never_named_so_much_have_taken_nothing_back() {
        let (mut finality, mut chain) = (tag(), chain());
        chain.finalize(Height(80)).unwrap();
        finality.hear("a", known(70), At::ZERO);
        assert_eq!(finality.rule(&chain, |_| false, At::ZERO).receded_to, None);
    }

    proptest! {
        #[test]
        fn more_than_half_reach_what_is_called_final(heights in proptest::collection::vec(1u64..100, 1..9)) {
            let mut finality = tag();
            for (index, height) in heights.iter().enumerate() {
                finality.hear(&index.to_string(), known(*height), At::ZERO);
            }
            let Some(BlockRef { height: Height(finalized), .. }) = finality.rule(&chain(), |_| false, At::ZERO).finalized else { panic!() };
            prop_assert!(2 * heights.iter().filter(|height| **height >= finalized).count() > heights.len());
            prop_assert!(2 * heights.iter().filter(|height| **height > finalized).count() <= heights.len());
        }
    }
}
