//! What the process is told from outside.

use std::io;

use tokio::signal::unix::{Signal, SignalKind, signal};

/// The signals that the process acts on.
pub struct Signals {
    interrupt: Signal,
    terminate: Signal,
    user: Signal,
}

/// What a signal asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    /// Finish what is in hand and stop.
    Stop,
    /// Say what every actor is doing.
    Show,
}

impl Signals {
    /// Listens from now on.
    ///
    /// # Errors
    /// When the system does not let it.
    pub fn listen() -> io::Result<Self> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            user: signal(SignalKind::user_defined1())?,
        })
    }

    /// Waits for the next one.
    pub async fn next(&mut self) -> Asked {
        tokio::select! {
            biased;
            _ = self.interrupt.recv() => Asked::Stop,
            _ = self.terminate.recv() => Asked::Stop,
            _ = self.user.recv() => Asked::Show,
        }
    }
}
