use std::time::Duration;

use serde_json::{Value, json};

use super::{Provider, SocketManner};
use crate::core::numbers::Height;
use crate::sim::corruption::{Corruption, Subject};
use crate::sim::fleet::Fleet;
use crate::sim::genesis::Genesis;
use crate::sim::reply::{HttpAnswer, Reply};
use crate::sim::symptom::{BatchTrouble, Garbage, Refusal, Symptom, Unknown};
use crate::sim::view::Fork;
use crate::sim::world::World;

/// Thirty blocks, and a fleet that sees all of them.
fn fleet() -> Fleet {
    Fleet::of_five(World::grown_from(Genesis { premined: 30, ..Genesis::default() }))
}

fn alpha() -> Provider {
    fleet().provider("alpha").unwrap().clone()
}

fn request(method: &str, params: Value) -> Vec<u8> {
    json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params }).to_string().into_bytes()
}

fn answer(provider: &Provider, method: &str, params: Value) -> HttpAnswer {
    match provider.serve(&request(method, params)).reply {
        Reply::Answer(answer) => answer,
        other => panic!("{other:?}"),
    }
}

fn ask(provider: &Provider, method: &str, params: Value) -> Value {
    serde_json::from_slice(&answer(provider, method, params).body).unwrap()
}

fn block(provider: &Provider, which: impl Into<Value>) -> Value {
    ask(provider, "eth_getBlockByNumber", json!([which.into(), false]))["result"].clone()
}

fn canonical_hash(provider: &Provider, height: u64) -> Value {
    provider.world().block_at(Height(height)).unwrap().hash().to_string().into()
}

#[tokio::test]
async fn a_good_provider_tells_the_chain_as_it_is() {
    let alpha = alpha();
    assert_eq!(ask(&alpha, "eth_chainId", json!([]))["result"], "0x539");
    assert_eq!(ask(&alpha, "eth_blockNumber", json!([]))["result"], "0x1e");
    for (tag, height) in [("latest", 30), ("safe", 22), ("finalized", 14), ("0x0", 0), ("0x7", 7)] {
        assert_eq!(block(&alpha, tag)["hash"], canonical_hash(&alpha, height), "{tag}");
    }
    assert_eq!(block(&alpha, "0x1f"), Value::Null);
    let by_hash = ask(&alpha, "eth_getBlockByHash", json!([canonical_hash(&alpha, 9), true]));
    assert_eq!(by_hash["result"]["number"], "0x9");
    assert_eq!(
        ask(&alpha, "eth_getBlockByHash", json!([format!("0x{:064x}", 1), true]))["result"],
        Value::Null
    );
    assert_eq!(ask(&alpha, "eth_mining", json!([]))["error"]["code"], -32601);
}

#[tokio::test]
async fn orphans_are_still_told_by_hash() {
    let alpha = alpha();
    let orphan = canonical_hash(&alpha, 30);
    alpha.world().reorg(2);
    assert_ne!(canonical_hash(&alpha, 30), orphan);
    assert_eq!(ask(&alpha, "eth_getBlockByHash", json!([orphan, false]))["result"]["number"], "0x1e");
}

#[tokio::test]
async fn who_is_gone_resets_and_who_stalls_is_silent() {
    for (symptom, reply) in
        [(Symptom::Die, Reply::Reset), (Symptom::Drop, Reply::Reset), (Symptom::Stall, Reply::Silence)]
    {
        let alpha = alpha();
        alpha.inflict(symptom);
        assert_eq!(alpha.serve(&request("eth_chainId", json!([]))).reply, reply);
        alpha.heal();
        assert_eq!(ask(&alpha, "eth_chainId", json!([]))["result"], "0x539");
    }
}

#[tokio::test]
async fn latency_adds_up() {
    let alpha = alpha();
    alpha.inflict(Symptom::Latency(Duration::from_secs(2)));
    alpha.inflict(Symptom::Latency(Duration::from_secs(3)));
    let after = alpha.serve(&request("eth_chainId", json!([]))).after;
    assert!(after >= Duration::from_secs(5) && after < Duration::from_secs(6));
}

#[tokio::test(start_paused = true)]
async fn a_flapping_provider_is_down_every_other_period() {
    let alpha = alpha();
    alpha.inflict(Symptom::Flap { period: Duration::from_secs(10) });
    let mut down = Vec::new();
    for _ in 0..4 {
        down.push(alpha.is_down());
        tokio::time::sleep(Duration::from_secs(10)).await;
    }
    assert_eq!(down, [true, false, true, false]);
}

