//! Several operators serve a block that fails in the same way: is the check wrong, or do they conspire?
//!
//! *Why.* On the day of a fork a check may fail for every honest copy, and a stream that insisted on it would end. Two
//! operators that tamper alike look just the same. What tells them apart is everybody else.
//! *Decision.* One copy that passes beats any number of copies that fail, at once and afterwards. A block that fails is
//! **excused** only when two operators or more served it with the same recomputed values, and every other operator that has it
//! was asked too, or has had [`PATIENCE`] to show a better one. One operator alone is never excused.
//! *While a check is excused*, for [`EXCUSED_FOR`], whoever fails it is doubted instead of accused; but each further block
//! needs its own two copies, and its own asking of everybody else.
//! *Afterwards.* Whoever served a copy that failed, of a block of which another copy passes, is exposed: also when the block
//! was let through before.
//! *Not promised.* That no tampered block passes when every operator that can be reached conspires, and tampers alike.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde::Serialize;

use super::at::At;
use super::consensus::votes::Operator;
use super::hash::Hash;
use super::header::BlockRef;
use super::numbers::Height;
use super::served::Served;

/// How long the other operators have to show a copy that passes.
pub const PATIENCE: Duration = Duration::from_secs(30);
/// How long a check stays excused before the next block that fails it is held to it again.
pub const EXCUSED_FOR: Duration = Duration::from_secs(600);
/// Blocks remembered; there are few, unless somebody makes them up.
const MOST_BLOCKS: usize = 1_000;

/// The name of a check.
pub type CheckName = &'static str;

/// How a copy failed: what of it decides whether another failed alike.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Failing {
    /// These checks do not hold; each with the value that its content gives.
    Refuted(Vec<(CheckName, String)>),
    /// It holds what should be provable but is not; this is the hash of its content, whatever the order of fields.
    Unproved(Hash),
}

/// One failing copy of a block.
#[derive(Clone, Debug)]
pub struct Copy {
    /// The block.
    pub block: BlockRef,
    /// How it failed.
    pub failing: Failing,
    /// Who served it.
    pub from: Served,
    /// Operators that have the block and may still be asked for it.
    pub elsewhere: BTreeSet<Operator>,
}

/// What a failing copy comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub enum Finding {
    /// Nobody else failed like this: it is accused.
    Accused,
    /// It is neither believed nor accused until others were asked.
    Doubted,
    /// It is let through.
    Excused(Excuse),
}

/// A block that is let through although it failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Excuse {
    /// The block.
    pub block: BlockRef,
    /// How its copies failed.
    pub failing: Failing,
    /// Who served them.
    pub servers: Vec<Served>,
}

/// Somebody served a copy that failed, of a block of which another copy passes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exposed {
    /// Who.
    pub server: Served,
    /// The checks that do not hold, each with what its content gives.
    pub failed: Vec<(CheckName, String)>,
    /// Whether the block had been let through.
    pub passed_on: bool,
}

/// An excused check, for people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Excused {
    /// The check.
    pub check: CheckName,
    /// Since when.
    pub since: At,
    /// Until when.
    pub until: At,
    /// The operators that failed it alike.
    pub operators: BTreeSet<Operator>,
    /// How many blocks were let through.
    pub blocks: u64,
    /// The last of them.
    pub last: BlockRef,
}

#[derive(Clone, Debug)]
struct Doubt {
    height: Height,
    copies: Vec<Served>,
    elsewhere: BTreeSet<Operator>,
    /// Since a second operator failed alike.
    contested: Option<At>,
    excused: Option<At>,
}

/// What is doubted, and what is excused, on one chain.
#[derive(Clone, Debug, Default)]
pub struct Excuses {
    doubts: BTreeMap<(Hash, Failing), Doubt>,
    checks: BTreeMap<CheckName, Excused>,
}

// === impl Doubt ===

impl Doubt {
    fn operators(&self) -> BTreeSet<Operator> {
        self.copies.iter().map(|served| served.operator.clone()).collect()
    }

    fn take(&mut self, from: Served, elsewhere: BTreeSet<Operator>, now: At) {
        if !self.copies.contains(&from) {
            self.copies.push(from);
        }
        let served = self.operators();
        self.elsewhere = elsewhere.difference(&served).cloned().collect();
        if served.len() >= 2 {
            self.contested.get_or_insert(now);
        }
    }

