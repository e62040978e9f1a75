use std::collections::BTreeSet;

use super::{Fault, UnknownFault};
use crate::core::numbers::Height;
use crate::sim::random::Random;

#[test]
fn rows_and_names_are_unique_and_in_order() {
    assert!(Fault::ALL.windows(2).all(|pair| pair[0].row() < pair[1].row()));
    let names: BTreeSet<_> = Fault::ALL.iter().map(|fault| fault.name()).collect();
    assert_eq!(names.len(), Fault::ALL.len());
}

#[test]
fn a_fault_is_found_by_name_and_by_row() {
    for fault in Fault::ALL {
        assert_eq!(fault.name().parse(), Ok(*fault));
        assert_eq!(fault.row().to_string().parse(), Ok(*fault));
    }
}

#[test]
fn a_misspelt_name_is_answered_with_the_nearest() {
    let error: UnknownFault = "half-opne".parse::<Fault>().unwrap_err();
    assert_eq!(error.to_string(), "no fault is called \"half-opne\"; did you mean half-open?");
    assert_eq!("26".parse::<Fault>().unwrap_err().near, None);
}

#[test]
fn whatever_can_be_played_in_memory_has_a_form_there() {
    let mut random = Random::seeded(1);
    for fault in Fault::ALL {
        assert_eq!(fault.draw(Height(100), &mut random).is_some(), fault.venue().in_memory(), "{fault}");
    }
}
