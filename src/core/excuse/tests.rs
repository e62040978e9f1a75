use super::*;

fn block(height: u64) -> BlockRef {
    BlockRef { height: Height(height), hash: Hash([height as u8; 32]) }
}

fn served(operator: &str) -> Served {
    Served { provider: format!("{operator}-1"), operator: operator.into() }
}

fn failing(computed: &str) -> Failing {
    Failing::Refuted(vec![("tx_root", computed.into())])
}

/// `operator` serves a copy of block `height` whose root is `computed`, while `elsewhere` have not been asked.
fn fails(
    excuses: &mut Excuses,
    height: u64,
    operator: &str,
    computed: &str,
    elsewhere: &[&str],
    second: u64,
) -> Finding {
    let copy = Copy {
        block: block(height),
        failing: failing(computed),
        from: served(operator),
        elsewhere: elsewhere.iter().map(|name| (*name).to_owned()).collect(),
    };
    excuses.on_failed(copy, At::from_secs(second))
}

#[test]
fn two_that_fail_alike_are_let_through_only_when_nobody_else_is_left_to_ask() {
    let mut excuses = Excuses::default();
    assert_eq!(fails(&mut excuses, 7, "a", "0x1", &["b", "c"], 0), Finding::Accused);
    assert_eq!(fails(&mut excuses, 7, "b", "0x1", &["c"], 1), Finding::Doubted);
    let Finding::Excused(excuse) = fails(&mut excuses, 7, "c", "0x1", &[], 2) else { panic!() };
    assert_eq!(excuse.servers, ["a", "b", "c"].map(served));
}

#[test]
fn a_copy_that_passes_exposes_whoever_failed_and_ends_the_excuse() {
    let mut excuses = Excuses::default();
    let _ = fails(&mut excuses, 7, "a", "0x1", &["b", "c"], 0);
    let _ = fails(&mut excuses, 7, "b", "0x1", &["c"], 1);
    let exposed = excuses.on_passed(&block(7).hash);
    assert_eq!(exposed.iter().map(|one| one.server.operator.as_str()).collect::<Vec<_>>(), ["a", "b"]);
    assert!(exposed.iter().all(|one| !one.passed_on));
    assert_eq!(fails(&mut excuses, 8, "a", "0x1", &["b"], 2), Finding::Accused);
}

#[test]
fn one_that_passes_after_the_block_was_let_through_exposes_them_all_the_same() {
    let mut excuses = Excuses::default();
    let _ = fails(&mut excuses, 7, "a", "0x1", &[], 0);
    assert!(matches!(fails(&mut excuses, 7, "b", "0x1", &[], 1), Finding::Excused(_)));
    excuses.forget_below(Height(9));
    assert_eq!(excuses.list(At::from_secs(2)).len(), 1);
    let exposed = excuses.on_passed(&block(7).hash);
    assert!(exposed.len() == 2 && exposed.iter().all(|one| one.passed_on));
    assert_eq!(excuses.list(At::from_secs(2)), []);
}

#[test]
fn others_that_never_answer_hold_a_block_up_for_half_a_minute() {
    let mut excuses = Excuses::default();
    let _ = fails(&mut excuses, 7, "a", "0x1", &["c"], 0);
    let _ = fails(&mut excuses, 7, "b", "0x1", &["c"], 1);
    assert_eq!(excuses.ripe(At::from_secs(30)), []);
    assert_eq!(excuses.ripe(At::from_secs(31)).len(), 1);
    assert_eq!(excuses.ripe(At::from_secs(32)), [], "once");
}

#[test]
fn one_operator_is_never_excused_whatever_its_providers_serve() {
    let mut excuses = Excuses::default();
    let _ = fails(&mut excuses, 7, "a", "0x1", &[], 0);
    let twin = Copy {
        block: block(7),
        failing: failing("0x1"),
        from: Served { provider: "a-2".into(), operator: "a".into() },
        elsewhere: BTreeSet::new(),
    };
    assert_eq!(excuses.on_failed(twin, At::from_secs(1)), Finding::Accused);
    assert_eq!(excuses.ripe(At::from_secs(600)), []);
}

#[test]
fn other_values_are_another_failure() {
    let mut excuses = Excuses::default();
    let _ = fails(&mut excuses, 7, "a", "0x1", &[], 0);
    assert_eq!(fails(&mut excuses, 7, "b", "0x2", &[], 1), Finding::Accused);
}

#[test]
fn while_a_check_is_excused_each_block_still_needs_two_and_nobody_is_accused() {
    let mut excuses = Excuses::default();
    let _ = fails(&mut excuses, 7, "a", "0x1", &[], 0);
    let _ = fails(&mut excuses, 7, "b", "0x1", &[], 1);
    assert_eq!(fails(&mut excuses, 8, "a", "0x3", &["b", "c"], 2), Finding::Doubted);
    assert_eq!(fails(&mut excuses, 8, "b", "0x3", &["c"], 2), Finding::Doubted);
    assert!(matches!(fails(&mut excuses, 8, "c", "0x3", &[], 3), Finding::Excused(_)));
    let [listed] = &excuses.list(At::from_secs(3))[..] else { panic!() };
    assert_eq!((listed.check, listed.blocks, listed.last), ("tx_root", 2, block(8)));
    assert_eq!(listed.operators.len(), 3);
}

#[test]
fn an_excuse_ends_by_itself_and_the_check_is_held_to_again() {
    let mut excuses = Excuses::default();
    let _ = fails(&mut excuses, 7, "a", "0x1", &[], 0);
    let _ = fails(&mut excuses, 7, "b", "0x1", &[], 1);
    assert_eq!(excuses.list(At::from_secs(601)), []);
    assert_eq!(fails(&mut excuses, 300, "a", "0x3", &["b"], 601), Finding::Accused);
}

#[test]
fn what_cannot_be_proved_is_no_offence_and_a_proved_copy_blames_nobody() {
    let mut excuses = Excuses::default();
    let mut copy = Copy {
        block: block(7),
        failing: Failing::Unproved(Hash([1; 32])),
        from: served("a"),
        elsewhere: BTreeSet::from(["b".into(), "c".into()]),
    };
    assert_eq!(excuses.on_failed(copy.clone(), At::ZERO), Finding::Doubted);
    copy.from = served("b");
    assert_eq!(excuses.on_failed(copy, At::ZERO), Finding::Doubted);
    assert_eq!(excuses.on_passed(&block(7).hash), []);
}
