//! The rules of consensus, one sentence each.

use std::time::Duration;

use proptest::prelude::*;

use super::ruling::{Corroboration, Obstacle, OnSingle};
use super::*;
use crate::core::canonical::{Anchor, Ground};
use crate::core::hash::Hash;

const NOW: At = At::from_secs(1_000);

fn rules() -> Rules {
    Rules {
        corroboration: Corroboration::Two,
        on_single: OnSingle::Flag,
        block_time: Duration::from_secs(1),
        lag_threshold: Duration::from_secs(30),
    }
}

fn block(height: u64, branch: u8, parent: Hash) -> Header {
    let mut hash = [branch; 32];
    hash[..8].copy_from_slice(&height.to_be_bytes());
    Header { height: Height(height), hash: Hash(hash), parent, time_s: height }
}

/// `count` blocks of `branch` on top of `below`.
fn grow(below: &Header, branch: u8, count: u64) -> Vec<Header> {
    let mut blocks = vec![*below];
    for _ in 0..count {
        let parent = blocks[blocks.len() - 1];
        blocks.push(block(parent.height.0 + 1, branch, parent.hash));
    }
    blocks.split_off(1)
}

struct Court {
    consensus: Consensus,
    chain: Canonical,
}

impl Court {
    /// Three blocks are delivered; nobody has voted.
    fn new() -> Self {
        let mut chain = Canonical::starting_at(Anchor { next: Height(1), parent: Hash::ZERO }, Ground::Firm);
        let first = block(1, 0, Hash::ZERO);
        chain.apply(first).unwrap();
        grow(&first, 0, 2).into_iter().for_each(|block| chain.apply(block).unwrap());
        Self { consensus: Consensus::new(rules()), chain }
    }

    fn tip(&self) -> Header {
        *self.chain.tip().unwrap()
    }

    fn votes(&mut self, operator: &str, blocks: &[Header], now: At) {
        blocks.iter().for_each(|block| self.consensus.learn(*block));
        self.consensus.vote(operator, blocks[blocks.len() - 1], now);
    }

    fn rule(&mut self, now: At) -> Ruling {
        self.consensus.rule(&self.chain, None, Newcomers::None, now)
    }
}

#[test]
fn two_operators_on_one_hash_carry_it() {
    let mut court = Court::new();
    let next = grow(&court.tip(), 1, 1);
    court.votes("a", &next, NOW);
    court.votes("b", &next, NOW);
    let agreed = court.rule(NOW).agreed.unwrap();
    assert_eq!(agreed.block, next[0].block());
    assert_eq!(agreed.operators, ["a", "b"]);
}

#[test]
fn whoever_is_behind_abstains() {
    let mut court = Court::new();
    let next = grow(&court.tip(), 1, 4);
    court.votes("a", &next, NOW);
    court.votes("b", &next[..2], NOW);
    let behind = [*court.chain.at(Height(2)).unwrap()];
    court.votes("c", &behind, NOW);
    let ruling = court.rule(NOW);
    assert_eq!(ruling.agreed.unwrap().block, next[1].block());
    assert!(matches!(ruling.obstacle, Some(Obstacle::Held(claim)) if claim.block == next[2].block()));
    assert!(ruling.outvoted.is_empty());
}

#[test]
fn a_lone_operator_is_held_while_another_advances() {
    let mut court = Court::new();
    let next = grow(&court.tip(), 1, 1);
    let tip = court.tip();
    court.votes("b", &[tip], NOW);
    court.votes("a", &next, NOW);
    assert_eq!(court.rule(NOW).agreed, None);
    let later = NOW + Duration::from_secs(31);
    court.votes("a", &next, later);
    court.votes("b", &[tip], later);
    assert_eq!(court.rule(later).agreed.unwrap().operators, ["a"]);
}

