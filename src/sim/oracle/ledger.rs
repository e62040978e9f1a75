//! The log, read as a consumer would: each event against the one before it, and against the chain they fold to.

use std::sync::Arc;

use sha2::{Digest, Sha256};

use super::Standing;
use super::breach::Invariant;
use super::terms::Terms;
use crate::core::at::At;
use crate::core::event::{Event, Step};
use crate::core::header::BlockRef;
use crate::core::numbers::Height;
use crate::sim::world::World;

type Held = Result<(), (Invariant, String)>;

/// Everything that was ever appended.
#[derive(Debug)]
pub struct Ledger {
    stream: String,
    events: Vec<(Arc<Event>, At)>,
    /// The events that applied the blocks of the present chain, lowest first.
    chain: Vec<Arc<Event>>,
    finalized: Option<Height>,
    final_depth: u64,
    start: Option<Height>,
    reorg: Option<Replacement>,
    undone: u64,
    reorgs: u64,
}

/// A reorganisation of which only the undos were told yet.
#[derive(Debug)]
struct Replacement {
    undone: Vec<BlockRef>,
    depth: u64,
}

impl Ledger {
    pub fn new(terms: &Terms) -> Self {
        Self {
            stream: terms.stream.to_string(),
            events: Vec::new(),
            chain: Vec::new(),
            finalized: None,
            final_depth: terms.final_depth,
            start: terms.start,
            reorg: None,
            undone: 0,
            reorgs: 0,
        }
    }

    /// The event of this number, and when it was appended.
    pub fn event(&self, seq: u64) -> Option<&(Arc<Event>, At)> {
        self.events.get(usize::try_from(seq.checked_sub(1)?).ok()?)
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.events.len()
    }

    /// How many there were at `at`.
    pub fn len_at(&self, at: At) -> usize {
        self.events.partition_point(|(_, appended)| *appended <= at)
    }

    pub fn standing(&self) -> Standing {
        Standing {
            start: self.start,
            tip: self.tip(),
            events: self.events.len(),
            undone: self.undone,
            reorgs: self.reorgs,
            finalized: self.finalized,
        }
    }

    /// Takes the next event.
    pub fn take(&mut self, event: &Arc<Event>, world: &World, now: At) -> Held {
        self.check_link(event).map_err(|what| (Invariant::Sequence, numbered(event, &what)))?;
        self.check_truth(event, world)?;
        let fold = match event.envelope.step {
            Step::Apply => self.apply(event),
            Step::Undo => self.undo(event),
            Step::Final => return self.settle(event, world, now),
            Step::Skip => Err("this chain skips no height".into()),
        };
        fold.map_err(|what| (Invariant::Fold, numbered(event, &what)))?;
        self.events.push((event.clone(), now));
        Ok(())
    }

    /// After a whole group: what was undone has been replaced.
    pub fn is_whole(&self) -> Held {
        match &self.reorg {
            Some(_) => Err((Invariant::Fold, "blocks were undone and nothing was put in their place".into())),
            None => Ok(()),
        }
    }

    fn tip(&self) -> Option<BlockRef> {
        self.chain.last().map(|event| block(event))
    }

    fn check_link(&self, event: &Event) -> Result<(), String> {
        let envelope = &event.envelope;
        let seq = self.events.len() as u64 + 1;
        if envelope.seq.0 != seq {
            return Err(format!("number {seq} is due"));
        }
        let before = match self.events.last() {
            Some((last, _)) => last.envelope.id.0,
            None => first_id(&self.stream, envelope.block_number),
        };
        if envelope.prev_id.0 != before {
            return Err("it does not follow the id before it".into());
        }
        if envelope.id.0 != next_id(&before, envelope.step, &envelope.block_hash.0) {
            return Err("its id is not made of its step and its block".into());
        }
        let cursor = &envelope.cursor;
        let placed = cursor.seq.0 == seq
            && cursor.id == envelope.id
            && cursor.block == block(event)
            && cursor.stream.as_str() == self.stream;
        let named = envelope.spec == "blocktap/1"
            && envelope.stream.as_str() == self.stream
            && envelope.chain.as_str() == self.stream;
        if placed && named { Ok(()) } else { Err("its names or its cursor are another's".into()) }
    }

    /// What the envelope says of the block and of finality is so in the world.
    fn check_truth(&self, event: &Event, world: &World) -> Held {
        let envelope = &event.envelope;
        let known = world.block(&envelope.block_hash).map(|known| known.header());
        let fold = |what: &str| Err((Invariant::Fold, numbered(event, what)));
        let Some(known) = known else { return fold("no such block was ever made") };
        if (known.height, known.parent) != (envelope.block_number, envelope.parent_hash) {
            return fold("its number or its parent is not the block's");
        }
        if event.header().time_s != known.time_s {
            return fold("its time is not the block's");
        }
        let reached = envelope.finalized_number.is_some_and(|height| height > world.finalized().height);
        if reached {
            return Err((Invariant::Finality, numbered(event, "it names a final height that is none yet")));
        }
        Ok(())
    }

    fn apply(&mut self, event: &Arc<Event>) -> Result<(), String> {
        let envelope = &event.envelope;
        if self.finalized.is_some_and(|finalized| envelope.block_number <= finalized) {
            return Err("it is not above the last final block".into());
        }
        match self.tip() {
            Some(tip) if envelope.block_number != tip.height.next() || envelope.parent_hash != tip.hash => {
                return Err(format!("it does not follow the tip {tip}"));
            }
            Some(_) => {}
            None => {
                let first = *self.start.get_or_insert(envelope.block_number);
                if envelope.block_number != first {
                    return Err(format!("the stream begins at {first}"));
                }
            }
        }
        if let Some(reorg) = self.reorg.take() {
            self.check_replacement(&reorg, event)?;
        }
        self.chain.push(event.clone());
        Ok(())
    }

