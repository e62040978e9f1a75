use proptest::prelude::*;

use super::*;
use crate::core::eligibility::Severity;

const CALM: Context = Context { block_time: Duration::from_secs(12), last_reorg: None, gap: Gap::Closed };

fn at(second: u64) -> At {
    At::from_secs(second)
}

fn candidate(name: &str, score: f64, fitness: Fitness) -> Candidate {
    Candidate {
        name: name.into(),
        score,
        weight: 1.0,
        fitness,
        cursor: Cursor::Shown,
        standing: Standing::Proven,
    }
}

fn good(name: &str, score: f64) -> Candidate {
    candidate(name, score, Fitness::Eligible)
}

fn returned(name: &str, score: f64) -> Candidate {
    Candidate { standing: Standing::Returned, ..good(name, score) }
}

fn sick(name: &str, score: f64, severity: Severity) -> Candidate {
    candidate(name, score, Fitness::LastResort { severity, why: "sick".into() })
}

fn barred(name: &str, score: f64) -> Candidate {
    candidate(name, score, Fitness::Barred { why: "wrong chain".into() })
}

/// An election that `a` has won at the start.
fn won_by_a() -> Election {
    let mut election = Election::new(At::ZERO);
    let first = election.evaluate(&[good("a", 1.0), good("b", 0.9)], &CALM, At::ZERO);
    assert_eq!(first, Decision::Switch { to: "a".into(), reason: Reason::First });
    election
}

fn leader(election: &Election) -> Option<&str> {
    election.leader().map(|leader| leader.name.as_str())
}

/// Evaluates every 5 s from `from` to `to`, and tells when the leader changed for the first time.
fn first_switch(
    election: &mut Election,
    candidates: &[Candidate],
    context: &Context,
    from: u64,
    to: u64,
) -> Option<u64> {
    let term = election.term();
    (from..=to).step_by(5).find(|second| {
        let _ = election.evaluate(candidates, context, at(*second));
        election.term() != term
    })
}

#[test]
fn the_first_leader_is_the_best_and_begins_the_first_term() {
    let election = won_by_a();
    assert_eq!((leader(&election), election.term()), (Some("a"), Term(1)));
}

#[test]
fn a_leader_that_lost_its_eligibility_is_replaced_at_once() {
    let mut election = won_by_a();
    let decision = election.evaluate(&[sick("a", 1.0, Severity::Down), good("b", 0.1)], &CALM, at(1));
    assert_eq!(decision, Decision::Switch { to: "b".into(), reason: Reason::Forced { why: "sick".into() } });
    assert_eq!(election.term(), Term(2));
}

#[test]
fn a_slightly_better_one_never_takes_the_lead() {
    let candidates = [good("a", 1.0), good("b", 1.29)];
    assert_eq!(first_switch(&mut won_by_a(), &candidates, &CALM, 0, 7200), None);
}

#[test]
fn a_clearly_better_one_takes_the_lead_after_fifteen_seconds_of_being_so() {
    let mut election = won_by_a();
    assert_eq!(first_switch(&mut election, &[good("a", 1.0), good("b", 1.0)], &CALM, 0, 600), None);
    let candidates = [good("a", 1.0), good("b", 1.5)];
    assert_eq!(first_switch(&mut election, &candidates, &CALM, 605, 700), Some(620));
    assert_eq!(leader(&election), Some("b"));
}

#[test]
fn nobody_takes_the_lead_by_choice_in_the_first_two_minutes() {
    let candidates = [good("a", 1.0), good("b", 9.0)];
    assert_eq!(first_switch(&mut won_by_a(), &candidates, &CALM, 0, 600), Some(120));
}

#[test]
fn an_interrupted_challenge_starts_anew() {
    let mut election = won_by_a();
    let (better, equal) = ([good("a", 1.0), good("b", 1.5)], [good("a", 1.0), good("b", 1.0)]);
    assert_eq!(first_switch(&mut election, &better, &CALM, 600, 610), None);
    assert_eq!(first_switch(&mut election, &equal, &CALM, 615, 615), None);
    assert_eq!(first_switch(&mut election, &better, &CALM, 620, 700), Some(635));
}

