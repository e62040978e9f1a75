//! The faults that a provider has at the moment, and what each of them does.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

use super::SocketManner;
use crate::core::at::At;
use crate::core::numbers::Height;
use crate::sim::block::Block;
use crate::sim::corruption::{Corruption, Subject};
use crate::sim::fault::{BatchFault, Fault, Garbage, Refusal, Unknown};
use crate::sim::profile::Profile;
use crate::sim::reply::{HttpAnswer, Reply};
use crate::sim::rpc::{self, Answer, Request};
use crate::sim::view::{Fork, Standpoint};

/// Branches of lies are numbered from here, so that no fork follows them by accident.
const LIES: u64 = 1 << 62;

const PAGE: &str = "<!DOCTYPE html><html><head><title>Just a moment...</title></head><body>502</body></html>";

/// What is wrong with a provider, and where it stands.
#[derive(Debug)]
pub struct Condition {
    propagation: Duration,
    lag: u64,
    place: u64,
    inflicted: Vec<Inflicted>,
}

#[derive(Debug)]
struct Inflicted {
    fault: Fault,
    since: At,
}

impl Condition {
    pub fn new(profile: &Profile, place: u64) -> Self {
        Self { propagation: profile.propagation, lag: profile.lag, place, inflicted: Vec::new() }
    }

    pub fn add(&mut self, fault: Fault, since: At) {
        self.inflicted.push(Inflicted { fault, since });
    }

    pub fn clear(&mut self) {
        self.inflicted.clear();
    }

    pub fn faults(&self) -> impl DoubleEndedIterator<Item = &Fault> {
        self.inflicted.iter().map(|inflicted| &inflicted.fault)
    }

    /// The newest fault of a kind decides.
    fn newest<T>(&self, kind: impl Fn(&Fault) -> Option<T>) -> Option<T> {
        self.faults().rev().find_map(kind)
    }

    fn has(&self, fault: &Fault) -> bool {
        self.faults().any(|active| active == fault)
    }
}

// === The wire ===

impl Condition {
    pub fn latency(&self) -> Duration {
        let more = |fault: &Fault| if let Fault::Latency(more) = fault { *more } else { Duration::ZERO };
        self.faults().map(more).sum()
    }

    /// What happens to a request that never comes to be read.
    pub fn wire(&self, now: At) -> Option<Reply> {
        if self.is_down(now) {
            return Some(Reply::Reset);
        }
        self.newest(|fault| match fault {
            Fault::Stall => Some(Reply::Silence),
            Fault::Drop => Some(Reply::Reset),
            Fault::HttpStatus(status) => Some(Reply::Answer(HttpAnswer::text(*status, "no"))),
            Fault::Garbage(Garbage::Html) => {
                Some(Reply::Answer(HttpAnswer { content_type: "text/html", ..HttpAnswer::json(PAGE) }))
            }
            Fault::Garbage(Garbage::Plain) => {
                Some(Reply::Answer(HttpAnswer::json("invalid host specified\n")))
            }
            Fault::Garbage(Garbage::Empty) => Some(Reply::Answer(HttpAnswer::json(""))),
            _ => None,
        })
    }

    pub fn garbage(&self) -> Option<Garbage> {
        self.newest(|fault| if let Fault::Garbage(what) = fault { Some(*what) } else { None })
    }

    pub fn rate_limit(&self) -> Option<(Option<Duration>, Refusal)> {
        self.newest(|fault| match fault {
            Fault::RateLimit { retry_after, refusal, .. } => Some((*retry_after, *refusal)),
            _ => None,
        })
    }

    pub fn is_down(&self, now: At) -> bool {
        self.inflicted.iter().any(|inflicted| match inflicted.fault {
            Fault::Die => true,
            Fault::Flap { period } => periods(now.since(inflicted.since), period).is_multiple_of(2),
            _ => false,
        })
    }

    /// When it next dies or comes back by itself.
    pub fn next_flap(&self, now: At) -> Option<At> {
        let next = |inflicted: &Inflicted| match inflicted.fault {
            Fault::Flap { period } => {
                let passed = periods(now.since(inflicted.since), period);
                let turns = u32::try_from(passed + 1).unwrap_or(u32::MAX);
                Some(inflicted.since + period.saturating_mul(turns))
            }
            _ => None,
        };
        self.inflicted.iter().filter_map(next).min()
    }
}

fn periods(elapsed: Duration, period: Duration) -> u128 {
    elapsed.as_nanos() / period.as_nanos().max(1)
}

// === The view ===

impl Condition {
    pub fn standpoint(&self, now: At) -> Standpoint {
        let frozen = self.inflicted.iter().filter(|inflicted| inflicted.fault == Fault::Freeze);
        let at = frozen.map(|inflicted| inflicted.since).min().unwrap_or(now);
        Standpoint { seen_at: at - self.propagation, lag: self.lag + self.lag_fault(), fork: self.fork() }
    }

