//! The SQLite sink as the Sink actor, an analyst and a second daemon see it.

use std::path::Path;

use proptest::prelude::*;
use sqlx::sqlite::{SqliteConnectOptions, SqliteRow};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Row as _};

use super::*;
use crate::core::chain_id::ChainId;
use crate::core::numbers::Seq;
use crate::sink::story::{self, Story, after};

fn context_of(folder: &Path, stream: ChainId) -> Context {
    Context { stream, ..story::context(folder) }
}

fn sink(folder: &Path) -> Sqlite {
    sink_of(folder, ChainId::evm(1))
}

fn config() -> Config {
    toml::from_str("path = 'out/chain.sqlite'\nbusy_timeout = '1s'").unwrap()
}

fn sink_of(folder: &Path, stream: ChainId) -> Sqlite {
    Sqlite::new(&config(), &context_of(folder, stream))
}

async fn verified(folder: &Path) -> Result<Summary, VerifyError> {
    Sqlite::verify(config(), story::context(folder)).await
}

/// Another program with the database open.
async fn stranger(folder: &Path) -> SqliteConnection {
    let options = SqliteConnectOptions::new().filename(folder.join("out/chain.sqlite"));
    options.connect().await.unwrap()
}

async fn rows(folder: &Path, sql: &'static str) -> Vec<SqliteRow> {
    sqlx::query(sql).fetch_all(&mut stranger(folder).await).await.unwrap()
}

async fn count(folder: &Path, table: &str) -> i64 {
    let sql = AssertSqlSafe(format!("SELECT count(*) FROM {table}"));
    sqlx::query_scalar(sql).fetch_one(&mut stranger(folder).await).await.unwrap()
}

#[tokio::test]
async fn a_database_that_is_moved_away_stops_the_sink_and_goes_on_once_it_is_back() {
    let folder = tempfile::tempdir().unwrap();
    let events = Story::new().tell("aaf");
    let (path, aside) = (folder.path().join("out"), folder.path().join("aside"));
    let mut first = sink(folder.path());
    first.deliver(&events[..2]).await.unwrap();
    std::fs::rename(&path, &aside).unwrap();
    let told = first.deliver(&events[2..]).await.unwrap_err();
    assert!(matches!(&told, SinkError::Fatal(text) if text.contains("moved away")), "{told}");
    std::fs::rename(&aside, &path).unwrap();
    let mut restarted = sink(folder.path());
    restarted.deliver(&events[2..]).await.unwrap();
    assert_eq!(count(folder.path(), "events").await, 3);
}

#[tokio::test]
async fn an_analyst_finds_blocks_transactions_and_logs() {
    let folder = tempfile::tempdir().unwrap();
    let mut story = Story::new();
    story.transactions = 187;
    let events = story.tell("aaf");
    let mut sink = sink(folder.path());
    assert_eq!(sink.position().await.unwrap(), Position::Empty);
    sink.deliver(&events).await.unwrap();
    assert_eq!(sink.position().await.unwrap(), after(&events[2]));
    sink.close().await.unwrap();

    for (table, expected) in
        [("blocks", 2), ("transactions", 374), ("logs", 374), ("events", 3), ("cursor", 1)]
    {
        assert_eq!(count(folder.path(), table).await, expected, "{table}");
    }
    let block = &rows(folder.path(), "SELECT * FROM blocks ORDER BY number").await[1];
    assert_eq!(block.get::<String, _>("chain"), "eip155:1");
    assert_eq!(block.get::<String, _>("hash"), story.chain[1].0.hash.to_string());
    assert_eq!(block.get::<String, _>("total_difficulty"), "58750003716598352816469");
    assert_eq!(block.get::<i64, _>("transaction_count"), 187);
    let found = &rows(folder.path(), "SELECT * FROM transactions ORDER BY block_number, transaction_index")
        .await[186];
    assert_eq!(found.get::<i64, _>("transaction_index"), 186);
    assert_eq!(found.get::<String, _>("value"), "1000000000000000000");
    assert_eq!(found.get::<Option<String>, _>("to_address"), None);
    assert_eq!(found.get::<i64, _>("receipt_status"), 1);
    let log =
        &rows(folder.path(), "SELECT json_extract(topics, '$[1]') AS topic, log_index FROM logs").await[5];
    assert_eq!((log.get::<String, _>("topic"), log.get::<i64, _>("log_index")), ("0xd2".into(), 5));
}

#[tokio::test]
async fn a_block_that_is_undone_leaves_with_all_it_brought() {
    let folder = tempfile::tempdir().unwrap();
    let mut sink = sink(folder.path());
    sink.deliver(&Story::new().tell("aauau")).await.unwrap();
    for (table, expected) in [("blocks", 1), ("transactions", 3), ("logs", 3), ("events", 5)] {
        assert_eq!(count(folder.path(), table).await, expected, "{table}");
    }
    let summary = verified(folder.path()).await.unwrap();
    assert_eq!((summary.stream.events, summary.stream.undos, summary.notes.len()), (5, 2, 5));
}

