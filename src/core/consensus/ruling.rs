//! From votes to a ruling: which block may be applied next, and when to stop instead.
//!
//! *Why ancestor voting.* Providers are at different heights all the time. An operator's head speaks for everything below it,
//! so that whoever is behind abstains rather than dissents (the scheme is web3-proxy's).
//! *Decision.* Walk up from where the branches part. At each height the operators that have it either all name one hash, or
//! they split. Two on one hash carry it; one alone carries it only when nobody else advances; a split waits for a child, then
//! goes to the strict majority, and without one the chain halts.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::dag::{Dag, Descent};
use super::dispute::{Disputes, Named};
use super::votes::{Operator, Votes};
use crate::core::at::At;
use crate::core::canonical::Canonical;
use crate::core::hash::Hash;
use crate::core::header::{BlockRef, Header};
use crate::core::numbers::Height;

/// How many operators must carry a block.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Corroboration {
    /// Two.
    #[default]
    Two,
    /// More than half of all that are heard.
    Majority,
    /// The leader's word alone; a majority against it still wins.
    Fast,
}

/// What happens when only one operator is left.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnSingle {
    /// Its blocks are applied, and show that they are not corroborated.
    #[default]
    Flag,
    /// Nothing is applied until there is a second.
    Hold,
}

/// The rules of one chain, and the pace at which they wait.
#[derive(Clone, Copy, Debug)]
pub struct Rules {
    /// How many operators must carry a block.
    pub corroboration: Corroboration,
    /// What happens when only one is left.
    pub on_single: OnSingle,
    /// The chain's measured block time.
    pub block_time: Duration,
    /// An operator counts as advancing when it showed a new hash within this time, or has known of another's for no longer.
    pub lag_threshold: Duration,
}

impl Rules {
    /// How long a split waits for a child before the majority decides: twice the block time.
    pub const fn patience(&self) -> Duration {
        self.block_time.saturating_mul(2)
    }

    /// How long a split without a majority lasts before the chain halts: three block times, at the least 15 s.
    pub fn halt_after(&self) -> Duration {
        (self.block_time * 3).max(Duration::from_secs(15))
    }

    /// How long a vote counts without being heard again: six block times, at the least 60 s.
    pub fn vote_lifetime(&self) -> Duration {
        (self.block_time * 6).max(Duration::from_secs(60))
    }
}

/// Who says which hash at one height.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Claim {
    /// The block.
    pub block: BlockRef,
    /// Its operators.
    pub operators: Vec<Operator>,
}

/// The last block that may be applied, and on whose word.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Agreement {
    /// The block; everything below it on its branch is agreed too.
    pub block: BlockRef,
    /// Its operators. One name: not corroborated.
    pub operators: Vec<Operator>,
    /// How many operators had a vote.
    pub asked: usize,
}

impl Agreement {
    /// Whether `operator` is one of those who agree.
    pub fn has(&self, operator: &str) -> bool {
        self.operators.iter().any(|name| name == operator)
    }
}

/// What the votes come to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[must_use]
pub struct Ruling {
    /// The highest block that is agreed, if it is not part of the chain yet.
    pub agreed: Option<Agreement>,
    /// What stands in the way of going further, if anything does.
    pub obstacle: Option<Obstacle>,
    /// Operators that hold to a branch which a strict majority left; they may only be late.
    pub outvoted: BTreeSet<Operator>,
    /// Headers that are needed to count a vote.
    pub missing: BTreeMap<Operator, BlockRef>,
    /// Operators whose head belongs to another history altogether.
    pub foreign: BTreeSet<Operator>,
}

/// Why the next block is not agreed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Obstacle {
    /// Too few operators carry it yet, and others are on their way.
    Held(Claim),
    /// Operators contradict each other; it may still resolve by itself.
    Split(Vec<Claim>),
    /// They have contradicted each other for too long, and no side has a majority: nothing is applied until one has.
    Halted(Vec<Claim>),
}

/// Whether operators may be on their way that have no vote yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Newcomers {
    /// Yes: a single word is not acted on.
    Expected,
    /// No.
    None,
}

/// Everything a ruling is made from.
pub struct Bench<'a> {
    /// The rules.
    pub rules: &'a Rules,
    /// The headers.
    pub dag: &'a Dag,
    /// The votes.
    pub votes: &'a Votes,
    /// The chain as delivered.
    pub chain: &'a Canonical,
    /// The operator that leads.
    pub leader: Option<&'a str>,
    /// Operators known to hold to a branch that lost: their dissent is no news.
    pub forked: &'a BTreeSet<Operator>,
    /// Whether operators may be on their way that have no vote yet.
    pub newcomers: Newcomers,
    /// Whose word counts where no side has a majority: a person said so.
    pub favour: Option<&'a str>,
}

