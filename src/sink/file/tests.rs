//! The file sink as the Sink actor sees it.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use proptest::prelude::*;

use super::*;
use crate::core::event::{Envelope, Event};
use crate::sink::story::{self, Story, after};

fn sink(folder: &Path, config: &str) -> Box<dyn Sink> {
    let config: Config = toml::from_str(config).unwrap();
    JsonLines::build(config, story::context(folder)).unwrap()
}

const PLAIN: &str = "path = 'out/{chain}.jsonl'";

fn lines(path: &Path) -> Vec<Envelope> {
    let text = fs::read_to_string(path).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn envelopes(events: &[Arc<Event>]) -> Vec<Envelope> {
    events.iter().map(|event| event.envelope.clone()).collect()
}

#[tokio::test]
async fn what_was_delivered_is_there_as_lines_and_as_position() {
    let folder = tempfile::tempdir().unwrap();
    let events = Story::new().tell("aafua");
    let mut sink = sink(folder.path(), PLAIN);
    assert_eq!(sink.position().await.unwrap(), Position::Empty);
    sink.deliver(&events[..2]).await.unwrap();
    sink.deliver(&events[2..]).await.unwrap();
    assert_eq!(sink.position().await.unwrap(), after(&events[4]));
    assert_eq!(lines(&folder.path().join("out/ethereum.jsonl")), envelopes(&events));
    sink.close().await.unwrap();
}

#[tokio::test]
async fn a_gap_and_a_repetition_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let events = Story::new().grow(4);
    let mut sink = sink(folder.path(), PLAIN);
    sink.deliver(&events[..2]).await.unwrap();
    for wrong in [&events[1..], &events[3..]] {
        assert!(matches!(sink.deliver(wrong).await, Err(SinkError::Fatal(_))));
        assert_eq!(sink.position().await.unwrap(), after(&events[1]));
    }
    sink.deliver(&events[2..]).await.unwrap();
}

#[tokio::test]
async fn a_file_that_is_moved_away_stops_the_sink_and_goes_on_once_it_is_back() {
    let folder = tempfile::tempdir().unwrap();
    let events = Story::new().grow(4);
    let (path, aside) = (folder.path().join("out/ethereum.jsonl"), folder.path().join("aside"));
    let mut first = sink(folder.path(), PLAIN);
    first.deliver(&events[..2]).await.unwrap();
    fs::rename(&path, &aside).unwrap();
    let told = first.deliver(&events[2..]).await.unwrap_err();
    assert!(matches!(&told, SinkError::Fatal(text) if text.contains("moved away")), "{told}");
    assert!(!path.exists(), "no other is begun");
    fs::rename(&aside, &path).unwrap();
    let mut restarted = sink(folder.path(), PLAIN);
    restarted.deliver(&events[2..]).await.unwrap();
    assert_eq!(lines(&path), envelopes(&events));
}

#[tokio::test]
async fn rotation_keeps_every_event_and_the_position() {
    let folder = tempfile::tempdir().unwrap();
    let events = Story::new().grow(5);
    let config = format!("{PLAIN}\nrotate_bytes = '1kB'");
    for event in &events {
        let mut sink = sink(folder.path(), &config);
        sink.deliver(&[Arc::clone(event)]).await.unwrap();
    }
    let path = folder.path().join("out/ethereum.jsonl");
    let mut files = rotation::set_aside(&path).unwrap();
    assert_eq!(files.len(), 4);
    assert!(files[1].ends_with("ethereum.jsonl.00000000000000000002"));
    files.push(path.clone());
    let held: Vec<Envelope> = files.iter().flat_map(|file| lines(file)).collect();
    assert_eq!(held, envelopes(&events));
    // As after a crash between putting the file aside and beginning a new one.
    fs::remove_file(&path).unwrap();
    assert_eq!(sink(folder.path(), &config).position().await.unwrap(), after(&events[3]));
}

#[tokio::test]
async fn a_file_somebody_else_writes_to_is_tried_again() {
    let folder = tempfile::tempdir().unwrap();
    let (mut one, mut other) = (sink(folder.path(), PLAIN), sink(folder.path(), PLAIN));
    one.position().await.unwrap();
    assert!(
        matches!(other.position().await, Err(SinkError::Transient(text)) if text.contains("somebody else"))
    );
    one.close().await.unwrap();
    assert_eq!(other.position().await.unwrap(), Position::Empty);
}

#[tokio::test]
async fn after_an_error_the_same_events_are_delivered_again_and_are_there_once() {
    let folder = tempfile::tempdir().unwrap();
    let config = format!("{PLAIN}\nrotate_bytes = '1kB'");
    let events = Story::new().grow(3);
    let mut sink = sink(folder.path(), &config);
    sink.deliver(&events[..1]).await.unwrap();
    let in_the_way = folder.path().join("out/ethereum.jsonl.00000000000000000001");
    fs::write(&in_the_way, "").unwrap();
    assert!(
        matches!(sink.deliver(&events[1..]).await, Err(SinkError::Fatal(text)) if text.contains("move it away"))
    );
    fs::remove_file(&in_the_way).unwrap();
    assert_eq!(sink.position().await.unwrap(), after(&events[0]));
    sink.deliver(&events[1..]).await.unwrap();
    assert_eq!(verified(folder.path(), &config).await.unwrap().stream.last, Some(events[2].envelope.seq));
}

