//! Valid streams out of random choices, for tests.

use bytes::Bytes;

use super::chain_id::ChainId;
use super::event::{Body, Draft, Event, Finality, Step, Tail};
use super::hash::Hash;
use super::header::Header;
use super::numbers::Height;

/// A chain that grows, turns back and becomes final as it is told.
#[derive(Clone, Debug)]
pub struct Rehearsal {
    chain: Vec<Header>,
    finalized: Option<Height>,
    start: Height,
    made: u64,
}

impl Rehearsal {
    /// A chain whose first block will be `start`.
    pub fn new(start: u64) -> Self {
        Self { chain: Vec::new(), finalized: None, start: Height(start), made: 0 }
    }

    /// The next draft: mostly an apply, sometimes an undo or a final, as `choice` says and as is allowed.
    pub fn draft(&mut self, choice: u8) -> Draft {
        match choice % 8 {
            5 | 6 if self.undoable() => self.undo(),
            7 if self.settleable() => self.settle(usize::from(choice / 8)),
            _ => self.apply(usize::from(choice)),
        }
    }

    /// The canonical chain.
    pub fn chain(&self) -> &[Header] {
        &self.chain
    }

    /// The last final height.
    pub fn finalized(&self) -> Option<Height> {
        self.finalized
    }

    /// The next block joins; `size` shapes its body.
    pub fn apply(&mut self, size: usize) -> Draft {
        let (height, parent) = match self.chain.last() {
            Some(tip) => (tip.height.next(), tip.hash),
            None => (self.start, Hash([9; 32])),
        };
        self.made += 1;
        let mut hash = Hash([7; 32]);
        hash.0[..8].copy_from_slice(&self.made.to_be_bytes());
        let header = Header { height, hash, parent, time_s: 1_700_000_000 + height.0 };
        self.chain.push(header);
        let receipts = size.is_multiple_of(3).then(|| Bytes::from(format!("[{}]", "1".repeat(size % 7 + 1))));
        let block = Bytes::from(format!("{{\"number\":\"{height}\",\"pad\":\"{}\"}}", "x".repeat(size)));
        draft(Step::Apply, header, Some(Body { block, receipts }))
    }

    fn undoable(&self) -> bool {
        self.chain.last().is_some_and(|tip| self.finalized.is_none_or(|settled| tip.height > settled))
    }

    fn undo(&mut self) -> Draft {
        let header = self.chain.pop().unwrap();
        draft(Step::Undo, header, Some(Body { block: Bytes::from_static(b"{\"undone\":1}"), receipts: None }))
    }

    fn settleable(&self) -> bool {
        self.undoable()
    }

    /// A block becomes final: the tip, or the one `below` it.
    fn settle(&mut self, below: usize) -> Draft {
        let open = self.chain.iter().filter(|header| self.finalized.is_none_or(|f| header.height > f));
        let open: Vec<&Header> = open.collect();
        let header = *open[open.len() - 1 - below % open.len()];
        self.finalized = Some(header.height);
        draft(Step::Final, header, None)
    }
}

/// The events of a valid stream, one a choice.
pub fn events(stream: &ChainId, start: u64, choices: &[u8]) -> Vec<Event> {
    let mut rehearsal = Rehearsal::new(start);
    let mut tail = Tail::genesis(stream, Height(start));
    let seal = |choice: &u8| {
        let event = rehearsal.draft(*choice).seal(stream, 1, &tail);
        tail = event.tail();
        event
    };
    choices.iter().map(seal).collect()
}

fn draft(step: Step, header: Header, body: Option<Body>) -> Draft {
    Draft {
        step,
        header,
        finality: Finality::Latest,
        safe: None,
        finalized: None,
        reorg: None,
        source: None,
        body,
    }
}
