//! The actix system that actors live on, ended in bounded time.
//!
//! *Why.* A runtime that is dropped waits for every blocking call: a write to a pipe that nobody reads, or to a disk that is
//! gone, never comes back.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use super::error::AppError;

/// How long blocking calls may go on after the work has ended. Those that matter were waited for in the drain.
const LINGER: Duration = Duration::from_millis(500);

/// Does the work on a system of its own, on this thread.
///
/// # Errors
/// When the runtime cannot be made.
pub fn run<T>(work: impl Future<Output = T>) -> Result<T, AppError> {
    let made = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime =
        Arc::new(made.map_err(|source| AppError::System { action: "cannot make a runtime", source })?);
    let system = actix::System::with_tokio_rt(|| Arc::clone(&runtime));
    let done = system.block_on(work);
    drop(system);
    // Nobody else holds it any more.
    if let Some(runtime) = Arc::into_inner(runtime) {
        runtime.shutdown_timeout(LINGER);
    }
    Ok(done)
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    #[test]
    fn a_call_that_never_comes_back_does_not_keep_the_system() {
        let (never, waited_for) = mpsc::channel::<()>();
        let done = run(async {
            tokio::task::spawn_blocking(move || waited_for.recv());
            7
        });
        assert_eq!(done.ok(), Some(7));
        drop(never);
    }
}
