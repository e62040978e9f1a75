//! Plays several seeds at a time, and tells of them in their order.

use std::collections::BTreeMap;
use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;

/// Does `work` on each of `items` on so many threads, and hands what came of it to `tell`, in the order of the items.
///
/// # Errors
/// When the system has no thread to give.
pub fn each<I: Sync, R: Send>(
    items: &[I],
    threads: usize,
    work: impl Fn(&I) -> R + Sync,
    mut tell: impl FnMut(&I, R),
) -> io::Result<()> {
    let next = AtomicUsize::new(0);
    let (done, finished) = mpsc::channel();
    std::thread::scope(|scope| {
        for _ in 0..threads.clamp(1, items.len().max(1)) {
            let (done, next, work) = (done.clone(), &next, &work);
            let busy = move || {
                loop {
                    let place = next.fetch_add(1, Ordering::Relaxed);
                    let Some(item) = items.get(place) else { return };
                    if done.send((place, work(item))).is_err() {
                        return;
                    }
                }
            };
            std::thread::Builder::new().name("player".into()).spawn_scoped(scope, busy)?;
        }
        drop(done);
        in_order(&finished, |place, result| {
            if let Some(item) = items.get(place) {
                tell(item, result);
            }
        });
        Ok(())
    })
}

fn in_order<R>(finished: &mpsc::Receiver<(usize, R)>, mut tell: impl FnMut(usize, R)) {
    let (mut early, mut due) = (BTreeMap::new(), 0);
    for (place, result) in finished {
        early.insert(place, result);
        while let Some(result) = early.remove(&due) {
            tell(due, result);
            due += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::each;

    #[test]
    fn results_are_told_in_the_order_of_the_items() {
        let items: Vec<u64> = (0..50).collect();
        let mut told = Vec::new();
        each(&items, 4, |item| item * 2, |item, double| told.push((*item, double))).unwrap();
        assert_eq!(told, items.iter().map(|item| (*item, item * 2)).collect::<Vec<_>>());
    }
}
