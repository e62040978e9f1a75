//! Blocks that were recomputed: those that wait for agreement, and those that failed and wait for a better copy.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::actors::budget::Permit;
use crate::chain::error::ChainError;
use crate::chain::family::RawBlock;
use crate::chain::verdict::{Check, Expectation, Outcome, Standing, Verdict};
use crate::core::at::At;
use crate::core::class::Class;
use crate::core::consensus::votes::Operator;
use crate::core::event::Body;
use crate::core::excuse::{Copy, Excuse, Excused, Excuses, Exposed, Failing, Finding};
use crate::core::hash::Hash;
use crate::core::header::{BlockRef, Header};
use crate::core::numbers::Height;
use crate::core::served::Served;

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
    /// It waits for agreement. Whoever served a copy of it that failed is exposed.
    Sound(Vec<Exposed>),
    /// It is false.
    Refuted {
        /// The block.
        block: BlockRef,
        /// Who served it.
        from: String,
        /// What it claims, and what its content gives.
        evidence: String,
    },
    /// It fails, or cannot be proved, and others are to be asked before anything follows from that.
    Doubted {
        /// The block.
        block: BlockRef,
        /// Who served it.
        from: String,
        /// How it fails.
        why: String,
    },
    /// It failed alike with several operators, and nobody has a better copy: it waits for agreement.
    Excused(Excuse),
    /// It is not complete yet where it came from: another is to be asked.
    Incomplete {
        /// The block.
        block: BlockRef,
        /// Who served it.
        from: String,
    },
    /// It is there already.
    Doubled,
}

/// A candidate that was recomputed.
#[derive(Debug)]
pub struct Recomputed {
    /// What that found.
    pub verdict: Result<Verdict, ChainError>,
    /// The block.
    pub block: RawBlock,
    /// Who served it.
    pub from: Served,
    /// Operators that have it and may still be asked.
    pub elsewhere: BTreeSet<Operator>,
    /// Its share of the memory budget.
    pub permit: Permit,
}

/// Blocks that wait.
#[derive(Debug, Default)]
pub struct Waiting {
    proved: BTreeMap<Hash, Proved>,
    /// The last copy of each that failed; it is taken if it is excused.
    doubted: BTreeMap<(Hash, Failing), Proved>,
    excuses: Excuses,
}

// === impl Waiting ===

impl Waiting {
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

    /// Checks that are excused.
    pub fn excused(&self, now: At) -> Vec<Excused> {
        self.excuses.list(now)
    }

    /// Forgets blocks below `next` that have waited for longer than a branch takes to return.
    pub fn forget_below(&mut self, next: Height, now: At) {
        let fresh = |proved: &Proved| proved.header.height >= next || now.since(proved.since) < KEEP;
        self.proved.retain(|_, proved| fresh(proved));
        self.doubted.retain(|_, proved| proved.header.height >= next);
        self.excuses.forget_below(next);
    }

    /// Judges a recomputed candidate, and keeps it if it may be applied.
    pub fn judge(&mut self, recomputed: Recomputed, now: At) -> Judged {
        let block = recomputed.block.header.block();
        let from = recomputed.from.provider.clone();
        let verdict = match &recomputed.verdict {
            Ok(verdict) => verdict.clone(),
            Err(error) if error.class != Class::Bad => return Judged::Incomplete { block, from },
            Err(error) => return Judged::Refuted { block, from, evidence: error.message.clone() },
        };
        if verdict.header.block() != block {
            let evidence = format!("served as {block}, its content is {}", verdict.header.block());
            return Judged::Refuted { block, from, evidence };
        }
        let known = self.proved.contains_key(&block.hash);
        let failing = match verdict.standing() {
            Standing::Sound => {
                let mut exposed = self.excuses.on_passed(&block.hash);
                // An excused copy that still waits is replaced in time.
                exposed.iter_mut().for_each(|one| one.passed_on &= !known);
                self.doubted.retain(|(hash, _), _| *hash != block.hash);
                if known && exposed.is_empty() {
                    return Judged::Doubled;
                }
                // A copy that passes takes the place of one that was excused.
                self.proved.insert(block.hash, proved(&verdict, recomputed, now));
                return Judged::Sound(exposed);
            }
            _ if known => return Judged::Doubled,
            Standing::Refuted => Failing::Refuted(verdict.computed()),
            Standing::Unproved => Failing::Unproved(recomputed.block.content_hash()),
        };
        self.doubt(&verdict, failing, recomputed, now)
    }