#[tokio::test]
async fn what_is_not_json_rpc_is_told_apart() {
    let alpha = alpha();
    let body = |symptom| {
        alpha.heal();
        alpha.inflict(symptom);
        answer(&alpha, "eth_chainId", json!([]))
    };
    assert_eq!(body(Symptom::HttpStatus(503)).status, 503);
    assert!(body(Symptom::Garbage(Garbage::Html)).body.starts_with(b"<"));
    assert!(body(Symptom::Garbage(Garbage::Plain)).body.starts_with(b"invalid"));
    assert!(body(Symptom::Garbage(Garbage::Empty)).body.is_empty());
    let truncated = body(Symptom::Garbage(Garbage::Truncated)).body;
    assert!(truncated.starts_with(b"{\"jsonrpc") && serde_json::from_slice::<Value>(&truncated).is_err());
}

#[tokio::test(start_paused = true)]
async fn a_limit_refuses_in_the_status_or_in_the_body() {
    let alpha = alpha();
    let wait = Some(Duration::from_secs(7));
    alpha.inflict(Symptom::RateLimit { per_second: 2, retry_after: wait, refusal: Refusal::Status });
    let status: Vec<u16> = (0..3).map(|_| answer(&alpha, "eth_chainId", json!([])).status).collect();
    assert_eq!(status, [200, 200, 429]);
    assert_eq!(answer(&alpha, "eth_chainId", json!([])).retry_after_s(), Some(7));
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(answer(&alpha, "eth_chainId", json!([])).status, 200);
    alpha.inflict(Symptom::RateLimit { per_second: 0, retry_after: wait, refusal: Refusal::Body });
    let error = ask(&alpha, "eth_chainId", json!([]))["error"].clone();
    assert_eq!((&error["code"], &error["data"]["rate"]["backoff_seconds"]), (&json!(-32005), &json!(7)));
}

#[tokio::test]
async fn who_lags_or_stands_still_sees_an_older_head() {
    let alpha = alpha();
    alpha.inflict(Symptom::Lag(4));
    assert_eq!(block(&alpha, "latest")["hash"], canonical_hash(&alpha, 26));
    assert_eq!(block(&alpha, "0x1b"), Value::Null);
    assert_eq!(block(&alpha, "finalized")["hash"], canonical_hash(&alpha, 10));
}

#[tokio::test(start_paused = true)]
async fn who_stands_still_misses_what_comes() {
    let alpha = alpha();
    alpha.inflict(Symptom::Freeze);
    tokio::time::sleep(Duration::from_secs(1)).await;
    alpha.world().step();
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(ask(&alpha, "eth_blockNumber", json!([]))["result"], "0x1e");
    alpha.heal();
    assert_eq!(ask(&alpha, "eth_blockNumber", json!([]))["result"], "0x1f");
}

#[tokio::test]
async fn announced_blocks_can_be_missing() {
    let alpha = alpha();
    alpha.inflict(Symptom::NullFor { newest: 2 });
    assert_eq!(ask(&alpha, "eth_blockNumber", json!([]))["result"], "0x1e");
    assert_eq!((block(&alpha, "0x1e"), block(&alpha, "0x1d")), (Value::Null, Value::Null));
    assert_eq!(block(&alpha, "0x1c")["hash"], canonical_hash(&alpha, 28));
    alpha.inflict(Symptom::Leap(1000));
    assert_eq!(ask(&alpha, "eth_blockNumber", json!([]))["result"], "0x406");
    alpha.inflict(Symptom::Syncing);
    assert_eq!(block(&alpha, "latest"), Value::Null);
}

#[tokio::test]
async fn a_fork_can_be_shared_and_a_lie_cannot() {
    let fleet = fleet();
    let [alpha, bravo, charlie] = ["alpha", "bravo", "charlie"].map(|name| fleet.provider(name).unwrap());
    let fork = Fork { from: Height(25), branch: 7 };
    alpha.inflict(Symptom::ForkAt(fork));
    bravo.inflict(Symptom::ForkAt(fork));
    charlie.inflict(Symptom::LieFrom(Height(25)));
    let head = |provider: &Provider| block(provider, "latest")["hash"].clone();
    assert_eq!(head(alpha), head(bravo));
    assert_ne!(head(alpha), head(charlie));
    assert_ne!(head(alpha), canonical_hash(alpha, 30));
    assert_eq!(block(alpha, "0x18")["hash"], canonical_hash(alpha, 24));
    let theirs = ask(bravo, "eth_getBlockByHash", json!([head(charlie), false]));
    assert_eq!(theirs["result"], Value::Null);
    let links = (25..=30).map(|height| block(alpha, format!("{height:#x}"))).collect::<Vec<_>>();
    assert!(links.windows(2).all(|pair| pair[1]["parentHash"] == pair[0]["hash"]));
}

