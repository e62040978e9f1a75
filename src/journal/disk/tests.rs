use proptest::collection::vec;
use proptest::prelude::*;
use tempfile::TempDir;

use super::*;
use crate::core::event::Tail;
use crate::core::rehearsal::Rehearsal;
use crate::journal::index::SegmentIndex;
use crate::journal::memory::MemoryJournal;
use crate::journal::verify::{VerifyError, verify};

const START: u64 = 100;

fn stream() -> ChainId {
    ChainId::evm(1)
}

fn small() -> Options {
    Options { segment_bytes: 4096, budget_bytes: 16 << 10, recent_bytes: 0, required: vec!["must".into()] }
}

async fn open(folder: &TempDir, options: Options) -> DiskJournal {
    DiskJournal::open(folder.path(), &stream(), options).await.unwrap()
}

async fn try_open(folder: &TempDir) -> Result<DiskJournal, JournalError> {
    DiskJournal::open(folder.path(), &stream(), small()).await
}

fn segments(folder: &TempDir) -> Vec<PathBuf> {
    crate::journal::segment::list(&stream_folder(folder.path(), &stream())).unwrap()
}

fn drafts(rehearsal: &mut Rehearsal, choices: &[u8]) -> Vec<Draft> {
    choices.iter().map(|choice| rehearsal.draft(*choice)).collect()
}

async fn all(journal: &DiskJournal) -> Vec<Arc<Event>> {
    journal.read(Seq(0), usize::MAX).await.unwrap()
}

/// A journal of several segments, and what it holds.
async fn filled(folder: &TempDir) -> Vec<Arc<Event>> {
    let journal = open(folder, small()).await;
    let mut rehearsal = Rehearsal::new(START);
    for _ in 0..12 {
        journal.append(drafts(&mut rehearsal, &[1, 2])).await.unwrap();
    }
    assert!(segments(folder).len() > 3);
    all(&journal).await
}

fn flip(path: &Path, at: usize) {
    let mut bytes = std::fs::read(path).unwrap();
    bytes[at] ^= 0x04;
    std::fs::write(path, bytes).unwrap();
}

#[tokio::test]
async fn a_reopened_journal_goes_on_with_the_same_ids() {
    let folder = tempfile::tempdir().unwrap();
    let mut rehearsal = Rehearsal::new(START);
    let mut told = Vec::new();
    for _ in 0..10 {
        let journal = open(&folder, small()).await;
        assert_eq!(journal.tail(), told.last().map(|last: &Arc<Event>| last.tail()));
        told.extend(journal.append(drafts(&mut rehearsal, &[0, 1, 5, 2])).await.unwrap());
    }
    let journal = open(&folder, small()).await;
    assert_eq!(all(&journal).await, told);
    let before = Tail::genesis(&stream(), crate::core::numbers::Height(START));
    assert_eq!(told[0].envelope.prev_id, before.id);
    assert_eq!(verify(&stream_folder(folder.path(), &stream())).unwrap().events, 40);
}

#[tokio::test]
async fn a_side_file_that_is_missing_or_spoilt_is_made_anew() {
    let folder = tempfile::tempdir().unwrap();
    let told = filled(&folder).await;
    let sides: Vec<PathBuf> = segments(&folder).iter().map(|path| path.with_extension("idx")).collect();
    let kept = std::fs::read(&sides[1]).unwrap();
    std::fs::remove_file(&sides[0]).unwrap();
    flip(&sides[1], 60);
    assert_eq!(all(&open(&folder, small()).await).await, told);
    assert!(sides[0].exists());
    assert_eq!(std::fs::read(&sides[1]).unwrap(), kept);
}

#[tokio::test]
async fn opening_reads_no_event_of_a_closed_segment_and_reading_checks_them_all() {
    let folder = tempfile::tempdir().unwrap();
    let told = filled(&folder).await;
    let first = SegmentIndex::load(&segments(&folder)[0]).unwrap().unwrap();
    flip(&segments(&folder)[0], 1500);
    let journal = try_open(&folder).await.unwrap();
    assert!(matches!(journal.read(Seq(0), usize::MAX).await, Err(JournalError::Damaged { .. })));
    let after = first.tail().seq;
    assert_eq!(journal.read(after, usize::MAX).await.unwrap(), told[first.len()..]);
    let folder = stream_folder(folder.path(), &stream());
    assert!(matches!(verify(&folder), Err(VerifyError::Journal(JournalError::Damaged { .. }))));
}