    fn is_ripe(&self, now: At) -> bool {
        let long = |since: At| self.elsewhere.is_empty() || now.since(since) >= PATIENCE;
        self.excused.is_none() && self.contested.is_some_and(long)
    }
}

// === impl Excuses ===

impl Excuses {
    /// Takes a copy that failed.
    pub fn on_failed(&mut self, copy: Copy, now: At) -> Finding {
        self.expire(now);
        let Copy { block, failing, from, elsewhere } = copy;
        let known = self.is_excused(&failing);
        let key = (block.hash, failing);
        let doubt = self.doubts.entry(key.clone()).or_insert_with(|| Doubt {
            height: block.height,
            copies: Vec::new(),
            elsewhere: BTreeSet::new(),
            contested: None,
            excused: None,
        });
        doubt.take(from, elsewhere, now);
        let alone = doubt.contested.is_none();
        match doubt.is_ripe(now) {
            true => self.excuse(&key, now).map_or(Finding::Doubted, Finding::Excused),
            false if alone && !known => Finding::Accused,
            false => Finding::Doubted,
        }
    }

    /// Whether nobody is to be accused for failing like this. What merely cannot be proved is no offence.
    fn is_excused(&self, failing: &Failing) -> bool {
        match failing {
            Failing::Refuted(checks) => checks.iter().all(|(check, _)| self.checks.contains_key(check)),
            Failing::Unproved(_) => true,
        }
    }

    /// Blocks whose other operators have had their time.
    pub fn ripe(&mut self, now: At) -> Vec<Excuse> {
        self.expire(now);
        let ripe = self.doubts.iter().filter(|(_, doubt)| doubt.is_ripe(now));
        let keys: Vec<(Hash, Failing)> = ripe.map(|(key, _)| key.clone()).collect();
        keys.iter().filter_map(|key| self.excuse(key, now)).collect()
    }

    fn excuse(&mut self, key: &(Hash, Failing), now: At) -> Option<Excuse> {
        let doubt = self.doubts.get_mut(key)?;
        doubt.excused = Some(now);
        let block = BlockRef { height: doubt.height, hash: key.0 };
        let (servers, operators) = (doubt.copies.clone(), doubt.operators());
        if let Failing::Refuted(checks) = &key.1 {
            for (check, _) in checks {
                let fresh = Excused {
                    check,
                    since: now,
                    until: now + EXCUSED_FOR,
                    operators: BTreeSet::new(),
                    blocks: 0,
                    last: block,
                };
                let excused = self.checks.entry(check).or_insert(fresh);
                excused.operators.extend(operators.clone());
                excused.blocks += 1;
                excused.last = block;
            }
        }
        Some(Excuse { block, failing: key.1.clone(), servers })
    }

    /// A copy of this block passes: whoever served one that failed is exposed, and the checks it failed are excused no more.
    pub fn on_passed(&mut self, hash: &Hash) -> Vec<Exposed> {
        let mut exposed = Vec::new();
        let of_block: Vec<_> = self.doubts.keys().filter(|(block, _)| block == hash).cloned().collect();
        for key in of_block {
            let Some(doubt) = self.doubts.remove(&key) else { continue };
            let Failing::Refuted(failed) = key.1 else { continue };
            failed.iter().for_each(|(check, _)| drop(self.checks.remove(check)));
            exposed.extend(doubt.copies.into_iter().map(|server| Exposed {
                server,
                failed: failed.clone(),
                passed_on: doubt.excused.is_some(),
            }));
        }
        exposed
    }

    /// Forgets blocks below `next`, but those that were let through: a copy that passes may still come.
    pub fn forget_below(&mut self, next: Height) {
        self.doubts.retain(|_, doubt| doubt.height >= next || doubt.excused.is_some());
    }

    fn expire(&mut self, now: At) {
        self.checks.retain(|_, excused| now < excused.until);
        self.doubts.retain(|_, doubt| doubt.excused.is_none_or(|since| now.since(since) < EXCUSED_FOR));
        while self.doubts.len() >= MOST_BLOCKS {
            self.doubts.pop_first();
        }
    }

    /// The checks that are excused, for people.
    pub fn list(&self, now: At) -> Vec<Excused> {
        self.checks.values().filter(|excused| now < excused.until).cloned().collect()
    }
}

#[cfg(test)]
mod tests;
