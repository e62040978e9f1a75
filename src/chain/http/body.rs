//! Reading the body of an answer: no longer than agreed, no slower than bearable.

use bytes::{Bytes, BytesMut};
use reqwest::Response;
use reqwest::header::{CONTENT_ENCODING, HeaderMap};
use tokio::time::{Instant, timeout_at};

use super::failure::{Broken, Remedy, classify};
use super::inflate::{Inflating, Spoiled};
use super::pace::Pace;
use crate::chain::error::ChainError;
use crate::chain::traffic;
use crate::chain::transport::Limits;
use crate::core::class::Class;

/// Bytes set aside for an answer before any has come, however long it claims to be.
const FIRST_BYTES: usize = 256 * 1024;

/// The answer's body, decompressed, if it stays within `max_bytes`. A body that came in one piece and uncompressed is not
/// copied.
pub(super) async fn read(mut response: Response, limits: Limits) -> Result<Bytes, Broken> {
    let mut body = Body::of(response.headers(), limits.max_bytes)?;
    let mut pace = Pace::new(Instant::now());
    loop {
        let piece = match timeout_at(pace.next_look(), response.chunk()).await {
            Ok(came) => match came.map_err(|error| classify(&error, limits.deadline))? {
                Some(piece) => piece,
                None => return body.finish(),
            },
            Err(_) => Bytes::new(),
        };
        if !pace.keeps_up(piece.len(), Instant::now()) {
            return Err(ChainError::transient("the answer comes too slowly to wait for its end").into());
        }
        traffic::received(piece.len());
        body.push(piece)?;
    }
}

/// What of a body has come so far.
enum Body {
    Plain(Pieces),
    Gzip(Box<Inflating>, usize),
}

impl Body {
    fn of(headers: &HeaderMap, max_bytes: usize) -> Result<Self, Broken> {
        let pieces = Pieces { max_bytes, first: Bytes::new(), rest: None };
        match headers.get(CONTENT_ENCODING).map(|encoding| encoding.as_bytes().to_ascii_lowercase()) {
            None => Ok(Self::Plain(pieces)),
            Some(encoding) => match &*encoding {
                b"" | b"identity" => Ok(Self::Plain(pieces)),
                b"gzip" | b"x-gzip" => Ok(Self::Gzip(Box::new(Inflating::new(max_bytes)), max_bytes)),
                _ => {
                    Err(ChainError::transient("the answer is compressed in a way that was not asked for")
                        .into())
                }
            },
        }
    }

    fn push(&mut self, piece: Bytes) -> Result<(), Broken> {
        match self {
            Self::Plain(pieces) => pieces.push(piece).map_err(Broken::from),
            Self::Gzip(inflating, max_bytes) => {
                inflating.push(&piece).map_err(|spoiled| why(spoiled, *max_bytes))
            }
        }
    }

    fn finish(self) -> Result<Bytes, Broken> {
        match self {
            Self::Plain(pieces) => Ok(pieces.join()),
            Self::Gzip(inflating, max_bytes) => inflating.finish().map_err(|spoiled| why(spoiled, max_bytes)),
        }
    }
}

fn why(spoiled: Spoiled, max_bytes: usize) -> Broken {
    match spoiled {
        Spoiled::TooLong => too_long(max_bytes).into(),
        Spoiled::Broken => ChainError::transient("the answer is truncated or badly compressed").into(),
        Spoiled::Bomb => {
            let error =
                ChainError::new(Class::Split, "the answer is compressed beyond what a block would be");
            Broken { error, remedy: Remedy::Uncompressed }
        }
    }
}

fn too_long(max_bytes: usize) -> ChainError {
    ChainError::new(Class::Split, format!("answer of more than {max_bytes} bytes"))
}

struct Pieces {
    max_bytes: usize,
    first: Bytes,
    rest: Option<BytesMut>,
}

impl Pieces {
    fn push(&mut self, piece: Bytes) -> Result<(), ChainError> {
        let length = self.rest.as_ref().map_or(self.first.len(), BytesMut::len);
        if length + piece.len() > self.max_bytes {
            return Err(too_long(self.max_bytes));
        }
        if length == 0 {
            self.first = piece;
            return Ok(());
        }
        let rest = self.rest.get_or_insert_with(|| {
            let mut joined = BytesMut::with_capacity(FIRST_BYTES.max(self.first.len() + piece.len()));
            joined.extend_from_slice(&self.first);
            joined
        });
        rest.extend_from_slice(&piece);
        Ok(())
    }

    fn join(self) -> Bytes {
        self.rest.map_or(self.first, BytesMut::freeze)
    }
}
