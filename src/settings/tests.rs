//! The configuration as its users meet it.

mod mistakes;
mod places;
mod sample;
mod secrets;

use std::path::Path;

use super::overrides::Environment;
use super::sink::SinkFault;
use super::{Loaded, Mistake, Refused};

/// Three operators, one sink: nothing to find fault with.
const SOUND: &str = r#"
data_dir = "data"
[http]
listen = "127.0.0.1:8383"
[[chains]]
name = "ethereum"
chain_id = "eip155:1"
[chains.health]
probe_interval = "15s"
[[chains.providers]]
name = "alchemy"
endpoints = ["https://eth-mainnet.g.alchemy.com/v2/k3y"]
ws = ["wss://eth-mainnet.g.alchemy.com/v2/k3y"]
rate_limit = { per_second = 25, burst = 50 }
[[chains.providers]]
name = "drpc"
endpoints = ["https://eth.drpc.org"]
[[chains.providers]]
name = "own"
operator = "we"
endpoints = ["http://127.0.0.1:8545"]
[[sinks]]
name = "archive"
kind = "file"
path = "blocks.jsonl"
"#;

fn check_sink(kind: &str, table: &toml::Table) -> Result<(), SinkFault> {
    let fault = |key: &str, message: String| Err(SinkFault { message, key: Some(key.into()) });
    if !["console", "file", "sqlite"].contains(&kind) {
        return fault("kind", format!("{kind:?} is no kind of sink; there are console, file, sqlite"));
    }
    match table.keys().find(|key| !["path", "depth"].contains(&key.as_str())) {
        Some(key) => fault(key, format!("unknown field `{key}`, expected `path` or `depth`")),
        None => match table.get("depth") {
            Some(toml::Value::String(text)) => {
                fault("depth", format!("invalid type: string {text:?}, expected u64"))
            }
            _ => Ok(()),
        },
    }
}

fn parse(text: &str) -> Result<Loaded, Refused> {
    parse_with(text, &[])
}

fn parse_with(text: &str, environment: &[(&str, &str)]) -> Result<Loaded, Refused> {
    let own = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    let environment: Environment = environment.iter().map(own).collect();
    super::parse(Path::new("/etc/blocktap/Settings.toml"), text, &environment, &check_sink)
}

/// The sound configuration with one piece exchanged.
fn with(from: &str, to: &str) -> String {
    assert!(SOUND.contains(from), "{from}");
    SOUND.replacen(from, to, 1)
}

/// A mistake as a person sees it, without colours.
fn shown(mistake: &Mistake) -> String {
    let handler = miette::GraphicalReportHandler::new_themed(miette::GraphicalTheme::unicode_nocolor());
    let mut text = String::new();
    handler.render_report(&mut text, mistake).unwrap();
    text
}
