//! What the actors say to each other.
//!
//! Past tense is a fact, imperative is a command. Each message says why it exists; `actors.md` has the table.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use actix::Message;

use super::budget::Permit;
use super::link::Link;
use crate::chain::error::ChainError;
use crate::chain::family::{Key, RawBlock, Receipts};
use crate::core::at::At;
use crate::core::breaker::Supply;
use crate::core::canonical::{Anchor, Canonical, Fixed};
use crate::core::case::{Case, Exhibit, Fate};
use crate::core::command::{Command, Declined, Done};
use crate::core::conduct;
use crate::core::consensus::ruling::{Agreement, Claim};
use crate::core::consensus::votes::Operator;
use crate::core::eligibility::{Eligibility, Flag};
use crate::core::event::{Draft, Event, Mode};
use crate::core::event_id::EventId;
use crate::core::excuse::CheckName;
use crate::core::finality::Word;
use crate::core::hash::Hash;
use crate::core::header::{BlockRef, Header};
use crate::core::memory::Sanctions;
use crate::core::numbers::{Height, Seq, Term};
use crate::core::score::ScoreCard;
use crate::core::served::Served;
use crate::core::token_bucket::Priority;
use crate::journal::Located;
use crate::journal::error::JournalError;

// === Providers ===

/// Provider → itself: time to look whether the provider is alive and where its head is. Re-armed after each probe, idle or
/// not, so that no score goes stale.
#[derive(Clone, Copy, Debug, Message)]
#[rtype(result = "()")]
pub struct ProbeTick;

/// What a provider's actor knows of it; the latest report wins.
#[derive(Clone, Debug)]
pub struct Report {
    /// Its name.
    pub provider: String,
    /// Who runs it.
    pub operator: String,
    /// The user's preference; 1 is neutral.
    pub weight: f64,
    /// Its score, term by term.
    pub score: ScoreCard,
    /// Whether it may serve, and why not.
    pub eligibility: Eligibility,
    /// The hash of its chain's first block; `None` until its identity was verified.
    pub genesis: Option<Hash>,
    /// The newest header it showed, proved, and when it last showed it.
    pub head: Option<(Header, At)>,
    /// What it says is final.
    pub finality: Word,
    /// Whether it announces its heads by itself.
    pub subscribed: bool,
}

/// Provider → Manager: health, head and flags have moved.
#[derive(Clone, Debug, Message)]
#[rtype(result = "()")]
pub struct ProviderReported(pub Report);

/// What a provider is used for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// It serves the tip.
    Leader,
    /// Its head is watched as closely as the leader's: the second voice.
    Witness,
    /// It is probed now and then, votes when asked, and shares the catch-up.
    #[default]
    Standby,
    /// It served something false: it is neither used nor heard until its time is over.
    Quarantined,
    /// A person took it out of service: it is neither asked nor probed nor heard.
    Cordoned,
}

/// Manager → Provider: what it is used for from now on, and what the Manager alone can tell.
#[derive(Clone, Debug, PartialEq, Message)]
#[rtype(result = "()")]
pub struct SetRole {
    /// The role.
    pub role: Role,
    /// The term it belongs to.
    pub term: Term,
    /// The height that lag is measured against.
    pub reference: Option<Height>,
    /// When another provider last showed a new block.
    pub others_shown_at: Option<At>,
    /// The measured block time.
    pub block_time: Duration,
    /// What was found out about it by comparing it with others.
    pub declared: Vec<Flag>,
    /// Whether there are enough others to do without it.
    pub supply: Supply,
}

/// Manager → Provider: a head that it announced was first seen so long before, from somebody else.
#[derive(Clone, Copy, Debug, Message)]
#[rtype(result = "()")]
pub struct HeadTimed {
    /// The delay; zero if it was the first.
    pub delay: Duration,
}

