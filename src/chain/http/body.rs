//! Reading the body of an answer: no longer than agreed, no slower than bearable.

use bytes::Bytes;
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

/// The answer's body, decompressed, if it stays within `max_bytes`. It is copied out of the connection's buffer, into memory of
/// its own length: a block is kept for long, and would keep the whole buffer.
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
        body.push(&piece)?;
    }
}

/// What of a body has come so far.
enum Body {
    Plain(Pieces),
    Gzip(Box<Inflating>, usize),
}

impl Body {
    fn of(headers: &HeaderMap, max_bytes: usize) -> Result<Self, Broken> {
        let pieces = Pieces { max_bytes, joined: Vec::new() };
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

    fn push(&mut self, piece: &[u8]) -> Result<(), Broken> {
        match self {
            Self::Plain(pieces) => pieces.push(piece).map_err(Broken::from),
            Self::Gzip(inflating, max_bytes) => {
                inflating.push(piece).map_err(|spoiled| why(spoiled, *max_bytes))
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
    joined: Vec<u8>,
}

impl Pieces {
    fn push(&mut self, piece: &[u8]) -> Result<(), ChainError> {
        if self.joined.len() + piece.len() > self.max_bytes {
            return Err(too_long(self.max_bytes));
        }
        self.joined.extend_from_slice(piece);
        Ok(())
    }

    fn join(self) -> Bytes {
        self.joined.into_boxed_slice().into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_takes_no_more_memory_than_it_is_long() {
        let body_of = |pieces: &[&[u8]]| {
            let mut body = Body::of(&HeaderMap::new(), 1 << 20).unwrap();
            pieces.iter().for_each(|piece| body.push(piece).unwrap());
            body.finish().unwrap()
        };
        for pieces in [&[&[b'a'; 2_000][..]][..], &[&[b'a'; 9_000], &[b'b'; 1_000]], &[&[b'c'; 300][..]; 70]]
        {
            let body = body_of(pieces);
            assert_eq!(body, pieces.concat());
            assert_eq!(body.try_into_mut().unwrap().capacity(), pieces.concat().len());
        }
    }
}
