//! The file: one event a line (JSON Lines), each event exactly once up to the last line break.
//!
//! *Position.* The last whole line: its envelope says where the sink stands, so there is no second file to keep in step.
//! *Recovery.* On opening, what a crash left behind the last whole line is cut off; see [`recovery`].
//! *Moved away.* A file that somebody moves away or removes stops the sink.
//! *Rotation.* A full file is renamed to `<path>.<number of its first event, 20 digits>`; see [`rotation`].
//! *Not promised.* With `fsync = "never"`, what was written shortly before a power cut.

pub mod appender;
pub mod recovery;
pub mod rotation;
mod verify;
pub mod writer;

use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;
use serde::Deserialize;

use self::appender::Fsync;
use self::writer::{Settings, Writer};
use super::error::SinkError;
use super::place::Place;
use super::registry::{BuildError, Kind, Promise};
use super::sequence::follow;
use super::verify::{Summary, VerifyError};
use super::{Context, Position, Sink};
use crate::core::byte_size::ByteSize;
use crate::core::event::Event;

/// The `[[sinks]]` table of a file.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The file, relative to the folder of the configuration file; `{chain}` stands for the chain's name. Its folder is made if
    /// need be.
    pub path: Place,
    /// A file that has reached this size is put aside and a new one begun; without it there is one file for ever.
    #[serde(default)]
    pub rotate_bytes: Option<ByteSize>,
    /// When what was written is forced onto the disk.
    #[serde(default)]
    pub fsync: Fsync,
}

/// The JSON Lines sink.
pub struct JsonLines {
    settings: Settings,
    /// `None` before the first look, and after an error: whatever is on disk then is read again.
    writer: Option<Writer>,
}

#[async_trait]
impl Kind for JsonLines {
    type Config = Config;
    const NAME: &'static str = "file";
    const PROMISE: Promise = Promise::ExactlyOnce;

    fn build(config: Config, context: Context) -> Result<Box<dyn Sink>, BuildError> {
        if config.rotate_bytes == Some(ByteSize(0)) {
            return Err(BuildError::at(
                "rotate_bytes",
                "a file of 0 bytes holds no event: leave it out, or give a size",
            ));
        }
        let settings = Settings {
            path: config.path.resolve(&context),
            rotate_bytes: config.rotate_bytes.map(|size| size.0),
            fsync: config.fsync,
            stream: context.stream,
        };
        Ok(Box::new(Self { settings, writer: None }))
    }

    async fn verify(config: Config, context: Context) -> Result<Summary, VerifyError> {
        let path: PathBuf = config.path.resolve(&context);
        blocking(move || verify::walk(&path, &context.stream))
            .await
            .map_err(|error| VerifyError::Unreadable(error.to_string()))?
    }
}

#[async_trait]
impl Sink for JsonLines {
    async fn position(&mut self) -> Result<Position, SinkError> {
        // The old writer goes first: it holds the lock on the file.
        self.writer = None;
        let settings = self.settings.clone();
        let writer = blocking(move || Writer::open(settings)).await??;
        let position = writer.position();
        self.writer = Some(writer);
        Ok(position)
    }

    async fn deliver(&mut self, events: &[Arc<Event>]) -> Result<(), SinkError> {
        if self.writer.is_none() {
            self.position().await?;
        }
        let Some(mut writer) = self.writer.take() else { return Ok(()) };
        let Some(tail) = follow(writer.position(), events)? else {
            self.writer = Some(writer);
            return Ok(());
        };
        let events = events.to_vec();
        let written = blocking(move || writer.append(&events, tail).map(|()| writer)).await??;
        self.writer = Some(written);
        Ok(())
    }

    async fn close(&mut self) -> Result<(), SinkError> {
        let Some(mut writer) = self.writer.take() else { return Ok(()) };
        blocking(move || writer.close()).await?
    }
}

/// Disks block: they do so on a thread of their own.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, SinkError> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|error| SinkError::Transient(format!("the file's writer broke: {error}")))
}

#[cfg(test)]
mod tests;
