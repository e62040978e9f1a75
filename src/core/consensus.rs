//! Consensus: which branch of the chain the operators agree on.
//!
//! Consensus says *which* fork, verification says whether it is *true*; a block is delivered when both agree.

pub mod ballot;
pub mod dag;
mod dispute;
pub mod ruling;
pub mod votes;

use std::collections::{BTreeMap, BTreeSet};

use self::dag::Dag;
use self::dispute::Disputes;
use self::ruling::{Agreement, Bench, Newcomers, OnSingle, Rules, Ruling};
use self::votes::{Operator, Votes};
use super::at::At;
use super::canonical::Canonical;
use super::header::{BlockRef, Header};
use super::numbers::Height;

/// How many heads on our branch an operator must show before it no longer counts as forked.
const HEADS_TO_RETURN: u32 = 3;
/// How far above the other of two operators a head is believed that is not known to link to our chain.
const UNLINKED_LEAD: u64 = 2;

/// What is known of one chain's branches and of who holds to which.
#[derive(Clone, Debug)]
pub struct Consensus {
    /// The rules; the block time in them follows the measured one.
    pub rules: Rules,
    dag: Dag,
    votes: Votes,
    disputes: Disputes,
    outvoted: BTreeMap<Operator, At>,
    forked: BTreeMap<Operator, Return>,
    favour: Option<Favour>,
    /// The lowest height that can still be told apart: what lies below is older than the last final block.
    floor: Height,
}

/// What must not be forgotten when everything else is heard anew: the contradictions that last, and whom a person chose to follow.
#[derive(Clone, Debug)]
pub struct Stance {
    disputes: Disputes,
    favour: Option<Favour>,
}

/// Whom a person chose to follow.
#[derive(Clone, Debug)]
struct Favour {
    operator: Operator,
    /// Since when most are on our branch, or the operator has no word any more.
    calm: Option<At>,
}

/// How far a forked operator has come back.
#[derive(Clone, Copy, Debug, Default)]
struct Return {
    heads: u32,
    last: Option<Header>,
}

impl Consensus {
    /// Nothing is known yet.
    pub fn new(rules: Rules) -> Self {
        let (dag, votes, disputes) = (Dag::default(), Votes::default(), Disputes::default());
        let (outvoted, forked) = (BTreeMap::new(), BTreeMap::new());
        Self { rules, dag, votes, disputes, outvoted, forked, favour: None, floor: Height::default() }
    }

    /// What is not to be forgotten.
    pub fn stance(&self) -> Stance {
        Stance { disputes: self.disputes.clone(), favour: self.favour.clone() }
    }

    /// Nothing is known but what was not forgotten.
    #[must_use]
    pub fn from_stance(rules: Rules, stance: Stance) -> Self {
        Self { disputes: stance.disputes, favour: stance.favour, ..Self::new(rules) }
    }

    /// Takes an operator's word: `header` is its newest, or on its canonical chain. The header was shown to hash to its hash.
    /// Tells whether the header is news.
    /// A header below the last final block only shows that the operator is alive: another of its providers may be ahead.
    pub fn vote(&mut self, operator: &str, header: Header, shown: At) -> bool {
        if header.height < self.floor {
            self.votes.hear(operator, shown);
            return false;
        }
        let news = self.dag.insert(header);
        self.votes.cast(operator, header, shown, &self.dag);
        news
    }

    /// Takes a header that only serves to link others.
    pub fn learn(&mut self, header: Header) {
        self.dag.insert(header);
    }

    /// Takes an operator's vote away.
    pub fn revoke(&mut self, operator: &str) {
        self.votes.revoke(operator);
        self.disputes.revoke(operator);
        self.outvoted.remove(operator);
        self.forked.remove(operator);
    }

    /// The votes, for people and for choosing a target.
    pub fn votes(&self) -> &Votes {
        &self.votes
    }

    /// Operators that hold to a branch which lost. Where all do, none has lost: somebody must show the way.
    pub fn forked(&self) -> BTreeSet<Operator> {
        let all = self.votes.iter().all(|(operator, _)| self.forked.contains_key(operator));
        if all { BTreeSet::new() } else { self.forked.keys().cloned().collect() }
    }

    /// These operators name what is agreed: they are on our branch again.
    pub fn rejoin(&mut self, operators: &[Operator]) {
        self.forked.retain(|operator, _| !operators.contains(operator));
    }

    /// How many headers are held.
    pub fn headers(&self) -> usize {
        self.dag.len()
    }

