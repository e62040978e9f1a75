//! A sink that panics a few times, and then takes what comes.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use async_trait::async_trait;
use blocktap::core::event::Event;
use blocktap::sink::error::SinkError;
use blocktap::sink::registry::{BuildError, Kind, Promise};
use blocktap::sink::{Context, Position, Sink};
use serde::Deserialize;

/// Deliveries in this process.
static TAKEN: AtomicU32 = AtomicU32::new(0);

/// The sink.
pub struct Panicking;

/// It has no keys.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {}

impl Kind for Panicking {
    type Config = Config;
    const NAME: &'static str = "panicking";
    const PROMISE: Promise = Promise::AtLeastOnce;

    fn build(_: Config, _: Context) -> Result<Box<dyn Sink>, BuildError> {
        Ok(Box::new(Self))
    }
}

#[async_trait]
impl Sink for Panicking {
    async fn position(&mut self) -> Result<Position, SinkError> {
        Ok(Position::Unknown)
    }

    async fn deliver(&mut self, events: &[Arc<Event>]) -> Result<(), SinkError> {
        let taken = TAKEN.fetch_add(1, Ordering::Relaxed);
        assert!(
            ![0, 3, 6].contains(&taken),
            "the sink panics over {:?}",
            events.first().map(|event| &event.envelope)
        );
        Ok(())
    }
}
