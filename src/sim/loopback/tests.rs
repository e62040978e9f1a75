use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use serde_json::{Value, json};

use super::Loopback;
use crate::chain::error::ChainError;
use crate::chain::jsonrpc::response;
use crate::chain::network::{Compression, NetworkConnector, PlainHttp};
use crate::chain::secret_url::SecretUrl;
use crate::chain::transport::{Connector, Limits, Socket, SocketTransport, Transport};
use crate::core::class::Class;
use crate::sim::corruption::Corruption;
use crate::sim::fleet::Fleet;
use crate::sim::frames::Frames;
use crate::sim::genesis::Genesis;
use crate::sim::memory::SimConnector;
use crate::sim::profile::Profile;
use crate::sim::provider::Provider;
use crate::sim::symptom::{BatchTrouble, Garbage, Refusal, Symptom, Unknown};
use crate::sim::wire::Wire;
use crate::sim::world::World;

/// Long enough for a busy machine to answer, short enough to wait for a provider that stalls.
const LIMITS: Limits = Limits { deadline: Duration::from_secs(3), max_bytes: 1 << 20 };
const CONNECT: Duration = Duration::from_secs(3);

/// One provider, in memory and on the network.
struct Both {
    provider: Provider,
    memory: Arc<dyn Transport>,
    network: Arc<dyn Transport>,
    socket: Arc<dyn SocketTransport>,
    _loopback: Loopback,
}

async fn both() -> Both {
    let world = World::grown_from(Genesis { premined: 30, ..Genesis::default() });
    let near =
        Profile { latency: Duration::ZERO, jitter: Duration::ZERO, ..Profile::of("alpha", "northwind") };
    let fleet = Fleet::new(world, [near]);
    let provider = fleet.provider("alpha").unwrap().clone();
    let loopback = Loopback::listen(&fleet).await.unwrap();
    let parse = |url: String| url.parse::<SecretUrl>().unwrap();
    let network = NetworkConnector::new(PlainHttp::Refused, Compression::Gzip);
    Both {
        memory: SimConnector::new(fleet).http(&parse(provider.profile().http_url())).unwrap(),
        network: network.http(&parse(loopback.http_url("alpha").unwrap())).unwrap(),
        socket: network.socket(&parse(loopback.websocket_url("alpha").unwrap())).unwrap(),
        provider,
        _loopback: loopback,
    }
}

fn request(method: &str, params: Value) -> Bytes {
    json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params }).to_string().into()
}

