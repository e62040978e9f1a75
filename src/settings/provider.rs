//! A provider: an account at an operator.

use std::path::Path;

use secrecy::ExposeSecret;

use super::raw::provider::RawProvider;
use super::sources::Span;
use crate::chain::authority::{Authority, NotAnAuthority};
use crate::chain::network::{Compression, NetworkConnector, PlainHttp};
use crate::chain::secret_headers::{NotAHeader, SecretHeaders};
use crate::chain::secret_url::SecretUrl;
use crate::core::backends::Backends;
use crate::core::token_bucket::Quota;

/// A provider: an account at an operator.
#[derive(Clone, Debug)]
pub struct Provider {
    /// What people call it; unique over all chains.
    pub name: String,
    /// Who runs it: providers of one operator have one vote together.
    pub operator: String,
    /// Where it answers over HTTP; at least one.
    pub endpoints: Vec<SecretUrl>,
    /// Where it announces heads over WebSocket.
    pub ws: Vec<SecretUrl>,
    /// What the account allows.
    pub rate_limit: Quota,
    /// How much it is preferred: the factor of its score.
    pub weight: f64,
    /// Whether answers are asked for compressed.
    pub compression: Compression,
    /// What to do with an address that does not encrypt and is not on this machine.
    pub plain_http: PlainHttp,
    /// How many nodes answer at its endpoints.
    pub backends: Backends,
    /// What every request to it says beside its address.
    pub headers: SecretHeaders,
    /// Whose word alone is taken for it; without one, that of the system's authorities.
    pub authority: Option<Authority>,
}

impl Provider {
    pub(super) fn from_raw(raw: RawProvider, folder: &Path) -> Option<Self> {
        let operator = raw.operated_by()?;
        let (headers, authority) = (headers(&raw).ok()?, authority(&raw, folder).transpose().ok()?);
        let endpoints: Vec<SecretUrl> =
            raw.endpoints.into_inner().into_iter().map(|url| url.into_inner().0).collect();
        let per_second = raw.rate_limit.per_second.into_inner();
        let burst = raw.rate_limit.burst.map(|burst| burst.into_inner());
        Some(Self {
            name: raw.name?.into_inner().0,
            operator,
            endpoints,
            ws: raw.ws.into_iter().map(|url| url.into_inner().0).collect(),
            rate_limit: Quota { rate_per_s: per_second, burst: burst.map_or(usual_burst(per_second), whole) },
            weight: raw.weight.into_inner(),
            compression: raw.compression.into_inner(),
            plain_http: raw.plain_http.into_inner(),
            backends: if raw.load_balanced.into_inner() { Backends::Many } else { Backends::One },
            headers,
            authority,
        })
    }

    /// The network as this provider wants to be asked over it.
    pub fn over(&self, network: &NetworkConnector) -> NetworkConnector {
        let network = network.with(self.plain_http, self.compression);
        network.saying(self.headers.clone()).trusting(self.authority.clone())
    }
}

/// The headers, or what is wrong with the first that is none.
pub(super) fn headers(raw: &RawProvider) -> Result<SecretHeaders, (Span, NotAHeader)> {
    let mut headers = SecretHeaders::default();
    for header in &raw.headers {
        let added = headers.add(header.name.get_ref(), header.value.get_ref().expose_secret());
        added.map_err(|why| (header.name.span(), why))?;
    }
    Ok(headers)
}

/// What `ca_file` holds, if there is one.
pub(super) fn authority(raw: &RawProvider, folder: &Path) -> Option<Result<Authority, NotAnAuthority>> {
    raw.ca_file.as_ref().map(|path| Authority::read(&folder.join(path.get_ref())))
}

/// Two seconds' worth, at the least one request.
fn usual_burst(per_second: f64) -> f64 {
    (2.0 * per_second).max(1.0)
}

#[allow(clippy::cast_precision_loss, reason = "a burst is far below 2^52")]
fn whole(burst: u64) -> f64 {
    burst as f64
}
