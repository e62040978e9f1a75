//! Disks that refuse, and files that somebody else holds or takes away: it waits, says for what, and goes on by itself; or it
//! does not start, and says why.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use blocktap::crash::Point;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{ConnectOptions, Connection};
use tokio::runtime::Runtime;

use crate::daemon::{Daemon, Start, User};
use crate::held;
use crate::land::Blocks;
use crate::patience::wait_for;
use crate::stage::Stage;

fn stage(seed: u64) -> Stage {
    Stage::new(seed, Blocks::Small, "")
}

/// A database that another program writes to, until it is dropped.
struct Held(Runtime, Option<SqliteConnection>);

impl Held {
    fn hold(database: &Path) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let connection = runtime.block_on(async {
            let mut connection = SqliteConnectOptions::new().filename(database).connect().await.unwrap();
            sqlx::raw_sql("BEGIN IMMEDIATE").execute(&mut connection).await.unwrap();
            connection
        });
        Self(runtime, Some(connection))
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        if let Some(connection) = self.1.take() {
            self.0.block_on(connection.close()).unwrap();
        }
    }
}

/// Waits until the log has a line with all of `words`.
fn tells(daemon: &Daemon, words: &[&str]) {
    wait_for("a line in the log", || {
        let log = daemon.log();
        let told = log.lines().any(|line| words.iter().all(|word| line.contains(word)));
        if told { Ok(()) } else { Err(format!("no line with {words:?}:\n{log}")) }
    });
}

/// Waits until the file sink has taken something since `before` bytes.
fn delivers(stage: &Stage, daemon: &Daemon, before: u64) -> u64 {
    wait_for("news in the file", || match fs::metadata(stage.file()).map_or(0, |file| file.len()) {
        now if now > before => Ok(now),
        _ => Err(daemon.log()),
    })
}

/// Who may write to a folder: its owner, or nobody.
fn permit(folder: &Path, mode: u32) {
    fs::set_permissions(folder, fs::Permissions::from_mode(mode)).unwrap();
}

/// It ends by itself, with an error that has all of `words`.
fn refuses_to_start(stage: &Stage, start: &Start, words: &[&str]) {
    let (status, log) = stage.start(start).ends();
    assert!(!status.success(), "{status}:\n{log}");
    assert!(words.iter().all(|word| log.contains(word)), "{words:?} are missing:\n{log}");
}

#[test]
fn a_data_folder_that_cannot_be_made_is_told_at_the_start() {
    let stage = stage(201);
    fs::write(stage.path("data"), "a file in the way").unwrap();
    refuses_to_start(
        &stage,
        &Start::default(),
        &[stage.path("data").to_str().unwrap(), "this user may write there"],
    );
}

#[test]
fn a_data_folder_that_is_read_only_is_told_at_the_start() {
    let stage = stage(208);
    fs::create_dir(stage.path("data")).unwrap();
    permit(&stage.path("data"), 0o555);
    let start = Start { user: User::Bound, ..Start::default() };
    refuses_to_start(&stage, &start, &[stage.path("data").to_str().unwrap(), "this user may write there"]);
}

#[test]
fn a_journal_that_becomes_read_only_pauses_the_stream_until_it_can_be_written() {
    let mut stage = Stage::new(209, Blocks::Large, "");
    let daemon = stage.start(&Start { user: User::Bound, ..Start::default() });
    delivers(&stage, &daemon, 0);
    permit(&stage.journal(), 0o555);
    stage.land.go_on();
    tells(&daemon, &["the stream is paused", stage.journal().to_str().unwrap(), "this user may write there"]);
    permit(&stage.journal(), 0o755);
    tells(&daemon, &["the stream goes on"]);
    stage.ends_with_the_truth(daemon);
}

#[test]
fn a_folder_of_the_file_sink_that_cannot_be_made_is_told_at_the_start() {
    let stage = stage(202);
    fs::write(stage.path("sinks"), "a file in the way").unwrap();
    refuses_to_start(
        &stage,
        &Start::default(),
        &["sink file", stage.file().to_str().unwrap(), "choose another path"],
    );
}

