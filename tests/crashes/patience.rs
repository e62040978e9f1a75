//! Waiting for what must come, without a clock: so many looks, then a failure that says what was seen last.

use std::thread::sleep;
use std::time::Duration;

const PAUSE: Duration = Duration::from_millis(10);
/// Two minutes at least: what takes longer on the slowest machine does not come at all.
const LOOKS: usize = 12_000;

/// Looks until `look` finds it; each `Err` says what was there instead.
pub fn wait_for<T>(what: &str, mut look: impl FnMut() -> Result<T, String>) -> T {
    let mut seen = String::new();
    for _ in 0..LOOKS {
        match look() {
            Ok(found) => return found,
            Err(instead) => seen = instead,
        }
        sleep(PAUSE);
    }
    panic!("waited in vain for {what}: {seen}");
}