    /// Whether `operator`'s newest header is `block` or descends from it.
    pub fn holds(&self, operator: &str, block: &BlockRef) -> bool {
        let vote = self.votes.iter().find(|(name, _)| *name == operator);
        vote.is_some_and(|(_, vote)| self.dag.descends(&vote.head, block))
    }

    /// Whether `head` belongs to a branch that leaves the chain below its tip. Of what is older than all we hold nobody can tell:
    /// whoever stands there lags.
    pub fn strays(&self, head: &Header, chain: &Canonical) -> bool {
        if head.height < chain.base().next {
            return false;
        }
        match self.dag.descent(head, chain) {
            dag::Descent::Canonical | dag::Descent::Missing(_) => false,
            dag::Descent::Branch(path) => {
                path.first().is_some_and(|block| block.height < chain.anchor().next)
            }
            dag::Descent::Foreign => true,
        }
    }

    /// Whether `head` and `block` lie on one branch, whichever is the higher.
    pub fn joins(&self, head: &Header, block: &BlockRef) -> bool {
        let above = self.dag.get(&block.hash).is_some_and(|block| self.dag.descends(block, &head.block()));
        above || self.dag.descends(head, block)
    }

    /// Whether whoever shows `head` thereby shows `block` of the chain: it is `head`, or lies below it on the same branch.
    pub fn shows(&self, head: &Header, block: &BlockRef, chain: &Canonical) -> bool {
        chain.contains(block)
            && match self.dag.descent(head, chain) {
                dag::Descent::Canonical => head.height >= block.height,
                dag::Descent::Branch(path) => path.first().is_some_and(|first| first.height > block.height),
                dag::Descent::Missing(_) | dag::Descent::Foreign => false,
            }
    }

    /// Operators whose newest header belongs to a history without our oldest block.
    pub fn foreign(&self, chain: &Canonical) -> BTreeSet<Operator> {
        let foreign = |head: &Header| {
            head.height >= chain.base().next && self.dag.descent(head, chain) == dag::Descent::Foreign
        };
        let votes = self.votes.iter().filter(|(_, vote)| foreign(&vote.head));
        votes.map(|(operator, _)| operator.clone()).collect()
    }

    /// The blocks from the chain up to `operator`'s newest header, if its head hangs together with the chain.
    pub fn branch_of(&self, operator: &str, chain: &Canonical) -> Vec<Header> {
        let vote = self.votes.iter().find(|(name, _)| *name == operator);
        match vote.map(|(_, vote)| self.dag.descent(&vote.head, chain)) {
            Some(dag::Descent::Branch(path)) => path,
            _ => Vec::new(),
        }
    }

    /// A person chose to follow `operator` for as long as the present dispute lasts: where no side has a majority, its word
    /// counts.
    pub fn favour(&mut self, operator: &str) {
        self.favour = Some(Favour { operator: operator.into(), calm: None });
    }

    /// Whom a person chose to follow.
    pub fn favoured(&self) -> Option<&str> {
        self.favour.as_ref().map(|favour| favour.operator.as_str())
    }

    /// The dispute is over once most operators have been on our branch for as long as it takes to halt.
    fn let_favour_end(&mut self, chain: &Canonical, now: At) {
        let Some(favour) = &self.favour else { return };
        let on_ours = self.votes.iter().filter(|(_, vote)| !self.strays(&vote.head, chain)).count();
        let speaks = self.votes.iter().any(|(operator, _)| *operator == favour.operator);
        let over = 2 * on_ours > self.votes.len() || !speaks;
        let calm = over.then(|| favour.calm.unwrap_or(now));
        let Some(favour) = &mut self.favour else { return };
        favour.calm = calm;
        if calm.is_some_and(|since| now.since(since) >= self.rules.halt_after()) {
            self.favour = None;
        }
    }

    /// Rules on the votes.
    pub fn rule(&mut self, chain: &Canonical, leader: Option<&str>, newcomers: Newcomers, now: At) -> Ruling {
        self.votes.expire(now, self.rules.vote_lifetime());
        self.floor = chain.base().next;
        self.dag.forget_below(self.floor);
        let forked = self.forked();
        let bench = Bench {
            rules: &self.rules,
            dag: &self.dag,
            votes: &self.votes,
            chain,
            leader,
            forked: &forked,
            newcomers,
            favour: self.favour.as_ref().map(|favour| favour.operator.as_str()),
        };
        let ruling = bench.rule(&mut self.disputes, now);
        self.mark_forked(&ruling, now);
        self.let_return(&ruling, chain);
        self.let_favour_end(chain, now);
        ruling
    }

