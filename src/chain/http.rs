//! JSON over HTTP, to one endpoint, as if the endpoint meant harm.
//!
//! Every exchange has one deadline from its first byte to its last, because a read time-out never fires on a server that
//! drips. The body is counted *after* decompression, while it streams in. A redirect is never followed: it would carry
//! the body and the key elsewhere. Errors are written by hand, because those of the library name the whole address.

pub mod client;
pub(in crate::chain) mod failure;
pub(super) mod status;

use std::fmt;

use async_trait::async_trait;
use bytes::{Bytes, BytesMut};
use reqwest::header::{CONTENT_TYPE, HeaderMap, RETRY_AFTER};
use reqwest::{Response, StatusCode};

use self::failure::classify;
use self::status::Reply;
use super::error::ChainError;
use super::secret_headers::SecretHeaders;
use super::secret_url::SecretUrl;
use super::traffic;
use super::transport::{Limits, Transport};
use crate::core::class::Class;

/// Bytes read of an answer that is an error: enough for a person to learn why.
const ERROR_BYTES: usize = 64 * 1024;

/// Bytes set aside for an answer before any has come, however long it claims to be.
const FIRST_BYTES: usize = 256 * 1024;

/// Posts bodies to one address.
pub struct HttpTransport {
    client: reqwest::Client,
    url: SecretUrl,
    headers: SecretHeaders,
}

impl HttpTransport {
    /// Posts to `url` with these `headers` over the connections of `client`, which should be one of [`client::build`].
    pub fn new(client: reqwest::Client, url: SecretUrl, headers: SecretHeaders) -> Self {
        Self { client, url, headers }
    }

    async fn exchange(&self, body: Bytes, limits: Limits) -> Result<Bytes, ChainError> {
        traffic::sent(body.len());
        let url = self.url.expose().clone();
        let request = self.client.post(url).headers(self.headers.expose().clone());
        let request = request.header(CONTENT_TYPE, "application/json").timeout(limits.deadline);
        let response = request.body(body).send().await.map_err(|error| classify(&error, limits.deadline))?;
        let (status, retry_after) = (response.status(), retry_after_s(response.headers()));
        let body = if status.is_success() {
            read(response, limits).await?
        } else if status.is_redirection() {
            Bytes::new()
        } else {
            let limits = Limits { max_bytes: limits.max_bytes.min(ERROR_BYTES), ..limits };
            read(response, limits).await.unwrap_or_default()
        };
        Reply { status, retry_after, body }.judge()
    }
}

#[async_trait]
impl Transport for HttpTransport {
    async fn post(&self, body: Bytes, limits: Limits) -> Result<Bytes, ChainError> {
        self.exchange(body, limits).await
    }
}

/// What an answer is worth, by its status, the seconds of its `Retry-After`, and its body: the reading of [`HttpTransport`],
/// for transports without a network below them.
///
/// # Errors
/// As [`Transport::post`].
pub fn judge(status: u16, retry_after_s: Option<u64>, body: Bytes) -> Result<Bytes, ChainError> {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_GATEWAY);
    Reply { status, retry_after: retry_after_s, body }.judge()
}

impl fmt::Debug for HttpTransport {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_tuple("HttpTransport").field(&self.url).finish()
    }
}

/// The answer's body, if it stays within `max_bytes`. A body that came in one piece is not copied.
async fn read(mut response: Response, limits: Limits) -> Result<Bytes, ChainError> {
    let mut pieces = Pieces { max_bytes: limits.max_bytes, first: Bytes::new(), rest: None };
    while let Some(piece) = response.chunk().await.map_err(|error| classify(&error, limits.deadline))? {
        traffic::received(piece.len());
        pieces.push(piece)?;
    }
    Ok(pieces.join())
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
            return Err(ChainError::new(
                Class::Split,
                format!("answer of more than {} bytes", self.max_bytes),
            ));
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

/// The `Retry-After` header where it counts seconds. The other form, a date, needs a wall clock that both sides share.
pub(super) fn retry_after_s(headers: &HeaderMap) -> Option<u64> {
    headers.get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()
}

#[cfg(test)]
mod tests;
