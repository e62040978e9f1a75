//! Each operator's latest word on the chain.
//!
//! An operator votes for the newest header it showed and for everything below it. One operator, one vote, however many
//! endpoints it runs.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Serialize;

use super::dag::Dag;
use crate::core::at::At;
use crate::core::header::Header;

/// The name of whoever runs a provider: the unit of independence.
pub type Operator = String;

/// One operator's latest word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Vote {
    /// The newest header it showed.
    pub head: Header,
    /// When it last answered at all.
    pub heard: At,
    /// When it last showed a hash that moved its chain.
    pub advanced: At,
    /// When another moved its chain to where this one has not followed since, for the first time.
    pub missed: Option<At>,
}

impl Vote {
    fn new(head: Header, shown: At) -> Self {
        Self { head, heard: shown, advanced: shown, missed: None }
    }

    /// Whether it moves its chain, or has not had `recent` to do so since there was anything to show. On a slow or a quiet chain
    /// nobody has shown anything for long: there whoever is the first to speak is not the only one.
    pub fn advances(&self, now: At, recent: Duration) -> bool {
        now.since(self.missed.unwrap_or(self.advanced)) <= recent
    }
}

/// All operators' votes.
#[derive(Clone, Debug, Default)]
pub struct Votes {
    by_operator: BTreeMap<Operator, Vote>,
}

impl Votes {
    /// Takes `operator`'s word, shown at `shown`: what is older than its latest word counts no more, as when one of its
    /// providers died with a head that the chain has left. A header below its own newest one, on the same branch, only shows that it is alive: behind a
    /// load balancer replicas lag each other, and a step back is not a change of mind.
    pub fn cast(&mut self, operator: &str, head: Header, shown: At, dag: &Dag) {
        match self.by_operator.get_mut(operator) {
            Some(vote) if shown < vote.heard => return,
            Some(vote) if dag.descends(&vote.head, &head.block()) => {
                vote.heard = shown;
                return;
            }
            Some(vote) => *vote = Vote::new(head, shown),
            None => drop(self.by_operator.insert(operator.into(), Vote::new(head, shown))),
        }
        self.note_missed(operator, &head, shown, dag);
    }

    /// `operator` moved its chain to `head`: the others may follow. Who has all that anybody shows has missed nothing, whatever
    /// was shown and left again meanwhile.
    fn note_missed(&mut self, operator: &str, head: &Header, shown: At, dag: &Dag) {
        let heads: Vec<Header> = self.by_operator.values().map(|vote| vote.head).collect();
        for (_, vote) in self.by_operator.iter_mut().filter(|(name, _)| *name != operator) {
            let has = |head: &Header| dag.descends(&vote.head, &head.block());
            vote.missed = match vote.missed {
                _ if heads.iter().all(has) => None,
                Some(missed) => Some(missed),
                // What was shown before its own last step, it has left behind.
                None => (vote.advanced <= shown && !has(head)).then_some(shown),
            };
        }
    }

    /// `operator` answered, but showed nothing that counts.
    pub fn hear(&mut self, operator: &str, shown: At) {
        if let Some(vote) = self.by_operator.get_mut(operator) {
            vote.heard = vote.heard.max(shown);
        }
    }

    /// Takes `operator`'s vote away: it turned out to be wrong, or of another chain.
    pub fn revoke(&mut self, operator: &str) {
        self.by_operator.remove(operator);
    }

    /// Forgets who has not been heard of for `lifetime`.
    pub fn expire(&mut self, now: At, lifetime: Duration) {
        self.by_operator.retain(|_, vote| now.since(vote.heard) <= lifetime);
    }

    /// Every vote, by operator's name.
    pub fn iter(&self) -> impl Iterator<Item = (&Operator, &Vote)> {
        self.by_operator.iter()
    }

    /// How many operators have a vote.
    pub fn len(&self) -> usize {
        self.by_operator.len()
    }

    /// Whether nobody has voted.
    pub fn is_empty(&self) -> bool {
        self.by_operator.is_empty()
    }

    /// Whether an operator outside of `but` advances.
    pub fn another_advances(&self, but: &[Operator], now: At, recent: Duration) -> bool {
        self.advancing(now, recent).any(|(operator, _)| !but.contains(operator))
    }

    /// The vote of the only operator that advances.
    pub fn only_advancing(&self, now: At, recent: Duration) -> Option<&Vote> {
        let mut advancing = self.advancing(now, recent);
        let (_, only) = advancing.next()?;
        advancing.next().is_none().then_some(only)
    }

    fn advancing(&self, now: At, recent: Duration) -> impl Iterator<Item = (&Operator, &Vote)> {
        self.iter().filter(move |(_, vote)| vote.advances(now, recent))
    }
}