/// The blocks that one operator's vote speaks for, from where branches part up to its head.
type Path<'a> = (&'a Operator, Vec<Header>);

enum Choice {
    Carried,
    Obstructed(Obstacle),
}

impl Bench<'_> {
    /// Rules on the votes as they stand at `now`.
    pub fn rule(&self, disputes: &mut Disputes, now: At) -> Ruling {
        let mut ruling = Ruling::default();
        let before = std::mem::take(disputes);
        let mut paths = self.paths(&mut ruling, before.lowest(self.chain));
        let mut carried: Option<Agreement> = None;
        let mut heard = BTreeSet::new();
        for level in 0.. {
            let named = claims(&paths, level);
            let silent = before.silent(&named);
            let mut claims = named;
            self.prefer(&mut claims, &silent);
            let Some(top) = claims.first() else { break };
            heard.insert(top.0);
            if claims.len() > 1 || silent.iter().any(|claim| claim.block != top.1.block) {
                // Of what is decided, nobody who is silent need be remembered.
                let silent = if self.is_majority(&claims, &silent) { &[][..] } else { &silent };
                disputes.note(&before, top.0, table(&claims, silent), now);
            }
            match self.choose(&claims, &silent, &paths, level, disputes.lasting(&top.0, now), now) {
                Choice::Carried => {
                    let losers = claims[1..].iter().flat_map(|(_, claim)| claim.operators.clone());
                    ruling.outvoted.extend(losers);
                    paths.retain(|(_, path)| {
                        path.get(level).is_some_and(|block| block.block() == top.1.block)
                    });
                    let Claim { block, operators } = top.1.clone();
                    carried = Some(Agreement { block, operators, asked: self.votes.len() });
                }
                Choice::Obstructed(obstacle) => {
                    ruling.obstacle = Some(obstacle);
                    break;
                }
            }
        }
        disputes.keep_unheard(&before, &heard, self.chain);
        if heard.is_empty() {
            ruling.obstacle = self.unheard(disputes, now);
        }
        ruling.agreed = carried.filter(|agreement| !self.chain.contains(&agreement.block));
        ruling
    }

    /// What every vote speaks for, from just above the lowest place where any branch leaves the chain, or did when it was
    /// `disputed`.
    fn paths(&self, ruling: &mut Ruling, disputed: Option<Height>) -> Vec<Path<'_>> {
        let mut branches = Vec::new();
        // Whoever stands below the last final block lags: it neither agrees nor contradicts.
        let floor = self.chain.base().next;
        for (operator, vote) in self.votes.iter().filter(|(_, vote)| vote.head.height >= floor) {
            match self.dag.descent(&vote.head, self.chain) {
                Descent::Canonical => branches.push((operator, vote.head.height, Vec::new())),
                Descent::Branch(path) => branches.push((operator, vote.head.height, path)),
                Descent::Missing(block) => drop(ruling.missing.insert(operator.clone(), block)),
                Descent::Foreign => drop(ruling.foreign.insert(operator.clone())),
            }
        }
        let leaves = branches.iter().filter_map(|(_, _, path)| path.first()).map(|block| block.height);
        let fork = leaves.chain(disputed).fold(self.chain.anchor().next, Height::min);
        let whole = branches.into_iter().map(|(operator, head, path)| {
            let until = path.first().map_or(head.next(), |block| block.height);
            let shared = (fork.0..until.0).filter_map(|height| self.chain.at(Height(height)).copied());
            (operator, shared.chain(path.iter().copied()).collect())
        });
        whole.collect()
    }

    /// Whether the foremost of `claims` carries its height.
    fn choose(
        &self,
        claims: &[Named],
        silent: &[Claim],
        paths: &[Path<'_>],
        level: usize,
        lasting: Duration,
        now: At,
    ) -> Choice {
        let (_, top) = &claims[0];
        let count = top.operators.len();
        if claims.len() == 1 && silent.iter().all(|claim| claim.block == top.block) {
            let enough = match self.rules.corroboration {
                Corroboration::Two => count >= 2,
                Corroboration::Majority => count >= 2 && 2 * count > self.votes.len(),
                Corroboration::Fast => count >= 2 || (self.leads(top) && !self.must_hold(top, now)),
            };
            let carried = enough || self.favours(top) || (count == 1 && self.stands_alone(top, now));
            let held = || Choice::Obstructed(Obstacle::Held(top.clone()));
            return if carried { Choice::Carried } else { held() };
        }
        let majority = self.is_majority(claims, silent);
        if !majority && self.favours(top) {
            return Choice::Carried;
        }
        if majority && (lasting >= self.rules.patience() || self.is_no_contest(claims, paths, level)) {
            return Choice::Carried;
        }
        let table = table(claims, silent);
        let halted = !majority && lasting >= self.rules.halt_after();
        Choice::Obstructed(if halted { Obstacle::Halted(table) } else { Obstacle::Split(table) })
    }

    /// Where nobody says anything to what is in dispute, the last words on it stand.
    fn unheard(&self, disputes: &Disputes, now: At) -> Option<Obstacle> {
        let (table, since) = disputes.standing(self.chain)?;
        let all: usize = table.iter().map(|claim| claim.operators.len()).sum();
        let majority = table.iter().any(|claim| 2 * claim.operators.len() > all);
        let halted = !majority && now.since(since) >= self.rules.halt_after();
        Some(if halted { Obstacle::Halted(table) } else { Obstacle::Split(table) })
    }

    /// Whether the foremost of `claims` is named by more than half of all, the `silent` among them: their word stands against
    /// others, and carries nothing.
    fn is_majority(&self, claims: &[Named], silent: &[Claim]) -> bool {
        let silent: usize = silent.iter().map(|claim| claim.operators.len()).sum();
        let voters = self.voters(claims).max(Self::named(claims) + silent);
        claims.first().is_some_and(|(_, top)| 2 * top.operators.len() > voters)
    }

    fn named(claims: &[Named]) -> usize {
        claims.iter().map(|(_, claim)| claim.operators.len()).sum()
    }

    fn voters(&self, claims: &[Named]) -> usize {
        match self.rules.corroboration {
            Corroboration::Two | Corroboration::Fast => Self::named(claims),
            Corroboration::Majority => self.votes.len(),
        }
    }

    fn favours(&self, claim: &Claim) -> bool {
        self.favour.is_some_and(|favour| claim.operators.iter().any(|operator| operator == favour))
    }

    /// Puts the favoured claim first, unless another has a majority.
    fn prefer(&self, claims: &mut [Named], silent: &[Claim]) {
        let decided = claims.is_empty() || self.is_majority(claims, silent);
        let favoured = claims.iter().position(|(_, claim)| self.favours(claim));
        if let Some(favoured) = favoured.filter(|_| !decided) {
            claims[..=favoured].rotate_right(1);
        }
    }

    fn leads(&self, claim: &Claim) -> bool {
        self.leader.is_some_and(|leader| claim.operators.iter().any(|operator| operator == leader))
    }

    /// Whether nobody else is left to correct the leader's word, and the user wants nothing on a single one.
    fn must_hold(&self, claim: &Claim, now: At) -> bool {
        let others = self.votes.another_advances(&claim.operators, now, self.rules.lag_threshold);
        self.rules.on_single == OnSingle::Hold && !others
    }

    fn stands_alone(&self, claim: &Claim, now: At) -> bool {
        let others = self.votes.another_advances(&claim.operators, now, self.rules.lag_threshold);
        self.rules.on_single == OnSingle::Flag && self.newcomers == Newcomers::None && !others
    }

    /// A majority need not wait when it was followed already, when its dissenters are known for it, or when its branch has
    /// outgrown theirs.
    fn is_no_contest(&self, claims: &[Named], paths: &[Path<'_>], level: usize) -> bool {
        let reach = |claim: &Claim| {
            let own = paths
                .iter()
                .filter(|(_, path)| path.get(level).is_some_and(|block| block.block() == claim.block));
            own.map(|(_, path)| path.len()).max().unwrap_or_default()
        };
        let mut losers = claims[1..].iter().flat_map(|(_, claim)| &claim.operators);
        let known = losers.all(|operator| self.forked.contains(operator));
        let followed = self.chain.contains(&claims[0].1.block);
        followed || known || claims[1..].iter().all(|(_, claim)| reach(claim) < reach(&claims[0].1))
    }
}

/// Who names which block, the silent with those that speak.
fn table(claims: &[Named], silent: &[Claim]) -> Vec<Claim> {
    let mut table: Vec<Claim> = claims.iter().map(|(_, claim)| claim.clone()).collect();
    for claim in silent {
        match table.iter_mut().find(|known| known.block == claim.block) {
            Some(known) => known.operators.extend(claim.operators.iter().cloned()),
            None => table.push(claim.clone()),
        }
    }
    table
}

/// Who names which block at `level` of their path, most operators first; each with the parent it names.
fn claims(paths: &[Path<'_>], level: usize) -> Vec<Named> {
    let mut by_block: BTreeMap<BlockRef, (Hash, Vec<Operator>)> = BTreeMap::new();
    for (operator, path) in paths {
        if let Some(block) = path.get(level) {
            let entry = by_block.entry(block.block()).or_insert_with(|| (block.parent, Vec::new()));
            entry.1.push((*operator).clone());
        }
    }
    let named = by_block.into_iter();
    let mut claims: Vec<_> =
        named.map(|(block, (parent, operators))| (parent, Claim { block, operators })).collect();
    claims.sort_by_key(|(_, claim)| std::cmp::Reverse(claim.operators.len()));
    claims
}
