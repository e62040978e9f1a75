//! What the fleet falls ill with: every form of every row of the fault matrix that befalls providers over plain connections.

use blocktap::core::numbers::Height;
use blocktap::sim::fault::{Fault, Reach};
use blocktap::sim::symptom::Symptom;

/// What befalls one provider.
pub type Illness = Vec<Symptom>;

/// Rows that befall the chain or the clock, and those that only a connection has which is kept, encrypted, or found by name.
const NOT_PLAYED: [Fault; 8] = [
    Fault::QuietChain,
    Fault::OrphanServed,
    Fault::ReorgBelowFinal,
    Fault::PooledClosed,
    Fault::Http2BlackHole,
    Fault::NameUnknown,
    Fault::BadCertificate,
    Fault::WrongClock,
];

/// All of them, each once, and of how many rows they are. The newest blocks are replaced in every round, whoever is ill.
pub fn all(head: Height) -> (Vec<Illness>, usize) {
    let (mut once, mut rows) = (Vec::new(), 0);
    for fault in Fault::ALL {
        let illnesses: Vec<Illness> =
            fault.forms(head).into_iter().flat_map(|form| illnesses(form.reach)).collect();
        assert_eq!(illnesses.is_empty(), NOT_PLAYED.contains(fault), "{fault:?}");
        rows += usize::from(!illnesses.is_empty());
        for illness in illnesses {
            if !once.contains(&illness) {
                once.push(illness);
            }
        }
    }
    (once, rows)
}

fn illnesses(reach: Reach) -> Vec<Illness> {
    match reach {
        Reach::Provider(symptoms)
        | Reach::Newcomer(symptoms)
        | Reach::Operator(symptoms)
        | Reach::Everybody(symptoms) => vec![symptoms],
        Reach::Each(symptoms) => symptoms.into_iter().map(|symptom| vec![symptom]).collect(),
        Reach::Chain(_) | Reach::Clock(_) => Vec::new(),
    }
}
