//! A running blocktap, asked over its own HTTP interface.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::Path;
use std::time::Duration;

use reqwest::{RequestBuilder, Response};
use secrecy::{ExposeSecret, SecretString};
use url::Url;

use super::arguments::DaemonArguments;
use super::exit::Exit;
use super::load;
use crate::chain::http::client::{Wire, build};
use crate::settings::DEFAULT_PORT;
use crate::sink::registry::Registry;

/// The file that is read if none is named.
const USUAL_FILE: &str = "Settings.toml";

/// Where a process listens whose configuration is not here.
const USUAL_ADDRESS: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), DEFAULT_PORT);

/// The daemon answers for dead actors after half a second, and gives up an order after five; more than this is the network.
const DEADLINE: Duration = Duration::from_secs(10);

/// Whom to ask.
pub struct Daemon {
    /// Where it listens.
    pub address: SocketAddr,
    token: Option<SecretString>,
}

impl Daemon {
    /// The one that the command line names, or that the configuration here describes.
    ///
    /// # Errors
    /// When the configuration cannot be read; what is wrong has been shown.
    pub fn find(arguments: &DaemonArguments, sinks: &Registry) -> Result<Self, Exit> {
        if let Some(address) = arguments.at {
            return Ok(Self { address, token: None });
        }
        let path = match arguments.settings.as_deref() {
            None if !Path::new(USUAL_FILE).exists() => {
                return Ok(Self { address: USUAL_ADDRESS, token: None });
            }
            named => named.unwrap_or(Path::new(USUAL_FILE)),
        };
        let http = load::quietly(path, sinks)?.settings.http;
        Ok(Self { address: reachable(http.listen), token: http.token })
    }

    /// One of its pages.
    ///
    /// # Errors
    /// In words, when the address makes no URL.
    pub fn page(&self, path: &str) -> Result<Url, String> {
        let mut url = Url::parse(&format!("http://{}", self.address)).map_err(|error| error.to_string())?;
        url.set_path(path);
        Ok(url)
    }

    /// Asks for a page.
    ///
    /// # Errors
    /// In words, without address paths or token.
    pub async fn get(&self, url: Url) -> Result<Response, String> {
        let client = build(Wire::Plain, None).map_err(|error| error.message)?;
        self.send(client.get(url)).await
    }

    /// Hands JSON in.
    ///
    /// # Errors
    /// As [`Daemon::get`].
    pub async fn post(&self, url: Url, json: String) -> Result<Response, String> {
        let client = build(Wire::Plain, None).map_err(|error| error.message)?;
        self.send(client.post(url).header("content-type", "application/json").body(json)).await
    }

    async fn send(&self, request: RequestBuilder) -> Result<Response, String> {
        let request = match &self.token {
            Some(token) => request.bearer_auth(token.expose_secret()),
            None => request,
        };
        let answer = request.timeout(DEADLINE).send().await.map_err(|error| self.failed(error))?;
        match answer.status().as_u16() {
            401 => Err(format!("{} wants another token than the configuration's", self.address)),
            _ => Ok(answer),
        }
    }

    /// What a failed exchange means to a person.
    pub fn failed(&self, error: reqwest::Error) -> String {
        match error.is_connect() {
            true => {
                format!("nobody answers on {}; is blocktap running with this configuration?", self.address)
            }
            false => format!("asking {} failed: {}", self.address, error.without_url()),
        }
    }
}

/// Who listens on every address is asked on this machine's own.
fn reachable(mut address: SocketAddr) -> SocketAddr {
    if address.ip().is_unspecified() {
        address.set_ip(match address.ip() {
            IpAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
            IpAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
        });
    }
    address
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_a_path_and_nothing_else() {
        let daemon = Daemon { address: USUAL_ADDRESS, token: None };
        let url = daemon.page("/debug/actors/ethereum/providers/*?x#y").unwrap();
        assert_eq!(url.as_str(), "http://127.0.0.1:8383/debug/actors/ethereum/providers/*%3Fx%23y");
    }

    #[test]
    fn who_listens_everywhere_is_asked_here() {
        assert_eq!(reachable("0.0.0.0:1".parse().unwrap()).to_string(), "127.0.0.1:1");
        assert_eq!(reachable("[::]:1".parse().unwrap()).to_string(), "[::1]:1");
        assert_eq!(reachable("10.0.0.1:1".parse().unwrap()).to_string(), "10.0.0.1:1");
    }
}
