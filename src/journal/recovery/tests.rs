use proptest::collection::vec;
use proptest::prelude::*;
use tempfile::TempDir;

use super::*;
use crate::core::event::{Event, Tail};
use crate::core::numbers::{Height, Seq};
use crate::core::rehearsal::Rehearsal;
use crate::journal::marks;
use crate::journal::record::{Group, encode};
use crate::journal::segment::{SegmentFile, SegmentHeader};
use crate::journal::store::seal;

const START: u64 = 100;

/// A folder with one segment, made of the given appends.
struct Written {
    folder: TempDir,
    bytes: Vec<u8>,
    /// Where each append ends, and the event it ends with; the first entry is the empty segment.
    ends: Vec<(usize, Seq)>,
}

impl Written {
    fn new(appends: &[&[u8]]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let stream = ChainId::evm(1);
        let mut tail = Tail::genesis(&stream, Height(START));
        let header = SegmentHeader::following(&stream, Height(START), &tail);
        let mut file = SegmentFile::create(folder.path(), &header).unwrap();
        let mut ends = vec![(header.bytes() as usize, Seq(0))];
        let mut rehearsal = Rehearsal::new(START);
        for choices in appends {
            let drafts = choices.iter().map(|choice| rehearsal.draft(*choice)).collect();
            let events = seal(drafts, &stream, tail);
            let group = Group { first: events[0].envelope.seq, last: events[events.len() - 1].envelope.seq };
            let records: Vec<_> = events.iter().map(|event| encode(event, group).unwrap()).collect();
            file.append(&records).unwrap();
            tail = events.last().map(|event: &std::sync::Arc<Event>| event.tail()).unwrap();
            ends.push((std::fs::metadata(path(&folder)).unwrap().len() as usize, tail.seq));
        }
        let bytes = std::fs::read(path(&folder)).unwrap();
        Self { folder, bytes, ends }
    }

    /// The last event after recovery from `bytes`, and the length of the file.
    fn recovered(&self, bytes: &[u8]) -> Result<(Seq, usize), JournalError> {
        std::fs::write(path(&self.folder), bytes).unwrap();
        let segments = recover(self.folder.path(), &ChainId::evm(1), &marks::read(self.folder.path())?)?;
        let Some(last) = segments.last() else { return Ok((Seq(0), self.ends[0].0)) };
        last.read(0..last.len())?;
        Ok((last.tail().seq, std::fs::metadata(path(&self.folder)).unwrap().len() as usize))
    }

    fn last_append(&self) -> std::ops::Range<usize> {
        self.ends[self.ends.len() - 2].0..self.bytes.len()
    }

    fn before_last(&self) -> (Seq, usize) {
        let (end, seq) = self.ends[self.ends.len() - 2];
        (seq, end)
    }
}

fn path(folder: &TempDir) -> std::path::PathBuf {
    folder.path().join(segment::file_name(Seq(1)))
}

#[test]
fn a_write_torn_at_any_byte_leaves_exactly_the_appends_before_it() {
    let written = Written::new(&[&[0], &[1, 2, 5], &[3], &[1, 7]]);
    for length in written.ends[0].0..=written.bytes.len() {
        let (end, seq) = *written.ends.iter().rfind(|(end, _)| *end <= length).unwrap();
        assert_eq!(written.recovered(&written.bytes[..length]).unwrap(), (seq, end), "{length} bytes");
    }
}

#[test]
fn a_power_cut_may_keep_any_part_of_the_last_append() {
    let written = Written::new(&[&[0], &[1, 2, 5, 7, 3]]);
    for from in written.last_append().step_by(13) {
        for length in [16, 512, 4096] {
            let mut holed = written.bytes.clone();
            let to = (from + length).min(holed.len());
            holed[from..to].fill(0);
            assert_eq!(written.recovered(&holed).unwrap(), written.before_last(), "{from}..{to}");
        }
    }
}

#[test]
fn zeros_behind_the_last_append_are_cut() {
    let written = Written::new(&[&[0], &[1]]);
    let longer = [&written.bytes[..], &[0; 5000]].concat();
    assert_eq!(written.recovered(&longer).unwrap(), (Seq(2), written.bytes.len()));
}

