//! Who is better than whom.

use std::cmp::{Ordering, Reverse};

use super::{Candidate, Cursor};
use crate::core::eligibility::{Fitness, Severity};

/// The best of them: by score, then weight, then name.
pub(super) fn best<'a>(candidates: impl Iterator<Item = &'a Candidate>) -> Option<&'a Candidate> {
    candidates.max_by(|one, other| order(one, other))
}

/// The best eligible one; one that has not shown the cursor, or that `is_passed_over`, only if there is no other.
pub(super) fn best_eligible(
    candidates: &[Candidate],
    is_passed_over: impl Fn(&Candidate) -> bool,
) -> Option<&Candidate> {
    let eligible = || candidates.iter().filter(|candidate| candidate.fitness == Fitness::Eligible);
    let steady = || eligible().filter(|candidate| !is_passed_over(candidate));
    let ready = steady().filter(|candidate| candidate.cursor == Cursor::Shown);
    best(ready).or_else(|| best(steady())).or_else(|| best(eligible()))
}

/// The least bad of those that may be believed, and what is wrong with it. The `leader` stays if it is as usable as the best
/// and not clearly worse: to run in circles helps nobody.
pub(super) fn last_resort<'a>(
    candidates: &'a [Candidate],
    leader: Option<&'a Candidate>,
    clearly_better: f64,
) -> Option<(&'a Candidate, &'a str)> {
    let usable = candidates.iter().filter_map(|candidate| Some((candidate, flaw(candidate)?)));
    let (best, (severity, why)) =
        usable.max_by(|(one, (good, _)), (other, (bad, _))| bad.cmp(good).then_with(|| order(one, other)))?;
    let stays = |leader: &&Candidate| {
        flaw(leader).is_some_and(|(own, _)| own == severity) && best.score <= clearly_better * leader.score
    };
    let leader = leader.filter(stays);
    Some(leader.and_then(|leader| Some((leader, flaw(leader)?.1))).unwrap_or((best, why)))
}

/// What is wrong with each of them.
pub(super) fn why_nobody(candidates: &[Candidate]) -> String {
    let reasons = candidates.iter().filter_map(|candidate| match &candidate.fitness {
        Fitness::Barred { why } | Fitness::LastResort { why, .. } => {
            Some(format!("{}: {why}", candidate.name))
        }
        Fitness::Eligible => None,
    });
    let mut reasons: Vec<String> = reasons.collect();
    reasons.sort();
    if reasons.is_empty() { "there are no candidates".into() } else { reasons.join("; ") }
}

fn order(one: &Candidate, other: &Candidate) -> Ordering {
    let by_number = comparable(one.score)
        .total_cmp(&comparable(other.score))
        .then(comparable(one.weight).total_cmp(&comparable(other.weight)));
    by_number.then_with(|| Reverse(&one.name).cmp(&Reverse(&other.name)))
}

/// A number that is none ranks lowest.
fn comparable(number: f64) -> f64 {
    if number.is_nan() { f64::NEG_INFINITY } else { number }
}

fn flaw(candidate: &Candidate) -> Option<(Severity, &str)> {
    match &candidate.fitness {
        Fitness::LastResort { severity, why } => Some((*severity, why)),
        Fitness::Eligible | Fitness::Barred { .. } => None,
    }
}
