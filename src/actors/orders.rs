//! Where people's orders go: each to the Manager of the chain that it names.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::link::Link;
use super::messages::Order;
use crate::core::command::{Command, Declined, Done};

/// How long a Manager has to carry an order out.
const PATIENCE: Duration = Duration::from_secs(5);

/// The Managers of all chains, by the chain's name.
#[derive(Clone, Debug, Default)]
pub struct Orders(Arc<Mutex<BTreeMap<String, Link<Order>>>>);

impl Orders {
    /// Enters a chain's Manager.
    pub fn enter(&self, chain: &str, manager: Link<Order>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(chain.into(), manager);
    }

    /// Gives an order, and waits until it is carried out.
    ///
    /// # Errors
    /// [`Declined`], with what to do about it.
    pub async fn give(&self, chain: &str, command: Command) -> Result<Done, Declined> {
        let command = command.checked()?;
        let manager = self.manager(chain)?;
        match tokio::time::timeout(PATIENCE, manager.ask(Order(command))).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(_)) | Err(_) => Err(Declined::Unanswered),
        }
    }

    fn manager(&self, chain: &str) -> Result<Link<Order>, Declined> {
        let chains = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let known = || chains.keys().cloned().collect();
        let unknown = || Declined::Unknown { what: "chain", name: chain.into(), known: known() };
        chains.get(chain).cloned().ok_or_else(unknown)
    }
}
