//! The sinks: where the stream goes.
//!
//! A sink is one file: its `Config` (unknown keys refused), its [`Sink`], its tests, and one word in [`registry`]. Retries,
//! batching, pulling, pausing and draining come from the Sink actor around it; a sink only says where it stands and takes
//! what comes next.
//!
//! # Contract
//! - `deliver` MUST be all or nothing as far as `position` can see: after an error, and after `kill -9` at any moment,
//!   `position` tells truly what is in the sink.
//! - `deliver` MUST NOT acknowledge before what it took is as durable as the sink promises.
//! - A sink SHOULD put its position and its rows under one transaction.
//! - A sink MUST NOT interpret bodies that it can pass on as they are.

pub mod console;
mod disk;
pub mod error;
pub mod file;
pub mod place;
pub mod registry;
mod sequence;
#[cfg(feature = "sqlite")]
pub mod sqlite;
mod standing;
#[cfg(test)]
mod story;
pub mod verify;

use std::sync::Arc;

use async_trait::async_trait;

use self::error::SinkError;
use crate::core::chain_id::ChainId;
use crate::core::event::Event;
use crate::core::event_id::EventId;
use crate::core::numbers::Seq;

/// Where a sink says it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Position {
    /// It holds everything up to this event.
    After {
        /// The event's number.
        seq: Seq,
        /// The event's id.
        id: EventId,
    },
    /// It holds nothing of the stream.
    Empty,
    /// It cannot tell (a terminal): the journal's mark is its position.
    Unknown,
}

/// One sink for one stream.
#[async_trait]
pub trait Sink: Send {
    /// Where it stands in `stream`. Called once, before the first `deliver`, and again after an error.
    ///
    /// # Errors
    /// When the sink cannot be read.
    async fn position(&mut self) -> Result<Position, SinkError>;

    /// Takes the next events, in order, and returns once they are as durable as the sink promises.
    ///
    /// # Errors
    /// Classified: the Sink actor tries `Transient` ones again with growing pauses, and stops on the others.
    async fn deliver(&mut self, events: &[Arc<Event>]) -> Result<(), SinkError>;

    /// Ends in good order.
    ///
    /// # Errors
    /// When what was taken may not have been kept.
    async fn close(&mut self) -> Result<(), SinkError> {
        Ok(())
    }
}

/// What a sink is made for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Context {
    /// The sink's name in the configuration.
    pub name: String,
    /// The stream it takes.
    pub stream: ChainId,
    /// The chain's name in the configuration: what `{chain}` in a path stands for.
    pub chain: String,
    /// The folder that relative paths start from.
    pub folder: std::path::PathBuf,
}
