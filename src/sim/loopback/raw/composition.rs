//! What becomes of an answer on the wire.

use std::io::{self, Write};
use std::sync::OnceLock;

use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;

use super::{End, Script, Stroke};
use crate::sim::reply::HttpAnswer;
use crate::sim::wire::Wire;

/// Of what is too long: more than a block may have.
const TOO_LONG_BYTES: usize = 96 << 20;
/// What long answers are made of, piece by piece.
const PIECE: &[u8] = &[b' '; 64 << 10];
const PIECES: usize = TOO_LONG_BYTES / PIECE.len();
/// Of the array that stands in for a result.
const NUMBERS: usize = 10_000_000;
const NONSENSE: &str = "x-nonsense: nonsense\r\n";

/// The script of an answer to which this happens.
pub fn compose(wire: &Wire, answer: &HttpAnswer) -> Script {
    let body = answer.body.clone();
    let (half, length) = (body.slice(..body.len() / 2), body.len());
    match wire {
        Wire::DripHead => script(vec![Bytes::from_static(b"HTTP/1.1 200 OK\r\nx-slow:").into()], End::Drip),
        Wire::DripBody => script(vec![head(answer, &sized(TOO_LONG_BYTES)), half.into()], End::Drip),
        Wire::ResetInBody => script(vec![head(answer, &sized(length)), half.into()], End::Reset),
        Wire::CloseWhenReused => script(vec![head(answer, &sized(length)), body.into()], End::WhenReused),
        Wire::CutLength => closing(answer, &sized(length), half),
        Wire::HalfLength => closing(answer, &sized(half.len()), body),
        Wire::CutUnmarked => closing(answer, "", half),
        Wire::CutChunk => {
            let chunk = [format!("{length:x}\r\n").as_bytes(), &half].concat();
            closing(answer, "transfer-encoding: chunked\r\n", chunk.into())
        }
        Wire::CutGzip => gzipped(answer, &body, |compressed| compressed / 2),
        Wire::CutGzipTrailer => gzipped(answer, &body, |compressed| compressed.saturating_sub(8)),
        Wire::FalseEncoding => closing(answer, &compressed(length), body),
        Wire::GzipBomb => closing(answer, &compressed(bomb().len()), bomb()),
        Wire::Endless => {
            let pieces = Stroke::Repeated(Bytes::from_static(PIECE), PIECES);
            script(vec![head(answer, &sized(TOO_LONG_BYTES)), pieces], End::Close)
        }
        Wire::EndlessHead => closing(answer, &(NONSENSE.repeat(100_000) + &sized(length)), body),
        Wire::LongArray => instead(answer, format!("[{}1]", "1,".repeat(NUMBERS - 1))),
        Wire::Redirect { status, to } => {
            let answer = HttpAnswer { status: *status, ..answer.clone() };
            closing(&answer, &format!("location: {to}\r\n{}", sized(0)), Bytes::new())
        }
        Wire::ContentType(kind) => {
            let answer = HttpAnswer { content_type: kind, ..answer.clone() };
            closing(&answer, &sized(length), body)
        }
    }
}

impl From<Bytes> for Stroke {
    fn from(bytes: Bytes) -> Self {
        Self::Bytes(bytes)
    }
}

fn script(strokes: Vec<Stroke>, end: End) -> Script {
    Script { strokes, end }
}

/// A head of these headers, a body, and the end of the connection.
fn closing(answer: &HttpAnswer, headers: &str, body: Bytes) -> Script {
    script(vec![head(answer, &format!("connection: close\r\n{headers}")), body.into()], End::Close)
}

fn head(answer: &HttpAnswer, headers: &str) -> Stroke {
    let (status, kind) = (answer.status, answer.content_type);
    let kind = if kind.is_empty() { String::new() } else { format!("content-type: {kind}\r\n") };
    Bytes::from(format!("HTTP/1.1 {status} \r\n{kind}{headers}\r\n")).into()
}

fn sized(length: usize) -> String {
    format!("content-length: {length}\r\n")
}

fn compressed(length: usize) -> String {
    format!("content-encoding: gzip\r\n{}", sized(length))
}

/// So much of the compressed body, as if that were all of it.
fn gzipped(answer: &HttpAnswer, body: &[u8], kept: impl FnOnce(usize) -> usize) -> Script {
    let whole = gzip(&[body]);
    let kept = whole.slice(..kept(whole.len()));
    closing(answer, &compressed(kept.len()), kept)
}

/// An answer to the same request with another result.
fn instead(answer: &HttpAnswer, result: String) -> Script {
    let key = b"\"result\":";
    let place = answer.body.windows(key.len()).position(|window| window == key);
    let start = place.map_or(&b"{"[..], |place| &answer.body[..place]);
    let body = Bytes::from([start, key, result.as_bytes(), b"}"].concat());
    closing(answer, &sized(body.len()), body)
}

/// Made once: it takes a while.
fn bomb() -> Bytes {
    static BOMB: OnceLock<Bytes> = OnceLock::new();
    BOMB.get_or_init(|| gzip(&[PIECE; PIECES])).clone()
}

fn gzip(pieces: &[&[u8]]) -> Bytes {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    let all = |encoder: &mut GzEncoder<Vec<u8>>| -> io::Result<()> {
        pieces.iter().try_for_each(|piece| encoder.write_all(piece))
    };
    // Writing into memory cannot fail.
    all(&mut encoder).and_then(|()| encoder.finish()).unwrap_or_default().into()
}
