//! One subscriber's connection to a simulated provider, whatever carries it.

use std::collections::VecDeque;
use std::sync::Arc;

use bytes::Bytes;
use tokio::time::{Instant, timeout_at};

use super::block::Block;
use super::changes::Listener;
use super::provider::{Provider, SocketManner};
use super::reply::Reply;
use super::rpc::{Answer, Call, Question, Request};
use super::wire::Arrival;

/// A connection that is open.
#[derive(Debug)]
pub struct Session {
    provider: Provider,
    changes: Listener,
    outbox: VecDeque<Outgoing>,
    subscription: Option<String>,
    announced: Arc<Block>,
    opened: Instant,
    state: State,
}

#[derive(Debug)]
struct Outgoing {
    due: Instant,
    message: Bytes,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Open,
    Broken,
}

/// What a subscriber meets next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Next {
    /// A message.
    Message(Bytes),
    /// The end of the connection.
    Closed,
    /// Nothing, not even an answer to a ping.
    Deaf,
}

impl Session {
    /// A connection made now.
    pub fn open(provider: Provider) -> Self {
        let changes = provider.world().changes();
        let announced = provider.head();
        Self {
            provider,
            changes,
            outbox: VecDeque::new(),
            subscription: None,
            announced,
            opened: Instant::now(),
            state: State::Open,
        }
    }

    /// Takes a message from the subscriber.
    pub fn accept(&mut self, message: &[u8]) {
        if self.provider.socket_manner() == SocketManner::Deaf {
            return;
        }
        match Call::read(message) {
            Some(Call::Single(request)) if request.question() == Question::Subscribe => {
                self.subscribe(&request)
            }
            Some(Call::Single(request)) if request.question() == Question::Unsubscribe => {
                self.subscription = None;
                self.queue(Answer::Result(Bytes::from_static(b"true")).rendered(request.id.get()));
            }
            _ => self.serve(message),
        }
    }

    /// Waits for what comes next. A caller may give up waiting and call again: nothing is lost.
    pub async fn next(&mut self) -> Next {
        loop {
            self.changes.catch_up();
            if self.hangs_up_at().is_some_and(|at| at <= Instant::now()) {
                return Next::Closed;
            }
            match self.provider.socket_manner() {
                SocketManner::Closing => return Next::Closed,
                SocketManner::Deaf => return Next::Deaf,
                manner => self.announce(manner),
            }
            let due = self.outbox.front().map(|outgoing| outgoing.due);
            if due.is_some_and(|due| due <= Instant::now()) {
                return self
                    .outbox
                    .pop_front()
                    .map_or(Next::Closed, |outgoing| Next::Message(outgoing.message));
            }
            if self.state == State::Broken && due.is_none() {
                return Next::Closed;
            }
            self.wait(due).await;
        }
    }

    /// Whether heads are announced on it.
    pub fn is_subscribed(&self) -> bool {
        self.subscription.is_some()
    }

    async fn wait(&mut self, due: Option<Instant>) {
        let world = self.provider.world();
        let wake = self.provider.next_wake().map(|at| world.instant(at));
        // Both ways of waking mean the same: look again. The world never ends while a provider holds it.
        match due.into_iter().chain(wake).chain(self.hangs_up_at()).min() {
            Some(wake) => drop(timeout_at(wake, self.changes.changed()).await),
            None => self.changes.changed().await,
        }
    }

    fn hangs_up_at(&self) -> Option<Instant> {
        self.provider.hangs_up_after().map(|after| self.opened + after)
    }

    fn subscribe(&mut self, request: &Request) {
        let id = format!("0x{:x}", 0x1000 + self.provider.place());
        let answer = self.provider.subscribe(request, &id);
        if matches!(answer, Answer::Result(_)) {
            self.subscription = Some(id);
            self.announced = self.provider.head();
        }
        self.queue(answer.rendered(request.id.get()));
    }

    fn serve(&mut self, message: &[u8]) {
        match self.provider.serve(message).reply {
            Reply::Answer(answer) if answer.status == 200 => self.queue(answer.body),
            Reply::Mangled(answer, wire) if wire.arrival() == Arrival::Whole => self.queue(answer.body),
            Reply::Silence => {}
            Reply::Answer(_) | Reply::Mangled(..) | Reply::Reset => self.state = State::Broken,
        }
    }

    fn announce(&mut self, manner: SocketManner) {
        let head = self.provider.head();
        if head.hash() == self.announced.hash() {
            return;
        }
        let blocks = self.provider.world().path(&self.announced, &head);
        self.announced = head;
        let Some(id) = self.subscription.clone().filter(|_| manner == SocketManner::Telling) else { return };
        for result in self.provider.announcements(&blocks) {
            self.queue(notification(&id, &result));
        }
    }

    fn queue(&mut self, message: impl Into<Bytes>) {
        let due = Instant::now() + self.provider.socket_latency();
        // Messages never overtake one another.
        let due = self.outbox.back().map_or(due, |last| due.max(last.due));
        self.outbox.push_back(Outgoing { due, message: message.into() });
    }
}

fn notification(id: &str, result: &[u8]) -> Vec<u8> {
    let start = format!(
        "{{\"jsonrpc\":\"2.0\",\"method\":\"eth_subscription\",\"params\":{{\"subscription\":\"{id}\",\"result\":"
    );
    [start.as_bytes(), result, b"}}"].concat()
}