#[test]
fn two_better_ones_that_take_turns_unseat_the_leader_all_the_same() {
    let mut election = won_by_a();
    for turn in 0..4u8 {
        let (b, c) = if turn % 2 == 0 { (1.5, 1.6) } else { (1.6, 1.5) };
        let candidates = [good("a", 1.0), good("b", b), good("c", c)];
        let _ = election.evaluate(&candidates, &CALM, at(600 + 5 * u64::from(turn)));
    }
    assert_eq!(leader(&election), Some("b"));
}

#[test]
fn near_a_reorg_and_during_a_gap_nobody_takes_the_lead_by_choice() {
    let candidates = [good("a", 1.0), good("b", 2.0)];
    let reorg = Context { last_reorg: Some(at(610)), ..CALM };
    assert_eq!(first_switch(&mut won_by_a(), &candidates, &reorg, 600, 700), Some(635));
    let gap = Context { gap: Gap::Filling, ..CALM };
    assert_eq!(first_switch(&mut won_by_a(), &candidates, &gap, 600, 7200), None);
}

#[test]
fn whoever_has_just_come_back_leads_only_if_nobody_else_may() {
    let mut election = won_by_a();
    let barred = barred("a", 1.0);
    let candidates = [barred.clone(), returned("b", 5.0), good("c", 0.5)];
    let _ = election.evaluate(&candidates, &CALM, at(10));
    assert_eq!(leader(&election), Some("c"));
    let _ = election.evaluate(
        &[barred.clone(), returned("b", 5.0), sick("c", 0.5, Severity::Poor)],
        &CALM,
        at(20),
    );
    assert_eq!(leader(&election), Some("b"));
}

#[test]
fn whoever_has_just_come_back_does_not_push_the_leader_aside() {
    let mut election = won_by_a();
    for second in (150..400).step_by(5) {
        let _ = election.evaluate(&[good("a", 1.0), returned("b", 5.0)], &CALM, at(second));
    }
    assert_eq!(leader(&election), Some("a"));
    let _ = election.evaluate(&[good("a", 1.0), good("b", 5.0)], &CALM, at(400));
    assert_eq!(leader(&election), Some("b"));
}

#[test]
fn when_nobody_is_eligible_the_least_bad_one_serves() {
    let mut election = won_by_a();
    let down = [sick("a", 1.0, Severity::Down), sick("b", 0.2, Severity::Poor), barred("c", 9.0)];
    let last = Decision::LastResort { to: "b".into(), why: "sick".into() };
    assert_eq!(election.evaluate(&down, &CALM, at(1)), last);
    assert_eq!(election.leader().unwrap().seat, Seat::LastResort);
    assert_eq!(election.evaluate(&down, &CALM, at(2)), last);
    assert_eq!(election.term(), Term(2));
}

#[test]
fn the_last_resort_does_not_run_in_circles() {
    let mut election = won_by_a();
    let down = |a, b| [sick("a", a, Severity::Down), sick("b", b, Severity::Down)];
    for (a, b) in [(1.0, 1.2), (1.2, 1.0), (1.0, 1.3)] {
        let _ = election.evaluate(&down(a, b), &CALM, at(1));
        assert_eq!(leader(&election), Some("a"));
    }
    let _ = election.evaluate(&down(1.0, 1.4), &CALM, at(2));
    assert_eq!(leader(&election), Some("b"));
}

#[test]
fn the_last_provider_leads_whatever_its_health() {
    let mut election = won_by_a();
    let _ = election.evaluate(&[sick("a", 0.0, Severity::Down)], &CALM, at(1));
    assert_eq!((leader(&election), election.term()), (Some("a"), Term(1)));
    assert_eq!(election.evaluate(&[good("a", 0.0)], &CALM, at(2)), Decision::Keep);
    assert_eq!(election.leader().unwrap().seat, Seat::Elected);
}

