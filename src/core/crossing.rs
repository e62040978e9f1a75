//! Whether a branch that lies far ahead is the one on which those stand who are behind.
//!
//! *Why.* The end of a span is voted on by those that have come so far. Whoever is behind, or has just died, says nothing there;
//! yet its last head may lie on a branch that the far one has left. At the tip its vote would count against it, so it must count
//! here: else the stream would leave for the far branch and be called back.
//! *Decision.* One that agrees on the far end is asked what it has at the heights where the others stand. Where it names other
//! blocks, more must agree on the far end than stand on those.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::at::At;
use super::consensus::ruling::Claim;
use super::consensus::votes::Operator;
use super::hash::Hash;
use super::header::{BlockRef, Header};
use super::numbers::Height;

/// How long what was found out holds: the guide may leave its branch meanwhile.
const HOLDS: Duration = Duration::from_secs(10);

/// The way that one operator shows, past where others stood when it was first asked for: whoever moves on meanwhile must not put
/// the answer off.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Crossing {
    guide: Operator,
    begun: At,
    stood: BTreeMap<Operator, BlockRef>,
    shown: BTreeMap<Height, Shown>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shown {
    Asked,
    Block(Hash),
}

/// What the way is like.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Way {
    /// It is not known yet: the guide is to be asked for its blocks at these heights.
    Unknown(BTreeSet<Height>),
    /// It leads past where these stand.
    Past(Vec<Claim>),
}

impl Crossing {
    /// The way that `guide` shows past `others`, each of whom stands on a block.
    pub fn new(guide: &str, others: &[(Operator, BlockRef)], now: At) -> Self {
        let stood = others.iter().cloned().collect();
        Self { guide: guide.to_owned(), begun: now, stood, shown: BTreeMap::new() }
    }

    /// Whether it is the way past these, and was found out not long ago.
    pub fn holds(&self, guide: &str, others: &[(Operator, BlockRef)], now: At) -> bool {
        let knows = |(operator, _): &(Operator, BlockRef)| self.stood.contains_key(operator);
        self.guide == guide && now.since(self.begun) <= HOLDS && others.iter().all(knows)
    }

    /// What is known of it, as far as it matters to `others`.
    pub fn way(&mut self, others: &[(Operator, BlockRef)]) -> Way {
        let shown = |stood: &BlockRef| self.shown.get(&stood.height).copied();
        if self.stood.values().all(|stood| matches!(shown(stood), Some(Shown::Block(_)))) {
            let matters = |operator: &Operator| others.iter().any(|(other, _)| other == operator);
            let left = self.stood.iter().filter(|(operator, stood)| {
                matters(operator) && shown(stood) != Some(Shown::Block(stood.hash))
            });
            let claim = |(operator, block): (&Operator, &BlockRef)| Claim {
                block: *block,
                operators: vec![operator.clone()],
            };
            return Way::Past(left.map(claim).collect());
        }
        let unasked = self.stood.values().filter(|stood| shown(stood).is_none());
        let unasked: BTreeSet<Height> = unasked.map(|stood| stood.height).collect();
        self.shown.extend(unasked.iter().map(|height| (*height, Shown::Asked)));
        Way::Unknown(unasked)
    }

    /// `operator` answers: with its block at `height`, or not at all, and may be asked again. An earlier guide says nothing any more.
    pub fn showed(&mut self, operator: &str, height: Height, block: Option<&Header>) {
        match block {
            _ if operator != self.guide => {}
            Some(block) => drop(self.shown.insert(height, Shown::Block(block.hash))),
            None => drop(self.shown.remove(&height)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block(height: u64, tag: u8) -> BlockRef {
        BlockRef { height: Height(height), hash: Hash([tag; 32]) }
    }

    fn header(height: u64, tag: u8) -> Header {
        Header { height: Height(height), hash: Hash([tag; 32]), parent: Hash::ZERO, time_s: 0 }
    }

    fn unknown(heights: &[u64]) -> Way {
        Way::Unknown(heights.iter().map(|height| Height(*height)).collect())
    }

    #[test]
    fn a_way_leads_past_those_whose_blocks_the_guide_does_not_have() {
        let others = [("b".to_owned(), block(10, 1)), ("c".into(), block(10, 1)), ("d".into(), block(12, 2))];
        let mut crossing = Crossing::new("a", &others, At::ZERO);
        assert_eq!(crossing.way(&others), unknown(&[10, 12]));
        assert_eq!(crossing.way(&others), unknown(&[]), "each is asked for once");
        crossing.showed("a", Height(10), Some(&header(10, 1)));
        crossing.showed("a", Height(12), None);
        crossing.showed("e", Height(12), Some(&header(12, 2)));
        assert_eq!(crossing.way(&others), unknown(&[12]), "it gave no answer");
        crossing.showed("a", Height(12), Some(&header(12, 3)));
        let left = Claim { block: block(12, 2), operators: vec!["d".into()] };
        assert_eq!(crossing.way(&others), Way::Past(vec![left]));
        assert_eq!(crossing.way(&others[..2]), Way::Past(Vec::new()), "the third has come along");
    }

    #[test]
    fn it_holds_for_a_while_whoever_moves_on_and_not_for_somebody_new() {
        let crossing = Crossing::new("a", &[("b".into(), block(10, 1))], At::ZERO);
        let moved = [("b".into(), block(11, 1))];
        assert!(crossing.holds("a", &moved, At::from_secs(10)) && crossing.holds("a", &[], At::ZERO));
        assert!(!crossing.holds("a", &moved, At::from_secs(11)) && !crossing.holds("c", &moved, At::ZERO));
        assert!(!crossing.holds("a", &[("c".into(), block(10, 1))], At::ZERO));
    }
}
