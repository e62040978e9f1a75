//! `blocktap observe`

mod readable;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::Path;
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use url::Url;

use super::arguments::ObserveArguments;
use super::exit::Exit;
use super::{load, print, wait};
use crate::chain::http::client::{Encoding, Wire, build};
use crate::settings::DEFAULT_PORT;
use crate::sink::registry::Registry;

/// The file that is read if none is named.
const USUAL_FILE: &str = "Settings.toml";

/// Where a process listens whose configuration is not here.
const USUAL_ADDRESS: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), DEFAULT_PORT);

/// The daemon answers for dead actors after half a second; more than this is the network.
const DEADLINE: Duration = Duration::from_secs(10);

/// Whom to ask.
struct Target {
    address: SocketAddr,
    token: Option<SecretString>,
}

/// Asks the actors of a running process what they are doing.
pub fn observe(arguments: &ObserveArguments, sinks: &Registry) -> Exit {
    let asked = target(arguments, sinks).and_then(|target| wait(ask(&target, &arguments.pattern)));
    match asked {
        Ok(Ok(text)) => show(&text, arguments),
        Ok(Err(text)) => print::failure(&text, Exit::Failed),
        Err(exit) => exit,
    }
}

fn target(arguments: &ObserveArguments, sinks: &Registry) -> Result<Target, Exit> {
    if let Some(address) = arguments.at {
        return Ok(Target { address, token: None });
    }
    let path = match arguments.settings.as_deref() {
        None if !Path::new(USUAL_FILE).exists() => return Ok(Target { address: USUAL_ADDRESS, token: None }),
        named => named.unwrap_or(Path::new(USUAL_FILE)),
    };
    let http = load::quietly(path, sinks)?.settings.http;
    Ok(Target { address: reachable(http.listen), token: http.token })
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

async fn ask(target: &Target, pattern: &str) -> Result<String, String> {
    let failed = |error: reqwest::Error| match error.is_connect() {
        true => format!("nobody answers on {}; is blocktap running with this configuration?", target.address),
        false => format!("asking {} failed: {}", target.address, error.without_url()),
    };
    let client = build(Wire::Plain, Encoding::Identity).map_err(|error| error.message)?;
    let mut request = client.get(address(target.address, pattern)?).timeout(DEADLINE);
    if let Some(token) = &target.token {
        request = request.bearer_auth(token.expose_secret());
    }
    let answer = request.send().await.map_err(failed)?;
    match answer.status().as_u16() {
        200 => answer.text().await.map_err(failed),
        // An empty list says the same, and is shown as such.
        404 => Ok("[]".into()),
        401 | 403 => Err(format!("{} wants another token than the configuration's", target.address)),
        status => Err(format!("{} answers with HTTP status {status}; is it a blocktap?", target.address)),
    }
}

fn address(target: SocketAddr, pattern: &str) -> Result<Url, String> {
    let mut url = Url::parse(&format!("http://{target}/debug/actors")).map_err(|error| error.to_string())?;
    if !pattern.is_empty() {
        url.set_path(&format!("/debug/actors/{pattern}"));
    }
    Ok(url)
}

fn show(text: &str, arguments: &ObserveArguments) -> Exit {
    let Ok(value) = serde_json::from_str::<serde_json::Value>(text) else {
        return print::failure("the answer is no JSON; is it a blocktap?", Exit::Failed);
    };
    if arguments.json {
        print::line(&format!("{value:#}"));
        return Exit::Fine;
    }
    match readable::text(&value) {
        Some(text) => {
            print::line(&text);
            Exit::Fine
        }
        None => print::failure(&format!("no actor's path matches {:?}", arguments.pattern), Exit::Failed),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_is_a_path_and_nothing_else() {
        let url = address("127.0.0.1:8383".parse().unwrap(), "ethereum/providers/*?x#y").unwrap();
        assert_eq!(url.as_str(), "http://127.0.0.1:8383/debug/actors/ethereum/providers/*%3Fx%23y");
    }

    #[test]
    fn who_listens_everywhere_is_asked_here() {
        assert_eq!(reachable("0.0.0.0:1".parse().unwrap()).to_string(), "127.0.0.1:1");
        assert_eq!(reachable("[::]:1".parse().unwrap()).to_string(), "[::1]:1");
        assert_eq!(reachable("10.0.0.1:1".parse().unwrap()).to_string(), "10.0.0.1:1");
    }
}