#[tokio::test]
async fn a_path_that_cannot_be_stops_the_sink_with_a_remedy() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("out"), "a file, no folder").unwrap();
    let outcome = sink(folder.path(), PLAIN).position().await;
    assert!(matches!(outcome, Err(SinkError::Fatal(text)) if text.contains("another path")));
}

#[tokio::test]
async fn a_file_of_another_stream_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let events = Story::of(crate::core::chain_id::ChainId::evm(10)).grow(1);
    fs::write(folder.path().join("a"), [events[0].to_json_line(), b"\n".to_vec()].concat()).unwrap();
    let outcome = sink(folder.path(), "path = 'a'").position().await;
    assert!(matches!(outcome, Err(SinkError::Fatal(text)) if text.contains("{chain}")));
}

#[test]
fn a_file_of_no_bytes_is_refused_when_it_is_built() {
    let config = toml::from_str("path = 'a'\nrotate_bytes = 0").unwrap();
    let error = JsonLines::build(config, story::context(Path::new("."))).err().unwrap();
    assert_eq!(error.key.as_deref(), Some("rotate_bytes"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Whenever the process dies, and wherever the last line is torn: going on after `position` gives every event once.
    #[test]
    fn every_event_is_there_once_whenever_the_process_dies(
        words in "[aauf]{1,24}",
        batches in proptest::collection::vec((1usize..6, any::<bool>(), 1u64..4000), 1..12),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out/ethereum.jsonl");
        let config = format!("{PLAIN}\nrotate_bytes = 4000\nfsync = 'never'");
        let events = Story::new().tell(&words);
        runtime.block_on(async {
            let mut held = sink(folder.path(), &config);
            for (count, dies, torn_bytes) in batches.into_iter().cycle().take(80) {
                let done = match held.position().await.unwrap() {
                    Position::After { seq, .. } => usize::try_from(seq.0).unwrap(),
                    _ => 0,
                };
                held.deliver(&events[done..events.len().min(done + count)]).await.unwrap();
                if dies && done < events.len() {
                    drop(held);
                    let file = fs::OpenOptions::new().write(true).open(&path).unwrap();
                    let length = file.metadata().unwrap().len();
                    file.set_len(length.saturating_sub(torn_bytes)).unwrap();
                    held = sink(folder.path(), &config);
                }
            }
            let done = match held.position().await.unwrap() {
                Position::After { seq, .. } => usize::try_from(seq.0).unwrap(),
                _ => 0,
            };
            held.deliver(&events[done..]).await.unwrap();
        });
        let mut files = rotation::set_aside(&path).unwrap();
        files.push(path);
        let found: Vec<Envelope> = files.iter().flat_map(|file| lines(file)).collect();
        prop_assert_eq!(found, envelopes(&events));
    }
}

async fn verified(folder: &Path, config: &str) -> Result<Summary, VerifyError> {
    JsonLines::verify(toml::from_str(config).unwrap(), story::context(folder)).await
}

#[tokio::test]
async fn verification_reads_every_file_also_while_a_line_is_being_written() {
    let folder = tempfile::tempdir().unwrap();
    let config = format!("{PLAIN}\nrotate_bytes = '1kB'");
    assert!(matches!(verified(folder.path(), &config).await, Err(VerifyError::Unreadable(_))));
    let events = Story::new().tell("aauaf");
    let mut sink = sink(folder.path(), &config);
    for event in &events {
        sink.deliver(&[Arc::clone(event)]).await.unwrap();
    }
    let path = folder.path().join("out/ethereum.jsonl");
    let mut text = fs::read(&path).unwrap();
    text.extend_from_slice(b"{\"spec\":\"block");
    fs::write(&path, text).unwrap();
    let summary = verified(folder.path(), &config).await.unwrap();
    assert_eq!((summary.stream.events, summary.stream.last_id), (5, Some(events[4].envelope.id)));
    assert!(summary.notes.iter().any(|note| note.starts_with("14 bytes")), "{summary:?}");
}

#[tokio::test]
async fn verification_tells_where_the_first_fault_is() {
    let folder = tempfile::tempdir().unwrap();
    sink(folder.path(), PLAIN).deliver(&Story::new().grow(4)).await.unwrap();
    let path = folder.path().join("out/ethereum.jsonl");
    let text = fs::read_to_string(&path).unwrap();
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    for (harmed, line) in [
        ([lines[0], lines[2], lines[3]].concat(), "line 2"),
        ([lines[0], lines[1], lines[1], lines[3]].concat(), "line 3"),
        (text.replace("\"seq\":4", "\"seq\":5"), "line 4"),
        (text.replacen("\"step\":\"apply\"", "\"step\":\"undo\"", 1), "line 1"),
        (text.replacen("{\"spec\"", "{spec", 1), "line 1"),
    ] {
        fs::write(&path, harmed).unwrap();
        match verified(folder.path(), PLAIN).await {
            Err(VerifyError::Fault { place, .. }) => assert!(place.ends_with(line), "{place}, not {line}"),
            other => panic!("{line}: {other:?}"),
        }
    }
}
