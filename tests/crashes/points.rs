//! `kill -9` at every crash point: restart, and nothing is lost, doubled or false.

use blocktap::crash::Point;

use crate::cases::{Case, Way, case};
use crate::daemon::Start;
use crate::patience::wait_for;
use crate::stage::Stage;

/// How often the program dies at each point.
fn kills() -> u64 {
    std::env::var("BLOCKTAP_KILLS_EACH").map_or(3, |text| text.parse().expect("a number of kills"))
}

/// Dies there, again and again, and comes to the end of the chain after each death.
fn survives(point: Point) {
    let case = case(point);
    let mut stage = Stage::new(point as u64 + 1, case.blocks, case.rotate);
    for kill in 0..kills() {
        if case.by == Way::FileFull {
            grown_beyond_a_segment(&stage);
        }
        let nth = 1 + (kill * 7 + point as u64) % case.latest;
        let start = Start {
            crash_at: Some(format!("{}:{nth}", point.name())),
            largest_file_bytes: largest_file_bytes(&stage, case),
            ..Start::default()
        };
        let daemon = stage.start(&start);
        if case.by == Way::Stopped {
            let before = std::fs::metadata(stage.file()).map_or(0, |file| file.len());
            wait_for("something to stop in", || {
                let now = std::fs::metadata(stage.file()).map_or(0, |file| file.len());
                if now == before { Err(daemon.log()) } else { Ok(()) }
            });
            daemon.ask_to_stop();
        }
        daemon.dies();
        stage.holds_a_true_beginning();
        // The tables are made once: whoever dies over them dies over them again.
        if case.by != Way::Begun || kill + 1 == kills() {
            stage.converges();
        }
    }
}

/// Room for a little more than is there.
fn largest_file_bytes(stage: &Stage, case: Case) -> Option<u64> {
    let grown = match case.by {
        Way::JournalFull => stage.newest_segment_bytes() + 6_000,
        Way::FileFull => std::fs::metadata(stage.file()).unwrap().len() + 50_000,
        Way::Running | Way::Begun | Way::Stopped => return None,
    };
    Some(grown)
}

/// The file must be larger than a segment of the journal grows, so that it alone meets the end of the disk.
fn grown_beyond_a_segment(stage: &Stage) {
    let daemon = stage.start(&Start::default());
    wait_for("a file larger than a segment", || {
        match std::fs::metadata(stage.file()).map_or(0, |file| file.len()) {
            bytes if bytes > 1 << 20 => Ok(()),
            bytes => Err(format!("{bytes} bytes")),
        }
    });
    daemon.stop();
}

/// A test for each point, and the list of them.
macro_rules! tests {
    ($($test:ident: $point:ident,)+) => {
        $(
            #[test]
            fn $test() {
                survives(Point::$point);
            }
        )+

        #[test]
        fn every_crash_point_has_its_test() {
            assert_eq!([$(Point::$point,)+], Point::ALL);
        }
    };
}

tests! {
    after_fetch: Fetched,
    after_validation: Validated,
    in_the_middle_of_a_journal_write: JournalHalfWritten,
    journal_written_not_synced: JournalWritten,
    journal_durable_sink_not_told: JournalCommitted,
    during_rotation_of_the_journal: JournalRotating,
    while_the_journal_lets_go: JournalLettingGo,
    disk_full_at_the_journal: JournalDiskFull,
    in_the_middle_of_a_mark: MarkHalfWritten,
    sink_told_not_acknowledged: SinkTold,
    acknowledged_mark_not_moved: SinkAcknowledged,
    in_the_middle_of_a_file_line: FileHalfWritten,
    file_written_not_synced: FileWritten,
    during_undo_k_of_n_of_the_file: FileUndoing,
    between_the_last_undo_and_the_first_apply_of_the_file: FileUndone,
    during_rotation_of_the_file: FileRotating,
    disk_full_at_the_file: FileDiskFull,
    during_a_schema_migration: SqliteMigrating,
    between_cursor_and_insert: SqliteCursorMoved,
    during_undo_k_of_n_of_the_database: SqliteUndoing,
    between_the_last_undo_and_the_first_apply_of_the_database: SqliteUndone,
    rows_written_commit_not_sent: SqliteWritten,
    commit_sent_reply_lost: SqliteCommitted,
    during_a_graceful_drain: Draining,
}
