//! Wires the actors into a running process.
//!
//! The only room that knows every other one: it makes the edges from what the configuration says, hands them to the actors,
//! and ends them in order. A user's own program does the same as `blocktap run` with [`App`], and may add sinks of its own:
//!
//! ```no_run
//! use blocktap::app::App;
//! use blocktap::app::error::AppError;
//! use blocktap::settings::Settings;
//! use blocktap::sink::registry::{Kind, Registry};
//!
//! fn run<MySink: Kind>(settings: Settings) -> Result<(), AppError> {
//!     App::new(settings).with_registry(Registry::standard().with_kind::<MySink>()).run()
//! }
//! ```

pub mod chain;
pub mod demo;
pub mod error;
mod outlets;
mod plan;
mod process;
mod profile_probe;
mod signals;
pub mod simulate;
mod system;
mod telling;

use std::future::Future;
use std::sync::Arc;

use self::chain::Attach;
use self::error::AppError;
use crate::chain::network::NetworkConnector;
use crate::chain::transport::Connector;
use crate::settings::Settings;
use crate::settings::provider::Provider;
use crate::sink::registry::Registry;

/// Makes the way to a provider's endpoints.
type Connect = Arc<dyn Fn(&Provider) -> Arc<dyn Connector>>;

/// The daemon, ready to run.
pub struct App {
    settings: Settings,
    registry: Registry,
    connector: Connect,
    attached: Vec<Attach>,
}

impl App {
    /// The daemon that `settings` describe, with the sinks that blocktap brings along, on the real network.
    pub fn new(settings: Settings) -> Self {
        let network = NetworkConnector::default();
        let connector =
            move |provider: &Provider| -> Arc<dyn Connector> { Arc::new(provider.over(&network)) };
        Self {
            settings,
            registry: Registry::standard(),
            connector: Arc::new(connector),
            attached: Vec::new(),
        }
    }

    /// With other kinds of sinks.
    #[must_use]
    pub fn with_registry(mut self, registry: Registry) -> Self {
        self.registry = registry;
        self
    }

    /// With an actor of the user's own: `attach` is called for each chain with the chain's name and the ways to its journal, and
    /// gives the way to nudge the actor when there are new events.
    #[must_use]
    pub fn with_sink_actor(mut self, attach: Attach) -> Self {
        self.attached.push(attach);
        self
    }

    /// Runs until a signal ends it. What still hangs nearly 28 s after the first one, or a second after the second, is left behind by
    /// ending the process, with exit code 0.
    ///
    /// # Errors
    /// What keeps it from starting; each says the remedy.
    pub fn run(self) -> Result<(), AppError> {
        self.run_until(std::future::pending())
    }

    /// Runs until `stop` is ready, or a signal ends it. Either way what is in hand is finished first.
    ///
    /// # Errors
    /// As [`App::run`].
    pub fn run_until(self, stop: impl Future<Output = ()>) -> Result<(), AppError> {
        process::run(self, stop)
    }
}