    fn lag_fault(&self) -> u64 {
        let lag = |fault: &Fault| if let Fault::Lag(blocks) = fault { *blocks } else { 0 };
        self.faults().map(lag).sum()
    }

    fn fork(&self) -> Option<Fork> {
        self.newest(|fault| match fault {
            Fault::ForkAt(fork) => Some(*fork),
            Fault::LieFrom(from) => Some(Fork { from: *from, branch: LIES | self.place }),
            _ => None,
        })
    }

    pub fn leap(&self) -> u64 {
        self.newest(|fault| if let Fault::Leap(blocks) = fault { Some(*blocks) } else { None }).unwrap_or(0)
    }

    pub fn is_syncing(&self) -> bool {
        self.has(&Fault::Syncing)
    }

    /// The lowest height that it announces and does not have.
    pub fn missing_from(&self, head: Height) -> Option<Height> {
        let newest = self.newest(|fault| match fault {
            Fault::NullFor { newest } => Some(*newest),
            _ => None,
        })?;
        (newest > 0).then(|| head.minus(newest - 1))
    }

    pub fn finality_unknown(&self) -> Option<Unknown> {
        self.newest(|fault| if let Fault::FinalityUnknown(how) = fault { Some(*how) } else { None })
    }

    pub fn finality_back(&self) -> u64 {
        self.newest(|fault| if let Fault::FinalityBack(blocks) = fault { Some(*blocks) } else { None })
            .unwrap_or(0)
    }
}

// === The answer ===

impl Condition {
    pub fn wrong_chain(&self) -> Option<u64> {
        self.newest(|fault| if let Fault::WrongChain(chain) = fault { Some(*chain) } else { None })
    }

    /// An error that stands in for the answer, whatever it would be.
    pub fn instead(&self, method: &str) -> Option<Answer> {
        self.newest(|fault| match fault {
            Fault::Unsupported(unknown) if unknown == method => {
                Some(Answer::error(-32601, "method not found"))
            }
            Fault::RpcError { code, message } => Some(Answer::error(*code, message.as_str())),
            _ => None,
        })
    }

    /// The answer with all its lies.
    pub fn told(&self, subject: Subject, honest: Bytes) -> Bytes {
        let lies = self.faults().filter_map(|fault| match fault {
            Fault::Corrupt(corruption) => Some(*corruption),
            _ => None,
        });
        lies.fold(honest, |told, corruption: Corruption| corruption.applied(subject, told))
    }

    /// The body of a batch; `None` if the connection is reset over it.
    pub fn batch(&self, requests: &[Request], mut answers: Vec<Vec<u8>>) -> Option<Bytes> {
        let fault = self.newest(|fault| if let Fault::Batch(what) = fault { Some(*what) } else { None });
        match fault {
            None => {}
            Some(BatchFault::Reordered) => answers.reverse(),
            Some(BatchFault::Incomplete) => {
                answers.pop();
            }
            Some(BatchFault::SingleObject) => {
                return Some(Answer::error(-32600, "invalid request").rendered("null").into());
            }
            Some(BatchFault::Reset) => return None,
            Some(BatchFault::ForeignIds) => {
                let foreign = |place: usize| Answer::null().rendered(&format!("{}", 1_000_000 + place));
                answers = (0..requests.len()).map(foreign).collect();
            }
        }
        Some(rpc::batch(&answers).into())
    }
}

// === The sockets ===

impl Condition {
    pub fn socket_manner(&self, now: At) -> SocketManner {
        if self.is_down(now) || self.has(&Fault::Drop) {
            SocketManner::Closing
        } else if self.has(&Fault::DeafWebSocket) || self.has(&Fault::Stall) {
            SocketManner::Deaf
        } else if self.has(&Fault::SilentWebSocket) {
            SocketManner::Silent
        } else {
            SocketManner::Telling
        }
    }

    pub fn announcements(&self, blocks: &[Arc<Block>]) -> Vec<Bytes> {
        let first = if self.has(&Fault::SkipHeads) { blocks.len().saturating_sub(1) } else { 0 };
        let times = if self.has(&Fault::DuplicateHeads) { 2 } else { 1 };
        let told = |block: &Arc<Block>| std::iter::repeat_n(self.told_head(block), times);
        blocks.iter().skip(first).flat_map(told).collect()
    }

    fn told_head(&self, block: &Block) -> Bytes {
        let told = self.told(Subject::Block, block.head_json());
        match self.leap() {
            0 => told,
            leap => leaped(&told, block.number() + leap),
        }
    }
}

fn leaped(head: &[u8], number: u64) -> Bytes {
    let mut head: serde_json::Value = serde_json::from_slice(head).unwrap_or_default();
    head["number"] = format!("{number:#x}").into();
    head.to_string().into()
}
