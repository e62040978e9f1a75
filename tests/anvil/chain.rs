//! One chain on several nodes: what is done to it is done to each of them, and leaves them byte-identical.

use std::net::SocketAddr;

use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::client::Client;
use super::node::Node;

/// Stores a word and returns no code: `PUSH1 0, PUSH1 0, RETURN`, behind a `LOG1` of 32 zero bytes under topic 7.
const CONTRACT: &str = "0x600760206000a160006000f3";

/// A block as the nodes tell it.
pub struct Block {
    /// As they wrote it.
    pub raw: Box<RawValue>,
    /// Its receipts as they wrote them.
    pub receipts: Box<RawValue>,
    /// The same, to look into.
    pub value: Value,
}

/// The chain.
pub struct Chain {
    nodes: Vec<(Node, Client)>,
    accounts: Vec<Value>,
    sent: u64,
}

impl Chain {
    /// A genesis block on so many nodes.
    pub fn start(nodes: usize) -> Self {
        let nodes: Vec<Node> = (0..nodes).map(|_| Node::start()).collect();
        let nodes = nodes.into_iter().map(|node| (Client::connect(node.address), node));
        let mut chain = Self {
            nodes: nodes.map(|(client, node)| (node, client)).collect(),
            accounts: Vec::new(),
            sent: 0,
        };
        // Otherwise a block's time is the node's clock, and nodes that mine it in different seconds differ.
        chain.all("anvil_setBlockTimestampInterval", &json!([1]));
        let accounts = chain.ask("eth_accounts", &json!([]));
        chain.accounts = accounts.as_array().expect("a list").clone();
        chain
    }

    /// Where the nodes listen.
    pub fn addresses(&self) -> Vec<SocketAddr> {
        self.nodes.iter().map(|(node, _)| node.address).collect()
    }

    /// Mines a block of four transactions: types 0, 1 and 2, and a contract that logs.
    pub fn mine(&mut self) {
        for kind in 0..4 {
            self.send(kind);
        }
        self.all("evm_mine", &json!([]));
    }

    /// Replaces the last `depth` blocks by as many others, with one transaction among them.
    pub fn reorg(&mut self, depth: u64) {
        self.sent += 1;
        let value = format!("{:#x}", self.sent);
        let transaction =
            json!({"from": self.accounts[8], "to": self.accounts[9], "value": value, "gas": "0x186a0"});
        self.all("anvil_reorg", &json!([depth, [[transaction, 0]]]));
    }

    /// Takes the last `depth` blocks back, as if they had never been.
    pub fn roll_back(&mut self, depth: u64) {
        self.all("anvil_rollback", &json!([depth]));
    }

    /// The number of the last block.
    pub fn height(&mut self) -> u64 {
        let number = self.ask("eth_blockNumber", &json!([]));
        u64::from_str_radix(&number.as_str().expect("a quantity")[2..], 16).expect("a number")
    }

    /// The hash of the last block.
    pub fn tip(&mut self) -> String {
        let block = self.ask("eth_getBlockByNumber", &json!(["latest", false]));
        block["hash"].as_str().expect("a hash").to_owned()
    }

    /// The block at a height, which is the same on all nodes.
    pub fn block(&mut self, height: u64) -> Block {
        let key = format!("{height:#x}");
        let raw = self.agreed("eth_getBlockByNumber", &json!([key, true]));
        let receipts = self.agreed("eth_getBlockReceipts", &json!([key]));
        let value = serde_json::from_str(raw.get()).expect("a block is JSON");
        Block { raw, receipts, value }
    }

    fn send(&mut self, kind: usize) {
        self.sent += 1;
        let [from, to] = [&self.accounts[kind], &self.accounts[kind + 1]];
        let mut transaction = json!({"from": from, "to": to, "gas": "0x186a0"});
        let fields = match kind {
            0 => json!({"gasPrice": "0xb2d05e00"}),
            1 => json!({"gasPrice": "0xb2d05e00", "accessList": [{"address": to, "storageKeys": []}]}),
            2 => json!({"maxFeePerGas": "0xee6b2800", "maxPriorityFeePerGas": "0x3b9aca00"}),
            _ => json!({"to": null, "data": CONTRACT}),
        };
        let object = transaction.as_object_mut().expect("an object");
        object.insert("value".into(), json!(format!("{:#x}", self.sent)));
        object.extend(fields.as_object().expect("an object").clone());
        self.all("eth_sendTransaction", &json!([transaction]));
    }

    fn ask(&mut self, method: &str, parameters: &Value) -> Value {
        self.nodes[0].1.call(method, parameters)
    }

    fn all(&mut self, method: &str, parameters: &Value) {
        for (_, client) in &mut self.nodes {
            client.raw(method, parameters);
        }
    }

    /// What every node says, to the byte.
    fn agreed(&mut self, method: &str, parameters: &Value) -> Box<RawValue> {
        let mut said: Vec<Box<RawValue>> =
            self.nodes.iter_mut().map(|(_, client)| client.raw(method, parameters)).collect();
        assert!(
            said.windows(2).all(|two| two[0].get() == two[1].get()),
            "nodes differ in {method} {parameters}"
        );
        said.remove(0)
    }
}
