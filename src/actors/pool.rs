//! Where the CPU work is done: recomputing a block takes milliseconds, and an actor must not.

use std::sync::Arc;

use tokio::sync::Semaphore;

/// A small compute pool.
#[derive(Clone, Debug)]
pub enum Pool {
    /// Work runs beside the actors, so many jobs at once.
    Threads(Arc<Semaphore>),
    /// Work runs where it is asked for: the simulated world has one thread and no surprises.
    Inline,
}

/// The work was given up: the process is stopping, or the job panicked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the compute job was given up")]
pub struct GivenUp;

impl Pool {
    /// A pool of `jobs` threads.
    pub fn threads(jobs: usize) -> Self {
        Self::Threads(Arc::new(Semaphore::new(jobs.max(1))))
    }

    /// Runs `job`.
    ///
    /// # Errors
    /// [`GivenUp`].
    pub async fn run<T: Send + 'static>(
        &self,
        job: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, GivenUp> {
        match self {
            Self::Inline => Ok(job()),
            Self::Threads(seats) => {
                let seat = seats.clone().acquire_owned().await.map_err(|_| GivenUp)?;
                let work = move || {
                    let _seat = seat;
                    job()
                };
                tokio::task::spawn_blocking(work).await.map_err(|_| GivenUp)
            }
        }
    }
}