#[tokio::test]
async fn a_missing_segment_is_reported() {
    let folder = tempfile::tempdir().unwrap();
    filled(&folder).await;
    std::fs::remove_file(&segments(&folder)[1]).unwrap();
    assert!(matches!(try_open(&folder).await, Err(JournalError::Damaged { .. })));
    assert!(verify(&stream_folder(folder.path(), &stream())).is_err());
}

#[tokio::test]
async fn a_foreign_stream_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    filled(&folder).await;
    let other = ChainId::evm(2);
    std::fs::rename(stream_folder(folder.path(), &stream()), stream_folder(folder.path(), &other)).unwrap();
    let refused = DiskJournal::open(folder.path(), &other, small()).await;
    assert!(matches!(refused, Err(JournalError::Stream { .. })));
}

#[tokio::test]
async fn a_full_disk_halts_the_journal_until_it_is_opened_again() {
    let folder = tempfile::tempdir().unwrap();
    let journal = open(&folder, small()).await;
    let mut rehearsal = Rehearsal::new(START);
    let told = journal.append(drafts(&mut rehearsal, &[0, 1])).await.unwrap();
    journal.store.fill_disk();
    let full = journal.append(drafts(&mut rehearsal, &[2])).await.unwrap_err();
    assert!(matches!(full, JournalError::Io { action: "append", .. }), "{full}");
    let halted = journal.append(drafts(&mut rehearsal, &[3])).await;
    assert!(matches!(halted, Err(JournalError::Halted { .. })));
    assert_eq!(all(&journal).await, told);
    drop(journal);
    let journal = open(&folder, small()).await;
    assert_eq!(all(&journal).await, told);
    assert!(journal.append(drafts(&mut rehearsal, &[3])).await.is_ok());
}

#[tokio::test]
async fn an_append_that_was_given_up_is_over_before_the_journal_is_opened_again() {
    for _ in 0..20 {
        let folder = tempfile::tempdir().unwrap();
        let mut rehearsal = Rehearsal::new(START);
        let abandoned = open(&folder, Options::default()).await;
        let many = drafts(&mut rehearsal, &[1; 400]);
        assert!(futures_util::poll!(abandoned.append(many)).is_pending());
        abandoned.retire().await;
        let journal = open(&folder, Options::default()).await;
        let there = journal.tail();
        assert!(matches!(
            abandoned.append(drafts(&mut rehearsal, &[1])).await,
            Err(JournalError::Halted { .. })
        ));
        let appended = journal.append(drafts(&mut Rehearsal::new(START), &[1])).await.unwrap();
        assert_eq!(appended[0].envelope.seq, there.map_or(Seq(0), |tail| tail.seq).next());
        drop(journal);
        assert_eq!(all(&open(&folder, Options::default()).await).await.last(), appended.last());
    }
}

#[tokio::test]
async fn a_stream_whose_first_append_was_torn_may_begin_elsewhere() {
    let folder = tempfile::tempdir().unwrap();
    let journal = open(&folder, small()).await;
    journal.append(drafts(&mut Rehearsal::new(START), &[0])).await.unwrap();
    drop(journal);
    let path = segments(&folder).remove(0);
    let bytes = std::fs::read(&path).unwrap();
    std::fs::write(&path, &bytes[..bytes.len() - 1]).unwrap();
    let journal = open(&folder, small()).await;
    assert_eq!((journal.tail(), journal.extent().start), (None, None));
    journal.append(drafts(&mut Rehearsal::new(7), &[0])).await.unwrap();
    assert_eq!(journal.extent().start, Some(Height(7)));
}

