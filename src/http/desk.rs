//! What is served, without knowing who fills it.

use std::sync::Arc;

use futures_util::future::BoxFuture;
use secrecy::SecretString;
use serde_json::Value;

use super::board::Board;
use crate::core::command::{Command, Declined, Done};

/// Asks the actors whose path a pattern covers what they are doing. Must answer, whatever state they are in.
pub type Observe = Arc<dyn Fn(String) -> BoxFuture<'static, Vec<Value>> + Send + Sync>;

/// Has a chain's Manager carry an order out. Must answer, whatever state the actors are in.
pub type Execute = Arc<dyn Fn(String, Command) -> BoxFuture<'static, Result<Done, Declined>> + Send + Sync>;

/// Writes all metrics in Prometheus' text format.
pub type Render = Arc<dyn Fn() -> String + Send + Sync>;

/// What is served, and to whom.
#[derive(Clone)]
pub struct Desk {
    /// The chains' status.
    pub board: Board,
    /// Asks the actors.
    pub observe: Observe,
    /// Carries orders out.
    pub command: Execute,
    /// Writes the metrics.
    pub metrics: Render,
    /// What whoever asks for metrics, health or debug pages must show, as `Authorization: Bearer TOKEN`. Required on any
    /// address but loopback.
    pub token: Option<SecretString>,
    /// Names, beside those of the address listened on, under which the server may be asked; without a port.
    pub hosts: Vec<String>,
}