#[test]
fn after_a_quiet_time_the_first_to_speak_is_not_the_only_one() {
    let mut court = Court::new();
    let (tip, next) = (court.tip(), grow(&court.tip(), 1, 2));
    ["a", "b"].iter().for_each(|operator| court.votes(operator, &[tip], NOW));
    let later = NOW + Duration::from_secs(50);
    court.votes("a", &next[..1], later);
    court.votes("b", &[tip], later);
    assert_eq!(court.rule(later).agreed, None, "b had no time to follow");
    court.votes("b", &next[..1], later);
    assert_eq!(court.rule(later).agreed.unwrap().operators, ["a", "b"]);
    court.votes("a", &next, later);
    let much_later = later + Duration::from_secs(31);
    court.votes("b", &next[..1], much_later);
    court.votes("a", &next, much_later);
    assert_eq!(court.rule(much_later).agreed.unwrap().operators, ["a"]);
}

#[test]
fn who_stayed_where_the_other_came_back_to_has_missed_nothing() {
    let mut court = Court::new();
    let next = grow(&court.tip(), 1, 2);
    let aside = grow(&court.tip(), 7, 1);
    ["a", "b"].iter().for_each(|operator| court.votes(operator, &next[..1], NOW));
    court.votes("b", &aside, NOW + Duration::from_secs(10));
    let later = NOW + Duration::from_secs(42);
    ["a", "b"].iter().for_each(|operator| court.votes(operator, &next[..1], later));
    court.votes("b", &next, later);
    assert_eq!(court.rule(later).agreed.unwrap().block, next[0].block(), "a had no time to follow");
}

#[test]
fn an_old_word_that_is_heard_again_makes_nobody_late() {
    let mut court = Court::new();
    let next = grow(&court.tip(), 1, 2);
    let aside = grow(&court.tip(), 7, 1);
    court.votes("b", &next[..1], NOW + Duration::from_secs(40));
    court.votes("c", &aside, NOW);
    court.votes("a", &next, NOW + Duration::from_secs(41));
    let ruling = court.rule(NOW + Duration::from_secs(41));
    assert!(ruling.agreed.is_none_or(|agreed| agreed.operators != ["a"]), "b has only just moved");
}

#[test]
fn where_all_hold_to_a_branch_that_lost_none_has_lost() {
    let mut court = Court::new();
    let (ours, theirs) = (grow(&court.tip(), 1, 3), grow(&court.tip(), 2, 2));
    for (at, operator) in ["a", "b"].iter().enumerate() {
        court.votes(operator, &ours, NOW + Duration::from_secs(at as u64));
    }
    court.votes("c", &theirs, NOW);
    for seconds in 0..5 {
        let _ = court.rule(NOW + Duration::from_secs(seconds));
    }
    assert_eq!(court.consensus.forked(), ["c".to_owned()].into());
    ["a", "b"].iter().for_each(|operator| court.consensus.revoke(operator));
    assert!(court.consensus.forked().is_empty(), "c is all that is left");
    court.votes("a", &ours, NOW);
    assert_eq!(court.consensus.forked(), ["c".to_owned()].into());
    court.consensus.rejoin(&["c".to_owned()]);
    assert!(court.consensus.forked().is_empty());
}

#[test]
fn the_head_of_the_only_operator_that_goes_on_can_be_attained() {
    let mut court = Court::new();
    let (tip, next) = (court.tip(), grow(&court.tip(), 1, 100));
    ["a", "b", "c"].iter().for_each(|operator| court.votes(operator, &[tip], NOW));
    court.votes("a", &next, NOW);
    assert_eq!(court.consensus.attainable(NOW), Some(tip.height), "the others may follow");
    let later = NOW + Duration::from_secs(31);
    let far = grow(&next[99], 1, 1);
    court.votes("a", &far, later);
    assert_eq!(court.consensus.attainable(later), Some(far[0].height));
    let claim = |operators: &[&str], block: &Header| Agreement {
        block: block.block(),
        operators: operators.iter().map(ToString::to_string).collect(),
        asked: 3,
    };
    assert!(court.consensus.is_indisputable(&claim(&["a"], &far[0]), later));
    assert!(!court.consensus.is_indisputable(&claim(&["a"], &tip), later), "b and c are there, too");
    court.consensus.rules.on_single = OnSingle::Hold;
    assert_eq!(court.consensus.attainable(later), Some(tip.height));
}