#[tokio::test]
async fn a_gap_a_repetition_and_a_second_writer_are_refused_by_the_database() {
    let folder = tempfile::tempdir().unwrap();
    let events = Story::new().grow(6);
    let (mut one, mut other) = (sink(folder.path()), sink(folder.path()));
    one.deliver(&events[..2]).await.unwrap();
    other.position().await.unwrap();
    one.deliver(&events[2..4]).await.unwrap();

    let fenced = other.deliver(&events[2..3]).await;
    assert!(matches!(fenced, Err(SinkError::Fatal(text)) if text.contains("another daemon")));
    let mut connection = connect::writer(&one.path, one.busy_timeout).await.unwrap();
    for (position, wrong) in [
        (after(&events[4]), &events[5..]),
        (after(&events[0]), &events[1..2]),
        (Position::Empty, &events[..1]),
    ] {
        let batch = Batch::prepare(position, wrong);
        assert!(matches!(write::write(&mut connection, &one.path, batch).await, Err(SinkError::Fatal(_))));
        assert_eq!(one.position().await.unwrap(), after(&events[3]));
    }
    one.deliver(&events[4..]).await.unwrap();
    assert_eq!(verified(folder.path()).await.unwrap().stream.last, Some(Seq(6)));
}

#[tokio::test]
async fn an_older_epoch_is_fenced_off() {
    let folder = tempfile::tempdir().unwrap();
    let events = Story::new().grow(2);
    let mut sink = sink(folder.path());
    sink.deliver(&events[..1]).await.unwrap();
    sqlx::query("UPDATE cursor SET epoch = 2").execute(&mut stranger(folder.path()).await).await.unwrap();
    assert!(matches!(sink.deliver(&events[1..]).await, Err(SinkError::Fatal(_))));
    assert_eq!(count(folder.path(), "blocks").await, 1);
}

#[tokio::test]
async fn several_chains_share_a_database() {
    let folder = tempfile::tempdir().unwrap();
    for number in [1, 10, 8453] {
        let stream = ChainId::evm(number);
        let events = Story::of(stream.clone()).tell("aau");
        sink_of(folder.path(), stream.clone()).deliver(&events).await.unwrap();
        let context = context_of(folder.path(), stream);
        assert_eq!(Sqlite::verify(config(), context).await.unwrap().stream.events, 3);
    }
    assert_eq!(count(folder.path(), "blocks").await, 3);
}

#[tokio::test]
async fn while_another_program_holds_the_database_the_batch_is_put_off() {
    let folder = tempfile::tempdir().unwrap();
    let events = Story::new().grow(2);
    let mut sink = sink(folder.path());
    sink.busy_timeout = Duration::from_millis(1);
    sink.deliver(&events[..1]).await.unwrap();
    let mut stranger = stranger(folder.path()).await;
    let lock = stranger.begin_with("BEGIN IMMEDIATE").await.unwrap();
    let outcome = sink.deliver(&events[1..]).await;
    assert!(matches!(outcome, Err(SinkError::Transient(text)) if text.contains("locked by another program")));
    lock.rollback().await.unwrap();
    assert_eq!(sink.position().await.unwrap(), after(&events[0]));
    sink.deliver(&events[1..]).await.unwrap();
    assert_eq!(sink.position().await.unwrap(), after(&events[1]));
}

#[tokio::test]
async fn what_cannot_be_stops_the_sink_with_a_remedy() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    std::fs::write(&out, "a file, no folder").unwrap();
    let outcome = sink(folder.path()).position().await;
    assert!(matches!(outcome, Err(SinkError::Fatal(text)) if text.contains("another path")));

    std::fs::remove_file(&out).unwrap();
    std::fs::create_dir(&out).unwrap();
    std::fs::write(
        out.join("chain.sqlite"),
        "no database, but a long enough letter to somebody else".repeat(9),
    )
    .unwrap();
    let outcome = sink(folder.path()).position().await;
    assert!(matches!(outcome, Err(SinkError::Fatal(text)) if text.contains("another path")));
}

#[tokio::test]
async fn tables_of_a_newer_blocktap_are_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    sink(folder.path()).position().await.unwrap();
    sqlx::raw_sql("PRAGMA user_version = 99").execute(&mut stranger(folder.path()).await).await.unwrap();
    let outcome = sink(folder.path()).position().await;
    assert!(matches!(outcome, Err(SinkError::Fatal(text)) if text.contains("version 99")));
    assert!(
        matches!(verified(folder.path()).await, Err(VerifyError::Unreadable(text)) if text.contains("newer"))
    );
}

