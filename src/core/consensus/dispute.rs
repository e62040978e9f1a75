//! The contradictions that last: who named what, and since when.
//!
//! *Why.* Who took part in a contradiction and cannot be counted for a while, because it does not answer or its newest head does
//! not link yet, has not changed its mind. Were it left out, whichever side is heard first after an outage would win.
//! *Decision.* As long as no side has a majority, each operator's last word on it stands until it gives another, or is revoked.

use std::collections::BTreeMap;
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

    /// Where the lowest of them lies that is above a block of `chain` and has more than one side.
    pub(super) fn lowest(&self, chain: &Canonical) -> Option<Height> {
        let parts = |(parent, dispute): &(&Hash, &Dispute)| {
            let below = dispute.height.previous()?;
            let attaches = chain.at(below).is_some_and(|block| block.hash == **parent);
            (attaches && dispute.claims.len() > 1).then_some(dispute.height)
        };
        self.0.iter().filter_map(|dispute| parts(&dispute)).min()
    }

    /// `operator` has no word any more.
    pub(super) fn revoke(&mut self, operator: &str) {
        for claim in self.0.values_mut().flat_map(|dispute| &mut dispute.claims) {
            claim.operators.retain(|name| name != operator);
        }
        self.0.values_mut().for_each(|dispute| dispute.claims.retain(|claim| !claim.operators.is_empty()));
    }
}
