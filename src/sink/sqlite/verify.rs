//! Walking the events of one stream, and comparing the tables with the chain that they leave.

use std::path::Path;

use futures_util::TryStreamExt;
use serde::de::DeserializeOwned;
use sqlx::sqlite::{SqliteConnection, SqliteRow};
use sqlx::{Connection, Row as _};

use super::{connect, write};
use crate::core::audit::{Auditor, Summary as Audited};
use crate::core::chain_id::ChainId;
use crate::core::cursor::Cursor;
use crate::core::event::{Envelope, SPEC};
use crate::core::header::BlockRef;
use crate::core::numbers::{Height, Seq};
use crate::sink::Position;
use crate::sink::verify::{Summary, VerifyError};

/// The last word on each height: the block came, or it was taken back.
macro_rules! told {
    () => {
        "WITH told AS (SELECT block_number AS number, block_hash AS hash, parent_hash, step, max(seq) \
         FROM events WHERE stream = ?1 AND step IN ('apply', 'undo') GROUP BY block_number) "
    };
}

/// A comparison of tables: a query for the number of the first block that is wrong.
struct Comparison {
    sql: &'static str,
    wrong: &'static str,
    note: &'static str,
}

const COMPARISONS: [Comparison; 5] = [
    Comparison {
        sql: concat!(
            told!(),
            "SELECT told.number FROM told LEFT JOIN blocks b ON b.chain = ?1 AND b.number = told.number \
             WHERE told.step = 'apply' AND (b.hash IS NOT told.hash OR b.parent_hash IS NOT told.parent_hash) LIMIT 1"
        ),
        wrong: "by the events it is on the chain, but not in blocks",
        note: "blocks holds every block of the chain",
    },
    Comparison {
        sql: concat!(
            told!(),
            "SELECT b.number FROM blocks b LEFT JOIN told ON told.number = b.number AND told.step = 'apply' \
             WHERE b.chain = ?1 AND told.number IS NULL LIMIT 1"
        ),
        wrong: "it is in blocks, but by the events not on the chain",
        note: "blocks holds no other block",
    },
    Comparison {
        sql: "SELECT b.number FROM blocks b WHERE b.chain = ?1 AND b.transaction_count IS NOT (SELECT count(*) \
              FROM transactions t WHERE t.chain = ?1 AND t.block_number = b.number) \
              AND b.transaction_count IS NOT NULL LIMIT 1",
        wrong: "it has not as many transactions as it counts",
        note: "every block has as many transactions as it counts",
    },
    Comparison {
        sql: "SELECT t.block_number FROM transactions t LEFT JOIN blocks b ON b.chain = ?1 \
              AND b.number = t.block_number AND b.hash = t.block_hash WHERE t.chain = ?1 AND b.number IS NULL LIMIT 1",
        wrong: "transactions holds some of another block of this number",
        note: "no transaction is left of a block that is gone",
    },
    Comparison {
        sql: "SELECT l.block_number FROM logs l LEFT JOIN blocks b ON b.chain = ?1 \
              AND b.number = l.block_number AND b.hash = l.block_hash WHERE l.chain = ?1 AND b.number IS NULL LIMIT 1",
        wrong: "logs holds some of another block of this number",
        note: "no log is left of a block that is gone",
    },
];

/// Reads everything that the database at `path` holds of `stream`, as it was at one moment.
///
/// # Errors
/// The first fault, or that the database could not be read.
pub async fn walk(path: &Path, stream: &ChainId) -> Result<Summary, VerifyError> {
    let unreadable = |text: String| VerifyError::Unreadable(text);
    let mut connection = connect::reader(path).await.map_err(|error| unreadable(error.to_string()))?;
    let failed = |error: sqlx::Error| unreadable(format!("{}: {error}", path.display()));
    // One transaction is one moment, however much a daemon writes meanwhile.
    let mut moment = connection.begin().await.map_err(failed)?;
    let audited = events(&mut moment, stream).await?;
    cursor(&mut moment, stream, &audited).await?;
    let mut notes = Vec::new();
    for comparison in COMPARISONS {
        compare(&mut moment, stream, &comparison).await?;
        notes.push(comparison.note.to_owned());
    }
    moment.rollback().await.map_err(failed)?;
    Ok(Summary { stream: audited, notes })
}

