use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::core::hash::Hash;
use crate::core::rehearsal;

const START: u64 = 100;

fn stream(choices: &[u8]) -> Vec<Envelope> {
    let events = rehearsal::events(&ChainId::evm(1), START, choices);
    events.into_iter().map(|event| event.envelope).collect()
}

fn audit<'a>(envelopes: impl IntoIterator<Item = &'a Envelope>) -> Result<Summary, Fault> {
    let mut auditor = Auditor::new();
    for envelope in envelopes {
        auditor.read(envelope)?;
    }
    Ok(auditor.summary())
}

/// Seals the steps anew, so that only the fold can object.
fn resealed(steps: &[(Step, u64, u8, u8)]) -> Vec<Envelope> {
    let chain = ChainId::evm(1);
    let mut tail = Tail::genesis(&chain, Height(steps[0].1));
    let mut sealed = stream(&vec![0; steps.len()]);
    for (envelope, (step, height, hash, parent)) in sealed.iter_mut().zip(steps) {
        envelope.step = *step;
        envelope.block_number = Height(*height);
        envelope.block_hash = Hash([*hash; 32]);
        envelope.parent_hash = Hash([*parent; 32]);
        envelope.prev_id = tail.id;
        envelope.id = tail.id.then(*step, &envelope.block_hash);
        envelope.cursor.id = envelope.id;
        envelope.cursor.block = BlockRef { height: envelope.block_number, hash: envelope.block_hash };
        tail = Tail { seq: envelope.seq, id: envelope.id };
    }
    sealed
}

fn breach(steps: &[(Step, u64, u8, u8)]) -> Breach {
    audit(&resealed(steps)).unwrap_err().what
}

const APPLIES: [(Step, u64, u8, u8); 3] =
    [(Step::Apply, 5, 5, 4), (Step::Apply, 6, 6, 5), (Step::Apply, 7, 7, 6)];

fn after_applies(step: (Step, u64, u8, u8)) -> Vec<(Step, u64, u8, u8)> {
    APPLIES.into_iter().chain([step]).collect()
}

#[test]
fn a_block_that_does_not_link_by_hash_or_height_is_caught() {
    assert!(matches!(breach(&after_applies((Step::Apply, 8, 8, 1))), Breach::Unlinked { .. }));
    assert!(matches!(breach(&after_applies((Step::Apply, 9, 8, 7))), Breach::Unlinked { .. }));
}

#[test]
fn an_undo_takes_exactly_the_tip() {
    assert!(matches!(breach(&after_applies((Step::Undo, 6, 6, 5))), Breach::NotTheTip { .. }));
    assert!(matches!(breach(&after_applies((Step::Undo, 7, 7, 1))), Breach::NotTheTip { .. }));
    let all = [APPLIES[0], (Step::Undo, 5, 5, 4), (Step::Undo, 4, 4, 3)];
    assert!(matches!(breach(&all), Breach::NothingLeft { .. }));
}

#[test]
fn finality_stays_on_the_chain_and_never_turns_back() {
    assert!(matches!(breach(&after_applies((Step::Final, 8, 8, 7))), Breach::AboveTip { .. }));
    assert!(matches!(breach(&after_applies((Step::Final, 6, 1, 5))), Breach::OffChain { .. }));
    let mut steps = after_applies((Step::Final, 7, 7, 6));
    steps.push((Step::Final, 6, 6, 5));
    assert!(matches!(breach(&steps), Breach::Settled { .. }));
    steps[4] = (Step::Undo, 7, 7, 6);
    assert!(matches!(breach(&steps), Breach::Settled { .. }));
}

#[test]
fn the_first_block_may_be_replaced_at_its_own_height_only() {
    let first = [APPLIES[0], (Step::Undo, 5, 5, 4)];
    let replaced: Vec<_> = first.into_iter().chain([(Step::Apply, 5, 15, 14)]).collect();
    assert!(audit(&resealed(&replaced)).is_ok());
    let moved: Vec<_> = first.into_iter().chain([(Step::Apply, 6, 16, 15)]).collect();
    assert!(matches!(breach(&moved), Breach::Start { .. }));
}

