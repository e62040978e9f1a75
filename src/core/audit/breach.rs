//! The rules of a stream, as the words in which their breach is told.

use crate::core::chain_id::ChainId;
use crate::core::event::SPEC;
use crate::core::event_id::EventId;
use crate::core::header::BlockRef;
use crate::core::numbers::{Height, Seq};

/// The first thing that is wrong in a stream.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("event {seq}: {what}")]
pub struct Fault {
    /// The number that the event carries.
    pub seq: Seq,
    /// The rule it breaks.
    pub what: Breach,
}

/// How an event breaks the rules.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Breach {
    /// Another version of the envelope.
    #[error("its spec is {0:?}, not {SPEC:?}")]
    Spec(String),
    /// Of another stream.
    #[error("it belongs to stream {found}, not {expected}")]
    Stream {
        /// Its stream.
        found: ChainId,
        /// The stream being read.
        expected: ChainId,
    },
    /// Written by an older epoch than an event before it.
    #[error("its epoch {found} is older than {seen}, which was seen before it")]
    Epoch {
        /// Its epoch.
        found: u64,
        /// The newest epoch before it.
        seen: u64,
    },
    /// Its cursor names another place than the event itself.
    #[error("its cursor names another place")]
    Cursor,
    /// An event is missing, doubled or out of order.
    #[error("number {expected} should stand here")]
    Seq {
        /// The number that was due.
        expected: Seq,
    },
    /// It was not written after the event before it.
    #[error("it follows id {found}, but the event before it is {expected}")]
    PreviousId {
        /// The id it names.
        found: EventId,
        /// The id before it.
        expected: EventId,
    },
    /// Its step or its block is not the one that was written.
    #[error("its id is {found}, but its step and block give {computed}")]
    Id {
        /// The id it carries.
        found: EventId,
        /// The id that follows from its content.
        computed: EventId,
    },
    /// The block does not link to the tip.
    #[error("block {block} does not follow the tip {tip}")]
    Unlinked {
        /// The block.
        block: BlockRef,
        /// The tip.
        tip: BlockRef,
    },
    /// The first block is not where the stream starts.
    #[error("block {block} is first, but the stream starts at {start}")]
    Start {
        /// The block.
        block: BlockRef,
        /// The first height of the stream.
        start: Height,
    },
    /// The undo takes back something else than the tip.
    #[error("it takes back {block}, but the tip is {tip}")]
    NotTheTip {
        /// The block.
        block: BlockRef,
        /// The tip.
        tip: BlockRef,
    },
    /// The undo takes back a block that was never told.
    #[error("it takes back {block}, but nothing is left to take back")]
    NothingLeft {
        /// The block.
        block: BlockRef,
    },
    /// A final height is touched again.
    #[error("block {block} is not above {finalized}, which is final")]
    Settled {
        /// The block.
        block: BlockRef,
        /// The final height.
        finalized: Height,
    },
    /// Something is called final that was not told yet.
    #[error("it calls {block} final, above the tip {tip}")]
    AboveTip {
        /// The block.
        block: BlockRef,
        /// The tip.
        tip: BlockRef,
    },
    /// A block is called final that is not on the chain.
    #[error("it calls {block} final, but the chain holds {held}")]
    OffChain {
        /// The block.
        block: BlockRef,
        /// The block of that height.
        held: BlockRef,
    },
}