/// Fetcher → Provider: get this block. Limiter and breaker decide inside; the answer comes by `deadline`.
#[derive(Clone, Debug, Message)]
#[rtype(result = "Result<RawBlock, ChainError>")]
pub struct FetchBlock {
    /// Which.
    pub key: Key,
    /// With receipts or without.
    pub want: Receipts,
    /// The term in which it was asked for.
    pub term: Term,
    /// How long the answer is worth waiting for.
    pub deadline: Duration,
    /// What share of the rate limit it may use.
    pub priority: Priority,
}

/// Manager → Providers: which header do you have there? A vote, counted against the rate limit.
#[derive(Clone, Debug, Message)]
#[rtype(result = "Result<Header, ChainError>")]
pub struct HeaderAt {
    /// Which.
    pub key: Key,
    /// How long the answer is worth waiting for.
    pub deadline: Duration,
}

// === Election and consensus ===

/// One provider that may be asked for blocks.
#[derive(Clone, Debug)]
pub struct Route {
    /// Its name.
    pub provider: String,
    /// Its operator.
    pub operator: String,
    /// Its score: its share of the catch-up.
    pub score: f64,
    /// The highest block that it is known to have.
    pub head: Option<Height>,
    /// What to expect of it.
    pub outlook: Outlook,
    /// How to ask it.
    pub link: Link<FetchBlock>,
}

/// What to expect of a provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outlook {
    /// It follows the chain: what it does not have yet it will have soon.
    Good,
    /// Something is wrong with it.
    Poor,
}

/// Manager → Fetcher: who serves the tip (the first), and who else may be asked. The term fences late answers.
#[derive(Clone, Debug, Message)]
#[rtype(result = "()")]
pub struct Elected {
    /// The term.
    pub term: Term,
    /// The leader first, then by score.
    pub routes: Vec<Route>,
}

/// Fetcher → Manager: what a change of the lead cost. It belongs into the record of the swap.
#[derive(Clone, Copy, Debug, Message)]
#[rtype(result = "()")]
pub struct Replayed {
    /// The term that began with the change.
    pub term: Term,
    /// Blocks that were on their way and were asked for again.
    pub blocks: u64,
    /// Second copies of them that came all the same, and were dropped.
    pub dropped: u64,
}

/// Fetcher → Manager: how many blocks of the usual size fit into memory at once, down to a power of two. Told when it changes, and
/// to a Manager that has just begun.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Message)]
#[rtype(result = "()")]
pub struct Room {
    /// So many, at least one.
    pub blocks: u64,
}

/// What to fetch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Plan {
    /// These very blocks, at the tip.
    Tip(Vec<BlockRef>),
    /// All blocks from here up to a height that is agreed.
    Span {
        /// The first height.
        from: Height,
        /// The last height.
        to: Height,
    },
}

/// Manager → Fetcher: there is more to get. The latest plan wins.
#[derive(Clone, Debug, Message)]
#[rtype(result = "()")]
pub struct HeadAdvanced(pub Plan);

/// Manager → Validator: the votes on a block reached the corroboration rule. It, and everything below it, may be applied.
#[derive(Clone, Debug, Message)]
#[rtype(result = "()")]
pub struct Agreed {
    /// The block and who carries it.
    pub agreement: Agreement,
    /// At the tip or on the way there.
    pub mode: Mode,
}

/// Manager → Validator: during the catch-up somebody was heard again besides the single operator whose word was taken. Of such words
/// those that are not acted on yet count no more; votes are held anew.
#[derive(Clone, Copy, Debug, Message)]
#[rtype(result = "()")]
pub struct Recall;

/// Manager → Validator: the stream begins here. Ignored once it has begun.
#[derive(Clone, Copy, Debug, Message)]
#[rtype(result = "()")]
pub struct Begin(pub Anchor);

/// Manager → Validator: operators agree that everything up to here is final.
#[derive(Clone, Copy, Debug, Message)]
#[rtype(result = "()")]
pub struct Finalized {
    /// The final block, which may lie above what was applied.
    pub finalized: BlockRef,
    /// The safe height.
    pub safe: Option<Height>,
}