#[test]
fn a_lone_operator_is_held_for_ever_where_the_user_says_so() {
    let mut court = Court::new();
    court.consensus.rules.on_single = OnSingle::Hold;
    let next = grow(&court.tip(), 1, 1);
    court.votes("a", &next, NOW);
    assert_eq!(court.rule(NOW).agreed, None);
}

#[test]
fn a_split_waits_then_goes_to_the_strict_majority() {
    let mut court = Court::new();
    let (ours, theirs) = (grow(&court.tip(), 1, 1), grow(&court.tip(), 2, 1));
    court.votes("a", &ours, NOW);
    court.votes("b", &ours, NOW);
    court.votes("c", &theirs, NOW);
    assert!(matches!(court.rule(NOW).obstacle, Some(Obstacle::Split(claims)) if claims.len() == 2));
    let ruling = court.rule(NOW + Duration::from_secs(2));
    assert_eq!(ruling.agreed.unwrap().block, ours[0].block());
    assert_eq!(ruling.outvoted, BTreeSet::from(["c".into()]));
}

#[test]
fn a_majority_that_outgrew_its_rivals_need_not_wait() {
    let mut court = Court::new();
    let (ours, theirs) = (grow(&court.tip(), 1, 2), grow(&court.tip(), 2, 1));
    court.votes("a", &ours, NOW);
    court.votes("b", &ours, NOW);
    court.votes("c", &theirs, NOW);
    assert_eq!(court.rule(NOW).agreed.unwrap().block, ours[1].block());
}

#[test]
fn a_split_under_majority_needs_more_than_half_of_all_that_are_heard() {
    let mut court = Court::new();
    court.consensus.rules.corroboration = Corroboration::Majority;
    let (ours, theirs) = (grow(&court.tip(), 1, 2), grow(&court.tip(), 2, 1));
    let tip = court.tip();
    for (operator, blocks) in [("a", &ours[..]), ("b", &ours[..]), ("c", &theirs[..]), ("d", &[tip])] {
        court.votes(operator, blocks, NOW);
    }
    assert_eq!(court.rule(NOW).agreed, None);
    court.votes("d", &ours, NOW);
    assert_eq!(court.rule(NOW).agreed.unwrap().block, ours[1].block());
}

#[test]
fn a_word_older_than_the_latest_counts_no_more() {
    let mut court = Court::new();
    let (ours, left) = (grow(&court.tip(), 1, 1), grow(&court.tip(), 2, 1));
    court.votes("a", &ours, NOW);
    court.votes("b", &ours, NOW);
    court.votes("b", &left, At::from_secs(900));
    assert_eq!(court.rule(NOW).agreed.unwrap().operators, ["a", "b"]);
}

#[test]
fn a_tie_halts_and_heals_by_itself() {
    let mut court = Court::new();
    let (ours, theirs) = (grow(&court.tip(), 1, 1), grow(&court.tip(), 2, 1));
    court.votes("a", &ours, NOW);
    court.votes("b", &theirs, NOW);
    assert!(matches!(court.rule(NOW).obstacle, Some(Obstacle::Split(_))));
    let later = NOW + Duration::from_secs(15);
    assert!(matches!(court.rule(later).obstacle, Some(Obstacle::Halted(_))));
    let healed = grow(&ours[0], 1, 1);
    court.votes("b", &healed, later);
    court.votes("a", &healed, later);
    assert_eq!(court.rule(later).agreed.unwrap().block, healed[0].block());
}

#[test]
fn a_majority_on_a_shorter_branch_is_followed() {
    let mut court = Court::new();
    let fork = *court.chain.at(Height(1)).unwrap();
    let shorter = grow(&fork, 7, 1);
    for operator in ["a", "b", "c"] {
        let tip = court.tip();
        court.votes(operator, &[tip], NOW);
        court.votes(operator, &shorter, NOW);
    }
    assert_eq!(court.rule(NOW).agreed.unwrap().block, shorter[0].block());
}

#[test]
fn a_provider_that_merely_goes_back_changes_nothing() {
    let mut court = Court::new();
    let next = grow(&court.tip(), 1, 2);
    for operator in ["a", "b"] {
        court.votes(operator, &next, NOW);
        court.votes(operator, &next[..1], NOW);
    }
    assert_eq!(court.rule(NOW).agreed.unwrap().block, next[1].block());
}

