//! Panics on this thread, those included that a task took with it unnoticed. A stage lives on one thread.

use std::cell::Cell;
use std::sync::Once;

thread_local! {
    static PANICS: Cell<u32> = const { Cell::new(0) };
}

static HOOK: Once = Once::new();

/// Counts panics from now on.
pub fn watch() {
    HOOK.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            PANICS.with(|panics| panics.set(panics.get() + 1));
            before(info);
        }));
    });
    PANICS.with(|panics| panics.set(0));
}

/// How many there were.
pub fn count() -> u32 {
    PANICS.with(Cell::get)
}
