//! Who waits for the world to change, is woken in the order of waiting.
//!
//! *Why not tokio's watch channel.* It spreads its waiters over several lists by chance, so that equal seeds would wake them in
//! another order in every process.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::Notify;

/// Tells of changes; clones tell the same listeners.
#[derive(Clone, Debug, Default)]
pub struct Changes(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    count: AtomicU64,
    woken: Notify,
}

/// Hears of changes, each once.
#[derive(Debug)]
pub struct Listener {
    changes: Changes,
    seen: u64,
}

impl Changes {
    /// Something changed: wakes everybody who waits.
    pub fn tell(&self) {
        self.0.count.fetch_add(1, Ordering::SeqCst);
        self.0.woken.notify_waiters();
    }

    /// Hears of every change from now on.
    pub fn listen(&self) -> Listener {
        Listener { changes: self.clone(), seen: self.count() }
    }

    fn count(&self) -> u64 {
        self.0.count.load(Ordering::SeqCst)
    }
}

impl Listener {
    /// Forgets changes that were not waited for.
    pub fn catch_up(&mut self) {
        self.seen = self.changes.count();
    }

    /// Waits for a change that was not heard of.
    pub async fn changed(&mut self) {
        loop {
            let changes = self.changes.clone();
            let woken = changes.0.woken.notified();
            tokio::pin!(woken);
            // Enlisted before looking, or a change in between would be slept through.
            woken.as_mut().enable();
            if changes.count() != self.seen {
                return self.catch_up();
            }
            woken.await;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::Changes;

    #[tokio::test]
    async fn listeners_wake_in_the_order_in_which_they_began_to_wait() {
        let (changes, order) = (Changes::default(), Arc::new(Mutex::new(Vec::new())));
        let tasks: Vec<_> = (0..20)
            .map(|name| {
                let (mut listener, order) = (changes.listen(), order.clone());
                tokio::spawn(async move {
                    listener.changed().await;
                    order.lock().unwrap().push(name);
                })
            })
            .collect();
        tokio::task::yield_now().await;
        changes.tell();
        for task in tasks {
            task.await.unwrap();
        }
        assert_eq!(*order.lock().unwrap(), (0..20).collect::<Vec<_>>());
    }

    #[tokio::test]
    async fn a_change_before_waiting_is_heard_of_once() {
        let changes = Changes::default();
        let mut listener = changes.listen();
        changes.tell();
        listener.changed().await;
        let again = tokio::time::timeout(std::time::Duration::from_millis(5), listener.changed());
        assert!(again.await.is_err());
    }
}
