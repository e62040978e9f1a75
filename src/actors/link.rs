//! How actors hold each other: by what they can be told, never by who they are.
//!
//! A link leads to whoever holds the post now. When an actor dies, its slot starts a new one under the same [`Handle`], and
//! every link that was handed out before leads to the newcomer.

use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

use actix::dev::ToEnvelope;
use actix::{Actor, Addr, Context, Handler, Message, Recipient};

/// A post that an actor holds; the slot fills it anew after a death.
pub struct Handle<A: Actor>(Arc<RwLock<Option<Addr<A>>>>);

/// A way to tell or ask one kind of message.
pub struct Link<M: Message + Send>
where
    M::Result: Send,
{
    current: Arc<dyn Fn() -> Option<Recipient<M>> + Send + Sync>,
}

/// The post is empty, or its holder died before it answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the actor is being restarted")]
pub struct Unreachable;

// === impl Handle ===

impl<A: Actor<Context = Context<A>>> Handle<A> {
    /// An empty post.
    pub fn vacant() -> Self {
        Self(Arc::default())
    }

    /// Puts an actor in.
    pub fn fill(&self, addr: Addr<A>) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Some(addr);
    }

    /// A link for messages of type `M`.
    pub fn link<M>(&self) -> Link<M>
    where
        M: Message + Send + 'static,
        M::Result: Send,
        A: Handler<M>,
        A::Context: ToEnvelope<A, M>,
    {
        let post = self.0.clone();
        let current = move || {
            let holder = post.read().unwrap_or_else(PoisonError::into_inner);
            holder.as_ref().filter(|addr| addr.connected()).map(|addr| addr.clone().recipient())
        };
        Link { current: Arc::new(current) }
    }
}

impl<A: Actor> Clone for Handle<A> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

// === impl Link ===

impl<M: Message + Send + 'static> Link<M>
where
    M::Result: Send,
{
    /// A link to one address for good.
    pub fn to(recipient: Recipient<M>) -> Self {
        Self { current: Arc::new(move || Some(recipient.clone())) }
    }

    /// A link that leads nowhere.
    pub fn nowhere() -> Self {
        Self { current: Arc::new(|| None) }
    }

    /// Leaves a message. actix does not bound this way of sending, so whatever is told must be bounded by nature: by a permit
    /// inside, or because the latest one wins and senders are few. A message for an empty post is lost, as it would be with
    /// the actor that left it.
    #[allow(clippy::disallowed_methods)] // the one helper that may
    pub fn tell(&self, message: M) {
        if let Some(recipient) = (self.current)() {
            recipient.do_send(message);
        }
    }

    /// Asks, and waits for the answer. Deadlines belong into the message.
    ///
    /// # Errors
    /// [`Unreachable`].
    pub async fn ask(&self, message: M) -> Result<M::Result, Unreachable> {
        let recipient = (self.current)().ok_or(Unreachable)?;
        recipient.send(message).await.map_err(|_| Unreachable)
    }
}

impl<M: Message + Send> Clone for Link<M>
where
    M::Result: Send,
{
    fn clone(&self) -> Self {
        Self { current: self.current.clone() }
    }
}

impl<M: Message + Send> fmt::Debug for Link<M>
where
    M::Result: Send,
{
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Link<{}>", std::any::type_name::<M>())
    }
}
