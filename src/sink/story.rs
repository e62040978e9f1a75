//! Streams for the tests of sinks: blocks that come, go and become final, with bodies like a provider's.

use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use serde_json::json;
use sha2::{Digest, Sha256};

use super::{Context, Position};
use crate::core::chain_id::ChainId;
use crate::core::event::{Body, Draft, Event, Finality, Mode, Source, Step, Tail};
use crate::core::hash::Hash;
use crate::core::header::Header;
use crate::core::numbers::Height;

/// A context for a sink of the chain `ethereum`.
pub fn context(folder: &Path) -> Context {
    Context {
        name: "test".into(),
        stream: ChainId::evm(1),
        chain: "ethereum".into(),
        folder: folder.to_owned(),
    }
}

/// Where a sink stands after `event`.
pub fn after(event: &Event) -> Position {
    Position::After { seq: event.envelope.seq, id: event.envelope.id }
}

/// A stream that grows under a test's hands.
pub struct Story {
    stream: ChainId,
    tail: Tail,
    /// The canonical chain, oldest first, each block with its body.
    pub chain: Vec<(Header, Body)>,
    made: u64,
    settled: usize,
    /// How many transactions each block has.
    pub transactions: u64,
}

/// The first block's number.
const START: u64 = 100;

impl Story {
    /// A stream of `eip155:1` before its first event.
    pub fn new() -> Self {
        Self::of(ChainId::evm(1))
    }

    /// A stream of another chain.
    pub fn of(stream: ChainId) -> Self {
        let tail = Tail::genesis(&stream, Height(START));
        Self { stream, tail, chain: Vec::new(), made: 0, settled: 0, transactions: 3 }
    }

    fn seal(&mut self, step: Step, header: Header, body: Option<Body>) -> Arc<Event> {
        let source = (step != Step::Final).then(|| Source {
            served_by: "alchemy".into(),
            agreed: vec!["alchemy".into(), "own-node".into()],
            asked: 3,
            verified: vec!["hash".into()],
            mode: Mode::Live,
        });
        let draft = Draft {
            step,
            header,
            finality: Finality::Latest,
            safe: None,
            finalized: None,
            reorg: None,
            source,
            body,
        };
        let event = draft.seal(&self.stream, 1, &self.tail);
        self.tail = event.tail();
        Arc::new(event)
    }

    /// A new block on top.
    pub fn apply(&mut self) -> Arc<Event> {
        self.made += 1;
        let header = Header {
            height: Height(START + self.chain.len() as u64),
            hash: Hash(Sha256::digest(self.made.to_be_bytes()).into()),
            parent: self.chain.last().map_or(Hash::ZERO, |(parent, _)| parent.hash),
            time_s: 1_700_000_000 + 12 * self.made,
        };
        let body = body(&header, self.transactions);
        self.chain.push((header, body.clone()));
        self.seal(Step::Apply, header, Some(body))
    }

    /// The top block leaves.
    pub fn undo(&mut self) -> Arc<Event> {
        let (header, body) = self.chain.pop().expect("a block to undo");
        self.seal(Step::Undo, header, Some(body))
    }

    /// The top block becomes final.
    pub fn finish(&mut self) -> Arc<Event> {
        let header = self.chain.last().expect("a block to call final").0;
        self.settled = self.chain.len();
        self.seal(Step::Final, header, None)
    }

    /// `count` new blocks.
    pub fn grow(&mut self, count: usize) -> Vec<Arc<Event>> {
        (0..count).map(|_| self.apply()).collect()
    }

    /// What the words tell: `u` the top block leaves, `f` it becomes final, unless it is so already; else a block comes.
    pub fn tell(&mut self, words: &str) -> Vec<Arc<Event>> {
        let step = |word| match word {
            'u' if self.chain.len() > self.settled => self.undo(),
            'f' if self.chain.len() > self.settled => self.finish(),
            _ => self.apply(),
        };
        words.chars().map(step).collect()
    }
}

fn body(header: &Header, transactions: u64) -> Body {
    let hash =
        |index: u64| Hash(Sha256::digest([header.hash.0.as_slice(), &index.to_be_bytes()].concat()).into());
    let transaction = |index: u64| {
        json!({
            "hash": hash(index), "nonce": "0x7", "from": "0xaa", "to": null, "gas": "0x5208", "type": "0x2",
            "value": "0xde0b6b3a7640000", "gasPrice": "0x3b9aca00", "input": "0x", "transactionIndex": format!("0x{index:x}"),
            "blobVersionedHashes": ["0x01"], "fieldOfTomorrow": {"any": [1, 2]},
        })
    };
    let receipt = |index: u64| {
        json!({
            "transactionHash": hash(index), "transactionIndex": format!("0x{index:x}"), "status": "0x1",
            "gasUsed": "0x5208", "logs": [{"address": "0xcc", "data": "0x", "topics": ["0xd1", "0xd2"],
            "transactionHash": hash(index), "transactionIndex": format!("0x{index:x}")}],
        })
    };
    let block = json!({
        "number": format!("0x{:x}", header.height.0), "hash": header.hash, "parentHash": header.parent,
        "totalDifficulty": "0xc70d815d562d3cfa955", "gasUsed": "0x5208", "miner": "0xbb", "nonce": "0x0000000000000042",
        "timestamp": format!("0x{:x}", header.time_s),
        "transactions": (0..transactions).map(transaction).collect::<Vec<_>>(),
    });
    let receipts = serde_json::Value::from((0..transactions).map(receipt).collect::<Vec<_>>());
    Body { block: Bytes::from(block.to_string()), receipts: Some(Bytes::from(receipts.to_string())) }
}
