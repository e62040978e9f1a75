//! Who plays in a row, and whom it befalls.

use std::collections::BTreeSet;

use blocktap::sim::fault::{Fault, Reach};
use blocktap::sim::fleet::Fleet;
use blocktap::sim::profile::Profile;
use blocktap::sim::provider::Provider;
use blocktap::sim::world::World;

use crate::promises;
use crate::stage::Stage;

/// An operator that has most of the providers, and yet one vote of three.
const LARGE: &str = "northwind";

/// Five good providers; newcomers are hit already.
pub fn fleet(world: World, reach: &Reach) -> Fleet {
    if let Reach::Operator(_) = reach {
        let names = [
            ("alpha", LARGE),
            ("bravo", LARGE),
            ("charlie", LARGE),
            ("delta", "lumen"),
            ("echo", "homestead"),
        ];
        return Fleet::new(world, names.map(|(name, operator)| Profile::of(name, operator)));
    }
    let fleet = Fleet::of_five(world);
    if let Reach::Newcomer(symptoms) = reach {
        symptoms.iter().for_each(|symptom| fleet.inflict("alpha", symptom.clone()).unwrap());
    }
    fleet
}

/// Of single providers it is the one that serves the blocks, for its failing shows; or the leader, where its fall must be seen.
pub fn victims(stage: &Stage, fault: Fault, reach: &Reach) -> BTreeSet<String> {
    let named = |keep: &dyn Fn(&Provider) -> bool| {
        let kept = stage.fleet.providers().filter(|provider| keep(provider));
        kept.map(|provider| provider.profile().name.clone()).collect()
    };
    match reach {
        Reach::Provider(_) if promises::deposes(fault) => {
            BTreeSet::from([stage.estate.board.read()["sim"].active_provider.clone().unwrap()])
        }
        Reach::Provider(_) => BTreeSet::from([stage.record.served_by().unwrap()]),
        Reach::Newcomer(_) => BTreeSet::from(["alpha".to_owned()]),
        Reach::Operator(_) => named(&|provider| provider.profile().operator == LARGE),
        Reach::Everybody(_) | Reach::Each(_) => named(&|_| true),
        Reach::Chain(_) | Reach::Clock(_) => BTreeSet::new(),
    }
}