#[tokio::test]
async fn finality_can_be_unknown_or_go_back() {
    let alpha = alpha();
    alpha.inflict(Symptom::FinalityBack(3));
    assert_eq!(block(&alpha, "finalized")["hash"], canonical_hash(&alpha, 11));
    alpha.inflict(Symptom::FinalityUnknown(Unknown::Null));
    assert_eq!(block(&alpha, "finalized"), Value::Null);
    alpha.inflict(Symptom::FinalityUnknown(Unknown::Code39001));
    assert_eq!(ask(&alpha, "eth_getBlockByNumber", json!(["safe", false]))["error"]["code"], -39001);
}

#[tokio::test]
async fn other_answers_can_stand_in() {
    let alpha = alpha();
    alpha.inflict(Symptom::WrongChain(5));
    assert_eq!(ask(&alpha, "eth_chainId", json!([]))["result"], "0x5");
    alpha.inflict(Symptom::Unsupported("eth_getBlockReceipts".into()));
    assert_eq!(ask(&alpha, "eth_getBlockReceipts", json!(["latest"]))["error"]["code"], -32601);
    alpha.inflict(Symptom::RpcError { code: -32000, message: "header not found".into(), data: None });
    assert_eq!(ask(&alpha, "eth_chainId", json!([]))["error"]["message"], "header not found");
}

#[tokio::test]
async fn every_corruption_changes_its_subject_and_nothing_else() {
    let alpha = alpha();
    let full = |height| alpha.world().block_at(Height(height)).unwrap();
    let rich = (1..=30).map(full).find(|block| {
        let body = block.body();
        let logged = body.receipts.iter().any(|receipt| !receipt.logs.is_empty());
        body.transactions.len() > 1 && !body.withdrawals.is_empty() && logged
    });
    let rich = rich.unwrap();
    let number = format!("{:#x}", rich.number());
    let told = || {
        let block = ask(&alpha, "eth_getBlockByNumber", json!([number, true]))["result"].clone();
        (block, ask(&alpha, "eth_getBlockReceipts", json!([number]))["result"].clone())
    };
    let honest = told();
    for corruption in Corruption::ALL {
        alpha.heal();
        alpha.inflict(Symptom::Corrupt(corruption));
        let corrupt = told();
        let is_block = corruption.subject() == Subject::Block;
        assert_eq!(corrupt.0 != honest.0, is_block, "{corruption:?}");
        assert_eq!(corrupt.1 != honest.1, !is_block, "{corruption:?}");
    }
}

#[tokio::test]
async fn a_batch_is_answered_item_by_item_unless_it_is_mixed_up() {
    let alpha = alpha();
    let batch = br#"[{"id":1,"method":"eth_chainId"},{"id":2,"method":"eth_blockNumber"}]"#;
    let ids = || match alpha.serve(batch).reply {
        Reply::Answer(answer) => {
            let value: Value = serde_json::from_slice(&answer.body).unwrap();
            value.as_array().map(|items| items.iter().map(|item| item["id"].clone()).collect::<Vec<_>>())
        }
        _ => Some(vec![json!("reset")]),
    };
    assert_eq!(ids(), Some(vec![json!(1), json!(2)]));
    for (symptom, expected) in [
        (BatchTrouble::Reordered, Some(vec![json!(2), json!(1)])),
        (BatchTrouble::Incomplete, Some(vec![json!(1)])),
        (BatchTrouble::SingleObject, None),
        (BatchTrouble::Reset, Some(vec![json!("reset")])),
        (BatchTrouble::ForeignIds, Some(vec![json!(1_000_000), json!(1_000_001)])),
    ] {
        alpha.heal();
        alpha.inflict(Symptom::Batch(symptom));
        assert_eq!(ids(), expected, "{symptom:?}");
    }
}

#[tokio::test]
async fn sockets_follow_the_faults() {
    for (symptom, manner) in [
        (Symptom::Lag(1), SocketManner::Telling),
        (Symptom::SilentWebSocket, SocketManner::Silent),
        (Symptom::DeafWebSocket, SocketManner::Deaf),
        (Symptom::Stall, SocketManner::Deaf),
        (Symptom::Die, SocketManner::Closing),
    ] {
        let alpha = alpha();
        alpha.inflict(symptom);
        assert_eq!(alpha.socket_manner(), manner);
    }
}
