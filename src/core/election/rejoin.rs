//! When a provider that was unfit may lead again.
//!
//! It votes and serves at once, for that is checked block by block. But whoever has just come back is likely to go again, and
//! each change of the lead costs a swap: so it first shows three heads in a row that belong to our chain. Where nobody else is
//! left it leads all the same.

use serde::Serialize;

use crate::core::eligibility::Fitness;
use crate::core::hash::Hash;

/// Heads in a row that prove it.
const HEADS: u8 = 3;

/// Whether somebody may lead before others that may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// It has followed our chain for a while.
    Proven,
    /// It has only come, or come back.
    Returned,
}

/// What one provider has shown since it was last unfit.
#[derive(Clone, Copy, Debug, Default)]
pub struct Rejoin {
    heads: u8,
    last: Option<Hash>,
}

impl Rejoin {
    /// Takes one look at it: `linked` is its head, if that belongs to our chain.
    pub fn observe(&mut self, fitness: &Fitness, linked: Option<Hash>) {
        let Some(head) = linked.filter(|_| *fitness == Fitness::Eligible) else {
            *self = Self::default();
            return;
        };
        if self.last != Some(head) {
            self.last = Some(head);
            self.heads = self.heads.saturating_add(1);
        }
    }

    /// What follows.
    pub const fn standing(&self) -> Standing {
        if self.heads >= HEADS { Standing::Proven } else { Standing::Returned }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(n: u8) -> Option<Hash> {
        Some(Hash([n; 32]))
    }

    #[test]
    fn three_heads_in_a_row_prove_it() {
        let mut rejoin = Rejoin::default();
        for n in [1, 1, 2, 2, 2] {
            rejoin.observe(&Fitness::Eligible, head(n));
            assert_eq!(rejoin.standing(), Standing::Returned, "{n}");
        }
        rejoin.observe(&Fitness::Eligible, head(3));
        assert_eq!(rejoin.standing(), Standing::Proven);
    }

    #[test]
    fn whoever_fails_or_strays_begins_anew() {
        let why = "throttled".to_owned();
        for (fitness, linked) in [(Fitness::Barred { why }, head(4)), (Fitness::Eligible, None)] {
            let mut rejoin = Rejoin::default();
            (1..=3).for_each(|n| rejoin.observe(&Fitness::Eligible, head(n)));
            rejoin.observe(&fitness, linked);
            rejoin.observe(&Fitness::Eligible, head(5));
            assert_eq!(rejoin.standing(), Standing::Returned);
        }
    }
}
