use std::collections::BTreeSet;

use super::cast::Character;
use super::deed::Deed;
use super::troubles::Trouble;
use super::{Request, Schedule};

fn drawn(seed: u64) -> Schedule {
    let troubles = Trouble::all();
    Schedule::drawn(&Request { seed, blocks: 300, providers: None, troubles, given: None })
}

#[test]
fn a_seed_decides_everything() {
    for seed in 0..20 {
        assert_eq!(format!("{:?}", drawn(seed)), format!("{:?}", drawn(seed)));
        assert_ne!(format!("{:?}", drawn(seed)), format!("{:?}", drawn(seed + 1)));
    }
}

#[test]
fn liars_leave_two_honest_operators_where_there_are_three() {
    for seed in 0..300 {
        let cast = drawn(seed).cast;
        let operators = |honest: bool| -> BTreeSet<String> {
            let members = cast.iter().filter(|member| (member.character == Character::Honest) == honest);
            members.map(|member| member.profile.operator.clone()).collect()
        };
        let (honest, lying) = (operators(true), operators(false));
        assert!(honest.is_disjoint(&lying), "seed {seed}");
        assert!(honest.len() >= (honest.len() + lying.len()).min(3).div_ceil(2), "seed {seed}");
    }
}

#[test]
fn only_liars_lie_and_every_act_ends_well() {
    for seed in 0..100 {
        let schedule = drawn(seed);
        assert!(schedule.entries.is_sorted_by_key(|entry| entry.at));
        for entry in &schedule.entries {
            let Deed::Fail { provider, ailment, .. } = &entry.deed else { continue };
            let member = schedule.cast.iter().find(|member| member.profile.name == *provider).unwrap();
            assert!(ailment.takes() <= member.character, "seed {seed}: {}", entry.deed);
        }
        let ends = schedule.entries.iter().rev();
        let last: Vec<&Deed> =
            ends.map(|entry| &entry.deed).filter(|deed| !matches!(deed, Deed::Grow { .. })).collect();
        assert_eq!(last[0], &Deed::Review);
        assert!(last.contains(&&Deed::HealAll));
    }
}
