//! Who a simulated provider is on a good day.

use std::time::Duration;

/// A provider without faults.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Profile {
    /// Its name, and the first label of its address.
    pub name: String,
    /// Who runs it: two providers of one operator are one vote.
    pub operator: String,
    /// From request to answer.
    pub latency: Duration,
    /// The most that chance adds to the latency.
    pub jitter: Duration,
    /// How long after it was made it sees a block.
    pub propagation: Duration,
    /// Blocks that it is always behind.
    pub lag: u64,
    /// The most requests in one batch; more are refused.
    pub batch_limit: usize,
    /// Requests that it takes in a second; without, any number.
    pub requests_per_second: Option<u32>,
}

impl Profile {
    /// A good provider: 20 ms away, five more by chance, and blocks reach it within 50 ms.
    pub fn of(name: &str, operator: &str) -> Self {
        Self {
            name: name.to_owned(),
            operator: operator.to_owned(),
            latency: Duration::from_millis(20),
            jitter: Duration::from_millis(5),
            propagation: Duration::from_millis(50),
            lag: 0,
            batch_limit: 100,
            requests_per_second: None,
        }
    }

    /// Its host name in memory.
    pub fn host(&self) -> String {
        format!("{}.sim", self.name)
    }

    /// Its HTTP address in memory.
    pub fn http_url(&self) -> String {
        format!("http://{}/", self.host())
    }

    /// Its WebSocket address in memory.
    pub fn websocket_url(&self) -> String {
        format!("ws://{}/", self.host())
    }
}