#[tokio::test]
async fn tables_of_an_older_blocktap_are_brought_up_to_date_whole_or_not_at_all() {
    let folder = tempfile::tempdir().unwrap();
    let mut sink = sink(folder.path());
    sink.position().await.unwrap();
    let mut connection = stranger(folder.path()).await;
    let broken = ["", "CREATE TABLE notes (text TEXT)", "no sql at all"];
    assert!(connect::migrate(&mut connection, &sink.path, &broken).await.is_err());
    connect::migrate(&mut connection, &sink.path, &broken[..2]).await.unwrap();
    connect::migrate(&mut connection, &sink.path, &broken[..2]).await.unwrap();
    assert_eq!(count(folder.path(), "notes").await, 0);
}

#[tokio::test]
async fn the_columns_that_are_filled_are_those_of_the_schema() {
    let folder = tempfile::tempdir().unwrap();
    sink(folder.path()).position().await.unwrap();
    for table in [table::EVENTS, table::BLOCKS, table::TRANSACTIONS, table::LOGS] {
        let sql = AssertSqlSafe(format!("SELECT name FROM pragma_table_info('{}')", table.name));
        let mut stranger = stranger(folder.path()).await;
        let schema: Vec<String> = sqlx::query_scalar(sql).fetch_all(&mut stranger).await.unwrap();
        assert_eq!(table.columns().collect::<Vec<_>>(), schema, "{}", table.name);
    }
}

#[tokio::test]
async fn a_changed_table_does_not_pass_verification() {
    for (harm, place) in [
        ("DELETE FROM blocks WHERE number = 101", "block 101"),
        ("UPDATE blocks SET hash = '0x00' WHERE number = 101", "block 101"),
        (
            "INSERT INTO blocks (chain, number, hash, parent_hash, timestamp) VALUES ('eip155:1', 7, '', '', 0)",
            "block 7",
        ),
        ("DELETE FROM transactions WHERE block_number = 100 AND transaction_index = 1", "block 100"),
        ("UPDATE transactions SET block_hash = '0x00' WHERE block_number = 100", "block 100"),
        ("UPDATE logs SET block_number = 99 WHERE block_number = 100", "block 99"),
        ("DELETE FROM events WHERE seq = 2", "events, seq 3"),
        ("UPDATE events SET block_hash = parent_hash WHERE seq = 2", "events, seq 2"),
        ("UPDATE events SET step = 'jump' WHERE seq = 2", "events, seq 2"),
        ("UPDATE cursor SET seq = 2", "cursor, eip155:1"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        sink(folder.path()).deliver(&Story::new().tell("aaauf")).await.unwrap();
        verified(folder.path()).await.unwrap();
        sqlx::raw_sql(harm).execute(&mut stranger(folder.path()).await).await.unwrap();
        match verified(folder.path()).await {
            Err(VerifyError::Fault { place: found, .. }) => assert!(found.contains(place), "{harm}: {found}"),
            other => panic!("{harm}: {other:?}"),
        }
    }
}

#[tokio::test]
async fn verification_works_while_the_daemon_writes() {
    let folder = tempfile::tempdir().unwrap();
    assert!(
        matches!(verified(folder.path()).await, Err(VerifyError::Unreadable(text)) if text.contains("not run yet"))
    );
    let mut sink = sink(folder.path());
    for (done, event) in (1..).zip(Story::new().grow(5)) {
        sink.deliver(&[event]).await.unwrap();
        assert_eq!(verified(folder.path()).await.unwrap().stream.events, done);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    /// Whenever the process dies, going on after `position` leaves the chain that the events tell, each event once.
    #[test]
    fn every_event_is_there_once_whenever_the_process_dies(
        words in "[aauf]{1,16}",
        batches in proptest::collection::vec((1usize..5, proptest::option::of(0u64..4000)), 1..8),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let folder = tempfile::tempdir().unwrap();
        let mut story = Story::new();
        let events = story.tell(&words);
        runtime.block_on(async {
            let mut held = sink(folder.path());
            let mut turns = batches.into_iter().chain([(5, None)]).cycle();
            loop {
                let done = match held.position().await.unwrap() {
                    Position::After { seq, .. } => usize::try_from(seq.0).unwrap(),
                    _ => 0,
                };
                let Some((count, dies_after_us)) = turns.next().filter(|_| done < events.len()) else { break };
                let next = &events[done..events.len().min(done + count)];
                let Some(after_us) = dies_after_us else {
                    held.deliver(next).await.unwrap();
                    continue;
                };
                // Given up in the middle: whatever was begun is written whole or not at all.
                let _ = tokio::time::timeout(Duration::from_micros(after_us), held.deliver(next)).await;
                held = sink(folder.path());
            }
        });
        let summary = runtime.block_on(verified(folder.path())).unwrap();
        prop_assert_eq!(summary.stream.events, events.len() as u64);
        let blocks = runtime.block_on(rows(folder.path(), "SELECT hash FROM blocks ORDER BY number"));
        let found: Vec<String> = blocks.iter().map(|row| row.get("hash")).collect();
        let told: Vec<String> = story.chain.iter().map(|(header, _)| header.hash.to_string()).collect();
        prop_assert_eq!(found, told);
    }
}