#[tokio::test]
async fn what_leaves_the_budget_leaves_the_disk_and_has_expired() {
    let folder = tempfile::tempdir().unwrap();
    let journal = open(&folder, small()).await;
    let mut rehearsal = Rehearsal::new(START);
    let mut last = journal.append(drafts(&mut rehearsal, &[0])).await.unwrap().remove(0);
    for round in 0..40 {
        let choices = if round % 4 == 3 { [1, 7] } else { [1, 2] };
        last = journal.append(drafts(&mut rehearsal, &choices)).await.unwrap().remove(1);
    }
    let budget = small().budget_bytes;
    assert_eq!(journal.extent().first, Some(Seq(1)));
    assert!(journal.extent().bytes > budget, "a required sink has not acknowledged");
    journal.acknowledge("must", Acknowledged { seq: last.envelope.seq, id: last.envelope.id }).await.unwrap();
    let Extent { first: Some(first), bytes, .. } = journal.extent() else { panic!("empty") };
    let on_disk: u64 = segments(&folder).iter().map(|path| path.metadata().unwrap().len()).sum();
    assert!(first > Seq(1) && bytes <= budget && bytes == on_disk, "{bytes} {on_disk}");
    assert!(matches!(journal.read(Seq(0), 1).await, Err(JournalError::Expired { asked: Seq(1), .. })));
    assert_eq!(journal.locate(Seq(1), last.envelope.id).await.unwrap(), Located::Expired { first });
    let oldest = journal.read(first.minus(1), 1).await.unwrap().remove(0);
    let before = (first.minus(1), oldest.envelope.prev_id);
    assert_eq!(journal.locate(before.0, before.1).await.unwrap(), Located::Here(before.0));
    drop(journal);
    let journal = open(&folder, small()).await;
    assert_eq!(journal.extent().first, Some(first));
    assert_eq!(journal.acknowledged("must").map(|mark| mark.seq), Some(last.envelope.seq));
}

#[tokio::test]
async fn a_sink_at_the_tip_reads_memory() {
    let folder = tempfile::tempdir().unwrap();
    let journal = open(&folder, Options::default()).await;
    let told = journal.append(drafts(&mut Rehearsal::new(START), &[0, 1, 2])).await.unwrap();
    let read = journal.read(Seq(1), usize::MAX).await.unwrap();
    assert!(read.iter().zip(&told[1..]).all(|(read, told)| Arc::ptr_eq(read, told)));
    assert_eq!(journal.read(Seq(3), usize::MAX).await.unwrap(), []);
}

#[tokio::test]
async fn a_segment_that_cannot_be_removed_stays_and_so_does_all_that_came_after_it() {
    let folder = tempfile::tempdir().unwrap();
    let journal = open(&folder, small()).await;
    let mut rehearsal = Rehearsal::new(START);
    journal.append(drafts(&mut rehearsal, &[1, 2, 3, 7])).await.unwrap();
    // Where its side file would be, there is a folder that is not empty.
    let stuck = segments(&folder)[0].with_extension("idx");
    std::fs::create_dir_all(stuck.join("full")).unwrap();
    for _ in 0..40 {
        let Tail { seq, id } = journal.tail().unwrap();
        let _refused = journal.acknowledge("must", Acknowledged { seq, id }).await;
        journal.append(drafts(&mut rehearsal, &[1, 2, 3, 7])).await.unwrap();
    }
    assert!(journal.extent().bytes > 4 * small().budget_bytes);
    assert_eq!(journal.extent().first, Some(Seq(1)));
    std::fs::remove_dir_all(&stuck).unwrap();
    let Tail { seq, id } = journal.tail().unwrap();
    journal.acknowledge("must", Acknowledged { seq, id }).await.unwrap();
    assert!(journal.extent().bytes <= small().budget_bytes);
    drop(journal);
    verify(&stream_folder(folder.path(), &stream())).unwrap();
    try_open(&folder).await.unwrap();
}

#[tokio::test]
async fn a_budget_made_smaller_pauses_nobody_once_all_is_acknowledged() {
    let folder = tempfile::tempdir().unwrap();
    let journal = open(&folder, small()).await;
    let mut rehearsal = Rehearsal::new(START);
    for _ in 0..40 {
        journal.append(drafts(&mut rehearsal, &[1, 2, 3, 7])).await.unwrap();
    }
    assert_eq!(journal.held_by().as_deref(), Some("must"));
    let Tail { seq, id } = journal.tail().unwrap();
    journal.acknowledge("must", Acknowledged { seq, id }).await.unwrap();
    drop(journal);
    let journal = open(&folder, Options { budget_bytes: 1, ..small() }).await;
    assert_eq!(journal.held_by(), None);
}

#[tokio::test]
async fn a_journal_is_verified_beside_its_writer() {
    let folder = tempfile::tempdir().unwrap();
    let journal = open(&folder, small()).await;
    let mut rehearsal = Rehearsal::new(START);
    journal.append(drafts(&mut rehearsal, &[0])).await.unwrap();
    let place = stream_folder(folder.path(), &stream());
    let reader = tokio::task::spawn_blocking(move || {
        for _ in 0..50 {
            verify(&place).unwrap();
        }
    });
    while !reader.is_finished() {
        journal.append(drafts(&mut rehearsal, &[1, 2, 3, 7])).await.unwrap();
        let Tail { seq, id } = journal.tail().unwrap();
        journal.acknowledge("must", Acknowledged { seq, id }).await.unwrap();
    }
    reader.await.unwrap();
}