async fn events(connection: &mut SqliteConnection, stream: &ChainId) -> Result<Audited, VerifyError> {
    let query = sqlx::query("SELECT * FROM events WHERE stream = ? ORDER BY seq").bind(stream.to_string());
    let mut rows = query.fetch(connection);
    let mut auditor = Auditor::new();
    while let Some(row) = rows.try_next().await.map_err(unread)? {
        let place = || format!("events, seq {}", row.try_get::<i64, _>("seq").unwrap_or_default());
        let envelope = envelope(&row)
            .map_err(|error| VerifyError::Fault { place: place(), fault: error.to_string() })?;
        auditor
            .read(&envelope)
            .map_err(|fault| VerifyError::Fault { place: place(), fault: fault.what.to_string() })?;
    }
    Ok(auditor.summary())
}

async fn cursor(
    connection: &mut SqliteConnection,
    stream: &ChainId,
    audited: &Audited,
) -> Result<(), VerifyError> {
    let position = write::position(connection, stream.as_str()).await.map_err(unread)?;
    let expected = match (audited.last, audited.last_id) {
        (Some(seq), Some(id)) => Position::After { seq, id },
        _ => Position::Empty,
    };
    if position == expected {
        return Ok(());
    }
    let fault = format!("it says {position:?}, the events end with {expected:?}");
    Err(VerifyError::Fault { place: format!("cursor, {stream}"), fault })
}

async fn compare(
    connection: &mut SqliteConnection,
    stream: &ChainId,
    comparison: &Comparison,
) -> Result<(), VerifyError> {
    let query = sqlx::query_scalar::<_, i64>(comparison.sql).bind(stream.to_string());
    match query.fetch_optional(connection).await.map_err(unread)? {
        None => Ok(()),
        Some(number) => Err(VerifyError::Fault {
            place: format!("block {number} of {stream}"),
            fault: comparison.wrong.into(),
        }),
    }
}

fn unread(error: sqlx::Error) -> VerifyError {
    VerifyError::Unreadable(error.to_string())
}

/// An event's row as the envelope it was made from.
fn envelope(row: &SqliteRow) -> Result<Envelope, sqlx::Error> {
    let stream: ChainId = word(row, "stream")?;
    let (seq, id) = (Seq(count(row, "seq")?), word(row, "id")?);
    let block = BlockRef { height: Height(count(row, "block_number")?), hash: word(row, "block_hash")? };
    Ok(Envelope {
        spec: SPEC.into(),
        stream: stream.clone(),
        seq,
        id,
        prev_id: word(row, "prev_id")?,
        epoch: count(row, "epoch")?,
        step: word(row, "step")?,
        chain: stream.clone(),
        block_number: block.height,
        block_hash: block.hash,
        parent_hash: word(row, "parent_hash")?,
        block_time: row.try_get("block_time")?,
        finality: word(row, "finality")?,
        safe_number: height(row, "safe_number")?,
        finalized_number: height(row, "finalized_number")?,
        cursor: Cursor { stream, seq, id, block },
        reorg: json(row, "reorg")?,
        source: json(row, "source")?,
    })
}

fn decode(error: impl std::error::Error + Send + Sync + 'static) -> sqlx::Error {
    sqlx::Error::Decode(Box::new(error))
}

fn count(row: &SqliteRow, column: &str) -> Result<u64, sqlx::Error> {
    u64::try_from(row.try_get::<i64, _>(column)?).map_err(decode)
}

fn height(row: &SqliteRow, column: &str) -> Result<Option<Height>, sqlx::Error> {
    let number: Option<i64> = row.try_get(column)?;
    number.map(|number| u64::try_from(number).map(Height).map_err(decode)).transpose()
}

fn word<T: DeserializeOwned>(row: &SqliteRow, column: &str) -> Result<T, sqlx::Error> {
    let text: String = row.try_get(column)?;
    serde_json::from_value(text.into()).map_err(decode)
}

fn json<T: DeserializeOwned>(row: &SqliteRow, column: &str) -> Result<Option<T>, sqlx::Error> {
    let text: Option<String> = row.try_get(column)?;
    text.map(|text| serde_json::from_str(&text).map_err(decode)).transpose()
}