#[test]
fn the_missing_link_of_a_vote_is_named() {
    let mut court = Court::new();
    let next = grow(&court.tip(), 1, 3);
    court.consensus.vote("a", next[2], NOW);
    let ruling = court.rule(NOW);
    assert_eq!(ruling.missing["a"], next[1].block());
    assert_eq!(ruling.agreed, None);
}

#[test]
fn a_forked_operator_returns_after_three_heads_on_our_branch() {
    let mut court = Court::new();
    let (ours, theirs) = (grow(&court.tip(), 1, 9), grow(&court.tip(), 2, 1));
    court.votes("a", &ours, NOW);
    court.votes("b", &ours, NOW);
    court.votes("c", &theirs, NOW);
    let _ = court.rule(NOW);
    assert!(court.consensus.forked().is_empty(), "it may only be late");
    let _ = court.rule(NOW + Duration::from_secs(2));
    assert!(court.consensus.forked().contains("c"));
    ours.iter().for_each(|block| court.chain.apply(*block).unwrap());
    for (count, forked) in [(5, true), (6, true), (7, false)] {
        court.votes("c", &ours[..count], NOW);
        let _ = court.rule(NOW);
        assert_eq!(court.consensus.forked().contains("c"), forked);
    }
}

#[test]
fn whoever_stands_below_all_that_is_held_lags_and_does_not_stray() {
    let mut chain = Canonical::starting_at(Anchor { next: Height(100), parent: Hash::ZERO }, Ground::Firm);
    let first = block(100, 0, Hash::ZERO);
    let tip = grow(&first, 0, 1)[0];
    [first, tip].iter().for_each(|block| chain.apply(*block).unwrap());
    let consensus = Consensus::new(rules());
    assert!(!consensus.strays(&block(50, 0, Hash::ZERO), &chain));
    assert!(!consensus.strays(&tip, &chain));
    assert!(consensus.strays(&block(100, 1, Hash::ZERO), &chain));
}

#[test]
fn one_that_leaps_ahead_is_no_reference() {
    let mut court = Court::new();
    let next = grow(&court.tip(), 1, 2);
    court.votes("a", &next, NOW);
    court.votes("b", &next, NOW);
    court.consensus.vote("c", block(9_000_000, 3, Hash([9; 32])), NOW);
    assert_eq!(court.consensus.reference(Some(&court.chain)), Some(next[1].height));
}

proptest! {
    /// Fewer liars than honest operators never get a block of theirs agreed, in whatever order votes come.
    #[test]
    fn a_lying_minority_never_carries_a_block(order in Just((0..5usize).collect::<Vec<_>>()).prop_shuffle(), lead in 0u64..4) {
        let mut court = Court::new();
        let honest = grow(&court.tip(), 1, 3);
        let lie = grow(&court.tip(), 9, 3 + lead);
        for (step, index) in order.into_iter().enumerate() {
            let now = NOW + Duration::from_secs(step as u64);
            let (operator, branch) = (format!("op{index}"), if index < 2 { &lie } else { &honest });
            court.votes(&operator, branch, now);
            let agreed = court.rule(now).agreed;
            let lies: Vec<_> = lie.iter().map(Header::block).collect();
            // Two liars that speak first and alone are two operators that agree: no rule can tell. From the third voice on
            // there is dissent, and from the fifth the honest have the majority.
            if step == 4 {
                prop_assert!(agreed.is_none_or(|agreed| !lies.contains(&agreed.block)));
            }
        }
        let now = NOW + Duration::from_secs(60);
        for index in 0..5 {
            court.votes(&format!("op{index}"), if index < 2 { &lie } else { &honest }, now);
        }
        let _ = court.rule(now);
        prop_assert_eq!(court.rule(now + Duration::from_secs(2)).agreed.map(|agreed| agreed.block), Some(honest[2].block()));
    }
}

