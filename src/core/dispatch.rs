//! Who is asked for which block.
//!
//! Catching up, the work is shared by score and by what each has in hand: whoever would be done with it soonest gets it. At
//! the tip the leader is asked, and the others only when it failed.

use std::collections::BTreeSet;

use super::numbers::Height;

/// What is known of one that could be asked.
#[derive(Clone, Copy, Debug)]
pub struct Hand {
    /// Its score, above zero.
    pub score: f64,
    /// The highest block it is known to have.
    pub head: Option<Height>,
    /// Requests it has in hand.
    pub in_flight: usize,
}

/// Requests that one provider may have in hand during the catch-up.
pub const MOST_IN_FLIGHT: usize = 8;

/// Chooses for a block at `height` during the catch-up, leaving out `tried`: the one whose hands are emptiest for its score.
pub fn share(hands: &[Hand], height: Height, tried: &BTreeSet<usize>) -> Option<usize> {
    let free = |(index, hand): &(usize, &Hand)| {
        !tried.contains(index)
            && hand.in_flight < MOST_IN_FLIGHT
            && hand.head.is_some_and(|head| head >= height)
    };
    let burden = |hand: &Hand| (hand.in_flight + 1) as f64 / hand.score.max(f64::MIN_POSITIVE);
    let able = hands.iter().enumerate().filter(free);
    able.min_by(|(_, a), (_, b)| burden(a).total_cmp(&burden(b))).map(|(index, _)| index)
}

/// Chooses for a block at the tip: the first that was not tried; one known to be below the block comes after all others.
pub fn lead(hands: &[Hand], height: Height, tried: &BTreeSet<usize>) -> Option<usize> {
    let fresh = || (0..hands.len()).filter(|index| !tried.contains(index));
    let has = |index: &usize| hands[*index].head.is_some_and(|head| head >= height);
    fresh().find(has).or_else(|| fresh().next())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn hand(score: f64, head: u64, in_flight: usize) -> Hand {
        Hand { score, head: Some(Height(head)), in_flight }
    }

    #[test]
    fn the_leader_is_asked_first_unless_it_is_below() {
        let hands = [hand(0.9, 5, 0), hand(0.5, 9, 0)];
        assert_eq!(lead(&hands, Height(5), &BTreeSet::new()), Some(0));
        assert_eq!(lead(&hands, Height(6), &BTreeSet::new()), Some(1));
        assert_eq!(lead(&hands, Height(6), &BTreeSet::from([1])), Some(0));
        assert_eq!(lead(&hands, Height(6), &BTreeSet::from([0, 1])), None);
    }

    proptest! {
        #[test]
        fn the_catch_up_is_shared_by_score(scores in proptest::collection::vec(0.1f64..1.0, 2..5)) {
            let mut hands: Vec<Hand> = scores.iter().map(|score| hand(*score, 100, 0)).collect();
            while let Some(index) = share(&hands, Height(50), &BTreeSet::new()) {
                hands[index].in_flight += 1;
                prop_assert!(hands[index].in_flight <= MOST_IN_FLIGHT);
                let burdens: Vec<f64> = hands.iter().map(|hand| hand.in_flight as f64 / hand.score).collect();
                let (low, high) = burdens.iter().fold((f64::MAX, 0.0f64), |(low, high), b| (low.min(*b), high.max(*b)));
                let step = 1.0 / scores.iter().copied().fold(f64::MAX, f64::min);
                let full = hands.iter().any(|hand| hand.in_flight == MOST_IN_FLIGHT);
                prop_assert!(full || high - low <= step + 1e-9);
            }
            prop_assert!(hands.iter().all(|hand| hand.in_flight == MOST_IN_FLIGHT));
        }
    }
}
