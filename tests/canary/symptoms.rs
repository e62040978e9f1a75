//! What the fleet falls ill with: every form of every row of the fault matrix that befalls providers.

use blocktap::core::numbers::Height;
use blocktap::sim::fault::{Fault, Reach};
use blocktap::sim::symptom::Symptom;

/// What befalls one provider.
pub type Illness = Vec<Symptom>;

/// All of them, each once. What befalls the chain is left to every round: its newest blocks are replaced twice in each.
pub fn all(head: Height) -> Vec<Illness> {
    let mut all: Vec<Illness> = Vec::new();
    for form in Fault::ALL.iter().flat_map(|fault| fault.forms(head)) {
        let illnesses = match form.reach {
            Reach::Provider(symptoms)
            | Reach::Newcomer(symptoms)
            | Reach::Operator(symptoms)
            | Reach::Everybody(symptoms) => vec![symptoms],
            Reach::Each(symptoms) => symptoms.into_iter().map(|symptom| vec![symptom]).collect(),
            Reach::Chain(_) | Reach::Clock(_) => Vec::new(),
        };
        all.extend(illnesses);
    }
    let mut once = Vec::new();
    for illness in all {
        if !once.contains(&illness) {
            once.push(illness);
        }
    }
    once
}
