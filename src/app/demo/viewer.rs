//! The sink that shows: passes every event on to whoever watches.

use std::sync::Arc;

use async_trait::async_trait;
use tokio::sync::mpsc;

use super::Scene;
use crate::core::event::Event;
use crate::sink::error::SinkError;
use crate::sink::{Position, Sink};

/// Passes events on.
pub struct Viewer {
    scenes: mpsc::UnboundedSender<Scene>,
}

impl Viewer {
    /// A sink that shows on `scenes`.
    pub fn new(scenes: mpsc::UnboundedSender<Scene>) -> Self {
        Self { scenes }
    }
}

#[async_trait]
impl Sink for Viewer {
    async fn position(&mut self) -> Result<Position, SinkError> {
        Ok(Position::Unknown)
    }

    async fn deliver(&mut self, events: &[Arc<Event>]) -> Result<(), SinkError> {
        for event in events {
            self.scenes.send(Scene::Delivered(event.clone())).map_err(|_| SinkError::Closed)?;
        }
        Ok(())
    }
}