/// Journal → Manager: nothing more is made durable for now, and why; or it is again.
#[derive(Clone, Debug, Message)]
#[rtype(result = "()")]
pub struct CommitsHeld {
    /// What is waited for; `None` when it goes on.
    pub waiting_for: Option<String>,
}

/// Validator, Fetcher, Provider → Manager: a provider served something that is provably wrong.
#[derive(Clone, Debug, Message)]
#[rtype(result = "()")]
pub struct Accused {
    /// The provider.
    pub provider: String,
    /// The block in question.
    pub block: BlockRef,
    /// What is wrong, with the proof: what it claims and what its content gives.
    pub evidence: String,
    /// What its answer itself shows.
    pub exhibit: Exhibit,
    /// What became of it.
    pub fate: Fate,
}

/// Validator → Manager: a block failed in the same way with two operators or more, and nobody has a better copy. The checks
/// are taken to be at fault: nobody is held guilty for them, and a person should look.
#[derive(Clone, Debug, Message)]
#[rtype(result = "()")]
pub struct Acquitted {
    /// Who served it.
    pub servers: Vec<Served>,
    /// The checks.
    pub checks: Vec<CheckName>,
    /// The block, which is passed on.
    pub block: BlockRef,
}

/// Validator → Manager: the chain moved.
#[derive(Clone, Debug, Message)]
#[rtype(result = "()")]
pub struct ChainMoved {
    /// Where the chain ended before.
    pub from: Anchor,
    /// Blocks taken away, counted from there down.
    pub undone: u64,
    /// Blocks added after that.
    pub applied: Vec<Header>,
    /// What is final now.
    pub finalized: Option<Height>,
    /// When the newest event became durable and visible.
    pub mode: Mode,
}

/// Validator → Manager: this is the chain as it stands; sent when either of them starts.
#[derive(Clone, Debug, Message)]
#[rtype(result = "()")]
pub struct ChainRestored(pub Option<Canonical>);

/// Manager → Validator: tell me the chain as it stands.
#[derive(Clone, Copy, Debug, Message)]
#[rtype(result = "()")]
pub struct RestoreChain;

/// Validator → Manager: the agreed branch contradicts a final block, or another that is never undone. Nothing more is applied
/// until a person decides.
#[derive(Clone, Debug, Message)]
#[rtype(result = "()")]
pub struct FinalityViolated {
    /// The block that is never undone.
    pub ours: Fixed,
    /// The block that is agreed, and by whom.
    pub agreed: Claim,
}

/// Manager → Validator: a person looked at the contradiction. What is agreed from now on counts again.
#[derive(Clone, Copy, Debug, Message)]
#[rtype(result = "()")]
pub struct Unlatch;

// === Memory ===

/// Provider → Archive: how it behaves, to be remembered over a restart. The latest wins.
#[derive(Clone, Debug, Message)]
#[rtype(result = "()")]
pub struct RememberConduct {
    /// The provider.
    pub provider: String,
    /// Breaker, pause and measures.
    pub conduct: conduct::Kept,
}

/// Manager → Archive: what was decided about all providers, to be remembered over a restart. Answered when it is durable.
#[derive(Clone, Debug, Message)]
#[rtype(result = "Result<(), Unkept>")]
pub struct RememberSanctions(pub BTreeMap<String, Sanctions>);

/// What should be remembered could not be written; it is tried again.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Unkept(pub String);

/// Manager → Archive: keep this as evidence.
#[derive(Clone, Debug, Message)]
#[rtype(result = "()")]
pub struct FileCase(pub Case);

/// Manager → Provider: you misbehaved; your score is to show it.
#[derive(Clone, Copy, Debug, Message)]
#[rtype(result = "()")]
pub struct Struck;

// === Orders ===

/// A person, by HTTP or the command line → Manager: do this. Answered once it is done, or with the reason why not.
#[derive(Clone, Debug, Message)]
#[rtype(result = "Result<Done, Declined>")]
pub struct Order(pub Command);

