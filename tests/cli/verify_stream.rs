//! `blocktap verify journal` and `blocktap verify sink`.

use blocktap::core::chain_id::ChainId;
use blocktap::core::event::{Draft, Finality, Step};
use blocktap::core::hash::Hash;
use blocktap::core::header::Header;
use blocktap::core::numbers::Height;
use blocktap::journal::Journal;
use blocktap::journal::disk::{DiskJournal, Options, stream_folder};

use crate::terminal::Terminal;

const SETTINGS: &str = r#"
[[chains]]
name = "sim"
chain_id = "eip155:1337"
corroboration = "fast"
[[chains.providers]]
name = "own"
endpoints = ["http://127.0.0.1:1"]
[[sinks]]
name = "console"
kind = "console"
[[sinks]]
name = "lines"
kind = "file"
path = "lines.jsonl"
"#;

#[test]
fn a_journal_that_is_not_there_cannot_be_verified() {
    let printed = Terminal::with_settings(SETTINGS).run(&["verify", "journal"]);
    assert_eq!(printed.code, 2, "{printed:?}");
    assert!(printed.out.starts_with("sim: no journal yet in "), "{printed:?}");
}

#[test]
fn a_journal_is_walked_event_by_event() {
    let terminal = Terminal::with_settings(SETTINGS);
    deliver(&terminal, 3);
    let printed = terminal.run(&["verify", "journal"]);
    assert_eq!(printed.code, 0, "{printed:?}");
    assert!(printed.out.starts_with("sim: valid: events 1 to 3, 3 applied, 0 undone"), "{printed:?}");
}

#[test]
fn a_journal_with_one_changed_byte_is_damaged() {
    let terminal = Terminal::with_settings(SETTINGS);
    deliver(&terminal, 3);
    let folder = stream_folder(&terminal.folder().join("data"), &ChainId::evm(1337));
    let segments = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path());
    let segment = segments.filter(|path| path.extension().is_some_and(|end| end == "log")).min().unwrap();
    let mut bytes = std::fs::read(&segment).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&segment, bytes).unwrap();
    let printed = terminal.run(&["verify", "journal"]);
    assert_eq!(printed.code, 4, "{printed:?}");
}

/// Puts `count` empty blocks into the journal.
fn deliver(terminal: &Terminal, count: u64) {
    let header = |height: u64| Header {
        height: Height(height),
        hash: Hash([u8::try_from(height).unwrap(); 32]),
        parent: Hash([u8::try_from(height - 1).unwrap(); 32]),
        time_s: height,
    };
    let draft = |height| Draft {
        step: Step::Apply,
        header: header(height),
        finality: Finality::Latest,
        safe: None,
        finalized: None,
        reorg: None,
        source: None,
        body: None,
    };
    let data_dir = terminal.folder().join("data");
    tokio::runtime::Runtime::new().unwrap().block_on(async {
        let journal = DiskJournal::open(&data_dir, &ChainId::evm(1337), Options::default()).await.unwrap();
        for height in 1..=count {
            journal.append(vec![draft(height)]).await.unwrap();
        }
    });
}

#[test]
fn a_sink_that_keeps_nothing_cannot_be_verified() {
    let printed = Terminal::with_settings(SETTINGS).run(&["verify", "sink", "console"]);
    assert_eq!(printed.code, 2, "{printed:?}");
    assert!(printed.out.contains("keeps nothing"), "{printed:?}");
}

#[test]
fn an_unknown_sink_is_told_which_there_are() {
    let printed = Terminal::with_settings(SETTINGS).run(&["verify", "sink", "line"]);
    assert_eq!(printed.code, 2, "{printed:?}");
    assert!(printed.err.contains("there are: console, lines"), "{printed:?}");
}

#[test]
fn a_changed_line_in_a_file_is_the_first_fault() {
    let terminal = Terminal::with_settings(SETTINGS);
    terminal.write("lines.jsonl", b"{\"no\":\"event\"}\n");
    let printed = terminal.run(&["verify", "sink", "lines"]);
    assert_eq!(printed.code, 1, "{printed:?}");
    assert!(printed.out.contains("lines, sim: "), "{printed:?}");
}
