//! A connection that can be cut, or taken away from the library that speaks over it.

use std::io;
use std::mem;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

use super::raw::Script;

/// Decides how a connection ends.
#[derive(Clone, Debug, Default)]
pub struct Shears {
    end: Arc<Mutex<End>>,
}

/// What happens when whoever speaks over a connection lets go of it.
#[derive(Debug, Default)]
enum End {
    /// An orderly end.
    #[default]
    Close,
    /// Its peer sees a reset.
    Cut,
    /// Nothing: somebody else goes on, by this script.
    Kept(Script),
}

impl Shears {
    /// Has it reset.
    pub fn cut(&self) {
        *self.end() = End::Cut;
    }

    /// Has it go on by a script.
    pub fn keep(&self, script: Script) {
        *self.end() = End::Kept(script);
    }

    /// The script by which it goes on, if it does.
    pub fn kept(&self) -> Option<Script> {
        let mut end = self.end();
        match mem::take(&mut *end) {
            End::Kept(script) => Some(script),
            other => {
                *end = other;
                None
            }
        }
    }

    fn end(&self) -> MutexGuard<'_, End> {
        self.end.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A TCP connection with its shears. A library owns the stream by the time that it must be reset: the drop does it.
#[derive(Debug)]
pub struct Line {
    stream: TcpStream,
    shears: Shears,
}

impl Line {
    pub fn new(stream: TcpStream, shears: Shears) -> Self {
        Self { stream, shears }
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        if matches!(*self.shears.end(), End::Cut) {
            // Fails only on a connection that is gone already.
            let _ = self.stream.set_zero_linger();
        }
    }
}

impl AsyncRead for Line {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, into)
    }
}

impl AsyncWrite for Line {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        from: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, from)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        if !matches!(*self.shears.end(), End::Close) {
            // An orderly end would reach the peer before the reset, or before the rest.
            return Poll::Ready(Ok(()));
        }
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