fn requests() -> Vec<Bytes> {
    vec![
        request("eth_chainId", json!([])),
        request("eth_getBlockByNumber", json!(["latest", true])),
        request("eth_getBlockByNumber", json!(["finalized", false])),
        request("eth_getBlockReceipts", json!(["0x8"])),
        Bytes::from_static(br#"[{"id":1,"method":"eth_chainId"},{"id":2,"method":"eth_blockNumber"}]"#),
        Bytes::from_static(b"no json"),
    ]
}

/// What a caller acts on: the body, or the class of the error.
fn outcome(result: Result<Bytes, ChainError>) -> Result<Bytes, Class> {
    result.map_err(|error| error.class)
}

#[tokio::test]
async fn memory_and_network_answer_alike() {
    let both = both().await;
    let limit =
        |refusal| Symptom::RateLimit { per_second: 0, retry_after: Some(Duration::from_secs(2)), refusal };
    let symptoms = [
        None,
        Some(Symptom::Drop),
        Some(Symptom::Die),
        Some(Symptom::HttpStatus(503)),
        Some(Symptom::HttpStatus(401)),
        Some(limit(Refusal::Status)),
        Some(limit(Refusal::Body)),
        Some(Symptom::Garbage(Garbage::Html)),
        Some(Symptom::Garbage(Garbage::Plain)),
        Some(Symptom::Garbage(Garbage::Empty)),
        Some(Symptom::Garbage(Garbage::Truncated)),
        Some(Symptom::Lag(3)),
        Some(Symptom::NullFor { newest: 2 }),
        Some(Symptom::Corrupt(Corruption::HeaderHash)),
        Some(Symptom::FinalityUnknown(Unknown::Code32000)),
        Some(Symptom::Batch(BatchTrouble::Reset)),
        Some(Symptom::WrongChain(9)),
    ];
    for symptom in symptoms {
        both.provider.heal();
        symptom.iter().for_each(|symptom| both.provider.inflict(symptom.clone()));
        for body in requests() {
            let memory = outcome(both.memory.post(body.clone(), LIMITS).await);
            let network = outcome(both.network.post(body.clone(), LIMITS).await);
            assert_eq!(memory, network, "{symptom:?} {body:?}");
        }
    }
}

/// Everything that can befall an answer on its way, except what never ends.
fn wires() -> Vec<Wire> {
    let to = "http://elsewhere.invalid/".to_owned();
    vec![
        Wire::ResetInBody,
        Wire::CloseWhenReused,
        Wire::CutLength,
        Wire::CutChunk,
        Wire::CutUnmarked,
        Wire::CutGzip,
        Wire::CutGzipTrailer,
        Wire::HalfLength,
        Wire::FalseEncoding,
        Wire::GzipBomb,
        Wire::Endless,
        Wire::EndlessHead,
        Wire::Redirect { status: 307, to },
        Wire::ContentType("text/plain"),
        Wire::ContentType(""),
    ]
}

#[tokio::test]
async fn memory_tells_what_becomes_of_an_answer_on_its_way() {
    let both = both().await;
    let body = request("eth_getBlockByNumber", json!(["latest", true]));
    let read = |answer: Result<Bytes, ChainError>| {
        answer.and_then(|body| response::decode(&body, 1)).map(|_| "whole").map_err(|error| error.class)
    };
    for wire in wires() {
        both.provider.inflict(Symptom::Wire(wire.clone()));
        for _ in 0..2 {
            let memory = read(both.memory.post(body.clone(), LIMITS).await);
            let network = read(both.network.post(body.clone(), LIMITS).await);
            assert_eq!(memory, network, "{wire}");
        }
        both.provider.heal();
    }
}

#[tokio::test]
async fn what_drips_does_not_end() {
    let both = both().await;
    let short = Limits { deadline: Duration::from_millis(300), ..LIMITS };
    for wire in [Wire::DripHead, Wire::DripBody] {
        both.provider.inflict(Symptom::Wire(wire));
        let result = both.network.post(request("eth_chainId", json!([])), short).await;
        assert_eq!(result, Err(ChainError::transient("no whole answer within 300ms")));
    }
}

#[tokio::test]
async fn frames_are_announced_as_they_should_not_be() {
    let both = both().await;
    let mut socket = subscribed(&both).await;
    both.provider.inflict(Symptom::Frames(Frames::Binary));
    both.provider.world().mine(1);
    let head: Value = serde_json::from_slice(&socket.receive().await.unwrap()).unwrap();
    assert_eq!(head["params"]["result"]["number"], "0x1f");
    both.provider.inflict(Symptom::OversizedHeads);
    both.provider.world().mine(1);
    assert_eq!(socket.receive().await.unwrap_err().class, Class::Split);
    both.provider.heal();
    let mut socket = subscribed(&both).await;
    both.provider.inflict(Symptom::Frames(Frames::Abrupt));
    assert_eq!(socket.receive().await.unwrap_err().class, Class::Transient);
}

#[tokio::test]
async fn who_stalls_keeps_the_connection_and_says_nothing() {
    let both = both().await;
    both.provider.inflict(Symptom::Stall);
    let short = Limits { deadline: Duration::from_millis(200), ..LIMITS };
    let result = both.network.post(request("eth_chainId", json!([])), short).await;
    assert_eq!(outcome(result), Err(Class::Transient));
}

#[tokio::test]
async fn who_dies_in_the_middle_of_a_request_resets_it() {
    let both = both().await;
    both.provider.inflict(Symptom::Latency(Duration::from_secs(3600)));
    let network = both.network.clone();
    let patient = Limits { deadline: Duration::from_secs(600), ..LIMITS };
    let pending = tokio::spawn(async move { network.post(request("eth_chainId", json!([])), patient).await });
    while both.provider.requests() == 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    both.provider.inflict(Symptom::Die);
    assert_eq!(outcome(pending.await.unwrap()), Err(Class::Transient));
    both.provider.heal();
    assert!(both.network.post(request("eth_chainId", json!([])), LIMITS).await.is_ok());
}

async fn subscribed(both: &Both) -> Box<dyn Socket> {
    let mut socket = both.socket.connect(CONNECT).await.unwrap();
    socket.send(request("eth_subscribe", json!(["newHeads"]))).await.unwrap();
    let answer: Value = serde_json::from_slice(&socket.receive().await.unwrap()).unwrap();
    assert_eq!(answer["result"], "0x1000");
    socket
}

#[tokio::test]
async fn subscribers_hear_of_new_blocks_and_of_the_end() {
    let both = both().await;
    let mut socket = subscribed(&both).await;
    both.provider.world().mine(3);
    for expected in ["0x1f", "0x20", "0x21"] {
        let head: Value = serde_json::from_slice(&socket.receive().await.unwrap()).unwrap();
        assert_eq!(head["params"]["result"]["number"], expected);
    }
    both.provider.inflict(Symptom::Die);
    assert_eq!(socket.receive().await.unwrap_err().class, Class::Transient);
    assert!(both.socket.connect(CONNECT).await.is_err());
    both.provider.heal();
    subscribed(&both).await;
}

#[tokio::test]
async fn a_socket_answers_questions_too() {
    let both = both().await;
    let mut socket = both.socket.connect(CONNECT).await.unwrap();
    socket.send(request("eth_chainId", json!([]))).await.unwrap();
    let answer: Value = serde_json::from_slice(&socket.receive().await.unwrap()).unwrap();
    assert_eq!(answer["result"], "0x539");
}
