//! What a simulated provider does when it fails.
//!
//! Symptoms add up, act at once, on open connections too, and end when healed. [`super::provider`] gives each its place: on the
//! wire, in the view, in the answer, or on the socket.

use std::fmt;
use std::time::Duration;

use humantime::format_duration;

use super::corruption::Corruption;
use super::frames::Frames;
use super::oddity::Oddity;
use super::reply::HttpAnswer;
use super::view::Fork;
use super::wire::Wire;
use crate::core::numbers::Height;

/// One way to fail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Symptom {
    /// Every answer comes this much later.
    Latency(Duration),
    /// Requests are taken and never answered.
    Stall,
    /// Connections are reset in the middle of a request.
    Drop,
    /// Nobody is there: connections are reset when they are made, and open ones end.
    Die,
    /// Dies and comes back: down for one period, up for the next.
    Flap {
        /// Of being down, and of being up.
        period: Duration,
    },
    /// Every answer is this HTTP status, with a text for people.
    HttpStatus(u16),
    /// Every answer is this one.
    Http(HttpAnswer),
    /// No more than so many requests in a second.
    RateLimit {
        /// Requests; zero refuses all of them.
        per_second: u32,
        /// What a refusal names as the time to wait, if it names one.
        retry_after: Option<Duration>,
        /// Where a refusal stands.
        refusal: Refusal,
    },
    /// Something that is not JSON-RPC at all.
    Garbage(Garbage),
    /// Blocks behind what it would see.
    Lag(u64),
    /// Its view stands still at the moment that this begins.
    Freeze,
    /// Announces heads so many blocks ahead of what there is.
    Leap(u64),
    /// Has no newest block, and announces none: it is still catching up.
    Syncing,
    /// Announces its newest blocks, and then does not have them.
    NullFor {
        /// How many.
        newest: u64,
    },
    /// Announces its newest blocks, and then has an error for them.
    Absent {
        /// How many.
        newest: u64,
        /// The code.
        code: i64,
        /// The message.
        message: String,
    },
    /// Has only the headers of its newest blocks.
    Unexecuted {
        /// How many.
        newest: u64,
    },
    /// Invents a newest block so far ahead, whose hash is right.
    LeapSealed(u64),
    /// Two backends behind one address: every other request meets one that is so far behind.
    Skew {
        /// Blocks.
        back: u64,
    },
    /// Two backends behind one address: every other request meets one that follows a fork.
    TwoMinds(Fork),
    /// Follows a branch of its own, or one that others follow as well.
    ForkAt(Fork),
    /// Invents a chain that nobody else follows and that is consistent in itself.
    LieFrom(Height),
    /// Answers as a chain of another number.
    WrongChain(u64),
    /// Has another block zero.
    OtherGenesis,
    /// Changes what it hands out.
    Corrupt(Corruption),
    /// Tells the truth in an unusual way.
    Odd(Oddity),
    /// Its receipts are those of another block of the same height.
    ReceiptsOfAnotherFork,
    /// Knows neither `safe` nor `finalized`.
    FinalityUnknown(Unknown),
    /// Has error -32603 for `safe` and `finalized`, though it knows them.
    FinalityFails,
    /// Its `finalized` is so many blocks lower than it was.
    FinalityBack(u64),
    /// Does not know this method.
    Unsupported(String),
    /// Answers this method with an error.
    MethodError {
        /// The method.
        method: String,
        /// The code.
        code: i64,
        /// The message.
        message: String,
    },
    /// Answers every request with this JSON-RPC error.
    RpcError {
        /// The code.
        code: i64,
        /// The message.
        message: String,
        /// The JSON of `data`.
        data: Option<String>,
    },
    /// Answers under ids that are not those of the requests.
    Id(IdTrouble),
    /// Mixes up a batch.
    Batch(BatchTrouble),
    /// Something befalls its answers on their way.
    Wire(Wire),
    /// WebSocket: something befalls its messages on their way.
    Frames(Frames),
    /// WebSocket: takes the subscription and then never says a word of it.
    SilentWebSocket,
    /// WebSocket: the other end is gone, and nothing says so.
    DeafWebSocket,
    /// WebSocket: every connection ends so long after it was made, without a word.
    HangUp {
        /// From its beginning.
        after: Duration,
    },
    /// WebSocket: every announcement is larger than any reader takes.
    OversizedHeads,
    /// WebSocket: announcements name another hash than the block's, or none.
    AnnouncedHash(HeadHash),
    /// WebSocket: every head twice.
    DuplicateHeads,
    /// WebSocket: of several heads at once only the last.
    SkipHeads,
}

/// Where a refusal stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// HTTP 429, with `Retry-After`.
    Status,
    /// HTTP 200 and a JSON-RPC error, with `data.rate.backoff_seconds`.
    Body,
}

/// What is not JSON-RPC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Garbage {
    /// A page for people, as during an outage of a content network.
    Html,
    /// A plain sentence under the content type of JSON.
    Plain,
    /// Nothing.
    Empty,
    /// The right answer, but only the first half of it.
    Truncated,
}

