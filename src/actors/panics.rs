//! What a panic said, for the last words of the actor that it ends.
//!
//! *Why a hook.* An actor that panics is dropped while its thread unwinds: there its vitals can tell *that* it panicked, and only
//! the hook was told why.

use std::cell::RefCell;
use std::panic::PanicHookInfo;

thread_local! {
    static LAST: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Remembers a panic; to be called by the panic hook of the process.
pub fn note(panic: &PanicHookInfo<'_>) {
    let place = panic.location().map(ToString::to_string).unwrap_or_default();
    let what = panic.payload_as_str().unwrap_or("no message");
    // A panic inside of this very function would have nobody to tell.
    let _ = LAST.try_with(|last| last.replace(Some(format!("panicked at {place}: {what}"))));
}

/// The last panic of this thread.
pub fn last() -> String {
    let last = LAST.try_with(|last| last.borrow().clone());
    last.ok().flatten().unwrap_or_else(|| "panicked".into())
}
