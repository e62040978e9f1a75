use std::collections::VecDeque;
use std::sync::Mutex;

use serde_json::{Value, json};

use super::*;
use crate::chain::evm::header;
use crate::chain::family::Verification;
use crate::core::chain_id::ChainId;

const SOON: Duration = Duration::from_secs(5);

/// A connection that says what it was given, then is gone.
#[derive(Debug, Default)]
struct Scripted(Mutex<VecDeque<Bytes>>);

struct Connection(VecDeque<Bytes>);

#[async_trait]
impl SocketTransport for Scripted {
    async fn connect(&self, _: Duration) -> Result<Box<dyn Socket>, ChainError> {
        Ok(Box::new(Connection(std::mem::take(&mut self.0.lock().unwrap()))))
    }
}

#[async_trait]
impl Socket for Connection {
    async fn send(&mut self, message: Bytes) -> Result<(), ChainError> {
        let request = r#"{"jsonrpc":"2.0","id":1,"method":"eth_subscribe","params":["newHeads"]}"#;
        assert_eq!(message, request);
        Ok(())
    }

    async fn receive(&mut self) -> Result<Bytes, ChainError> {
        self.0.pop_front().ok_or_else(|| ChainError::transient("gone"))
    }
}

async fn subscribed(messages: impl IntoIterator<Item = Value>) -> Result<NewHeads, ChainError> {
    let messages = messages.into_iter().map(|message| message.to_string().into()).collect();
    let profile = Profile::of(&ChainId::evm(1), Verification::Full);
    NewHeads::subscribe(&Scripted(Mutex::new(messages)), profile, SOON).await
}

fn granted() -> Value {
    json!({ "jsonrpc": "2.0", "id": 1, "result": "0xab" })
}

fn head(number: u64) -> Value {
    let header = header::Header { number, ..Default::default() };
    let mut json = serde_json::to_value(&header).unwrap();
    json["hash"] = json!(header.hash());
    json
}

fn announced(subscription: &str, head: &Value) -> Value {
    let params = json!({ "subscription": subscription, "result": head });
    json!({ "jsonrpc": "2.0", "method": "eth_subscription", "params": params })
}

/// The heights announced until the connection is gone.
async fn heights(messages: Vec<Value>) -> Vec<u64> {
    let mut heads = subscribed(messages).await.unwrap();
    let mut heights = Vec::new();
    while let Ok(Announcement::Proved(header) | Announcement::Hint(header)) = heads.next().await {
        heights.push(header.height.0);
    }
    heights
}

#[tokio::test]
async fn heads_come_in_order_and_each_once() {
    let head = |number| announced("0xab", &head(number));
    assert_eq!(heights(vec![granted(), head(1), head(1), head(2), head(1)]).await, [1, 2, 1]);
}

#[tokio::test]
async fn what_is_not_of_the_subscription_is_passed_over() {
    let mut pending = head(3);
    pending["hash"] = Value::Null;
    let messages = vec![
        announced("0xcd", &head(8)),
        granted(),
        announced("0xcd", &head(9)),
        json!({ "id": 7, "result": true }),
        json!("noise"),
        announced("0xab", &pending),
        announced("0xab", &json!({})),
        announced("0xab", &head(4)),
    ];
    assert_eq!(heights(messages).await, [4]);
}

#[tokio::test]
async fn a_head_that_proves_itself_is_told_from_a_hint() {
    let mut forged = head(2);
    forged["timestamp"] = "0x99".into();
    let mut heads =
        subscribed([granted(), announced("0xab", &head(1)), announced("0xab", &forged)]).await.unwrap();
    assert!(matches!(heads.next().await.unwrap(), Announcement::Proved(_)));
    assert!(matches!(heads.next().await.unwrap(), Announcement::Hint(_)));
}

#[tokio::test]
async fn a_refused_subscription_is_a_missing_capability() {
    let refusal = |code: i64, message: &str| json!({ "jsonrpc": "2.0", "id": 1, "error": { "code": code, "message": message } });
    for (answer, class) in [
        (refusal(-32601, "the method eth_subscribe does not exist/is not available"), Class::Capability),
        (refusal(-32602, "unknown subscription"), Class::Capability),
        (refusal(-32603, "oops"), Class::Capability),
        (refusal(429, "slow down"), Class::RateLimited { retry_after: None }),
        (refusal(-32000, "invalid api key"), Class::Config),
        (json!({ "id": 1, "result": null }), Class::Capability),
    ] {
        assert_eq!(subscribed([answer.clone()]).await.err().unwrap().class, class, "{answer}");
    }
}

#[tokio::test]
async fn a_connection_that_breaks_ends_the_heads() {
    assert_eq!(subscribed([]).await.err().unwrap().class, Class::Transient);
    let mut heads = subscribed([granted()]).await.unwrap();
    assert_eq!(heads.next().await.unwrap_err().class, Class::Transient);
}
