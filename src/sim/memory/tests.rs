use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use serde_json::{Value, json};

use super::{Nobody, SimConnector, SimTransport};
use crate::chain::error::ChainError;
use crate::chain::transport::{Limits, SocketTransport, Transport};
use crate::core::class::Class;
use crate::sim::fleet::Fleet;
use crate::sim::genesis::Genesis;
use crate::sim::symptom::{Refusal, Symptom};
use crate::sim::world::World;

const LIMITS: Limits = Limits { deadline: Duration::from_secs(5), max_bytes: 1 << 20 };

fn fleet() -> Fleet {
    Fleet::of_five(World::grown_from(Genesis { premined: 30, ..Genesis::default() }))
}

fn alpha(fleet: &Fleet) -> SimTransport {
    SimTransport { provider: fleet.provider("alpha").unwrap().clone(), watcher: Arc::new(Nobody) }
}

fn request(method: &str, params: Value) -> Bytes {
    json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params }).to_string().into()
}

async fn chain_id(transport: &SimTransport, limits: Limits) -> Result<Value, ChainError> {
    let body = transport.post(request("eth_chainId", json!([])), limits).await?;
    Ok(serde_json::from_slice(&body).unwrap())
}

#[tokio::test(start_paused = true)]
async fn faults_end_in_the_class_that_a_real_socket_gives() {
    let fleet = fleet();
    let alpha = alpha(&fleet);
    assert_eq!(chain_id(&alpha, LIMITS).await.unwrap()["result"], "0x539");
    let wait = Some(Duration::from_secs(3));
    let limit = Symptom::RateLimit { per_second: 0, retry_after: wait, refusal: Refusal::Status };
    for (symptom, class) in [
        (Symptom::Stall, Class::Transient),
        (Symptom::Die, Class::Transient),
        (Symptom::Drop, Class::Transient),
        (Symptom::Latency(Duration::from_secs(9)), Class::Transient),
        (Symptom::HttpStatus(502), Class::Transient),
        (limit, Class::RateLimited { retry_after: wait }),
    ] {
        alpha.provider.inflict(symptom.clone());
        assert_eq!(chain_id(&alpha, LIMITS).await.unwrap_err().class, class, "{symptom}");
        alpha.provider.heal();
    }
    let narrow = Limits { max_bytes: 10, ..LIMITS };
    assert_eq!(chain_id(&alpha, narrow).await.unwrap_err().class, Class::Split);
}

#[tokio::test(start_paused = true)]
async fn a_silent_provider_costs_the_deadline_and_no_more() {
    let fleet = fleet();
    let alpha = alpha(&fleet);
    alpha.provider.inflict(Symptom::Stall);
    let before = fleet.world().now();
    assert!(chain_id(&alpha, LIMITS).await.is_err());
    assert_eq!(fleet.world().now().since(before), LIMITS.deadline);
}

async fn subscribed(transport: &SimTransport) -> Box<dyn crate::chain::transport::Socket> {
    let mut socket = transport.connect(Duration::from_secs(5)).await.unwrap();
    socket.send(request("eth_subscribe", json!(["newHeads"]))).await.unwrap();
    let answer: Value = serde_json::from_slice(&socket.receive().await.unwrap()).unwrap();
    assert_eq!(answer["result"], "0x1000");
    socket
}

fn number(message: &[u8]) -> Value {
    let message: Value = serde_json::from_slice(message).unwrap();
    message["params"]["result"]["number"].clone()
}

#[tokio::test(start_paused = true)]
async fn subscribers_hear_of_every_new_block() {
    let fleet = fleet();
    let mut socket = subscribed(&alpha(&fleet)).await;
    let mining = tokio::spawn(fleet.world().clone().mine_every(Duration::from_secs(2)));
    for expected in 31..40 {
        assert_eq!(number(&socket.receive().await.unwrap()), format!("{expected:#x}"));
    }
    mining.abort();
    fleet.world().reorg(2);
    let mut branch = Vec::new();
    for _ in 0..3 {
        branch.push(number(&socket.receive().await.unwrap()));
    }
    assert_eq!(branch, ["0x26", "0x27", "0x28"]);
}

#[tokio::test(start_paused = true)]
async fn giving_up_a_wait_loses_no_head() {
    let fleet = fleet();
    let mut socket = subscribed(&alpha(&fleet)).await;
    let mining = tokio::spawn(fleet.world().clone().mine_every(Duration::from_secs(2)));
    let mut heard = Vec::new();
    while heard.len() < 5 {
        let step = Duration::from_millis(7);
        if let Ok(message) = tokio::time::timeout(step, socket.receive()).await {
            heard.push(number(&message.unwrap()));
        }
    }
    mining.abort();
    assert_eq!(heard, ["0x1f", "0x20", "0x21", "0x22", "0x23"]);
}

#[tokio::test(start_paused = true)]
async fn sockets_end_with_their_provider_or_fall_silent() {
    let fleet = fleet();
    let alpha = alpha(&fleet);
    let mut socket = subscribed(&alpha).await;
    alpha.provider.inflict(Symptom::Die);
    assert_eq!(socket.receive().await.unwrap_err().class, Class::Transient);
    assert!(alpha.connect(Duration::from_secs(5)).await.is_err());
    alpha.provider.heal();
    let mut socket = subscribed(&alpha).await;
    alpha.provider.inflict(Symptom::SilentWebSocket);
    fleet.world().step();
    let silence = tokio::time::timeout(Duration::from_secs(3600), socket.receive()).await;
    assert!(silence.is_err(), "nothing in an hour");
    alpha.provider.inflict(Symptom::DeafWebSocket);
    assert!(socket.receive().await.unwrap_err().message.contains("keep-alive"));
}

#[tokio::test(start_paused = true)]
async fn heads_can_come_twice_or_be_skipped() {
    let fleet = fleet();
    let alpha = alpha(&fleet);
    let mut socket = subscribed(&alpha).await;
    alpha.provider.inflict(Symptom::DuplicateHeads);
    fleet.world().step();
    let twice = [socket.receive().await.unwrap(), socket.receive().await.unwrap()];
    assert_eq!(twice[0], twice[1]);
    alpha.provider.heal();
    alpha.provider.inflict(Symptom::SkipHeads);
    fleet.world().mine(3);
    assert_eq!(number(&socket.receive().await.unwrap()), "0x22");
}

#[tokio::test]
async fn every_provider_has_an_address() {
    let connector: Arc<SimConnector> = Arc::new(SimConnector::new(fleet()));
    for provider in connector.fleet.providers() {
        let url = provider.profile().http_url().parse().unwrap();
        assert_eq!(connector.provider(&url).unwrap().profile().name, provider.profile().name);
    }
    let nobody = connector.provider(&"http://nobody.sim/".parse().unwrap());
    assert_eq!(nobody.unwrap_err().class, Class::Config);
}