#[test]
fn a_database_that_another_program_holds_is_waited_for_and_holds_up_nobody_else() {
    let mut stage = stage(203);
    let daemon = stage.start(&Start::default());
    let before = delivers(&stage, &daemon, 0);
    wait_for("the first rows", || {
        if held::ids(&stage.database()).is_empty() { Err(daemon.log()) } else { Ok(()) }
    });
    let holder = Held::hold(&stage.database());
    tells(&daemon, &["sink failed, trying again", stage.database().to_str().unwrap(), "locked"]);
    stage.land.go_on();
    delivers(&stage, &daemon, before);
    stage.file_caught_up(&daemon);
    drop(holder);
    stage.ends_with_the_truth(daemon);
}

#[test]
fn a_database_that_is_held_already_at_the_start_is_waited_for() {
    let mut stage = stage(204);
    stage.converges();
    let holder = Held::hold(&stage.database());
    let daemon = stage.start(&Start::default());
    tells(&daemon, &["trying again", stage.database().to_str().unwrap(), "locked"]);
    stage.file_caught_up(&daemon);
    drop(holder);
    stage.ends_with_the_truth(daemon);
}

#[test]
fn a_required_database_that_has_all_when_the_program_dies_pauses_the_stream_no_longer() {
    // Of small blocks all that the journal keeps is one batch.
    let mut stage = stage(210);
    stage.converges();
    let holder = Held::hold(&stage.database());
    let crash_at = Some(format!("{}:1", Point::SqliteCommitted.name()));
    let daemon = stage.start(&Start { crash_at, ..Start::default() });
    wait_for("a full journal", || {
        stage.land.go_on();
        let log = daemon.log();
        if log.contains("sink archive: the journal has reached its budget") { Ok(()) } else { Err(log) }
    });
    drop(holder);
    daemon.dies();
    let told: Vec<String> = held::lines(&stage.file()).into_iter().map(|line| line.id).collect();
    assert_eq!(held::ids(&stage.database()), told, "there is something left for the database");
    stage.converges();
}

#[test]
fn a_journal_that_is_moved_away_pauses_the_stream_until_it_is_back() {
    let mut stage = stage(205);
    let daemon = stage.start(&Start::default());
    delivers(&stage, &daemon, 0);
    let (place, away) = (stage.path("data/journal"), stage.path("data/journal.away"));
    fs::rename(&place, &away).unwrap();
    stage.land.go_on();
    tells(&daemon, &["the stream is paused", place.to_str().unwrap(), "no longer there"]);
    assert!(!place.exists(), "it must not be begun anew");
    fs::rename(&away, &place).unwrap();
    tells(&daemon, &["the stream goes on"]);
    stage.ends_with_the_truth(daemon);
}

#[test]
fn a_journal_that_is_emptied_is_not_begun_anew_while_sinks_hold_its_events() {
    let stage = stage(206);
    let daemon = stage.start(&Start::default());
    delivers(&stage, &daemon, 0);
    for entry in fs::read_dir(stage.journal()).unwrap() {
        fs::remove_file(entry.unwrap().path()).unwrap();
    }
    stage.land.go_on();
    tells(&daemon, &["the stream is paused", "the journal no longer holds event"]);
    daemon.stop();
    refuses_to_start(&stage, &Start::default(), &["the journal is empty", "restore data_dir"]);
}

#[test]
fn a_full_disk_pauses_the_stream_until_there_is_room() {
    let mut stage = stage(207);
    stage.converges();
    let daemon = stage
        .start(&Start { largest_file_bytes: Some(stage.newest_segment_bytes() + 6_000), ..Start::default() });
    tells(&daemon, &["the stream is paused", "see that the disk has room"]);
    let id = daemon.id().to_string();
    let freed = Command::new("prlimit").args(["--fsize=unlimited", "--pid", &id]).status().unwrap();
    assert!(freed.success());
    tells(&daemon, &["the stream goes on"]);
    stage.ends_with_the_truth(daemon);
}
