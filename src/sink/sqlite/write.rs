//! Writing a batch: cursor, events and chain in one transaction.

use std::path::Path;

use sqlx::sqlite::SqliteConnection;
use sqlx::{AssertSqlSafe, Connection, Row as _};

use super::batch::{Batch, Change};
use super::cell::Cell;
use super::error::classify;
use super::table::{BLOCKS, EVENTS, LOGS, Row, TRANSACTIONS, Table};
use crate::core::event::Envelope;
use crate::core::event_id::EventId;
use crate::core::numbers::Seq;
use crate::crash::{self, Point};
use crate::sink::Position;
use crate::sink::error::SinkError;

/// Rows in one statement. Few sizes, so that every statement stays prepared.
const SIZES: [usize; 7] = [100, 50, 25, 10, 5, 2, 1];

/// Where the database stands in `stream`, once nobody else is writing: a delivery that was given up may have sent its
/// COMMIT already, and would land after a mere reading. It also tells at the start whether writing is allowed.
///
/// # Errors
/// Those of the database.
pub async fn settled_position(
    connection: &mut SqliteConnection,
    stream: &str,
) -> Result<Position, sqlx::Error> {
    let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await?;
    let position = position(&mut transaction, stream).await?;
    transaction.rollback().await?;
    Ok(position)
}

/// Where the database stands in `stream` at this moment.
///
/// # Errors
/// Those of the database.
pub async fn position(connection: &mut SqliteConnection, stream: &str) -> Result<Position, sqlx::Error> {
    let query = sqlx::query("SELECT seq, id FROM cursor WHERE stream = ?").bind(stream.to_owned());
    let Some(row) = query.fetch_optional(connection).await? else { return Ok(Position::Empty) };
    let (seq, id): (i64, String) = (row.try_get("seq")?, row.try_get("id")?);
    let id = id.parse().map_err(|error| sqlx::Error::Decode(Box::new(error)))?;
    Ok(Position::After { seq: Seq(seq.unsigned_abs()), id })
}

/// Writes a batch, all or nothing.
///
/// # Errors
/// `Fatal` when the cursor does not stand where the batch begins: another writer was here.
pub async fn write(connection: &mut SqliteConnection, path: &Path, batch: Batch) -> Result<(), SinkError> {
    let Some(last) = batch.last else { return Ok(()) };
    let failed = |error: sqlx::Error| classify(path, &error);
    let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await.map_err(failed)?;
    if !move_cursor(&mut transaction, batch.before, &last).await.map_err(failed)? {
        return Err(SinkError::Fatal(format!(
            "{}: the cursor of {} is not where this daemon left it: another daemon writes to it, or it was changed; \
             nothing was written",
            path.display(),
            last.stream
        )));
    }
    crash::point(Point::SqliteCursorMoved);
    insert(&mut transaction, &EVENTS, batch.events).await.map_err(failed)?;
    let mut changes = batch.changes.into_iter().peekable();
    while let Some(change) = changes.next() {
        let moment = change.undoes().then(|| undo(changes.peek()));
        apply(&mut transaction, &Cell::text(&last.stream), change).await.map_err(failed)?;
        moment.into_iter().for_each(crash::point);
    }
    crash::point(Point::SqliteWritten);
    transaction.commit().await.map_err(failed)?;
    crash::point(Point::SqliteCommitted);
    Ok(())
}

/// The crash point behind an undo.
fn undo(next: Option<&Change>) -> Point {
    if next.is_some_and(Change::undoes) { Point::SqliteUndoing } else { Point::SqliteUndone }
}

/// Moves the cursor from `before` to `last`, or begins it; whether it stood there.
async fn move_cursor(
    connection: &mut SqliteConnection,
    before: Option<EventId>,
    last: &Envelope,
) -> Result<bool, sqlx::Error> {
    let cells =
        [Cell::count(last.seq.0), Cell::text(last.id), Cell::count(last.epoch), Cell::text(&last.stream)];
    let (sql, condition) = match before {
        Some(before) => (
            "UPDATE cursor SET seq = ?, id = ?, epoch = ? WHERE stream = ? AND id = ? AND epoch <= ?",
            vec![Cell::text(before), Cell::count(last.epoch)],
        ),
        None => {
            ("INSERT INTO cursor (seq, id, epoch, stream) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING", vec![])
        }
    };
    let query = cells.into_iter().chain(condition).fold(sqlx::query(sql), |query, cell| cell.bind(query));
    Ok(query.execute(connection).await?.rows_affected() == 1)
}

async fn apply(connection: &mut SqliteConnection, chain: &Cell, change: Change) -> Result<(), sqlx::Error> {
    match change {
        Change::Insert(rows) => {
            insert(connection, &BLOCKS, rows.blocks).await?;
            insert(connection, &TRANSACTIONS, rows.transactions).await?;
            insert(connection, &LOGS, rows.logs).await
        }
        Change::Delete { number, hash } => {
            for sql in [
                "DELETE FROM blocks WHERE chain = ? AND number = ? AND hash = ?",
                "DELETE FROM transactions WHERE chain = ? AND block_number = ? AND block_hash = ?",
                "DELETE FROM logs WHERE chain = ? AND block_number = ? AND block_hash = ?",
            ] {
                let cells = [chain, &number, &hash].into_iter().cloned();
                cells
                    .fold(sqlx::query(sql), |query, cell| cell.bind(query))
                    .execute(&mut *connection)
                    .await?;
            }
            Ok(())
        }
    }
}

async fn insert(connection: &mut SqliteConnection, table: &Table, rows: Vec<Row>) -> Result<(), sqlx::Error> {
    let mut left = rows.len();
    let mut rows = rows.into_iter();
    while let Some(&size) = SIZES.iter().find(|&&size| size <= left) {
        let cells = rows.by_ref().take(size).flatten();
        let query =
            cells.fold(sqlx::query(AssertSqlSafe(table.insert(size))), |query, cell| cell.bind(query));
        query.execute(&mut *connection).await?;
        left -= size;
    }
    Ok(())
}