    fn doubt(&mut self, verdict: &Verdict, failing: Failing, recomputed: Recomputed, now: At) -> Judged {
        let block = recomputed.block.header.block();
        let (served, elsewhere) = (recomputed.from.clone(), recomputed.elsewhere.clone());
        let key = (block.hash, failing.clone());
        self.doubted.insert(key, proved(verdict, recomputed, now));
        let from = served.provider.clone();
        let copy = Copy { block, failing, from: served, elsewhere };
        match self.excuses.on_failed(copy, now) {
            Finding::Accused => Judged::Refuted { block, from, evidence: why(verdict) },
            Finding::Doubted => Judged::Doubted { block, from, why: why(verdict) },
            Finding::Excused(excuse) => self.let_through(excuse),
        }
    }

    /// Looks into a block that is not kept: what is wrong with it, unless its check is excused at present; and whom it exposes
    /// if nothing is.
    pub fn inspect(
        &mut self,
        block: &BlockRef,
        verdict: Result<Verdict, ChainError>,
        now: At,
    ) -> (Option<String>, Vec<Exposed>) {
        let verdict = match verdict {
            Ok(verdict) => verdict,
            Err(error) => return ((error.class == Class::Bad).then_some(error.message), Vec::new()),
        };
        if verdict.header.block() != *block {
            let evidence = format!("served as {block}, its content is {}", verdict.header.block());
            return (Some(evidence), Vec::new());
        }
        match verdict.standing() {
            Standing::Sound => (None, self.excuses.on_passed(&block.hash)),
            Standing::Unproved => (None, Vec::new()),
            Standing::Refuted => {
                let excused = self.excuses.list(now);
                let known = |name: &str| excused.iter().any(|excused| excused.check == name);
                let all = verdict.computed().iter().all(|(name, _)| known(name));
                ((!all).then(|| why(&verdict)), Vec::new())
            }
        }
    }

    /// Blocks that failed alike with several operators and whose others have had their time.
    pub fn ripe(&mut self, now: At) -> Vec<Judged> {
        self.excuses.ripe(now).into_iter().map(|excuse| self.let_through(excuse)).collect()
    }

    fn let_through(&mut self, excuse: Excuse) -> Judged {
        if let Some(proved) = self.doubted.remove(&(excuse.block.hash, excuse.failing.clone())) {
            self.proved.insert(excuse.block.hash, proved);
        }
        Judged::Excused(excuse)
    }
}

fn proved(verdict: &Verdict, recomputed: Recomputed, since: At) -> Proved {
    let Recomputed { block, from, permit, .. } = recomputed;
    let body = Body { block: block.block, receipts: block.receipts };
    Proved { header: verdict.header, body, from, verified: verdict.verified(), permit, since }
}

/// How a block fails, in words.
fn why(verdict: &Verdict) -> String {
    let of = |check: &Check| match &check.outcome {
        Outcome::Invalid { claimed, computed } => {
            Some(format!("{} claims {claimed}, its content gives {computed}", check.name))
        }
        Outcome::Unverifiable { reason, expectation: Expectation::Unexpected } => {
            Some(format!("{} cannot be proved: {reason}", check.name))
        }
        Outcome::Valid | Outcome::Unverifiable { .. } => None,
    };
    let refuted = verdict.refutation().and_then(of);
    refuted.or_else(|| verdict.checks.iter().find_map(of)).unwrap_or_default()
}