    /// Whoever is outvoted is given the time that blocks take to spread before it counts as forked.
    fn mark_forked(&mut self, ruling: &Ruling, now: At) {
        self.outvoted.retain(|operator, _| ruling.outvoted.contains(operator));
        for operator in &ruling.outvoted {
            let since = *self.outvoted.entry(operator.clone()).or_insert(now);
            if now.since(since) >= self.rules.patience() {
                self.forked.insert(operator.clone(), Return::default());
            }
        }
    }

    fn let_return(&mut self, ruling: &Ruling, chain: &Canonical) {
        let votes = &self.votes;
        let dag = &self.dag;
        let tip = chain.tip().copied();
        self.forked.retain(|operator, back| {
            let Some((_, vote)) = votes.iter().find(|(name, _)| *name == operator) else { return false };
            if ruling.outvoted.contains(operator) {
                return true;
            }
            let ours = chain.contains(&vote.head.block())
                || tip.is_some_and(|tip| dag.descends(&vote.head, &tip.block()));
            match ours {
                false => *back = Return::default(),
                true if back.last != Some(vote.head) => {
                    *back = Return { heads: back.heads + 1, last: Some(vote.head) };
                }
                true => {}
            }
            back.heads < HEADS_TO_RETURN
        });
    }

    /// The height that lag is measured against: with three operators or more the second highest head, so that one that leaps
    /// ahead moves nothing; with two the higher, as far as it can be believed: what is not known to link to our chain counts no
    /// more than a little above the other; with one its own.
    pub fn reference(&self, chain: Option<&Canonical>) -> Option<Height> {
        let heads = self.heads();
        match heads[..] {
            [higher, lower] if !self.is_linked(higher, chain) => Some(higher.min(lower.plus(UNLINKED_LEAD))),
            _ => heads.get(usize::from(heads.len() >= 3)).copied(),
        }
    }

    /// Whether a vote at this height is known to descend from the chain.
    fn is_linked(&self, height: Height, chain: Option<&Canonical>) -> bool {
        let Some(chain) = chain else { return false };
        let descends = |head: &Header| {
            matches!(self.dag.descent(head, chain), dag::Descent::Canonical | dag::Descent::Branch(_))
        };
        self.votes.iter().any(|(_, vote)| vote.head.height == height && descends(&vote.head))
    }

    /// The height that the stream may come to: the highest that two operators have, or the head of the only one that is there,
    /// or that goes on while all others stand still, if its word alone is followed.
    pub fn attainable(&self, now: At) -> Option<Height> {
        let heads = self.heads();
        let shared = heads.get(usize::from(heads.len() >= 2)).copied();
        let only = self.votes.only_advancing(now, self.rules.lag_threshold);
        let alone = only.filter(|_| self.rules.on_single == OnSingle::Flag).map(|vote| vote.head.height);
        shared.max(alone)
    }

    /// The highest height from `next` on that all have who have come so far, or the one attainable if nobody else has: a vote there
    /// leaves nobody out who is merely a block behind.
    pub fn common(&self, next: Height, now: At) -> Option<Height> {
        let attainable = self.attainable(now)?;
        let ahead = self.votes.iter().map(|(_, vote)| vote.head.height).filter(|head| *head >= next);
        Some(ahead.min().map_or(attainable, |common| common.min(attainable)))
    }

    /// Whether nobody else could say anything of a block that a single operator names: whoever is there has not come to its
    /// height and does not advance.
    pub fn is_indisputable(&self, agreement: &Agreement, now: At) -> bool {
        let mut others = self.votes.iter().filter(|(operator, _)| !agreement.operators.contains(operator));
        let recent = self.rules.lag_threshold;
        others.all(|(_, vote)| vote.head.height < agreement.block.height && !vote.advances(now, recent))
    }

    /// On which blocks those stand that have not come to where `agreement` is, and could have a say against it.
    pub fn behind(&self, agreement: &Agreement, chain: &Canonical) -> Vec<(Operator, BlockRef)> {
        let others = self.votes.iter().filter(|(operator, _)| !agreement.operators.contains(operator));
        let standing = others.map(|(operator, vote)| (operator.clone(), vote.head.block()));
        let heights = chain.base().next..agreement.block.height;
        standing.filter(|(_, stands)| heights.contains(&stands.height)).collect()
    }

    fn heads(&self) -> Vec<Height> {
        let mut heads: Vec<Height> = self.votes.iter().map(|(_, vote)| vote.head.height).collect();
        heads.sort_unstable_by(|a, b| b.cmp(a));
        heads
    }
}

#[cfg(test)]
mod tests;