#[test]
fn when_nobody_may_be_believed_nobody_leads_and_the_next_one_begins_a_new_term() {
    let mut election = won_by_a();
    let nobody = election.evaluate(&[barred("a", 1.0)], &CALM, at(1));
    assert_eq!(nobody, Decision::Nobody { why: "a: wrong chain".into() });
    assert_eq!(leader(&election), None);
    let decision = election.evaluate(&[good("b", 1.0)], &CALM, at(2));
    assert!(matches!(decision, Decision::Switch { reason: Reason::Forced { .. }, .. }));
    assert_eq!(election.term(), Term(2));
}

#[test]
fn one_that_keeps_losing_the_lead_is_passed_over_but_not_if_it_is_the_last() {
    let mut election = won_by_a();
    let others = |a: Candidate| [a, good("b", 0.5), good("c", 0.4)];
    for second in [1, 3, 5] {
        let _ = election.evaluate(&others(sick("a", 1.0, Severity::Down)), &CALM, at(second));
        let back = [good("a", 1.0), sick("b", 0.5, Severity::Down), sick("c", 0.4, Severity::Down)];
        let _ = election.evaluate(&back, &CALM, at(second + 1));
        assert_eq!(leader(&election), Some("a"), "it is the only eligible one");
    }
    assert!(election.state(at(6)).passed_over.contains_key("a"));
    let candidates = [good("a", 1.0), sick("b", 0.5, Severity::Down), good("c", 0.4)];
    let _ = election.evaluate(&others(sick("a", 1.0, Severity::Down)), &CALM, at(7));
    let _ = election.evaluate(&candidates, &CALM, at(8));
    assert_eq!(leader(&election), Some("c"));
}

#[test]
fn ties_go_to_the_greater_weight_then_to_the_first_name() {
    let mut heavy = good("z", 1.0);
    heavy.weight = 2.0;
    let mut election = Election::new(At::ZERO);
    let _ = election.evaluate(&[good("b", 1.0), good("a", 1.0), heavy], &CALM, At::ZERO);
    assert_eq!(leader(&election), Some("z"));
    let mut election = Election::new(At::ZERO);
    let _ = election.evaluate(&[good("b", 1.0), good("a", 1.0), good("c", f64::NAN)], &CALM, At::ZERO);
    assert_eq!(leader(&election), Some("a"));
}

fn fitness() -> impl Strategy<Value = Fitness> {
    let sick = |severity| Fitness::LastResort { severity, why: "sick".into() };
    prop_oneof![
        3 => Just(Fitness::Eligible),
        1 => Just(sick(Severity::Poor)),
        1 => Just(sick(Severity::Resting)),
        1 => Just(sick(Severity::Down)),
        1 => Just(Fitness::Barred { why: "lies".into() }),
    ]
}

/// The candidates of one evaluation, all named alike each time.
fn candidates() -> impl Strategy<Value = Vec<Candidate>> {
    prop::collection::vec((0.0..2.0f64, fitness()), 0..5).prop_map(|drawn| {
        let named = (b'a'..).zip(drawn);
        named
            .map(|(name, (score, fitness))| candidate(&char::from(name).to_string(), score, fitness))
            .collect()
    })
}

