//! How many stages are played at once.
//!
//! A row waits more than it computes, so more of them fit at once than there are processors; too many, and all of them are late.

use std::sync::{Condvar, Mutex};

const AT_ONCE: usize = 10;

static PLAYED: Mutex<usize> = Mutex::new(0);
static FREED: Condvar = Condvar::new();

/// Lets another have it when dropped, also in a panic.
pub struct Turn;

/// Waits for a turn.
pub fn take() -> Turn {
    let played = PLAYED.lock().unwrap();
    *FREED.wait_while(played, |played| *played >= AT_ONCE).unwrap() += 1;
    Turn
}

impl Drop for Turn {
    fn drop(&mut self) {
        *PLAYED.lock().unwrap() -= 1;
        FREED.notify_one();
    }
}
