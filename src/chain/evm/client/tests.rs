use std::sync::Mutex;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::chain::evm::header;
use crate::chain::family::Verification;
use crate::core::class::Class;
use crate::core::header::BlockRef;

const SOON: Duration = Duration::from_secs(5);

/// Answers each request by a function; `Err` is an error object.
struct Scripted<F> {
    answer: F,
    asked: Mutex<Vec<String>>,
}

impl<F> std::fmt::Debug for Scripted<F> {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("Scripted")
    }
}

#[async_trait]
impl<F: Fn(&str, &Value) -> Result<Value, Value> + Send + Sync> Transport for Scripted<F> {
    async fn post(&self, body: Bytes, _: Limits) -> Result<Bytes, ChainError> {
        self.asked.lock().unwrap().push(String::from_utf8(body.to_vec()).unwrap());
        let one =
            |request: &Value| match (self.answer)(request["method"].as_str().unwrap(), &request["params"]) {
                Ok(result) => json!({ "jsonrpc": "2.0", "id": request["id"], "result": result }),
                Err(error) => json!({ "jsonrpc": "2.0", "id": request["id"], "error": error }),
            };
        let request: Value = serde_json::from_slice(&body).unwrap();
        let answer = match request.as_array() {
            Some(batch) => Value::Array(batch.iter().rev().map(one).collect()),
            None => one(&request),
        };
        Ok(answer.to_string().into())
    }
}

type Script<F> = Arc<Scripted<F>>;

fn client<F>(answer: F) -> (EvmClient, Script<F>)
where
    F: Fn(&str, &Value) -> Result<Value, Value> + Send + Sync + 'static,
{
    let script = Arc::new(Scripted { answer, asked: Mutex::default() });
    let profile = Profile::of(&ChainId::evm(1), Verification::Full);
    (EvmClient::new(Arc::clone(&script) as Arc<dyn Transport>, profile), script)
}

/// A true block without transactions.
fn block(number: u64) -> Value {
    let header = header::Header { number, timestamp: number * 12, ..Default::default() };
    let mut json = serde_json::to_value(&header).unwrap();
    json["hash"] = json!(header.hash());
    json["transactions"] = json!([]);
    json
}

fn named(number: u64) -> BlockRef {
    BlockRef { height: Height(number), hash: block(number)["hash"].as_str().unwrap().parse().unwrap() }
}

/// A provider that has the blocks below 100.
fn honest(method: &str, params: &Value) -> Result<Value, Value> {
    let asked = params[0].as_str().unwrap_or_default();
    let number = match asked {
        "latest" => Some(99),
        "finalized" => return Ok(Value::Null),
        "safe" => return Err(json!({ "code": -39001, "message": "Unknown block" })),
        _ if asked.len() == 66 => (0..100).find(|number| block(*number)["hash"] == asked),
        _ => asked.strip_prefix("0x").and_then(|digits| u64::from_str_radix(digits, 16).ok()),
    };
    let number = number.filter(|number| *number < 100);
    match method {
        "eth_chainId" => Ok("0x1".into()),
        "eth_getBlockReceipts" => Ok(number.map_or(Value::Null, |_| json!([]))),
        _ => Ok(number.map_or(Value::Null, block)),
    }
}

#[tokio::test]
async fn an_endpoint_says_who_it_is_without_a_batch() {
    let (client, script) = client(honest);
    let identity = client.identity(SOON).await.unwrap();
    assert_eq!(identity, Identity { chain_id: ChainId::evm(1), genesis: named(0).hash });
    assert!(script.asked.lock().unwrap().iter().all(|body| body.starts_with('{')));
}

#[tokio::test]
async fn headers_are_found_by_every_key() {
    let (client, _) = client(honest);
    for (key, number) in [(Key::Latest, 99), (Key::Number(Height(7)), 7), (Key::Hash(named(8)), 8)] {
        assert_eq!(client.header(key, SOON).await.unwrap().block(), named(number));
    }
}

#[tokio::test]
async fn what_is_not_there_is_not_yet() {
    let (client, _) = client(honest);
    let unknown = BlockRef { height: Height(5), hash: Hash([9; 32]) };
    for key in [Key::Number(Height(100)), Key::Hash(unknown)] {
        assert_eq!(client.header(key, SOON).await.unwrap_err().class, Class::NotYet);
        assert_eq!(client.block(key, Receipts::With, SOON).await.unwrap_err().class, Class::NotYet);
    }
}

#[tokio::test]
async fn a_finality_tag_that_is_not_there_is_a_missing_capability() {
    let (client, _) = client(honest);
    for key in [Key::Safe, Key::Finalized] {
        assert_eq!(client.header(key, SOON).await.unwrap_err().class, Class::Capability);
    }
}

