//! The subscription to one provider's new heads: connected, lost, and connected again, for ever.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use actix::{ActorFutureExt, AsyncContext, Context, SpawnHandle, WrapFuture};

use super::desk::{self, Desk, Terms};
use super::{Provider, probe};
use crate::actors::messages::Role;
use crate::chain::error::ChainError;
use crate::chain::family::{Announcement, Family, Heads, Key};
use crate::chain::transport::SocketTransport;
use crate::core::at::At;
use crate::core::backends::Backends;
use crate::core::backoff::Backoff;
use crate::core::class::Class;
use crate::core::token_bucket::Priority;

/// How long connecting and subscribing may take.
const CONNECT: Duration = Duration::from_secs(10);
/// The pauses between attempts.
const PAUSES: Backoff = Backoff { first: Duration::from_secs(1), cap: Duration::from_secs(60), spread: 0.2 };
/// How long an endpoint is left alone that refuses subscriptions.
const INCAPABLE: Duration = Duration::from_secs(600);

/// Connects to `socket` and subscribes.
async fn connect(
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

impl Provider {
    /// Connects where no heads are announced, if it is time to.
    pub(super) fn subscribe(&mut self, ctx: &mut Context<Self>) {
        if self.role.role == Role::Cordoned {
            return;
        }
        self.reach_another_node(ctx);
        let stuck = self.sight.announcements_stuck(self.vitals.now());
        if stuck && self.subscription.is_live() {
            tracing::warn!(
                provider = self.profile.name,
                "no heads announced while its chain goes on, subscribing again"
            );
            self.subscription.drop_connection(ctx);
        }
        if let Some(socket) = self.subscription.due(&self.desk, self.vitals.now()) {
            let family = self.profile.family.clone();
            let connect = connect(family, socket).into_actor(self);
            let handle = ctx.spawn(connect.map(|connected, act, ctx| match connected {
                Ok(heads) => {
                    // Its silence is counted from here, not from the last word of the one before.
                    act.sight.announced(act.vitals.now());
                    // Another backend may answer now.
                    act.identified.doubted |= act.reconnected;
                    act.reconnected = true;
                    act.listen(heads, ctx);
                    // What came between the last look and the subscription is announced to nobody.
                    act.probe_soon(ctx);
                }
                Err(error) => act.on_silence(&error),
            }));
            self.subscription.connecting(handle);
        }
    }

    /// Behind a load balancer a connection stays with one node. When that stands still, another may not.
    fn reach_another_node(&mut self, ctx: &mut Context<Self>) {
        let now = self.vitals.now();
        let lately = now.since(self.renewed) <= self.sight.longest_silence();
        if self.profile.backends == Backends::One || lately || !self.sight.stands_still(now) {
            return;
        }
        tracing::info!(
            provider = self.profile.name,
            "its head stands still, connecting to another of its nodes"
        );
        self.renewed = now;
        self.profile.http.iter().for_each(|transport| transport.renew());
        self.subscription.drop_connection(ctx);
        self.probe_soon(ctx);
    }

    fn listen(&mut self, mut heads: Box<dyn Heads>, ctx: &mut Context<Self>) {
        let announced = async move {
            let announcement = heads.next().await;
            (heads, announcement)
        };
        let handle =
            ctx.spawn(announced.into_actor(self).map(|(heads, announcement), act, ctx| match announcement {
                Ok(announcement) => {
                    act.on_announced(announcement, ctx);
                    act.listen(heads, ctx);
                }
                Err(error) => {
                    act.on_silence(&error);
                    act.probe_soon(ctx);
                }
            }));
        self.subscription.listening(handle);
    }

    fn on_announced(&mut self, announcement: Announcement, ctx: &mut Context<Self>) {
        self.sight.announced(self.vitals.now());
        match announcement {
            Announcement::Proved(head) => self.on_head(head),
            // Only claimed: ask for what it claims.
            Announcement::Hint(head) => {
                let terms = Terms { cost: 1, priority: Priority::Tip, deadline: probe::DEADLINE };
                let key = Key::Hash(head.block());
                let shown = desk::call(self.desk.clone(), terms, move |client, left| async move {
                    client.header(key, left).await
                });
                ctx.spawn(shown.into_actor(self).map(move |answer, act, _| match answer {
                    Ok(head) => act.on_head(head),
                    Err(error) => act.on_refuted(key, &error),
                }));
            }
        }
    }

    fn on_silence(&mut self, error: &ChainError) {
        let (now, jitter) = (self.vitals.now(), self.desk.borrow_mut().jitter.draw());
        tracing::debug!(provider = self.profile.name, %error, "no heads are announced, polling");
        self.vitals.failed(error);
        self.desk.borrow_mut().count(error);
        self.subscription.lost(error, now, jitter);
    }
}