proptest! {
    #[test]
    fn the_leader_is_the_best_kind_there_is(life in prop::collection::vec((candidates(), 1u64..60), 1..60)) {
        let (mut election, mut now) = (Election::new(At::ZERO), 0);
        for (candidates, gap) in life {
            now += gap;
            let _ = election.evaluate(&candidates, &CALM, at(now));
            let fitness_of = |name| candidates.iter().find(|one| one.name == name).map(|one| &one.fitness);
            let any = |kind: fn(&Fitness) -> bool| candidates.iter().any(|one| kind(&one.fitness));
            let leads = leader(&election).map(fitness_of);
            if any(|fitness| *fitness == Fitness::Eligible) {
                prop_assert_eq!(leads, Some(Some(&Fitness::Eligible)));
            } else if any(|fitness| matches!(fitness, Fitness::LastResort { .. })) {
                let last = matches!(leads, Some(Some(Fitness::LastResort { .. })));
                prop_assert!(last, "health may not remove the last one");
            } else {
                prop_assert_eq!(leads, None, "one that may not be believed never leads");
            }
        }
    }

    #[test]
    fn the_term_grows_by_one_with_each_new_leader_and_never_otherwise(
        life in prop::collection::vec((candidates(), 1u64..60), 1..60),
    ) {
        let (mut election, mut now) = (Election::new(At::ZERO), 0);
        for (candidates, gap) in life {
            now += gap;
            let (term, before) = (election.term(), leader(&election).map(str::to_owned));
            let _ = election.evaluate(&candidates, &CALM, at(now));
            let after = leader(&election).map(str::to_owned);
            let changed = after.is_some() && after != before;
            prop_assert_eq!(election.term(), if changed { term.next() } else { term });
        }
    }

    #[test]
    fn random_scores_alone_switch_at_most_four_times_an_hour_and_once_a_minute(
        scores in prop::collection::vec(prop::array::uniform3(0.0..1.0f64), 2000),
    ) {
        let (mut election, mut switches) = (Election::new(At::ZERO), Vec::new());
        for (second, [a, b, c]) in (0u64..).step_by(5).zip(scores) {
            // Two of three are much better for minutes at a time, so that challenges do ripen.
            let favour = |turn| if second / 100 % 3 == turn { 10.0 } else { 1.0 };
            let candidates = [good("a", a * favour(0) + 0.5), good("b", b * favour(1) + 0.5), good("c", c + 0.5)];
            let term = election.term();
            let _ = election.evaluate(&candidates, &CALM, at(second));
            if election.term() != term && term != Term(0) {
                switches.push(second);
            }
        }
        for (index, switch) in switches.iter().enumerate() {
            let within = |span| switches[index..].iter().filter(|other| **other - switch < span).count();
            prop_assert!(within(3600) <= VOLUNTARY_AN_HOUR && within(60) == 1);
        }
    }

    #[test]
    fn the_order_of_candidates_does_not_matter(life in prop::collection::vec((candidates(), 1u64..60), 1..40)) {
        let (mut there, mut back, mut now) = (Election::new(At::ZERO), Election::new(At::ZERO), 0);
        for (mut candidates, gap) in life {
            now += gap;
            let one = there.evaluate(&candidates, &CALM, at(now));
            candidates.reverse();
            let other = back.evaluate(&candidates, &CALM, at(now));
            prop_assert_eq!(one, other);
        }
    }
}

#[test]
fn whoever_takes_over_without_need_has_shown_the_cursor() {
    let mut election = won_by_a();
    let mut candidates = [good("a", 1.0), good("b", 1.5)];
    candidates[1].cursor = Cursor::NotShown;
    assert_eq!(first_switch(&mut election, &candidates, &CALM, 0, 300), None);
    assert_eq!(election.awaits_cursor_of(&candidates, at(300)), Some("b"));
    candidates[1].cursor = Cursor::Shown;
    assert_eq!(first_switch(&mut election, &candidates, &CALM, 305, 400), Some(305));
}

#[test]
fn a_forced_switch_prefers_those_that_have_shown_the_cursor_but_never_waits_for_one() {
    let mut candidates = [barred("a", 1.0), good("b", 0.9), good("c", 0.5)];
    candidates[1].cursor = Cursor::NotShown;
    let mut election = won_by_a();
    let _ = election.evaluate(&candidates, &CALM, at(10));
    assert_eq!(leader(&election), Some("c"));
    candidates[2].cursor = Cursor::NotShown;
    let mut election = won_by_a();
    let _ = election.evaluate(&candidates, &CALM, at(10));
    assert_eq!(leader(&election), Some("b"));
}
