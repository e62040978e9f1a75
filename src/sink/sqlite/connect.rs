//! Opening the database, and bringing its tables up to date.

use std::path::Path;
use std::time::Duration;

use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqliteSynchronous};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection};

use super::error::classify;
use crate::crash::{self, Point};
use crate::sink::disk;
use crate::sink::error::SinkError;

/// What each version of the schema adds to the one before. A text that was released is never changed.
const MIGRATIONS: &[&str] = &[include_str!("schema_1.sql")];

/// Opens the database for writing; it and its tables are made if they are not there.
///
/// # Errors
/// `Transient` while somebody else holds it; `Fatal` when a person must act.
pub async fn writer(path: &Path, busy_timeout: Duration) -> Result<SqliteConnection, SinkError> {
    let owned = path.to_owned();
    let made = tokio::task::spawn_blocking(move || disk::make_folder(&owned)).await;
    let made = made.unwrap_or_else(|error| Err(std::io::Error::other(error)));
    made.map_err(|error| disk::classify(&path.display().to_string(), &error))?;
    let options = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .busy_timeout(busy_timeout)
        .disable_statement_logging();
    let mut connection = options.connect().await.map_err(|error| classify(path, &error))?;
    migrate(&mut connection, path, MIGRATIONS).await?;
    Ok(connection)
}

/// Opens the database for reading only, also while a daemon writes to it.
///
/// # Errors
/// As [`writer`].
pub async fn reader(path: &Path) -> Result<SqliteConnection, SinkError> {
    if tokio::fs::metadata(path).await.is_err() {
        return Err(SinkError::Fatal(format!("{} is not there: the sink has not run yet", path.display())));
    }
    let options = SqliteConnectOptions::new().filename(path).read_only(true).disable_statement_logging();
    let mut connection = options.connect().await.map_err(|error| classify(path, &error))?;
    match version(&mut connection).await.map_err(|error| classify(path, &error))? {
        current if current == MIGRATIONS.len() => Ok(connection),
        other => Err(other_version(path, other, MIGRATIONS.len())),
    }
}

/// Brings the tables to the newest version, all in one transaction.
///
/// # Errors
/// `Fatal` when they are newer already.
pub async fn migrate(
    connection: &mut SqliteConnection,
    path: &Path,
    migrations: &[&'static str],
) -> Result<(), SinkError> {
    let found = version(connection).await.map_err(|error| classify(path, &error))?;
    if found > migrations.len() {
        return Err(other_version(path, found, migrations.len()));
    }
    if found == migrations.len() {
        return Ok(());
    }
    upgrade(connection, migrations).await.map_err(|error| classify(path, &error))
}

async fn upgrade(connection: &mut SqliteConnection, migrations: &[&'static str]) -> Result<(), sqlx::Error> {
    let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await?;
    // The sink of another chain may have been faster: what counts is the version under the lock.
    let found = version(&mut transaction).await?;
    for migration in migrations.iter().skip(found) {
        sqlx::raw_sql(*migration).execute(&mut *transaction).await?;
    }
    let mark = format!("PRAGMA user_version = {}", migrations.len().max(found));
    sqlx::raw_sql(AssertSqlSafe(mark)).execute(&mut *transaction).await?;
    crash::point(Point::SqliteMigrating);
    transaction.commit().await
}

async fn version(connection: &mut SqliteConnection) -> Result<usize, sqlx::Error> {
    let version: i64 = sqlx::query_scalar("PRAGMA user_version").fetch_one(connection).await?;
    Ok(usize::try_from(version).unwrap_or(usize::MAX))
}

fn other_version(path: &Path, found: usize, known: usize) -> SinkError {
    let remedy = if found > known {
        "run the newer blocktap that made it, or choose another path"
    } else {
        "start the daemon once: it brings the tables up to date"
    };
    SinkError::Fatal(format!(
        "{} has tables of version {found}, this blocktap knows {known}; {remedy}",
        path.display()
    ))
}