#[test]
fn another_stream_and_an_older_epoch_are_caught() {
    let mut events = stream(&[0, 0, 0]);
    events[1].stream = ChainId::evm(2);
    assert!(matches!(audit(&events).unwrap_err().what, Breach::Stream { .. }));
    let mut events = stream(&[0, 0, 0]);
    events[1].epoch = 2;
    assert!(matches!(audit(&events).unwrap_err().what, Breach::Epoch { .. }));
}

#[test]
fn a_stream_that_lost_its_first_start_is_caught() {
    let mut events = stream(&[0]);
    events[0].prev_id = EventId([1; 16]);
    assert!(matches!(audit(&events).unwrap_err().what, Breach::PreviousId { .. }));
}

/// What may go wrong with one event on its way.
#[derive(Clone, Copy, Debug)]
enum Mutation {
    Drop,
    Swap,
    Double,
    BlockHash,
    ParentHash,
    Id,
    PreviousId,
    Number,
    Step,
}

fn mutate(events: &mut Vec<Envelope>, at: usize, mutation: Mutation) {
    let other_step = if events[at].step == Step::Undo { Step::Apply } else { Step::Undo };
    match mutation {
        Mutation::Drop => drop(events.remove(at)),
        Mutation::Swap => events.swap(at, at + 1),
        Mutation::Double => events.insert(at, events[at].clone()),
        Mutation::BlockHash => events[at].block_hash.0[31] ^= 1,
        Mutation::ParentHash => events[at].parent_hash.0[31] ^= 1,
        Mutation::Id => events[at].id.0[0] ^= 1,
        Mutation::PreviousId => events[at].prev_id.0[0] ^= 1,
        Mutation::Number => events[at].block_number = events[at].block_number.next(),
        Mutation::Step => events[at].step = other_step,
    }
}

fn mutation() -> impl Strategy<Value = Mutation> {
    use Mutation::*;
    proptest::sample::select(vec![Drop, Swap, Double, BlockHash, ParentHash, Id, PreviousId, Number, Step])
}

proptest! {
    #[test]
    fn every_valid_stream_passes(choices in vec(any::<u8>(), 1..80)) {
        let events = stream(&choices);
        let summary = audit(&events).unwrap();
        prop_assert_eq!(summary.events, events.len() as u64);
        prop_assert_eq!(summary.first, Some(Seq(1)));
        prop_assert_eq!(summary.last_id, events.last().map(|last| last.id));
        prop_assert_eq!(summary.applies + summary.undos + summary.finals, summary.events);
    }

    #[test]
    fn a_valid_stream_passes_from_any_place_in_it(choices in vec(any::<u8>(), 1..80), from in any::<proptest::sample::Index>()) {
        let events = stream(&choices);
        let from = from.index(events.len());
        let summary = audit(&events[from..]).unwrap();
        prop_assert_eq!(summary.first, Some(events[from].seq));
        prop_assert_eq!(summary.events, (events.len() - from) as u64);
    }

    #[test]
    fn no_single_mutation_goes_unseen(
        choices in vec(any::<u8>(), 3..40), at in any::<proptest::sample::Index>(), mutation in mutation(),
    ) {
        let mut events = stream(&choices);
        // The ends are the caller's to know: what the first block follows, and how far the stream should reach.
        let at = 1 + at.index(events.len() - 2);
        let first_again = events[at].step == Step::Apply && events[at].block_number == Height(START);
        prop_assume!(!(first_again && matches!(mutation, Mutation::ParentHash)));
        mutate(&mut events, at, mutation);
        prop_assert!(audit(&events).is_err(), "{mutation:?} of event {at}");
    }
}