#[tokio::test]
async fn another_block_than_the_one_asked_for_is_refused() {
    let (client, _) = client(|_, _| Ok(block(7)));
    for key in [Key::Number(Height(8)), Key::Hash(named(8))] {
        assert_eq!(client.header(key, SOON).await.unwrap_err().class, Class::Bad);
        assert_eq!(client.block(key, Receipts::Without, SOON).await.unwrap_err().class, Class::Bad);
    }
}

#[tokio::test]
async fn a_key_that_mixes_two_blocks_is_held_against_nobody() {
    let (client, _) = client(honest);
    let mixed = BlockRef { height: Height(9), hash: named(8).hash };
    assert_eq!(client.header(Key::Hash(mixed), SOON).await.unwrap_err().class, Class::NotYet);
}

#[tokio::test]
async fn a_header_that_does_not_hash_to_its_hash_is_refused() {
    let (client, _) = client(|_, _| {
        let mut forged = block(7);
        forged["timestamp"] = "0x99".into();
        Ok(forged)
    });
    assert_eq!(client.header(Key::Number(Height(7)), SOON).await.unwrap_err().class, Class::Bad);
}

#[tokio::test]
async fn receipts_are_asked_for_by_hash() {
    for key in [Key::Number(Height(7)), Key::Hash(named(7))] {
        let (client, script) = client(honest);
        let raw = client.block(key, Receipts::With, SOON).await.unwrap();
        assert_eq!(raw.header.block(), named(7));
        assert_eq!(raw.receipts.unwrap(), "[]");
        let asked = script.asked.lock().unwrap().join("\n");
        assert!(
            asked.contains(&format!(r#""method":"eth_getBlockReceipts","params":["{}"]"#, named(7).hash))
        );
    }
}

#[tokio::test]
async fn a_provider_without_block_receipts_lacks_a_capability() {
    let (client, _) = client(|method, params| match method {
        "eth_getBlockReceipts" => Err(json!({ "code": -32601, "message": "method not found" })),
        _ => honest(method, params),
    });
    let error = client.block(Key::Number(Height(7)), Receipts::With, SOON).await.unwrap_err();
    assert_eq!(error.class, Class::Capability);
    let blocks = client.blocks(&[Key::Number(Height(7)), Key::Number(Height(8))], Receipts::With, SOON).await;
    assert!(blocks.unwrap().iter().all(|block| block.as_ref().unwrap_err().class == Class::Capability));
}

#[tokio::test]
async fn receipts_that_are_no_list_or_not_all_there_are_refused() {
    for (receipts, class) in [
        (json!({}), Class::Bad),
        (json!("0x"), Class::Bad),
        (Value::Null, Class::NotYet),
        (json!([{}, null]), Class::NotYet),
    ] {
        let (client, _) = client(move |method, params| match method {
            "eth_getBlockReceipts" => Ok(receipts.clone()),
            _ => honest(method, params),
        });
        let error = client.block(Key::Number(Height(7)), Receipts::With, SOON).await.unwrap_err();
        assert_eq!(error.class, class);
    }
}

#[tokio::test]
async fn several_blocks_come_in_one_batch_in_the_order_of_their_keys() {
    let (client, script) = client(honest);
    let keys = [Key::Number(Height(5)), Key::Number(Height(500)), Key::Hash(named(3))];
    let blocks = client.blocks(&keys, Receipts::With, SOON).await.unwrap();
    assert_eq!(blocks[0].as_ref().unwrap().header.block(), named(5));
    assert_eq!(blocks[1].as_ref().unwrap_err().class, Class::NotYet);
    assert_eq!(blocks[2].as_ref().unwrap().header.block(), named(3));
    assert!(blocks.iter().flatten().all(|block| block.receipts.is_some()));
    assert_eq!(script.asked.lock().unwrap().len(), 2);
}

#[tokio::test]
async fn one_key_is_asked_without_a_batch_and_none_without_an_exchange() {
    let (client, script) = client(honest);
    client.blocks(&[Key::Number(Height(5))], Receipts::Without, SOON).await.unwrap();
    assert!(script.asked.lock().unwrap()[0].starts_with('{'));
    assert_eq!(client.blocks(&[], Receipts::With, SOON).await.unwrap(), Vec::new());
    assert_eq!(script.asked.lock().unwrap().len(), 1);
}

proptest! {
    #[test]
    fn any_answer_is_an_error_or_the_block(answer in "\\PC{0,40}", number in 0_u64..50) {
        let (client, _) = client(move |_, _| Ok(serde_json::from_str(&answer).unwrap_or_else(|_| json!(answer))));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let found = runtime.block_on(client.block(Key::Number(Height(number)), Receipts::Without, SOON));
        prop_assert!(found.is_err());
    }
}
