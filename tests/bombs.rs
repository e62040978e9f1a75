//! What an answer without end costs in memory: at the most twice the limit on its decoded bytes, however it is compressed.
//!
//! Alone in its process, because what is measured is the process: the peak of its resident memory.

#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a test may panic and print")]

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::time::Duration;

use blocktap::chain::network::{Compression, NetworkConnector, PlainHttp};
use blocktap::chain::transport::{Connector, Limits};
use blocktap::core::class::Class;
use bytes::Bytes;
use flate2::write::GzEncoder;

/// What a block may have.
const CAP: usize = 64 << 20;
/// What the server sends, in pieces, before it gives up.
const PIECE: usize = 64 << 10;
const PIECES: usize = 10 * CAP / PIECE;

/// How a body is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Body {
    /// As it is.
    Plain,
    /// Compressed 1,000 times: given up at once, and asked for again uncompressed.
    Bomb,
    /// Compressed about 150 times, which a block may be.
    Dense,
}

/// Sends endless bodies, whatever it is asked.
fn server(body: Body) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().map_while(Result::ok) {
            let mut request = Vec::new();
            while !request.ends_with(b"\r\n\r\n{}") {
                let mut byte = [0];
                if stream.read(&mut byte).unwrap_or(0) == 0 {
                    break;
                }
                request.push(byte[0]);
            }
            let encoding = if body == Body::Plain { "" } else { "content-encoding: gzip\r\n" };
            let head = format!("HTTP/1.1 200 OK\r\n{encoding}connection: close\r\n\r\n");
            // Whoever has enough hangs up.
            let _ = stream.write_all(head.as_bytes()).and_then(|()| pour(body, &mut stream));
        }
    });
    address
}

fn pour(body: Body, mut out: impl Write) -> std::io::Result<()> {
    let mut piece = vec![b' '; PIECE];
    if body == Body::Dense {
        piece.iter_mut().take(300).enumerate().for_each(|(at, byte)| {
            *byte = (at.wrapping_mul(at).wrapping_mul(2_654_435_761) >> 11) as u8;
        });
    }
    if body == Body::Plain {
        return (0..PIECES).try_for_each(|_| out.write_all(&piece));
    }
    let mut encoder = GzEncoder::new(out, flate2::Compression::default());
    (0..PIECES).try_for_each(|_| encoder.write_all(&piece))
}

/// The peak of resident memory since it was last reset, in bytes.
fn peak() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<usize>().unwrap() * 1024
}

async fn cost(body: Body) -> usize {
    let url = format!("http://{}/", server(body)).parse().unwrap();
    let transport = NetworkConnector::new(PlainHttp::Refused, Compression::Gzip).http(&url).unwrap();
    // Resets the peak to what is resident now.
    std::fs::write("/proc/self/clear_refs", "5").unwrap();
    let before = peak();
    let limits = Limits { deadline: Duration::from_secs(120), max_bytes: CAP };
    let error = transport.post(Bytes::from_static(b"{}"), limits).await.unwrap_err();
    assert_eq!(error.class, Class::Split, "{body:?}: {error}");
    peak() - before
}

#[tokio::test]
async fn an_answer_without_end_costs_at_most_twice_its_limit() {
    for body in [Body::Bomb, Body::Dense, Body::Plain] {
        let cost = cost(body).await;
        println!("{body:?}: {} of {} MiB", cost >> 20, (2 * CAP) >> 20);
        assert!(cost <= 2 * CAP, "{body:?}: {cost}");
    }
    assert!(cost(Body::Bomb).await < 16 << 20, "a bomb is given up long before it fills the limit");
}