#[test]
fn a_byte_flipped_before_the_last_append_is_reported_and_nothing_is_changed() {
    let written = Written::new(&[&[0], &[1, 2], &[3]]);
    for at in (0..written.last_append().start).step_by(3) {
        let mut flipped = written.bytes.clone();
        flipped[at] ^= 0x20;
        let reported = written.recovered(&flipped).unwrap_err();
        let named = matches!(reported, JournalError::Damaged { .. } | JournalError::Version { .. });
        assert!(named, "byte {at}: {reported}");
        assert_eq!(std::fs::read(path(&written.folder)).unwrap(), flipped);
    }
}

/// Every byte of the last three appends, flipped in two ways.
fn flips(written: &Written) -> impl Iterator<Item = (usize, Vec<u8>)> {
    let from = written.ends[written.ends.len() - 4].0;
    (from..written.bytes.len()).flat_map(|at| [0x01, 0x80].map(|mask| (at, mask))).map(|(at, mask)| {
        let mut flipped = written.bytes.clone();
        flipped[at] ^= mask;
        (at, flipped)
    })
}

#[test]
fn a_flipped_byte_of_the_last_three_appends_is_reported_or_leaves_a_true_beginning() {
    let written = Written::new(&[&[0], &[1, 2], &[3], &[1, 7]]);
    for (at, flipped) in flips(&written) {
        match written.recovered(&flipped) {
            Ok(left) => {
                assert!(left == written.before_last() && at >= written.last_append().start, "byte {at}")
            }
            Err(error) => {
                assert!(error.to_string().contains("segment-"), "byte {at}: {error}");
                assert_eq!(std::fs::read(path(&written.folder)).unwrap(), flipped);
            }
        }
    }
}

#[test]
fn what_a_sink_has_acknowledged_never_goes_silently() {
    let written = Written::new(&[&[0], &[1, 2], &[3], &[1, 7]]);
    let (_, last) = *written.ends.last().unwrap();
    let mark = crate::journal::Acknowledged { seq: last, id: crate::core::event_id::EventId([0; 16]) };
    let marks = marks::Marks::from([("archive".into(), mark)]);
    marks::MarksFile::open(written.folder.path(), &marks).unwrap();
    let cuts = (written.ends[0].0..written.bytes.len())
        .step_by(7)
        .map(|length| (length, written.bytes[..length].to_vec()));
    for (at, harmed) in flips(&written).chain(cuts) {
        let reported = written.recovered(&harmed).unwrap_err();
        let JournalError::Damaged { path: file, .. } = &reported else { panic!("byte {at}: {reported}") };
        assert_eq!(*file, path(&written.folder), "byte {at}");
        assert_eq!(std::fs::read(file).unwrap(), harmed, "nothing is changed");
    }
    assert_eq!(written.recovered(&written.bytes).unwrap().0, last);
}

#[test]
fn a_whole_record_with_a_wrong_place_in_the_chain_is_reported() {
    let written = Written::new(&[&[0], &[1], &[2]]);
    let (first, second) = (written.ends[1].0, written.ends[2].0);
    let without = [&written.bytes[..first], &written.bytes[second..]].concat();
    assert!(matches!(written.recovered(&without), Err(JournalError::Damaged { .. })));
    let doubled = [&written.bytes[..second], &written.bytes[first..]].concat();
    assert!(matches!(written.recovered(&doubled), Err(JournalError::Damaged { .. })));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn whatever_a_crash_leaves_of_the_last_append_the_rest_is_whole(
        appends in vec(vec(any::<u8>(), 1..5), 1..5), kept in vec(any::<bool>(), 64), length in any::<proptest::sample::Index>(),
    ) {
        let appends: Vec<&[u8]> = appends.iter().map(Vec::as_slice).collect();
        let written = Written::new(&appends);
        let range = written.last_append();
        let mut left = written.bytes.clone();
        for (at, byte) in left[range.clone()].iter_mut().enumerate() {
            *byte = if kept[at / 512 % kept.len()] { *byte } else { 0 };
        }
        left.truncate(range.start + length.index(range.len() + 1));
        let expected = if left == written.bytes { (written.ends[appends.len()].1, left.len()) } else { written.before_last() };
        prop_assert_eq!(written.recovered(&left).unwrap(), expected);
    }
}
