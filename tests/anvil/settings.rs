//! The configuration of a test's daemon.

use std::fmt::Write;
use std::net::SocketAddr;

/// One provider of it.
pub struct Provider {
    /// Its name; its operator is called the same, with `-inc` behind it.
    pub name: &'static str,
    /// Where it answers.
    pub http: SocketAddr,
    /// Where it announces heads.
    pub socket: Option<SocketAddr>,
    /// How much it is preferred.
    pub weight: f64,
}

/// The whole file: the chain from its genesis block on, with receipts, into every kind of sink.
pub fn text(providers: &[Provider], port: u16) -> String {
    let mut text = format!(
        r#"data_dir = "data"
http.listen = "127.0.0.1:{port}"
log.level = "info,blocktap=debug"
[[sinks]]
name = "console"
kind = "console"
[[sinks]]
name = "archive"
kind = "sqlite"
path = "sinks/blocks.db"
[[sinks]]
name = "file"
kind = "file"
path = "sinks/blocks.jsonl"
[[chains]]
name = "anvil"
chain_id = "eip155:31337"
start = "0"
receipts = true
block_time = "100ms"
health.probe_interval = "2s"
"#
    );
    for Provider { name, http, socket, weight } in providers {
        let socket = socket.map_or(String::new(), |socket| format!("\"ws://{socket}\""));
        write!(
            text,
            r#"[[chains.providers]]
name = "{name}"
operator = "{name}-inc"
endpoints = ["http://{http}"]
ws = [{socket}]
weight = {weight:?}
rate_limit = {{ per_second = 1000.0, burst = 1000 }}
"#
        )
        .expect("a text takes everything");
    }
    text
}
