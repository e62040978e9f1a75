//! How far the stream is behind the world, watched all the time.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;
use std::time::Duration;

use blocktap::core::hash::Hash;
use blocktap::sim::world::World;
use tokio::time::{Instant, sleep};

use crate::stage::Record;

const EVERY: Duration = Duration::from_millis(50);

/// The longest time that a canonical block had to wait for its delivery.
#[derive(Clone, Default)]
pub struct Watch(Rc<RefCell<Wait>>);

#[derive(Default)]
struct Wait {
    longest: Duration,
}

impl Watch {
    /// Watches from now on.
    pub fn over(world: World, record: Record) -> Self {
        let watch = Self::default();
        let wait = watch.0.clone();
        actix::spawn(async move {
            let mut waiting: VecDeque<(Hash, Instant)> = VecDeque::new();
            loop {
                look(&world, &record, &mut waiting);
                let oldest = waiting.front().map_or(Duration::ZERO, |(_, since)| since.elapsed());
                let longest = wait.borrow().longest.max(oldest);
                wait.borrow_mut().longest = longest;
                sleep(EVERY).await;
            }
        });
        watch
    }

    /// The longest wait since it was last asked for.
    pub fn take(&self) -> Duration {
        std::mem::take(&mut *self.0.borrow_mut()).longest
    }
}

/// What the delivered tip stands on waits no more.
fn look(world: &World, record: &Record, waiting: &mut VecDeque<(Hash, Instant)>) {
    let (head, tip) = (world.head(), record.tip());
    if waiting.back().is_none_or(|(hash, _)| *hash != head.hash) {
        waiting.push_back((head.hash, Instant::now()));
    }
    let delivered = waiting.iter().position(|(hash, _)| tip.is_some_and(|tip| tip.hash == *hash));
    if let Some(place) = delivered {
        waiting.drain(..place);
        // The newest stays, as the mark of the head that was seen; it waits no more.
        if waiting.len() == 1 {
            waiting[0].1 = Instant::now();
        } else {
            waiting.pop_front();
        }
    }
}