    fn check_replacement(&mut self, reorg: &Replacement, event: &Event) -> Result<(), String> {
        self.reorgs += 1;
        if reorg.undone.contains(&block(event)) {
            return Err("it was undone only to be applied again".into());
        }
        if reorg.depth != reorg.undone.len() as u64 {
            return Err(format!("{} blocks were undone, not {}", reorg.undone.len(), reorg.depth));
        }
        let told = event.envelope.reorg.as_ref().map(|told| told.common_ancestor);
        if self.tip().is_some() && told != self.tip() {
            return Err("its reorg names another common ancestor".into());
        }
        Ok(())
    }

    fn undo(&mut self, event: &Arc<Event>) -> Result<(), String> {
        let Some(last) = self.chain.pop() else { return Err("nothing is left to take back".into()) };
        if block(&last) != block(event) {
            return Err(format!("the tip is {}", block(&last)));
        }
        if self.finalized.is_some_and(|finalized| event.envelope.block_number <= finalized) {
            return Err("it takes back what was final".into());
        }
        if last.body != event.body {
            return Err("it does not carry the block that it takes back".into());
        }
        self.undone += 1;
        let told = event.envelope.reorg.as_ref();
        let reorg = self.reorg.get_or_insert_with(|| Replacement {
            undone: Vec::new(),
            depth: told.map_or(1, |told| told.depth),
        });
        reorg.undone.push(block(event));
        match told {
            Some(told) if Some(&told.old_tip) != reorg.undone.first() => {
                Err("its reorg names another tip".into())
            }
            Some(_) => Ok(()),
            // Below the first block of the stream there is no ancestor to name.
            None => {
                reorg.depth = reorg.undone.len() as u64;
                Ok(())
            }
        }
    }

    fn settle(&mut self, event: &Arc<Event>, world: &World, now: At) -> Held {
        let envelope = &event.envelope;
        let unsound = |what: &str| Err((Invariant::Finality, numbered(event, what)));
        if self.reorg.is_some() {
            return unsound("it stands between undo and apply");
        }
        if self.finalized.is_some_and(|finalized| envelope.block_number <= finalized) {
            return unsound("it was final already");
        }
        if !self.chain.iter().rev().any(|applied| block(applied) == block(event)) {
            return unsound("it calls final what is not on the chain");
        }
        let truly = world.block_at(envelope.block_number).map(|block| block.hash());
        let deepest = world.head().height.minus(self.final_depth).max(world.finalized().height);
        if truly != Some(envelope.block_hash) || envelope.block_number > deepest {
            return unsound("the world does not call it final");
        }
        self.finalized = Some(envelope.block_number);
        self.events.push((event.clone(), now));
        Ok(())
    }

    /// The chain goes up to this block or beyond it.
    pub fn reaches(&self, to: &BlockRef) -> Held {
        if self.holds(to) {
            return Ok(());
        }
        let tip = self.tip().map_or_else(|| "nothing".into(), |tip| tip.to_string());
        Err((Invariant::CatchUp, format!("the log ends in {tip}, the chain was at {to} long ago")))
    }

    /// The chain ends in this block, and is final so far.
    pub fn ends_in(&self, head: &BlockRef, finalized: Height) -> Held {
        if self.tip() != Some(*head) {
            let tip = self.tip().map_or_else(|| "nothing".into(), |tip| tip.to_string());
            return Err((Invariant::CatchUp, format!("the log ends in {tip}, the chain in {head}")));
        }
        let begun = self.chain.first().is_some_and(|first| first.envelope.block_number <= finalized);
        if begun && self.finalized.is_none_or(|told| told < finalized) {
            let what = format!("final up to {:?}, the chain long since up to {finalized}", self.finalized);
            return Err((Invariant::CatchUp, what));
        }
        Ok(())
    }

    fn holds(&self, wanted: &BlockRef) -> bool {
        let Some(first) = self.chain.first() else { return false };
        let depth = wanted.height.0.checked_sub(first.envelope.block_number.0);
        let place = depth.and_then(|depth| usize::try_from(depth).ok());
        place.and_then(|place| self.chain.get(place)).is_some_and(|event| block(event) == *wanted)
    }
}

fn block(event: &Event) -> BlockRef {
    BlockRef { height: event.envelope.block_number, hash: event.envelope.block_hash }
}

fn numbered(event: &Event, what: &str) -> String {
    let envelope = &event.envelope;
    format!("event {} ({} {}): {what}", envelope.seq, envelope.step.name(), block(event))
}

/// SHA-256 over `blocktap/1`, the stream and the first height, each ended by a zero byte; the first 16 bytes.
fn first_id(stream: &str, start: Height) -> [u8; 16] {
    cut(&[b"blocktap/1\0", stream.as_bytes(), b"\0", start.0.to_string().as_bytes(), b"\0"])
}

/// SHA-256 over the id before, the step's first letter and the block's hash; the first 16 bytes.
fn next_id(before: &[u8; 16], step: Step, hash: &[u8; 32]) -> [u8; 16] {
    let letter = match step {
        Step::Apply => b"a",
        Step::Undo => b"u",
        Step::Final => b"f",
        Step::Skip => b"s",
    };
    cut(&[before, letter, hash])
}

fn cut(parts: &[&[u8]]) -> [u8; 16] {
    let mut digest = Sha256::new();
    parts.iter().for_each(|part| digest.update(part));
    let mut id = [0; 16];
    id.copy_from_slice(&digest.finalize()[..16]);
    id
}
