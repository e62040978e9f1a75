//! Proves a stream by reading it: nothing lost, doubled, reordered or unlinked.
//!
//! *Why.* A consumer should not have to believe that a sink is right. The envelopes alone prove it: `seq` shows loss, the ids
//! show that the order is the one that was written, the parent hashes show that the blocks are a chain.
//! *Inputs.* Envelopes, in the order in which they are stored. The first one may be any of the stream: a sink that joined late
//! starts in the middle, and what came before is taken as given.
//! *Not promised.* That the stream is complete at its ends: compare [`Summary::first`] and [`Summary::last`] with what is
//! expected there.

mod breach;
mod fold;

use serde::Serialize;

pub use self::breach::{Breach, Fault};
use self::fold::Fold;
use super::chain_id::ChainId;
use super::event::{Envelope, SPEC, Step, Tail};
use super::event_id::EventId;
use super::header::BlockRef;
use super::numbers::{Height, Seq};

/// Reads a stream and stops at its first fault.
#[derive(Clone, Debug, Default)]
pub struct Auditor {
    stream: Option<ChainId>,
    tail: Option<Tail>,
    epoch: u64,
    fold: Fold,
    summary: Summary,
}

/// What a faultless stream holds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Summary {
    /// Events in all.
    pub events: u64,
    /// Blocks that joined the chain.
    pub applies: u64,
    /// Blocks that left it again.
    pub undos: u64,
    /// Advances of finality.
    pub finals: u64,
    /// Heights without a block.
    pub skips: u64,
    /// The first event's number.
    pub first: Option<Seq>,
    /// The last event's number.
    pub last: Option<Seq>,
    /// The last event's id.
    pub last_id: Option<EventId>,
    /// The chain's tip after the last event, as far as it can be told.
    pub tip: Option<BlockRef>,
    /// The height that was called final last.
    pub finalized: Option<Height>,
}

/// Checks that an event is the next one after `tail`: its number, the id it follows, and its own id, computed anew.
///
/// # Errors
/// The first thing that is wrong.
pub fn link(tail: &Tail, envelope: &Envelope) -> Result<Tail, Breach> {
    if envelope.seq != tail.seq.next() {
        return Err(Breach::Seq { expected: tail.seq.next() });
    }
    if envelope.prev_id != tail.id {
        return Err(Breach::PreviousId { found: envelope.prev_id, expected: tail.id });
    }
    let computed = tail.id.then(envelope.step, &envelope.block_hash);
    if envelope.id != computed {
        return Err(Breach::Id { found: envelope.id, computed });
    }
    Ok(Tail { seq: envelope.seq, id: envelope.id })
}

impl Auditor {
    /// An auditor that has seen nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Reads the next event.
    ///
    /// # Errors
    /// When the event cannot stand here. The auditor is of no use afterwards: everything behind a fault is suspect.
    pub fn read(&mut self, envelope: &Envelope) -> Result<(), Fault> {
        self.check(envelope).map_err(|what| Fault { seq: envelope.seq, what })
    }

    /// What was read so far.
    pub fn summary(&self) -> Summary {
        Summary { tip: self.fold.tip(), finalized: self.fold.finalized(), ..self.summary.clone() }
    }

    fn check(&mut self, envelope: &Envelope) -> Result<(), Breach> {
        self.check_names(envelope)?;
        let before = match self.tail {
            Some(tail) => tail,
            None => self.begin(envelope)?,
        };
        self.tail = Some(link(&before, envelope)?);
        self.fold.take(envelope)?;
        self.count(envelope);
        Ok(())
    }

    fn check_names(&mut self, envelope: &Envelope) -> Result<(), Breach> {
        if envelope.spec != SPEC {
            return Err(Breach::Spec(envelope.spec.clone()));
        }
        let expected = self.stream.get_or_insert_with(|| envelope.stream.clone());
        if envelope.stream != *expected {
            return Err(Breach::Stream { found: envelope.stream.clone(), expected: expected.clone() });
        }
        let block = BlockRef { height: envelope.block_number, hash: envelope.block_hash };
        let cursor = &envelope.cursor;
        if (cursor.seq, cursor.id, cursor.block) != (envelope.seq, envelope.id, block)
            || cursor.stream != envelope.stream
        {
            return Err(Breach::Cursor);
        }
        if envelope.epoch < self.epoch {
            return Err(Breach::Epoch { found: envelope.epoch, seen: self.epoch });
        }
        self.epoch = envelope.epoch;
        Ok(())
    }

    /// The end that the first event must follow: the stream's beginning if it is number one, else what it says itself.
    fn begin(&mut self, envelope: &Envelope) -> Result<Tail, Breach> {
        let before = envelope.seq.previous().ok_or(Breach::Seq { expected: Seq(1) })?;
        if before != Seq(0) {
            return Ok(Tail { seq: before, id: envelope.prev_id });
        }
        self.fold = Fold::from_start(envelope.block_number);
        Ok(Tail::genesis(&envelope.stream, envelope.block_number))
    }

    fn count(&mut self, envelope: &Envelope) {
        let summary = &mut self.summary;
        summary.events += 1;
        summary.first.get_or_insert(envelope.seq);
        summary.last = Some(envelope.seq);
        summary.last_id = Some(envelope.id);
        *match envelope.step {
            Step::Apply => &mut summary.applies,
            Step::Undo => &mut summary.undos,
            Step::Final => &mut summary.finals,
            Step::Skip => &mut summary.skips,
        } += 1;
    }
}

#[cfg(test)]
mod tests;
