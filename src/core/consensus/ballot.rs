//! A ballot on one height, far ahead of the tip: the end of a span.
//!
//! *Why.* Far behind, blocks are fetched from anybody, so trust must not come from who answered. The hash at the end of a
//! span is asked of several operators; whatever links up to it is as good as agreed.

use std::collections::{BTreeMap, BTreeSet};

use super::ruling::{Agreement, Claim};
use super::votes::Operator;
use crate::core::header::Header;
use crate::core::numbers::Height;

/// The question "which block is at this height?", and the answers so far.
#[derive(Clone, Debug)]
pub struct Ballot {
    /// The height in question.
    pub height: Height,
    waiting: BTreeSet<Operator>,
    claims: BTreeMap<Operator, Header>,
}

/// What the answers come to.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub enum Outcome {
    /// Answers are still on their way.
    Open,
    /// Enough operators name this block.
    Agreed(Agreement, Header),
    /// One operator alone answered, and all others failed to.
    Single(Agreement, Header),
    /// They contradict each other, without a majority.
    Split(Vec<Claim>),
    /// Nobody could answer.
    Nobody,
}

impl Ballot {
    /// Asks `operators`.
    pub fn open(height: Height, operators: impl IntoIterator<Item = Operator>) -> Self {
        Self { height, waiting: operators.into_iter().collect(), claims: BTreeMap::new() }
    }

    /// Takes an operator's answer; a header of another height is no answer.
    pub fn answer(&mut self, operator: &str, header: Option<Header>) {
        self.waiting.remove(operator);
        if let Some(header) = header.filter(|header| header.height == self.height) {
            self.claims.insert(operator.into(), header);
        }
    }

    /// Counts. Where no side has a majority, the word of whom a person chose to `favour` counts.
    pub fn outcome(&self, favour: Option<&str>) -> Outcome {
        let mut claims = self.claims();
        claims.sort_by_key(|(claim, _)| std::cmp::Reverse(claim.operators.len()));
        let asked = self.claims.len() + self.waiting.len();
        let Some((top, header)) = claims.first().cloned() else {
            return if self.waiting.is_empty() { Outcome::Nobody } else { Outcome::Open };
        };
        let count = top.operators.len();
        let others = self.claims.len() - count;
        let agreement = Agreement { block: top.block, operators: top.operators, asked };
        // Two that are quick may be a minority: it is decided when the rest cannot outvote them any more.
        let enough = count >= 2 && 2 * count > asked;
        let favours =
            |claim: &Claim| claim.operators.iter().any(|operator| Some(operator.as_str()) == favour);
        let favoured = claims.iter().position(|(claim, _)| favours(claim));
        if let Some(favoured) = favoured.filter(|_| !enough && self.waiting.is_empty()) {
            let (Claim { block, operators }, header) = claims.swap_remove(favoured);
            return Outcome::Agreed(Agreement { block, operators, asked }, header);
        }
        match (enough, self.waiting.is_empty(), others) {
            (true, ..) => Outcome::Agreed(agreement, header),
            (false, false, _) => Outcome::Open,
            (false, true, 0) if count == 1 => Outcome::Single(agreement, header),
            (false, true, 0) => Outcome::Agreed(agreement, header),
            (false, true, _) => Outcome::Split(claims.into_iter().map(|(claim, _)| claim).collect()),
        }
    }

    fn claims(&self) -> Vec<(Claim, Header)> {
        let mut claims: Vec<(Claim, Header)> = Vec::new();
        for (operator, header) in &self.claims {
            match claims.iter_mut().find(|(claim, _)| claim.block == header.block()) {
                Some((claim, _)) => claim.operators.push(operator.clone()),
                None => {
                    claims.push((Claim { block: header.block(), operators: vec![operator.clone()] }, *header))
                }
            }
        }
        claims
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::hash::Hash;

    fn header(tag: u8) -> Option<Header> {
        Some(Header { height: Height(9), hash: Hash([tag; 32]), parent: Hash::ZERO, time_s: 0 })
    }

    fn ballot(answers: &[(&str, Option<Header>)]) -> Outcome {
        let mut ballot = Ballot::open(Height(9), ["a", "b", "c"].map(String::from));
        for (operator, answer) in answers {
            ballot.answer(operator, *answer);
        }
        ballot.outcome(None)
    }

    #[test]
    fn two_of_three_need_not_wait_for_the_third() {
        assert!(matches!(ballot(&[("a", header(1)), ("b", header(1))]), Outcome::Agreed(..)));
        assert_eq!(ballot(&[("a", header(1))]), Outcome::Open);
    }

    #[test]
    fn a_liar_is_outvoted_and_a_tie_is_not_decided() {
        let outvoted = ballot(&[("a", header(1)), ("b", header(2)), ("c", header(2))]);
        assert!(matches!(outvoted, Outcome::Agreed(agreement, _) if agreement.operators == ["b", "c"]));
        let tie = ballot(&[("a", header(1)), ("b", header(2)), ("c", None)]);
        assert!(matches!(tie, Outcome::Split(claims) if claims.len() == 2));
    }

    #[test]
    fn two_that_are_quick_do_not_outvote_three() {
        let mut ballot = Ballot::open(Height(9), ["a", "b", "c", "d", "e"].map(String::from));
        ["a", "b"].iter().for_each(|operator| ballot.answer(operator, header(1)));
        assert_eq!(ballot.outcome(None), Outcome::Open);
        ["c", "d"].iter().for_each(|operator| ballot.answer(operator, header(2)));
        assert_eq!(ballot.outcome(None), Outcome::Open);
        let mut split = ballot.clone();
        split.answer("e", None);
        assert!(matches!(split.outcome(None), Outcome::Split(claims) if claims.len() == 2));
        ballot.answer("e", header(2));
        assert!(
            matches!(ballot.outcome(None), Outcome::Agreed(agreement, _) if agreement.operators == ["c", "d", "e"])
        );
    }

    #[test]
    fn a_single_answer_says_so() {
        assert!(matches!(ballot(&[("a", header(1)), ("b", None), ("c", None)]), Outcome::Single(..)));
        assert_eq!(ballot(&[("a", None), ("b", None), ("c", None)]), Outcome::Nobody);
    }
}
