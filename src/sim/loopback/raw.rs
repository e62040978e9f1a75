//! Answers that no library would send: written byte by byte onto the socket, in place of the library's.

use std::time::Duration;

use bytes::Bytes;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::sleep;

mod composition;

pub use composition::compose;

/// From one byte of a drip to the next.
const DRIP: Duration = Duration::from_millis(100);

/// What is written, and how it ends.
#[derive(Debug)]
pub struct Script {
    strokes: Vec<Stroke>,
    end: End,
}

#[derive(Debug)]
enum Stroke {
    Bytes(Bytes),
    Repeated(Bytes, usize),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    /// An orderly end of the connection.
    Close,
    /// A reset.
    Reset,
    /// The end comes when the next request does.
    WhenReused,
    /// More of the same, a byte at a time, for ever.
    Drip,
}

/// Writes it. Who hangs up in between gets no more.
pub async fn play(mut stream: TcpStream, script: Script) {
    for stroke in script.strokes {
        let (bytes, times) = match stroke {
            Stroke::Bytes(bytes) => (bytes, 1),
            Stroke::Repeated(bytes, times) => (bytes, times),
        };
        for _ in 0..times {
            if stream.write_all(&bytes).await.is_err() {
                return;
            }
        }
    }
    match script.end {
        End::Close => {}
        // Fails only on a connection that is gone already.
        End::Reset => drop(stream.set_zero_linger()),
        // Whatever it reads, the next request has come, or nobody will send one.
        End::WhenReused => drop(stream.read(&mut [0]).await),
        End::Drip => {
            while stream.write_all(b" ").await.is_ok() {
                sleep(DRIP).await;
            }
        }
    }
}
