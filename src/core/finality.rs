//! Up to where the chain is final: the word of a strict majority of the operators that know, or a depth where none does.
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

/// What operators call final and safe.
#[derive(Clone, Debug)]
pub struct Finality {
    source: Source,
    tag: Tag,
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
    /// Nobody was heard yet.
    Unheard,
    /// Operators are heard since, and none knows it.
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

impl Finality {
    /// How long operators may take to show that they know the tag, before depth is used.
    const SETTLE: Duration = Duration::from_secs(60);

    /// Nothing is known.
    pub const fn new(source: Source) -> Self {
        Self { source, tag: Tag::Unheard, finalized: BTreeMap::new(), safe: BTreeMap::new() }
    }

    /// Takes an operator's word, heard at `heard`. It never goes back: a replica that lags is no change of mind.
    pub fn hear(&mut self, operator: &str, finalized: Option<Header>, safe: Option<Header>, heard: At) {
        self.tag = match (self.tag, finalized) {
            (Tag::Known, _) | (_, Some(_)) => Tag::Known,
            (Tag::Unheard, None) => Tag::Unknown { since: heard },
            (Tag::Unknown { since }, None) => Tag::Unknown { since },
        };
        raise(&mut self.finalized, operator, finalized, heard);
        raise(&mut self.safe, operator, safe, heard);
    }

    /// Forgets who has not been heard of for `lifetime`: the dead must not hold finality back.
    pub fn expire(&mut self, now: At, lifetime: Duration) {
        self.finalized.retain(|_, mark| now.since(mark.heard) <= lifetime);
        self.safe.retain(|_, mark| now.since(mark.heard) <= lifetime);
    }

    /// Forgets an operator.
    pub fn revoke(&mut self, operator: &str) {
        self.finalized.remove(operator);
        self.safe.remove(operator);
    }

    /// The height that a strict majority of those who know calls final, whatever chain is delivered: a place to start from.
    pub fn agreed_height(&self) -> Option<Height> {
        majority(self.finalized.values().map(|mark| mark.header.block()).collect()).map(|block| block.height)
    }

    /// What is final on `chain`.
    pub fn rule(&self, chain: &Canonical, now: At) -> Final {
        let contradicts =
            |header: &Header| chain.at(header.height).is_some_and(|ours| ours.hash != header.hash);
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
            headers.filter(|header| counts(marks, header)).map(|header| header.block()).collect()
        };
        let by_depth = |depth: u64| {
            let height = chain.tip()?.height.0.checked_sub(depth)?;
            chain.at(Height(height)).map(Header::block)
        };
        let (finalized, safe) = match self.source {
            Source::Depth(depth) => (by_depth(depth), None),
            Source::Tag { fallback_depth } => match self.tag {
                Tag::Unheard => (None, None),
                Tag::Unknown { since } => {
                    let settled = now.since(since) >= Self::SETTLE;
                    (by_depth(fallback_depth).filter(|_| settled), None)
                }
                Tag::Known => (majority(blocks(&self.finalized)), majority(blocks(&self.safe))),
            },
        };
        let safe = safe.map(|block| block.height);
        Final { finalized, safe, contradicting, receded_to: self.receded_to(chain) }
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

/// The highest block whose height more than half reach.
fn majority(mut blocks: Vec<BlockRef>) -> Option<BlockRef> {
    blocks.sort_unstable_by_key(|block| Reverse(block.height));
    blocks.get(blocks.len() / 2).copied()
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
            finality.hear(operator, Some(header(height)), None, At::ZERO);
        }
        assert_eq!(finality.rule(&chain(), At::ZERO).finalized.map(|block| block.height), Some(Height(80)));
        finality.hear("b", Some(header(60)), None, At::ZERO);
        assert_eq!(finality.rule(&chain(), At::ZERO).finalized.map(|block| block.height), Some(Height(80)));
    }

    #[test]
    fn depth_stands_in_where_nobody_knows_the_tag() {
        let mut finality = tag();
        assert_eq!(finality.rule(&chain(), At::from_secs(600)).finalized, None, "nobody was asked");
        finality.hear("a", None, None, At::from_secs(600));
        assert_eq!(finality.rule(&chain(), At::from_secs(600)).finalized, None);
        assert_eq!(
            finality.rule(&chain(), At::from_secs(660)).finalized.map(|block| block.height),
            Some(Height(90))
        );
    }

