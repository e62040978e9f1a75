//! SQLite: the canonical chain as tables that an analyst knows, each event exactly once.
//!
//! *Why.* Blocks, transactions and logs can be queried while they arrive; a block that is undone leaves.
//! *Position.* The `cursor` table. It moves in the transaction that writes the rows, and only from the event before: a
//! second writer, a gap and a repetition are refused by the database itself.
//! *Not promised.* Indexes beyond the keys: one on the transaction hash makes writing several times slower, so it is left to
//! whoever needs it.

mod batch;
mod cell;
mod connect;
mod error;
mod object;
mod rows;
mod table;
mod verify;
mod write;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use serde::Deserialize;
use sqlx::sqlite::SqliteConnection;

use self::batch::Batch;
use self::error::classify;
use super::disk;
use super::error::SinkError;
use super::place::Place;
use super::registry::{BuildError, Kind, Promise};
use super::sequence::follow;
use super::standing::Standing;
use super::verify::{Summary, VerifyError};
use super::{Context, Position, Sink};
use crate::core::event::Event;

/// The `[[sinks]]` table of an SQLite database.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The database, relative to the folder of the configuration file. Several chains may share one: every table names the chain.
    pub path: Place,
    /// How long to wait for another program that writes, before the batch is put off.
    #[serde(default = "busy_timeout", with = "humantime_serde")]
    pub busy_timeout: Duration,
}

const fn busy_timeout() -> Duration {
    Duration::from_secs(5)
}

/// The SQLite sink.
pub struct Sqlite {
    path: PathBuf,
    busy_timeout: Duration,
    stream: String,
    /// `None` before the first look, and after an error: whatever is in the database then is read again.
    open: Option<Open>,
}

struct Open {
    connection: SqliteConnection,
    standing: Standing,
    position: Position,
}

#[async_trait]
impl Kind for Sqlite {
    type Config = Config;
    const NAME: &'static str = "sqlite";
    const PROMISE: Promise = Promise::ExactlyOnce;

    fn build(config: Config, context: Context) -> Result<Box<dyn Sink>, BuildError> {
        Ok(Box::new(Self::new(&config, &context)))
    }

    async fn verify(config: Config, context: Context) -> Result<Summary, VerifyError> {
        verify::walk(&config.path.resolve(&context), &context.stream).await
    }
}

impl Sqlite {
    fn new(config: &Config, context: &Context) -> Self {
        Self {
            path: config.path.resolve(context),
            busy_timeout: config.busy_timeout,
            stream: context.stream.to_string(),
            open: None,
        }
    }

    fn transient(&self, error: &tokio::task::JoinError) -> SinkError {
        SinkError::Transient(format!("{}: a batch could not be prepared: {error}", self.path.display()))
    }
}

#[async_trait]
impl Sink for Sqlite {
    async fn position(&mut self) -> Result<Position, SinkError> {
        self.open = None;
        let mut connection = connect::writer(&self.path, self.busy_timeout).await?;
        let position = write::settled_position(&mut connection, &self.stream).await;
        let position = position.map_err(|error| classify(&self.path, &error))?;
        let standing = Standing::at(&self.path)
            .map_err(|error| disk::classify(&self.path.display().to_string(), &error))?;
        self.open = Some(Open { connection, standing, position });
        Ok(position)
    }

    async fn deliver(&mut self, events: &[Arc<Event>]) -> Result<(), SinkError> {
        if self.open.is_none() {
            self.position().await?;
        }
        let Some(mut open) = self.open.take() else { return Ok(()) };
        let Some(tail) = follow(open.position, events)? else {
            self.open = Some(open);
            return Ok(());
        };
        let (events, position, standing, path) =
            (events.to_vec(), open.position, open.standing, self.path.clone());
        // Bodies are read before the transaction begins: the database is locked only while it writes.
        let prepared = tokio::task::spawn_blocking(move || {
            standing.holds(&path).map(|()| Batch::prepare(position, &events))
        });
        let batch = prepared.await.map_err(|error| self.transient(&error))??;
        write::write(&mut open.connection, &self.path, batch).await?;
        open.position = Position::After { seq: tail.seq, id: tail.id };
        self.open = Some(open);
        Ok(())
    }

    async fn close(&mut self) -> Result<(), SinkError> {
        let Some(open) = self.open.take() else { return Ok(()) };
        let closed = sqlx::Connection::close(open.connection).await;
        closed.map_err(|error| classify(&self.path, &error))
    }
}

#[cfg(test)]
mod tests;
