//! The bound on memory: permits sized in bytes.
//!
//! Everything on its way from a provider to the journal holds a permit. A permit travels inside the message and frees
//! itself when dropped, also in a panic: there is no path on which bytes are forgotten.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// A number of bytes that may be under way at once.
#[derive(Clone, Debug)]
pub struct Budget {
    used: Arc<AtomicUsize>,
    limit: usize,
}

/// A share of a [`Budget`].
#[derive(Debug)]
pub struct Permit {
    used: Arc<AtomicUsize>,
    bytes: usize,
}

impl Budget {
    /// A budget of `limit` bytes.
    pub fn new(limit: usize) -> Self {
        Self { used: Arc::default(), limit }
    }

    /// Takes `bytes`, if they are left.
    pub fn take(&self, bytes: usize) -> Option<Permit> {
        let room = |used: usize| used.checked_add(bytes).filter(|total| *total <= self.limit);
        self.used.fetch_update(Ordering::AcqRel, Ordering::Acquire, room).ok()?;
        Some(Permit { used: self.used.clone(), bytes })
    }

    /// Whether `permit` may grow to `bytes` without going beyond the limit.
    pub fn has_room(&self, permit: &Permit, bytes: usize) -> bool {
        let others = self.used().saturating_sub(permit.bytes);
        bytes <= permit.bytes || others.saturating_add(bytes) <= self.limit
    }

    /// Takes `bytes` even beyond the limit: for the one block that everything else waits for.
    pub fn overdraw(&self, bytes: usize) -> Permit {
        self.used.fetch_add(bytes, Ordering::AcqRel);
        Permit { used: self.used.clone(), bytes }
    }

    /// Bytes under way.
    pub fn used(&self) -> usize {
        self.used.load(Ordering::Acquire)
    }

    /// Bytes that may be under way.
    pub const fn limit(&self) -> usize {
        self.limit
    }
}

impl Permit {
    /// Adjusts the share to what really came.
    pub fn resize(&mut self, bytes: usize) {
        if bytes >= self.bytes {
            self.used.fetch_add(bytes - self.bytes, Ordering::AcqRel);
        } else {
            self.used.fetch_sub(self.bytes - bytes, Ordering::AcqRel);
        }
        self.bytes = bytes;
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.used.fetch_sub(self.bytes, Ordering::AcqRel);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_permit_frees_itself_in_a_panic() {
        let budget = Budget::new(10);
        let inner = budget.clone();
        let panicked = std::panic::catch_unwind(move || {
            let _permit = inner.take(7).unwrap();
            panic!("on purpose");
        });
        assert!(panicked.is_err());
        assert_eq!(budget.used(), 0);
    }

    #[test]
    fn a_permit_has_room_up_to_the_limit_and_for_less_than_it_has() {
        let budget = Budget::new(10);
        let (one, other) = (budget.take(4).unwrap(), budget.overdraw(8));
        assert!(budget.has_room(&one, 3) && !budget.has_room(&one, 5));
        drop(other);
        assert!(budget.has_room(&one, 10) && !budget.has_room(&one, 11));
    }

    proptest! {
        #[test]
        fn granted_bytes_never_exceed_the_limit(sizes in proptest::collection::vec(0usize..50, 0..60)) {
            let budget = Budget::new(100);
            let mut held = Vec::new();
            for (turn, size) in sizes.into_iter().enumerate() {
                held.extend(budget.take(size));
                prop_assert!(budget.used() <= budget.limit());
                if turn % 3 == 2 { held.pop(); }
            }
            held.clear();
            prop_assert_eq!(budget.used(), 0);
        }
    }
}
