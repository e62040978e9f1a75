//! The contradictions that last: who named what, and since when.
//!
//! *Why.* Who took part in a contradiction and cannot be counted for a while, because it does not answer or its newest head does
//! not link yet, has not changed its mind. Were it left out, whichever side is heard first after an outage would win.
//! *Decision.* As long as no side has a majority, each operator's last word on it stands until it gives another, or is revoked.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::ruling::Claim;
use super::votes::Operator;
use crate::core::at::At;
use crate::core::canonical::Canonical;
use crate::core::hash::Hash;
use crate::core::numbers::Height;

/// Who names which block, with the parent that it names.
pub(super) type Named = (Hash, Claim);

/// The contradictions that last at present, each above one parent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Disputes(BTreeMap<Hash, Dispute>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Dispute {
    since: At,
    height: Height,
    claims: Vec<Claim>,
}

impl Dispute {
    fn attaches(&self, parent: &Hash, chain: &Canonical) -> bool {
        let below = self.height.previous().and_then(|below| chain.at(below));
        below.is_some_and(|block| block.hash == *parent)
    }
}

impl Disputes {
    /// The last words of those that take part in the contradiction that is `named`, and name nothing at present.
    pub(super) fn silent(&self, named: &[Named]) -> Vec<Claim> {
        let dispute = named.first().and_then(|(parent, _)| self.0.get(parent));
        let speaks = |operator: &Operator| named.iter().any(|(_, claim)| claim.operators.contains(operator));
        let left = |claim: &Claim| {
            let silent = claim.operators.iter().filter(|operator| !speaks(operator));
            Claim { block: claim.block, operators: silent.cloned().collect() }
        };
        let claims = dispute.into_iter().flat_map(|dispute| &dispute.claims).map(left);
        claims.filter(|claim| !claim.operators.is_empty()).collect()
    }

    /// How long there has been a contradiction above `parent`.
    pub(super) fn lasting(&self, parent: &Hash, now: At) -> Duration {
        self.0.get(parent).map_or(Duration::ZERO, |dispute| now.since(dispute.since))
    }

    /// Takes a contradiction above `parent`, since it was known `before`.
    pub(super) fn note(&mut self, before: &Self, parent: Hash, claims: Vec<Claim>, now: At) {
        let Some(height) = claims.first().map(|claim| claim.block.height) else { return };
        let since = before.0.get(&parent).map_or(now, |dispute| dispute.since);
        self.0.insert(parent, Dispute { since, height, claims });
    }

    /// Takes over those known `before` that nobody has said anything to now: none of their parents was `heard`. What lies on a
    /// branch that was not followed is left behind.
    pub(super) fn keep_unheard(&mut self, before: &Self, heard: &BTreeSet<Hash>, chain: &Canonical) {
        let unheard = before
            .0
            .iter()
            .filter(|(parent, dispute)| !heard.contains(*parent) && dispute.attaches(parent, chain));
        self.0.extend(unheard.map(|(parent, dispute)| (*parent, dispute.clone())));
    }

    /// The lowest of them that is above a block of `chain` and has more than one side.
    fn first(&self, chain: &Canonical) -> Option<&Dispute> {
        let sided = self.0.iter().filter(|(_, dispute)| dispute.claims.len() > 1);
        let attached = sided.filter(|(parent, dispute)| dispute.attaches(parent, chain));
        attached.map(|(_, dispute)| dispute).min_by_key(|dispute| dispute.height)
    }

    /// Where that one lies.
    pub(super) fn lowest(&self, chain: &Canonical) -> Option<Height> {
        self.first(chain).map(|dispute| dispute.height)
    }

    /// Who says what in that one, and since when.
    pub(super) fn standing(&self, chain: &Canonical) -> Option<(Vec<Claim>, At)> {
        self.first(chain).map(|dispute| (dispute.claims.clone(), dispute.since))
    }

    /// `operator` has no word any more.
    pub(super) fn revoke(&mut self, operator: &str) {
        for claim in self.0.values_mut().flat_map(|dispute| &mut dispute.claims) {
            claim.operators.retain(|name| name != operator);
        }
        self.0.values_mut().for_each(|dispute| dispute.claims.retain(|claim| !claim.operators.is_empty()));
    }
}
