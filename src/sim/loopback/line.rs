//! A connection that can be cut.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

/// Cuts a connection: when it is dropped, its peer sees a reset instead of an end.
#[derive(Clone, Debug, Default)]
pub struct Shears {
    cut: Arc<AtomicBool>,
}

impl Shears {
    pub fn cut(&self) {
        self.cut.store(true, Ordering::Relaxed);
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
        if self.shears.cut.load(Ordering::Relaxed) {
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
        if self.shears.cut.load(Ordering::Relaxed) {
            // An orderly end would reach the peer before the reset.
            return Poll::Ready(Ok(()));
        }
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
