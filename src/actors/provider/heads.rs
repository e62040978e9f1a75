//! The subscription to one provider's new heads: connected, lost, and connected again, for ever.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use actix::{AsyncContext, Context, SpawnHandle};

use super::Provider;
use super::desk::Desk;
use crate::chain::error::ChainError;
use crate::chain::family::{Family, Heads};
use crate::chain::transport::SocketTransport;
use crate::core::at::At;
use crate::core::backoff::Backoff;
use crate::core::class::Class;

/// How long connecting and subscribing may take.
const CONNECT: Duration = Duration::from_secs(10);
/// The pauses between attempts.
const PAUSES: Backoff = Backoff { first: Duration::from_secs(1), cap: Duration::from_secs(60), spread: 0.2 };
/// How long an endpoint is left alone that refuses subscriptions.
const INCAPABLE: Duration = Duration::from_secs(600);

/// Connects to `socket` and subscribes.
pub async fn connect(
    family: Arc<dyn Family>,
    socket: Arc<dyn SocketTransport>,
) -> Result<Box<dyn Heads>, ChainError> {
    family.heads(&*socket, CONNECT).await
}

/// The state of the subscription.
#[derive(Debug, Default)]
pub struct Subscription {
    work: Work,
    failures: u32,
    not_before: At,
}

#[derive(Debug, Default)]
enum Work {
    #[default]
    None,
    Connecting(SpawnHandle),
    Live(SpawnHandle),
}

impl Subscription {
    /// The socket to connect to, if one is due.
    pub fn due(&self, desk: &Rc<RefCell<Desk>>, now: At) -> Option<Arc<dyn SocketTransport>> {
        let idle = matches!(self.work, Work::None) && now >= self.not_before;
        idle.then(|| desk.borrow_mut().endpoints.next_socket()).flatten()
    }

    /// Whether heads are being announced.
    pub const fn is_live(&self) -> bool {
        matches!(self.work, Work::Live(_))
    }

    /// A connection is being made.
    pub fn connecting(&mut self, handle: SpawnHandle) {
        self.work = Work::Connecting(handle);
    }

    /// The next announcement is being waited for.
    pub fn listening(&mut self, handle: SpawnHandle) {
        self.failures = 0;
        self.work = Work::Live(handle);
    }

    /// Lets go of a connection that is silent.
    pub fn drop_connection(&mut self, ctx: &mut Context<Provider>) {
        if let Work::Connecting(handle) | Work::Live(handle) = std::mem::take(&mut self.work) {
            ctx.cancel_future(handle);
        }
    }

    /// The connection is gone, or could not be made.
    pub fn lost(&mut self, error: &ChainError, now: At, jitter: f64) {
        let pause = match error.class {
            Class::Capability | Class::Config => INCAPABLE,
            _ => PAUSES.wait(self.failures, jitter),
        };
        self.failures = self.failures.saturating_add(1);
        self.not_before = now + pause;
        self.work = Work::None;
    }

    /// In a word.
    pub const fn describe(&self) -> &'static str {
        match self.work {
            Work::None => "polling",
            Work::Connecting(_) => "connecting",
            Work::Live(_) => "live",
        }
    }
}
