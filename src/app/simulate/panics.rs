//! Panics that nobody injected: those go through the panic hook, the injected ones do not.

use std::cell::RefCell;
use std::sync::Once;

thread_local! {
    static WATCH: RefCell<Option<Vec<String>>> = const { RefCell::new(None) };
}

/// Notes every panic of this thread until it is dropped.
pub struct Watch(());

/// Begins to note panics of this thread instead of showing them; those of other threads are shown as before.
pub fn watch() -> Watch {
    static HOOKED: Once = Once::new();
    HOOKED.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            let noted =
                WATCH.with_borrow_mut(|watch| watch.as_mut().map(|seen| seen.push(panic.to_string())));
            if noted.is_none() {
                before(panic);
            }
        }));
    });
    WATCH.set(Some(Vec::new()));
    Watch(())
}

/// The panics noted since the last call.
pub fn seen() -> Vec<String> {
    WATCH.with_borrow_mut(|watch| watch.as_mut().map(std::mem::take).unwrap_or_default())
}

impl Drop for Watch {
    fn drop(&mut self) {
        WATCH.set(None);
    }
}
