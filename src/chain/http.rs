//! JSON over HTTP, to one endpoint, as if the endpoint meant harm.
//!
//! Every exchange has one deadline from its first byte to its last, because a read time-out never fires on a server that
//! drips. The body is counted *after* decompression, while it streams in, and given up if it hardly comes. A redirect is never
//! followed: it would carry the body and the key elsewhere. Errors are written by hand, because those of the library name the
//! whole address.

mod body;
pub mod client;
pub(in crate::chain) mod failure;
mod inflate;
mod pace;
pub(in crate::chain) mod retry_after;
pub(super) mod status;

use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{PoisonError, RwLock};

use async_trait::async_trait;
use bytes::Bytes;
use reqwest::header::{ACCEPT_ENCODING, CONTENT_TYPE};
use reqwest::{Response, StatusCode};
use tokio::time::Instant;

use self::client::{Encoding, Wire, build};
use self::failure::{Broken, Remedy, unanswered};
use self::status::Reply;
use super::authority::Authority;
use super::error::ChainError;
use super::secret_headers::SecretHeaders;
use super::secret_url::SecretUrl;
use super::traffic;
use super::transport::{Limits, Transport};

/// Bytes read of an answer that is an error: enough for a person to learn why.
const ERROR_BYTES: usize = 64 * 1024;

/// The most connections that an exchange may find closed under it, one after another.
const KEPT_MOST: usize = 8;

/// Posts bodies to one address.
pub struct HttpTransport {
    client: RwLock<reqwest::Client>,
    /// What another client is made with.
    recipe: Option<(Wire, Option<Authority>)>,
    url: SecretUrl,
    headers: SecretHeaders,
    encoding: Encoding,
    /// How many connections may be left from exchanges that went well.
    kept: AtomicUsize,
}

impl HttpTransport {
    /// Posts to `url` with these `headers` over the connections of `client`, which should be one of [`client::build`], and asks
    /// for answers in this `encoding`.
    pub fn new(client: reqwest::Client, url: SecretUrl, headers: SecretHeaders, encoding: Encoding) -> Self {
        let client = RwLock::new(client);
        Self { client, recipe: None, url, headers, encoding, kept: AtomicUsize::new(0) }
    }

    /// With what it takes to make another client when connections are to be renewed.
    #[must_use]
    pub fn renewable(self, wire: Wire, authority: Option<Authority>) -> Self {
        Self { recipe: Some((wire, authority)), ..self }
    }

    /// One exchange, or another one within the same deadline where that may heal the first: whatever is asked only reads. Every
    /// connection that was kept may turn out to be closed; a server that closes fresh ones, too, is not asked again.
    async fn exchange(&self, body: Bytes, limits: Limits) -> Result<Bytes, ChainError> {
        let ends = Instant::now() + limits.deadline;
        let mut encoding = self.encoding;
        loop {
            let attempt = self.attempt(body.clone(), limits, encoding, ends).await;
            let Err(Broken { error, remedy }) = attempt else {
                return attempt.map_err(|broken| broken.error);
            };
            match remedy {
                Remedy::FreshConnection if self.one_less_kept() => {}
                Remedy::Uncompressed if encoding != Encoding::Identity => encoding = Encoding::Identity,
                Remedy::FreshConnection | Remedy::Uncompressed | Remedy::None => return Err(error),
            }
        }
    }

    fn one_more_kept(&self) {
        let more = |kept| (kept < KEPT_MOST).then_some(kept + 1);
        // Fails where there are enough of them.
        let _ = self.kept.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more);
    }

    /// Whether there was one.
    fn one_less_kept(&self) -> bool {
        self.kept.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |kept| kept.checked_sub(1)).is_ok()
    }

    async fn attempt(
        &self,
        body: Bytes,
        limits: Limits,
        encoding: Encoding,
        ends: Instant,
    ) -> Result<Bytes, Broken> {
        traffic::sent(body.len());
        let url = self.url.expose().clone();
        let left = ends.saturating_duration_since(Instant::now());
        let client = self.client.read().unwrap_or_else(PoisonError::into_inner).clone();
        let request = client.post(url).headers(self.headers.expose().clone()).timeout(left);
        let request =
            request.header(CONTENT_TYPE, "application/json").header(ACCEPT_ENCODING, encoding.name());
        let sent = request.body(body).send().await;
        let reply = reply(sent.map_err(|error| unanswered(&error, limits.deadline))?, limits).await?;
        self.one_more_kept();
        Ok(reply.judge()?)
    }
}

/// An answer as far as it says anything: the body of a redirect does not, and that of an error only to people.
async fn reply(response: Response, limits: Limits) -> Result<Reply, Broken> {
    let (status, retry_after) = (response.status(), retry_after::seconds(response.headers()));
    let body = if status.is_success() {
        body::read(response, limits).await?
    } else if status.is_redirection() {
        Bytes::new()
    } else {
        let limits = Limits { max_bytes: limits.max_bytes.min(ERROR_BYTES), ..limits };
        body::read(response, limits).await.unwrap_or_default()
    };
    Ok(Reply { status, retry_after, body })
}

#[async_trait]
impl Transport for HttpTransport {
    async fn post(&self, body: Bytes, limits: Limits) -> Result<Bytes, ChainError> {
        self.exchange(body, limits).await
    }

    fn host(&self) -> String {
        self.url.to_string()
    }

    fn renew(&self) {
        let Some((wire, authority)) = &self.recipe else { return };
        // A client that could be made once can be made again; if not, the one there is stays.
        if let Ok(client) = build(*wire, authority.as_ref()) {
            *self.client.write().unwrap_or_else(PoisonError::into_inner) = client;
        }
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

#[cfg(test)]
mod tests;