// === The data path ===

/// Fetcher → Validator: a block that was asked for. The permit stands for its bytes.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub struct Candidate {
    /// The block.
    pub block: RawBlock,
    /// Who served it.
    pub from: Served,
    /// Operators that have it too and have not been found wanting.
    pub elsewhere: BTreeSet<Operator>,
    /// Its share of the memory budget.
    pub permit: Permit,
}

/// Provider → Validator: a canary, a recent final block that nobody waits for. Recompute it: a provider must not be found out
/// only when it leads.
#[derive(Clone, Debug, Message)]
#[rtype(result = "()")]
pub struct Inspect {
    /// The block.
    pub block: RawBlock,
    /// Who served it.
    pub from: Served,
}

/// Validator → Fetcher: a block on the agreed branch is missing, or was refused: get it, not from whoever failed.
#[derive(Clone, Debug, Message)]
#[rtype(result = "()")]
pub struct Wanted {
    /// The block.
    pub block: BlockRef,
    /// A provider that served something else in its place.
    pub not_from: Option<String>,
}

/// Validator → Fetcher: the chain ends here now; whatever lies below needs no fetching any more.
#[derive(Clone, Copy, Debug, Message)]
#[rtype(result = "()")]
pub struct Rewind {
    /// The first height that is not delivered.
    pub next: Height,
}

/// Validator → Journal: make these durable, then let everybody see them.
#[derive(Debug, Message)]
#[rtype(result = "Result<(), AppendFailed>")]
pub struct Append {
    /// The events, in order.
    pub drafts: Vec<Draft>,
    /// The shares of the memory budget, freed once the events are durable.
    pub permits: Vec<Permit>,
}

/// The journal could not make events durable; it will be opened again.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct AppendFailed(pub String);

/// Journal → Sinks: there is more. A nudge: sinks pull.
#[derive(Clone, Copy, Debug, Message)]
#[rtype(result = "()")]
pub struct Appended {
    /// The last event's number.
    pub seq: Seq,
}

/// Sink → Journal: the events after this one, at most so many bytes, but one at the least.
#[derive(Clone, Copy, Debug, Message)]
#[rtype(result = "Result<Vec<Arc<Event>>, JournalError>")]
pub struct Pull {
    /// The last event the sink has.
    pub after: Seq,
    /// Bytes.
    pub max_bytes: usize,
}

/// Sink → Journal: where is the place I stand at?
#[derive(Clone, Debug, Message)]
#[rtype(result = "Result<Standing, JournalError>")]
pub struct Locate {
    /// The sink's name.
    pub sink: String,
    /// What the sink itself holds, if it can tell.
    pub place: Option<(Seq, EventId)>,
}

/// What the journal knows of a sink's place.
#[derive(Clone, Copy, Debug)]
pub struct Standing {
    /// Where the sink's own place lies.
    pub place: Option<Located>,
    /// What it acknowledged last.
    pub mark: Option<crate::journal::Acknowledged>,
    /// The end of the stream.
    pub last: Seq,
    /// The first event that can still be had.
    pub first: Option<Seq>,
}

/// Sink → Journal: the sink has everything up to here. Moves its mark and frees what nobody needs.
#[derive(Clone, Debug, Message)]
#[rtype(result = "()")]
pub struct Acknowledge {
    /// The sink's name.
    pub sink: String,
    /// The event's number.
    pub seq: Seq,
    /// The event's id.
    pub id: EventId,
}

/// Validator → Journal: the canonical chain as the journal tells it.
#[derive(Clone, Copy, Debug, Message)]
#[rtype(result = "Result<Option<Canonical>, JournalError>")]
pub struct ReadChain;

/// App → every actor, in data-path order: finish what is in hand, flush, stop.
#[derive(Clone, Copy, Debug, Message)]
#[rtype(result = "()")]
pub struct Drain {
    /// How long that may take.
    pub deadline: Duration,
}