    #[test]
    fn depth_never_stands_in_once_the_tag_was_known() {
        let mut finality = tag();
        finality.hear("a", Some(header(50)), None, At::ZERO);
        finality.revoke("a");
        assert_eq!(finality.rule(&chain(), At::from_secs(600)).finalized, None);
    }

    #[test]
    fn the_dead_do_not_hold_finality_back() {
        let mut finality = tag();
        for operator in ["dead", "gone"] {
            finality.hear(operator, Some(header(10)), None, At::ZERO);
        }
        finality.hear("alive", Some(header(80)), None, At::from_secs(100));
        assert_eq!(
            finality.rule(&chain(), At::from_secs(100)).finalized.map(|block| block.height),
            Some(Height(10))
        );
        finality.expire(At::from_secs(100), Duration::from_secs(60));
        assert_eq!(
            finality.rule(&chain(), At::from_secs(100)).finalized.map(|block| block.height),
            Some(Height(80))
        );
    }

    #[test]
    fn a_lone_word_about_a_height_far_ahead_makes_nothing_final() {
        let mut finality = tag();
        finality.hear("liar", Some(header(1_000_000)), None, At::ZERO);
        assert_eq!(finality.rule(&chain(), At::ZERO).finalized, None);
        finality.hear("honest", Some(header(70)), None, At::ZERO);
        assert_eq!(finality.rule(&chain(), At::ZERO).finalized.map(|block| block.height), Some(Height(70)));
    }

    #[test]
    fn whoever_calls_another_block_final_does_not_count() {
        let mut finality = tag();
        finality.hear("a", Some(header(50)), None, At::ZERO);
        finality.hear("liar", Some(Header { hash: Hash([9; 32]), ..header(95) }), None, At::ZERO);
        let ruling = finality.rule(&chain(), At::ZERO);
        let finalized = ruling.finalized.map(|block| block.height);
        assert_eq!((finalized, ruling.contradicting), (Some(Height(50)), vec!["liar".into()]));
    }

    #[test]
    fn finality_has_receded_when_most_take_back_what_was_delivered_as_final() {
        let (mut finality, mut chain) = (tag(), chain());
        let receded = |finality: &Finality, chain: &Canonical| finality.rule(chain, At::ZERO).receded_to;
        ["a", "b", "c"].iter().for_each(|operator| finality.hear(operator, Some(header(80)), None, At::ZERO));
        chain.finalize(Height(80)).unwrap();
        finality.hear("a", Some(header(60)), None, At::ZERO);
        assert_eq!(receded(&finality, &chain), None, "one of three may lag");
        finality.hear("b", Some(header(79)), None, At::ZERO);
        assert_eq!(receded(&finality, &chain), Some(Height(79)));
        assert_eq!(finality.rule(&chain, At::ZERO).finalized, Some(header(80).block()), "it stays final");
        finality.hear("b", Some(header(80)), None, At::ZERO);
        assert_eq!(receded(&finality, &chain), None);
    }

    #[test]
    fn after_a_restart_operators_that_never_named_so_much_have_taken_nothing_back() {
        let (mut finality, mut chain) = (tag(), chain());
        chain.finalize(Height(80)).unwrap();
        finality.hear("a", Some(header(70)), None, At::ZERO);
        assert_eq!(finality.rule(&chain, At::ZERO).receded_to, None);
    }

    proptest! {
        #[test]
        fn more_than_half_reach_what_is_called_final(heights in proptest::collection::vec(1u64..100, 1..9)) {
            let mut finality = tag();
            for (index, height) in heights.iter().enumerate() {
                finality.hear(&index.to_string(), Some(header(*height)), None, At::ZERO);
            }
            let Some(BlockRef { height: Height(finalized), .. }) = finality.rule(&chain(), At::ZERO).finalized else { panic!() };
            prop_assert!(2 * heights.iter().filter(|height| **height >= finalized).count() > heights.len());
            prop_assert!(2 * heights.iter().filter(|height| **height > finalized).count() <= heights.len());
        }
    }
}
