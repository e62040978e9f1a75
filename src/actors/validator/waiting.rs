//! Blocks that were recomputed and wait for agreement, and what is remembered of those that failed.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::actors::budget::Permit;
use crate::actors::messages::Served;
use crate::chain::error::ChainError;
use crate::chain::family::RawBlock;
use crate::chain::verdict::{Check, Outcome, Standing, Verdict};
use crate::core::at::At;
use crate::core::event::Body;
use crate::core::hash::Hash;
use crate::core::header::{BlockRef, Header};
use crate::core::numbers::Height;

/// How long a block that lost its place is kept: its branch may return.
const KEEP: Duration = Duration::from_secs(60);

/// A block that may be applied once it is agreed.
#[derive(Debug)]
pub struct Proved {
    /// Its place.
    pub header: Header,
    /// The provider's bytes.
    pub body: Body,
    /// Who served it.
    pub from: Served,
    /// The checks that hold.
    pub verified: Vec<String>,
    /// Its share of the memory budget.
    pub permit: Permit,
    since: At,
}

/// What became of a candidate.
#[derive(Debug, PartialEq, Eq)]
#[must_use]
pub enum Judged {
    /// It waits for agreement.
    Sound,
    /// It holds what should be provable but is not: it waits for a second operator that serves the same.
    Unproved {
        /// The block.
        block: BlockRef,
        /// Who served it.
        from: String,
    },
    /// It is false.
    Refuted {
        /// The block.
        block: BlockRef,
        /// Who served it.
        from: String,
        /// What it claims, and what its content gives.
        evidence: String,
    },
    /// A check that refuted it failed in the same way with another operator: the check is at fault. The block waits.
    Excused {
        /// The check.
        check: &'static str,
        /// Who had been accused.
        providers: Vec<String>,
    },
    /// It is there already.
    Doubled,
}

/// The first to serve a block that could not be proved, and what it served.
#[derive(Debug)]
struct Unproved {
    height: Height,
    from: Served,
    content: serde_json::Value,
}

/// Blocks that wait.
#[derive(Debug, Default)]
pub struct Waiting {
    proved: BTreeMap<Hash, Proved>,
    unproved: BTreeMap<Hash, Unproved>,
    refutations: BTreeMap<(Hash, &'static str, String), Vec<Served>>,
    excused: BTreeSet<&'static str>,
}

// === impl Waiting ===

impl Waiting {
    /// Refutations remembered; there are few, unless somebody makes them up.
    const MOST_REFUTATIONS: usize = 1_000;

    /// The header of a waiting block.
    pub fn header(&self, hash: &Hash) -> Option<&Header> {
        self.proved.get(hash).map(|proved| &proved.header)
    }

    /// Takes a waiting block out.
    pub fn take(&mut self, hash: &Hash) -> Option<Proved> {
        self.proved.remove(hash)
    }

    /// How many blocks wait.
    pub fn len(&self) -> usize {
        self.proved.len()
    }

    /// Checks that are only watched.
    pub fn excused(&self) -> Vec<&'static str> {
        self.excused.iter().copied().collect()
    }

    /// Forgets blocks below `next` that have waited for longer than a branch takes to return.
    pub fn forget_below(&mut self, next: Height, now: At) {
        let fresh = |proved: &Proved| proved.header.height >= next || now.since(proved.since) < KEEP;
        self.proved.retain(|_, proved| fresh(proved));
        self.unproved.retain(|_, unproved| unproved.height >= next);
    }

    /// Judges a recomputed candidate, and keeps it if it may be applied.
    pub fn judge(
        &mut self,
        verdict: Result<Verdict, ChainError>,
        block: RawBlock,
        from: Served,
        permit: Permit,
        now: At,
    ) -> Judged {
        let name = block.header.block();
        let verdict = match verdict {
            Ok(verdict) => verdict,
            Err(error) => {
                return Judged::Refuted { block: name, from: from.provider, evidence: error.message };
            }
        };
        if verdict.header.block() != name {
            let evidence = format!("served as {name}, its content is {}", verdict.header.block());
            return Judged::Refuted { block: name, from: from.provider, evidence };
        }
        if self.proved.contains_key(&name.hash) {
            return Judged::Doubled;
        }
        let refuted = verdict.checks.iter().find(|check| self.refutes(check)).cloned();
        match refuted {
            Some(check) => self.refute(&check, verdict, block, from, permit, now),
            None if verdict.standing() == Standing::Unproved && !self.matches(&block, &from) => {
                Judged::Unproved { block: name, from: from.provider }
            }
            None => {
                self.keep(&verdict, block, from, permit, now);
                Judged::Sound
            }
        }
    }

    fn refutes(&self, check: &Check) -> bool {
        matches!(check.outcome, Outcome::Invalid { .. }) && !self.excused.contains(check.name)
    }

    fn refute(
        &mut self,
        check: &Check,
        verdict: Verdict,
        block: RawBlock,
        from: Served,
        permit: Permit,
        now: At,
    ) -> Judged {
        let Outcome::Invalid { claimed, computed } = &check.outcome else { return Judged::Doubled };
        if self.refutations.len() >= Self::MOST_REFUTATIONS {
            self.refutations.pop_first();
        }
        let alike = self.refutations.entry((block.header.hash, check.name, computed.clone())).or_default();
        let provider = from.provider.clone();
        if alike.iter().any(|other| other.operator != from.operator) {
            alike.push(from.clone());
            let providers = alike.iter().map(|served| served.provider.clone()).collect();
            self.excused.insert(check.name);
            self.keep(&verdict, block, from, permit, now);
            return Judged::Excused { check: check.name, providers };
        }
        alike.push(from);
        let evidence = format!("{} claims {claimed}, its content gives {computed}", check.name);
        Judged::Refuted { block: block.header.block(), from: provider, evidence }
    }

    /// Whether another operator served the same, field for field.
    fn matches(&mut self, block: &RawBlock, from: &Served) -> bool {
        let Ok(content) = serde_json::from_slice::<serde_json::Value>(&block.block) else { return false };
        match self.unproved.get(&block.header.hash) {
            Some(first) if first.from.operator != from.operator => first.content == content,
            Some(_) => false,
            None => {
                let first = Unproved { height: block.header.height, from: from.clone(), content };
                self.unproved.insert(block.header.hash, first);
                false
            }
        }
    }

    fn keep(&mut self, verdict: &Verdict, block: RawBlock, from: Served, permit: Permit, since: At) {
        let body = Body { block: block.block, receipts: block.receipts };
        let verified = verdict.verified();
        self.unproved.remove(&verdict.header.hash);
        let proved = Proved { header: verdict.header, body, from, verified, permit, since };
        self.proved.insert(verdict.header.hash, proved);
    }
}
