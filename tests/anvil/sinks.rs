//! What the sinks hold, read without any of blocktap's own code.

use std::fs;
use std::path::Path;

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;
use sqlx::sqlite::{SqliteConnectOptions, SqliteRow};
use sqlx::{ConnectOptions, Row};

/// One line of the file.
#[derive(Deserialize)]
pub struct Line {
    /// Its number.
    pub seq: u64,
    /// What happens to the block.
    pub step: String,
    /// Which block.
    pub block_number: u64,
    /// Its hash.
    pub block_hash: String,
    /// The block before it.
    pub parent_hash: String,
    /// Who served it.
    pub source: Option<Source>,
    /// The bodies.
    pub data: Option<Data>,
}

/// The evidence.
#[derive(Deserialize)]
pub struct Source {
    /// The provider.
    pub served_by: String,
    /// The operators that said the same.
    pub agreed: Vec<String>,
}

/// The bodies, as they came.
#[derive(Deserialize)]
pub struct Data {
    /// The block.
    pub block: Box<RawValue>,
    /// Its receipts.
    pub receipts: Option<Box<RawValue>>,
}

/// Every whole line of the file; one that is being written is not there yet.
pub fn lines(path: &Path) -> Vec<Line> {
    let text = fs::read_to_string(path).unwrap_or_default();
    let whole = text.rfind('\n').map_or("", |end| &text[..end]);
    whole.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}"))).collect()
}

/// The chain that the lines add up to, by the only two rules there are: what is applied goes on top, and what is undone was
/// on top.
pub fn fold(lines: Vec<Line>) -> Vec<Line> {
    let mut chain: Vec<Line> = Vec::new();
    for (number, line) in lines.into_iter().enumerate() {
        assert_eq!(line.seq, number as u64 + 1, "an event is lost or doubled");
        match line.step.as_str() {
            "apply" => {
                let parent = chain.last().map_or(&line.parent_hash, |last| &last.block_hash);
                assert_eq!(*parent, line.parent_hash, "block {} does not link", line.block_number);
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

/// The rows that a query finds; nothing while there is no database.
pub fn query<T>(path: &Path, sql: &'static str, read: impl Fn(&SqliteRow) -> T) -> Vec<T> {
    if !path.exists() {
        return Vec::new();
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let options = SqliteConnectOptions::new().filename(path).read_only(true);
        let mut connection = options.connect().await.expect("a database");
        let rows = sqlx::query(sql).fetch_all(&mut connection).await;
        rows.unwrap_or_default().iter().map(read).collect()
    })
}

/// A column as text, whatever it holds.
pub fn text(row: &SqliteRow, column: &str) -> Value {
    row.try_get::<Option<String>, _>(column).expect("a column of text").map_or(Value::Null, Value::String)
}