/// How a provider says that it knows no finality.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unknown {
    /// `result: null`.
    Null,
    /// Error -32000, as geth.
    Code32000,
    /// Error -39001, as Besu and Erigon.
    Code39001,
}

/// What is wrong with a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BatchTrouble {
    /// Answers in another order.
    Reordered,
    /// The last answer is missing.
    Incomplete,
    /// One error instead of a list.
    SingleObject,
    /// The connection is reset.
    Reset,
    /// Ids of other requests.
    ForeignIds,
    /// The last answer is an error.
    ItemError,
}

/// What is wrong with the id of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IdTrouble {
    /// Another number.
    Other,
    /// The same, as text.
    Text,
}

/// What is wrong with an announced hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HeadHash {
    /// It is no block's.
    Wrong,
    /// It is not there.
    Absent,
}

impl fmt::Display for Symptom {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Latency(more) => write!(out, "answers {} later", format_duration(*more)),
            Self::Stall => out.write_str("takes requests and never answers"),
            Self::Drop => out.write_str("resets connections in the middle of a request"),
            Self::Die => out.write_str("dies"),
            Self::Flap { period } => write!(out, "dies and returns every {}", format_duration(*period)),
            Self::Http(answer) => write!(out, "answers everything with an HTTP {}", answer.status),
            Self::HttpStatus(status) => write!(out, "answers HTTP {status}"),
            Self::RateLimit { per_second: 1, .. } => out.write_str("takes only one request a second"),
            Self::RateLimit { per_second, .. } => write!(out, "takes only {per_second} requests a second"),
            Self::Garbage(what) => write!(out, "answers {what}"),
            Self::Lag(blocks) => write!(out, "lags {blocks} blocks behind"),
            Self::Freeze => out.write_str("stands still at its head"),
            Self::Leap(blocks) => write!(out, "announces heads {blocks} blocks too high"),
            Self::Syncing => out.write_str("is syncing and has no newest block"),
            Self::NullFor { newest } => {
                write!(out, "announces its newest {newest} blocks without having them")
            }
            Self::Absent { newest, code, .. } => {
                write!(out, "announces its newest {newest} blocks and has error {code} for them")
            }
            Self::Unexecuted { newest } => write!(out, "has only the headers of its newest {newest} blocks"),
            Self::LeapSealed(blocks) => write!(out, "invents a head {blocks} blocks too high"),
            Self::Skew { back } => write!(out, "is {back} blocks behind at every other request"),
            Self::TwoMinds(fork) => write!(out, "follows a fork from block {} by turns", fork.from),
            Self::ForkAt(fork) => write!(out, "follows a fork from block {}", fork.from),
            Self::LieFrom(height) => write!(out, "invents a chain of its own from block {height}"),
            Self::WrongChain(chain) => write!(out, "answers as chain {chain}"),
            Self::OtherGenesis => out.write_str("has another block zero"),
            Self::Corrupt(what) => write!(out, "lies: {what}"),
            Self::Odd(what) => write!(out, "writes {what}"),
            Self::ReceiptsOfAnotherFork => out.write_str("has receipts of another fork"),
            Self::FinalityUnknown(_) => out.write_str("knows no finality"),
            Self::FinalityFails => out.write_str("fails when asked what is final"),
            Self::FinalityBack(blocks) => write!(out, "takes finality back by {blocks} blocks"),
            Self::Unsupported(method) => write!(out, "does not know {method}"),
            Self::MethodError { method, code, .. } => write!(out, "answers {method} with error {code}"),
            Self::RpcError { code, .. } => write!(out, "answers error {code}"),
            Self::Id(what) => write!(out, "{what}"),
            Self::Batch(what) => write!(out, "{what}"),
            Self::HangUp { after } => write!(out, "ends every socket after {}", format_duration(*after)),
            Self::OversizedHeads => out.write_str("announces heads larger than anybody takes"),
            Self::AnnouncedHash(what) => write!(out, "announces {what}"),
            Self::Wire(what) => write!(out, "{what}"),
            Self::Frames(what) => write!(out, "{what}"),
            Self::SilentWebSocket => out.write_str("takes subscriptions and stays silent"),
            Self::DeafWebSocket => out.write_str("is gone from its sockets without a word"),
            Self::DuplicateHeads => out.write_str("announces every head twice"),
            Self::SkipHeads => out.write_str("announces only the last of several heads"),
        }
    }
}

impl fmt::Display for IdTrouble {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Other => "answers under other ids",
            Self::Text => "writes ids as text",
        })
    }
}

impl fmt::Display for HeadHash {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Wrong => "wrong hashes",
            Self::Absent => "heads without a hash",
        })
    }
}

impl fmt::Display for Garbage {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Html => "a web page",
            Self::Plain => "a plain sentence",
            Self::Empty => "nothing at all",
            Self::Truncated => "half of what it should",
        })
    }
}

impl fmt::Display for BatchTrouble {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Reordered => "answers batches in another order",
            Self::Incomplete => "leaves one answer out of every batch",
            Self::SingleObject => "answers a batch with one error",
            Self::Reset => "resets the connection at a batch",
            Self::ForeignIds => "answers batches with ids of others",
            Self::ItemError => "has an error for one request of every batch",
        })
    }
}
