//! What file and database hold, read and proved without any of blocktap's own code.

use std::fs;
use std::path::{Path, PathBuf};

use blocktap::core::numbers::Height;
use blocktap::sim::world::World;
use serde::Deserialize;
use serde_json::value::RawValue;
use sha2::{Digest, Sha256};
use sqlx::sqlite::{SqliteConnectOptions, SqliteRow};
use sqlx::{ConnectOptions, Row};

/// One line of the file.
#[derive(Deserialize)]
pub struct Line {
    pub seq: u64,
    pub id: String,
    pub prev_id: String,
    pub step: String,
    pub block_number: u64,
    pub block_hash: String,
    pub parent_hash: String,
    pub data: Option<Data>,
}

/// The block as it came.
#[derive(Deserialize)]
pub struct Data {
    pub block: Box<RawValue>,
}

/// The file and those that were put aside, oldest first.
fn files(path: &Path) -> Vec<PathBuf> {
    let name = path.file_name().unwrap().to_str().unwrap().to_owned();
    let entries =
        fs::read_dir(path.parent().unwrap()).into_iter().flatten().map(|entry| entry.unwrap().path());
    let ours = entries.filter(|entry| entry.file_name().unwrap().to_str().unwrap().starts_with(&name));
    let mut found: Vec<PathBuf> = ours.filter(|entry| entry != path).collect();
    found.sort();
    found.push(path.to_owned());
    found
}

/// Every whole line.
pub fn lines(path: &Path) -> Vec<Line> {
    files(path).iter().flat_map(|file| whole_lines(file)).collect()
}

fn whole_lines(file: &Path) -> Vec<Line> {
    let text = fs::read_to_string(file).unwrap_or_default();
    let whole = text[..text.rfind('\n').map_or(0, |end| end + 1)].lines();
    whole.map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"))).collect()
}

/// The block that was applied last, as far as the end of the file tells; an undo leaves none. The newest file may hold nothing
/// but the news that a block is final.
pub fn newest(path: &Path) -> Option<String> {
    let mut lines = files(path).into_iter().rev().flat_map(|file| whole_lines(&file).into_iter().rev());
    lines.find(|line| line.step != "final").filter(|line| line.step == "apply").map(|line| line.block_hash)
}

/// Proves that the lines are one stream of the world: numbers without a gap, ids chained, each undo of the newest block, and
/// every block byte for byte one that once was canonical. Gives the chain they fold to.
pub fn prove(lines: Vec<Line>, world: &World) -> Vec<Line> {
    let ever = world.ever_canonical();
    let mut chain: Vec<Line> = Vec::new();
    let mut id = None;
    for (at, line) in lines.into_iter().enumerate() {
        assert_eq!(line.seq, at as u64 + 1, "an event is lost or doubled");
        assert_eq!(id.as_ref().unwrap_or(&line.prev_id), &line.prev_id, "event {} is not chained", line.seq);
        assert_eq!(line.id, chained(&line), "event {}", line.seq);
        id = Some(line.id.clone());
        let hash = |header: &blocktap::core::header::Header| header.hash.to_string();
        match line.step.as_str() {
            "apply" => {
                let parent = chain.last().map_or(&line.parent_hash, |last| &last.block_hash);
                assert_eq!(*parent, line.parent_hash, "block {} does not link", line.block_number);
                let made = ever.iter().find(|header| hash(header) == line.block_hash).expect("a true block");
                let body = line.data.as_ref().unwrap().block.get().as_bytes();
                assert_eq!(body, world.block(&made.hash).unwrap().full_json(), "block {}", line.block_number);
                chain.push(line);
            }
            "undo" => {
                let top = chain.pop().expect("something is there to be undone");
                assert_eq!(top.block_hash, line.block_hash, "what is undone was not on top");
            }
            "final" => {
                let held = chain.iter().find(|one| one.block_number == line.block_number);
                assert_eq!(held.map(|one| &one.block_hash), Some(&line.block_hash), "another block is final");
            }
            other => panic!("no step is called {other}"),
        }
    }
    chain
}

/// SHA-256 of the id before, the step's first letter and the block's hash, cut to 16 bytes.
fn chained(line: &Line) -> String {
    let hash = hex::decode(line.block_hash.trim_start_matches("0x")).unwrap();
    let bytes = [&hex::decode(&line.prev_id).unwrap()[..], &line.step.as_bytes()[..1], &hash].concat();
    hex::encode(&Sha256::digest(bytes)[..16])
}

/// The world's chain up to the tip of `chain` is that of the stream.
pub fn is_canonical(chain: &[(u64, String)], world: &World) {
    let canonical = world.canonical();
    assert_eq!(chain.len(), canonical.len(), "blocks are missing");
    for ((number, hash), header) in chain.iter().zip(canonical) {
        assert_eq!((Height(*number), hash), (header.height, &header.hash.to_string()));
    }
}

/// The rows that a query finds; nothing while there is no such table.
pub fn query<T>(path: &Path, sql: &'static str, read: impl Fn(&SqliteRow) -> T) -> Vec<T> {
    if !path.exists() {
        return Vec::new();
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let options = SqliteConnectOptions::new().filename(path).read_only(true);
        let Ok(mut connection) = options.connect().await else { return Vec::new() };
        sqlx::query(sql).fetch_all(&mut connection).await.unwrap_or_default().iter().map(read).collect()
    })
}

/// The ids of all events, in order.
pub fn ids(path: &Path) -> Vec<String> {
    query(path, "SELECT id FROM events ORDER BY seq", |row| row.get("id"))
}

/// The chain.
pub fn blocks(path: &Path) -> Vec<(u64, String)> {
    let read = |row: &SqliteRow| (row.get::<i64, _>("number").unsigned_abs(), row.get("hash"));
    query(path, "SELECT number, hash FROM blocks ORDER BY number", read)
}