#[test]
fn the_operator_that_a_person_chose_decides_a_tie_and_goes_on_alone() {
    let mut court = Court::new();
    let (ours, theirs) = (grow(&court.tip(), 1, 3), grow(&court.tip(), 2, 3));
    court.votes("a", &ours, NOW);
    court.votes("b", &theirs, NOW);
    assert_eq!(court.rule(NOW).agreed, None);
    court.consensus.favour("b");
    let agreed = court.rule(NOW).agreed.unwrap();
    assert_eq!((agreed.block, &*agreed.operators), (theirs[2].block(), &["b".to_owned()][..]));
}

#[test]
fn a_majority_outvotes_the_operator_that_a_person_chose() {
    let mut court = Court::new();
    let (ours, theirs) = (grow(&court.tip(), 1, 2), grow(&court.tip(), 2, 1));
    court.votes("a", &ours, NOW);
    court.votes("b", &theirs, NOW);
    court.votes("c", &ours, NOW);
    court.consensus.favour("b");
    assert_eq!(court.rule(NOW).agreed.unwrap().operators, ["a", "c"]);
}

#[test]
fn the_choice_of_a_person_ends_with_the_dispute() {
    let mut court = Court::new();
    let (ours, theirs) = (grow(&court.tip(), 1, 2), grow(&court.tip(), 2, 2));
    court.votes("a", &ours[..1], NOW);
    court.votes("b", &ours[..1], NOW);
    court.consensus.favour("b");
    let _ = court.rule(NOW);
    let later = NOW + rules().halt_after();
    let _ = court.rule(later);
    court.consensus.revoke("a");
    court.votes("a", &theirs, later);
    court.votes("b", &ours, later);
    assert_eq!(court.rule(later).agreed, None);
}

#[test]
fn of_two_operators_one_that_leaps_ahead_does_not_make_the_other_lag() {
    let mut court = Court::new();
    let next = grow(&court.tip(), 1, 3);
    court.votes("honest", &next[..2], NOW);
    court.votes("ahead", &next, NOW);
    assert_eq!(court.consensus.reference(Some(&court.chain)), Some(next[2].height), "it links");
    court.consensus.vote("ahead", block(9_000, 9, Hash([8; 32])), NOW);
    let reference = court.consensus.reference(Some(&court.chain)).unwrap();
    assert_eq!(reference, next[1].height.plus(UNLINKED_LEAD));
}

#[test]
fn whoever_stands_below_the_final_block_neither_agrees_nor_contradicts() {
    let mut court = Court::new();
    let stale = *court.chain.at(Height(1)).unwrap();
    court.votes("frozen", &[stale], NOW);
    court.votes("stuck", &[stale], NOW);
    court.chain.finalize(Height(3)).unwrap();
    let next = grow(&court.tip(), 1, 1);
    court.votes("a", &next, NOW);
    court.votes("b", &next, NOW);
    let ruling = court.rule(NOW);
    assert!(ruling.foreign.is_empty() && ruling.agreed.is_some(), "{ruling:?}");
    assert!(court.consensus.foreign(&court.chain).is_empty());
}

#[test]
fn a_provider_below_the_final_block_does_not_take_its_operators_vote_back() {
    let mut court = Court::new();
    let stale = *court.chain.at(Height(2)).unwrap();
    court.chain.finalize(Height(3)).unwrap();
    let next = grow(&court.tip(), 1, 1);
    court.votes("a", &next, NOW);
    let _ = court.rule(NOW);
    let later = NOW + Duration::from_secs(1);
    assert!(!court.consensus.vote("a", Header { hash: Hash([9; 32]), ..stale }, later));
    let (_, vote) = court.consensus.votes().iter().next().unwrap();
    assert_eq!((vote.head, vote.heard), (next[0], later));
}

#[test]
fn the_leaders_word_alone_is_held_too_where_the_user_says_so() {
    let mut court = Court::new();
    court.consensus.rules.corroboration = Corroboration::Fast;
    court.consensus.rules.on_single = OnSingle::Hold;
    let (tip, next) = (court.tip(), grow(&court.tip(), 1, 1));
    court.votes("a", &next, NOW);
    let rule = |court: &mut Court| court.consensus.rule(&court.chain, Some("a"), Newcomers::None, NOW).agreed;
    assert_eq!(rule(&mut court), None);
    court.votes("b", &[tip], NOW);
    assert_eq!(rule(&mut court).unwrap().operators, ["a"]);
}