/// What may be done to a journal.
#[derive(Clone, Debug)]
enum Operation {
    Append(Vec<u8>),
    Read(u64, usize),
    Locate(u64, u64),
    Acknowledge(bool, u64),
    Canonical(usize),
    Reopen,
}

fn operation() -> impl Strategy<Value = Operation> {
    prop_oneof![
        6 => vec(any::<u8>(), 0..6).prop_map(Operation::Append),
        3 => (0..90_u64, 0..8000_usize).prop_map(|(after, bytes)| Operation::Read(after, bytes)),
        2 => (0..90_u64, 0..3_u64).prop_map(|(seq, off)| Operation::Locate(seq, off)),
        3 => (any::<bool>(), 0..90_u64).prop_map(|(must, seq)| Operation::Acknowledge(must, seq)),
        1 => (0..30_usize).prop_map(Operation::Canonical),
        1 => Just(Operation::Reopen),
    ]
}

/// Makes an outcome comparable.
fn plain<T>(outcome: Result<T, JournalError>) -> Result<T, String> {
    outcome.map_err(|error| error.to_string())
}

async fn perform(operation: &Operation, journal: &dyn Journal, ids: &[EventId], drafts: &[Draft]) -> String {
    let id = |seq: u64| ids.get(seq as usize).copied().unwrap_or(EventId([0; 16]));
    match operation {
        Operation::Append(_) => format!("{:?}", plain(journal.append(drafts.to_vec()).await)),
        Operation::Read(after, bytes) => format!("{:?}", plain(journal.read(Seq(*after), *bytes).await)),
        Operation::Locate(seq, off) => {
            format!("{:?}", plain(journal.locate(Seq(*seq), id(seq + (off / 2))).await))
        }
        Operation::Acknowledge(must, seq) => {
            let sink = if *must { "must" } else { "may" };
            // Nobody acknowledges what there is not.
            let seq = *seq.min(&(ids.len() as u64 - 1));
            let mark = Acknowledged { seq: Seq(seq), id: id(seq) };
            format!("{:?} {:?}", plain(journal.acknowledge(sink, mark).await), journal.acknowledged(sink))
        }
        Operation::Canonical(depth) => format!("{:?}", plain(journal.canonical(*depth).await)),
        Operation::Reopen => String::new(),
    }
}

async fn compare(operations: &[Operation], recent_bytes: usize) {
    let folder = tempfile::tempdir().unwrap();
    let options = Options { recent_bytes, ..small() };
    let mut disk = open(&folder, options.clone()).await;
    let memory = MemoryJournal::new(stream(), options.clone());
    let mut rehearsal = Rehearsal::new(START);
    let mut ids = vec![Tail::genesis(&stream(), Height(START)).id];
    for operation in operations {
        let drafts = match operation {
            Operation::Append(choices) => drafts(&mut rehearsal, choices),
            _ => Vec::new(),
        };
        let told = perform(operation, &memory, &ids, &drafts).await;
        assert_eq!(perform(operation, &disk, &ids, &drafts).await, told, "{operation:?}");
        if matches!(operation, Operation::Reopen) {
            drop(disk);
            disk = open(&folder, options.clone()).await;
        }
        if let Some(tail) = memory.tail() {
            let new = memory.read(Seq(ids.len() as u64 - 1), usize::MAX).await.unwrap();
            ids.extend(new.iter().map(|event| event.envelope.id));
            assert_eq!(ids.last(), Some(&tail.id));
        }
        assert_eq!((disk.tail(), disk.extent()), (memory.tail(), memory.extent()));
    }
    let (chain, finalized) = disk.canonical(usize::MAX).await.unwrap();
    assert_eq!(finalized, rehearsal.finalized());
    let open_from = |header: &&Header| finalized.is_none_or(|finalized| header.height >= finalized);
    assert_eq!(chain, rehearsal.chain().iter().filter(open_from).copied().collect::<Vec<_>>());
    let summary = verify(&stream_folder(folder.path(), &stream())).unwrap();
    assert_eq!(summary.last, disk.tail().map(|tail| tail.seq));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn the_journal_on_disk_and_its_twin_in_memory_answer_alike(
        operations in vec(operation(), 1..60), recent_bytes in prop_oneof![Just(0_usize), Just(20_000)],
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(compare(&operations, recent_bytes));
    }
}
