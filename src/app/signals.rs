//! What the process is told from outside, and that it ends when it is told to, whatever hangs in it.
//!
//! *Why a thread.* Whoever is told may itself be stuck: behind a log that nobody reads, or a folder on a disk that is gone.

use std::time::Duration;

use tokio::runtime::Builder;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use super::error::AppError;

/// From the first request to stop to the second, if nobody makes one: a little more than all stages of the drain.
const PATIENCE: Duration = Duration::from_millis(26_500);

/// From the second request to the end.
const AT_ONCE: Duration = Duration::from_secs(1);

/// The signals that the process acts on, until this is dropped.
pub struct Signals(UnboundedReceiver<Asked>);

/// What a signal asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    /// Finish what is in hand and stop.
    Stop,
    /// Say what every actor is doing.
    Show,
}

/// The signals as the system gives them.
struct Raw {
    interrupt: Signal,
    terminate: Signal,
    user: Signal,
}

impl Signals {
    /// Listens from now on. Ends the process before 28 s are over since the first request to stop, or one second after the
    /// second: nothing is lost, it is as safe as a kill.
    ///
    /// # Errors
    /// When the system does not let it.
    pub fn listen() -> Result<Self, AppError> {
        let refused = |source| AppError::System { action: "cannot listen for signals", source };
        let runtime = Builder::new_current_thread().enable_all().build().map_err(refused)?;
        let raw = {
            let _within = runtime.enter();
            Raw::listen().map_err(refused)?
        };
        let (tell, told) = unbounded_channel();
        let watch = move || runtime.block_on(raw.watch(&tell));
        std::thread::Builder::new().name("signals".into()).spawn(watch).map_err(refused)?;
        Ok(Self(told))
    }

    /// Waits for the next one.
    pub async fn next(&mut self) -> Asked {
        match self.0.recv().await {
            Some(asked) => asked,
            None => std::future::pending().await,
        }
    }

    /// Waits until it is asked to stop.
    pub async fn stop_asked(&mut self) {
        while self.next().await != Asked::Stop {}
    }
}

impl Raw {
    fn listen() -> std::io::Result<Self> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            user: signal(SignalKind::user_defined1())?,
        })
    }

    async fn watch(mut self, tell: &UnboundedSender<Asked>) {
        tokio::select! {
            () = tell.closed() => {}
            () = self.overdue(tell) => std::process::exit(0),
        }
    }

    /// Passes on what is heard, until whoever was asked to stop has had the time for it.
    async fn overdue(&mut self, tell: &UnboundedSender<Asked>) {
        self.pass_on_to_stop(tell).await;
        // Nobody may have asked again.
        let _ = tokio::time::timeout(PATIENCE, self.pass_on_to_stop(tell)).await;
        tokio::time::sleep(AT_ONCE).await;
    }

    async fn pass_on_to_stop(&mut self, tell: &UnboundedSender<Asked>) {
        loop {
            let asked = self.next().await;
            // Nobody listens only when the process is ending anyway.
            let _ = tell.send(asked);
            if asked == Asked::Stop {
                return;
            }
        }
    }

    async fn next(&mut self) -> Asked {
        tokio::select! {
            biased;
            _ = self.interrupt.recv() => Asked::Stop,
            _ = self.terminate.recv() => Asked::Stop,
            _ = self.user.recv() => Asked::Show,
        }
    }
}
