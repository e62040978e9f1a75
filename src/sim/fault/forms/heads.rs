//! Head, order, forks: rows 1 to 20.

use super::{Forms, Reach};
use crate::core::numbers::Height;
use crate::sim::corruption::Corruption;
use crate::sim::fault::{Expected, Fault};
use crate::sim::script::Verb;
use crate::sim::symptom::{HeadHash, Symptom, Unknown};
use crate::sim::view::Fork;

pub(super) fn of(fault: Fault, head: Height) -> Option<Forms> {
    let fork = Fork { from: head.plus(1), branch: 7 };
    Some(match fault {
        Fault::NullForAnnounced => Forms::of([1, 2].map(|newest| Symptom::NullFor { newest })),
        Fault::Syncing => Forms::of([Symptom::Syncing]),
        Fault::FrozenHead => Forms::of([Symptom::Freeze]),
        Fault::FarBehind => Forms::of([Symptom::Lag(40)]),
        Fault::HeadGoesBack => Forms::of([Symptom::Lag(1), Symptom::Lag(6), Symptom::Skew { back: 3 }])
            .and(Reach::Chain(Verb::RollBack { count: 4 })),
        Fault::HeadLeaps => Forms::of([Symptom::Leap(1000), Symptom::Leap(59_000_000)])
            .and_milder(Reach::Provider(vec![Symptom::LeapSealed(59_000_000)]), Expected::Tolerated),
        Fault::HeadAheadOfBlocks => Forms::of([Symptom::Absent {
            newest: 2,
            code: -32603,
            message: "upstream does not have the requested block yet".into(),
        }]),
        Fault::HeadsDisagree => {
            let lags = [0, 3, 1, 6, 12].map(Symptom::Lag);
            Forms::reaching(Reach::Each(lags.to_vec()))
        }
        Fault::StaleMember => Forms::reaching(Reach::Operator(vec![Symptom::Freeze])),
        Fault::QuietChain => Forms::reaching(Reach::Chain(Verb::Halt)),
        Fault::BackendSkew => Forms::of([Symptom::TwoMinds(fork)]),
        Fault::ReceiptsOfAnotherFork => Forms::of([Symptom::ReceiptsOfAnotherFork]),
        Fault::StaleReceipts => Forms::of([Symptom::Corrupt(Corruption::ReceiptsOfAnotherBlock)]),
        Fault::OrphanServed => Forms::reaching(Reach::Chain(Verb::Reorg { depth: 3 })),
        Fault::FinalityUnknown => {
            let unknown =
                [Unknown::Null, Unknown::Code32000, Unknown::Code39001].map(Symptom::FinalityUnknown);
            let nobody = Reach::Everybody(vec![Symptom::FinalityUnknown(Unknown::Null)]);
            Forms::of(unknown).and(nobody)
        }
        Fault::FinalityMovesBack => {
            // Where all go back, they go so far that the chain does not make up for it meanwhile.
            Forms::of([Symptom::FinalityBack(5)]).and(Reach::Everybody(vec![Symptom::FinalityBack(40)]))
        }
        Fault::ReorgBelowFinal => Forms::reaching(Reach::Chain(Verb::Reorg { depth: 25 })),
        Fault::HeadBeforeBody => Forms::of([Symptom::Unexecuted { newest: 1 }]),
        Fault::WrongAnnouncement => Forms::of([Symptom::AnnouncedHash(HeadHash::Wrong)])
            .and_milder(Reach::Provider(vec![Symptom::AnnouncedHash(HeadHash::Absent)]), Expected::Tolerated),
        Fault::OperatorFailsWhole => Forms::reaching(Reach::Operator(vec![Symptom::ForkAt(fork)]))
            .and_milder(Reach::Operator(vec![Symptom::Die]), Expected::Transient),
        _ => return None,
    })
}
