//! The symptoms that a provider has at the moment, and what each of them does.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use serde_json::Value;

use super::SocketManner;
use crate::chain::websocket::MESSAGE_BYTES;
use crate::core::at::At;
use crate::core::numbers::Height;
use crate::sim::block::Block;
use crate::sim::corruption::{Corruption, Subject};
use crate::sim::frames::Frames;
use crate::sim::profile::Profile;
use crate::sim::reply::{HttpAnswer, Reply};
use crate::sim::rpc::{self, Answer, Request};
use crate::sim::symptom::{BatchTrouble, Garbage, HeadHash, IdTrouble, Refusal, Symptom, Unknown};
use crate::sim::view::{Fork, Standpoint};

/// Branches of lies are numbered from here, so that no fork follows them by accident.
const LIES: u64 = 1 << 62;

/// What [`Symptom::OversizedHeads`] adds: more than a socket takes.
const OVERSIZED_BYTES: usize = 2 * MESSAGE_BYTES;

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
    symptom: Symptom,
    since: At,
}

impl Condition {
    pub fn new(profile: &Profile, place: u64) -> Self {
        Self { propagation: profile.propagation, lag: profile.lag, place, inflicted: Vec::new() }
    }

    pub fn add(&mut self, symptom: Symptom, since: At) {
        self.inflicted.push(Inflicted { symptom, since });
    }

    pub fn clear(&mut self) {
        self.inflicted.clear();
    }

    pub fn symptoms(&self) -> impl DoubleEndedIterator<Item = &Symptom> {
        self.inflicted.iter().map(|inflicted| &inflicted.symptom)
    }

    /// The newest symptom of a kind decides.
    fn newest<T>(&self, kind: impl Fn(&Symptom) -> Option<T>) -> Option<T> {
        self.symptoms().rev().find_map(kind)
    }

    fn has(&self, symptom: &Symptom) -> bool {
        self.symptoms().any(|active| active == symptom)
    }
}

// === The wire ===

impl Condition {
    pub fn latency(&self) -> Duration {
        let more =
            |symptom: &Symptom| if let Symptom::Latency(more) = symptom { *more } else { Duration::ZERO };
        self.symptoms().map(more).sum()
    }

    /// What happens to a request that never comes to be read.
    pub fn wire(&self, now: At) -> Option<Reply> {
        if self.is_down(now) {
            return Some(Reply::Reset);
        }
        self.newest(|symptom| match symptom {
            Symptom::Stall => Some(Reply::Silence),
            Symptom::Drop => Some(Reply::Reset),
            Symptom::HttpStatus(status) => {
                Some(Reply::Answer(HttpAnswer::text(*status, if *status == 204 { "" } else { "no" })))
            }
            Symptom::Http(answer) => Some(Reply::Answer(answer.clone())),
            Symptom::Garbage(Garbage::Html) => {
                Some(Reply::Answer(HttpAnswer { content_type: "text/html", ..HttpAnswer::json(PAGE) }))
            }
            Symptom::Garbage(Garbage::Plain) => {
                Some(Reply::Answer(HttpAnswer::json("invalid host specified\n")))
            }
            Symptom::Garbage(Garbage::Empty) => Some(Reply::Answer(HttpAnswer::json(""))),
            _ => None,
        })
    }

    /// What comes of a reply on its way.
    pub fn sent(&self, reply: Reply) -> Reply {
        let wire =
            self.newest(|symptom| if let Symptom::Wire(wire) = symptom { Some(wire.clone()) } else { None });
        match (reply, wire) {
            (Reply::Answer(answer), Some(wire)) => Reply::Mangled(answer, wire),
            (reply, _) => reply,
        }
    }

    pub fn garbage(&self) -> Option<Garbage> {
        self.newest(|symptom| if let Symptom::Garbage(what) = symptom { Some(*what) } else { None })
    }

    pub fn rate_limit(&self) -> Option<(Option<Duration>, Refusal)> {
        self.newest(|symptom| match symptom {
            Symptom::RateLimit { retry_after, refusal, .. } => Some((*retry_after, *refusal)),
            _ => None,
        })
    }

    pub fn is_down(&self, now: At) -> bool {
        self.inflicted.iter().any(|inflicted| match inflicted.symptom {
            Symptom::Die => true,
            Symptom::Flap { period } => periods(now.since(inflicted.since), period).is_multiple_of(2),
            _ => false,
        })
    }

    /// When it next dies or comes back by itself.
    pub fn next_flap(&self, now: At) -> Option<At> {
        let next = |inflicted: &Inflicted| match inflicted.symptom {
            Symptom::Flap { period } => {
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
    /// Where it stands when it answers the request of this number.
    pub fn standpoint(&self, now: At, request: u64) -> Standpoint {
        let frozen = self.inflicted.iter().filter(|inflicted| inflicted.symptom == Symptom::Freeze);
        let at = frozen.map(|inflicted| inflicted.since).min().unwrap_or(now);
        let second = request % 2 == 1;
        let lag = self.lag + self.lag_symptom() + if second { self.skew() } else { 0 };
        let fork = self.fork().or_else(|| self.second_mind().filter(|_| second));
        Standpoint { seen_at: at - self.propagation, lag, fork }
    }

    fn skew(&self) -> u64 {
        self.newest(|symptom| if let Symptom::Skew { back } = symptom { Some(*back) } else { None })
            .unwrap_or(0)
    }

    fn second_mind(&self) -> Option<Fork> {
        self.newest(|symptom| if let Symptom::TwoMinds(fork) = symptom { Some(*fork) } else { None })
    }

    fn lag_symptom(&self) -> u64 {
        let lag = |symptom: &Symptom| if let Symptom::Lag(blocks) = symptom { *blocks } else { 0 };
        self.symptoms().map(lag).sum()
    }

    fn fork(&self) -> Option<Fork> {
        self.newest(|symptom| match symptom {
            Symptom::ForkAt(fork) => Some(*fork),
            Symptom::LieFrom(from) => Some(Fork { from: *from, branch: LIES | self.place }),
            _ => None,
        })
    }

    pub fn leap(&self) -> u64 {
        self.newest(|symptom| if let Symptom::Leap(blocks) = symptom { Some(*blocks) } else { None })
            .unwrap_or(0)
    }

    pub fn is_syncing(&self) -> bool {
        self.has(&Symptom::Syncing)
    }

    /// What it says in place of a block that it announced and does not have, if it does not have this one.
    pub fn absent(&self, height: Height, head: Height) -> Option<Answer> {
        let among = |newest: u64| newest > 0 && height >= head.minus(newest - 1);
        self.newest(|symptom| match symptom {
            Symptom::NullFor { newest } if among(*newest) => Some(Answer::null()),
            Symptom::Absent { newest, code, message } if among(*newest) => {
                Some(Answer::error(*code, message.as_str()))
            }
            _ => None,
        })
    }

    /// Whether it has nothing of this block but its header.
    pub fn unexecuted(&self, height: Height, head: Height) -> bool {
        let newest =
            self.newest(
                |symptom| if let Symptom::Unexecuted { newest } = symptom { Some(*newest) } else { None },
            );
        newest.is_some_and(|newest| newest > 0 && height >= head.minus(newest - 1))
    }

    pub fn sealed_leap(&self) -> Option<u64> {
        self.newest(|symptom| if let Symptom::LeapSealed(blocks) = symptom { Some(*blocks) } else { None })
    }

    pub fn has_other_genesis(&self) -> bool {
        self.has(&Symptom::OtherGenesis)
    }

    pub fn mixes_receipts(&self) -> bool {
        self.has(&Symptom::ReceiptsOfAnotherFork)
    }

    pub fn finality_unknown(&self) -> Option<Unknown> {
        self.newest(|symptom| if let Symptom::FinalityUnknown(how) = symptom { Some(*how) } else { None })
    }

    pub fn finality_fails(&self) -> bool {
        self.has(&Symptom::FinalityFails)
    }

    pub fn finality_back(&self) -> u64 {
        self.newest(|symptom| if let Symptom::FinalityBack(blocks) = symptom { Some(*blocks) } else { None })
            .unwrap_or(0)
    }
}

// === The answer ===

impl Condition {
    pub fn wrong_chain(&self) -> Option<u64> {
        self.newest(|symptom| if let Symptom::WrongChain(chain) = symptom { Some(*chain) } else { None })
    }

    /// An error that stands in for the answer, whatever it would be.
    pub fn instead(&self, method: &str) -> Option<Answer> {
        self.newest(|symptom| match symptom {
            Symptom::Unsupported(unknown) if unknown == method => {
                Some(Answer::error(-32601, "method not found"))
            }
            Symptom::MethodError { method: refused, code, message } if refused == method => {
                Some(Answer::error(*code, message.as_str()))
            }
            Symptom::RpcError { code, message, data } => {
                Some(Answer::Error { code: *code, message: message.clone(), data: data.clone() })
            }
            _ => None,
        })
    }

    /// The answer with all its lies.
    pub fn told(&self, subject: Subject, honest: Bytes) -> Bytes {
        let lies = self.symptoms().filter_map(|symptom| match symptom {
            Symptom::Corrupt(corruption) => Some(*corruption),
            _ => None,
        });
        let told = lies.fold(honest, |told, corruption: Corruption| corruption.applied(subject, told));
        let oddities = self.symptoms().filter_map(|symptom| match symptom {
            Symptom::Odd(oddity) => Some(*oddity),
            _ => None,
        });
        oddities.fold(told, |told, oddity| oddity.applied(told))
    }

    /// The id that an answer goes under.
    pub fn id(&self, asked: &str) -> String {
        match self.newest(|symptom| if let Symptom::Id(trouble) = symptom { Some(*trouble) } else { None }) {
            Some(IdTrouble::Other) => "1000000".into(),
            Some(IdTrouble::Text) => format!("\"{asked}\""),
            None => asked.into(),
        }
    }

    /// The body of a batch; `None` if the connection is reset over it.
    pub fn batch(&self, requests: &[Request], mut answers: Vec<Vec<u8>>) -> Option<Bytes> {
        let symptom =
            self.newest(|symptom| if let Symptom::Batch(what) = symptom { Some(*what) } else { None });
        match symptom {
            None => {}
            Some(BatchTrouble::Reordered) => answers.reverse(),
            Some(BatchTrouble::Incomplete) => {
                answers.pop();
            }
            Some(BatchTrouble::SingleObject) => {
                return Some(Answer::error(-32600, "invalid request").rendered("null").into());
            }
            Some(BatchTrouble::Reset) => return None,
            Some(BatchTrouble::ForeignIds) => {
                let foreign = |place: usize| Answer::null().rendered(&format!("{}", 1_000_000 + place));
                answers = (0..requests.len()).map(foreign).collect();
            }
            Some(BatchTrouble::ItemError) => {
                if let (Some(last), Some(request)) = (answers.last_mut(), requests.last()) {
                    *last = Answer::error(-32603, "internal error").rendered(request.id.get());
                }
            }
        }
        Some(rpc::batch(&answers).into())
    }
}

// === The sockets ===

impl Condition {
    pub fn socket_manner(&self, now: At) -> SocketManner {
        if self.is_down(now) || self.has(&Symptom::Drop) || self.frames() == Some(Frames::Abrupt) {
            SocketManner::Closing
        } else if self.has(&Symptom::DeafWebSocket) || self.has(&Symptom::Stall) {
            SocketManner::Deaf
        } else if self.has(&Symptom::SilentWebSocket) || self.is_syncing() {
            SocketManner::Silent
        } else {
            SocketManner::Telling
        }
    }

    /// How long a socket lives.
    pub fn hangs_up_after(&self) -> Option<Duration> {
        self.newest(|symptom| if let Symptom::HangUp { after } = symptom { Some(*after) } else { None })
    }

    pub fn frames(&self) -> Option<Frames> {
        self.newest(|symptom| if let Symptom::Frames(frames) = symptom { Some(*frames) } else { None })
    }

    pub fn announcements(&self, blocks: &[Arc<Block>]) -> Vec<Bytes> {
        let first = if self.has(&Symptom::SkipHeads) { blocks.len().saturating_sub(1) } else { 0 };
        let times = if self.has(&Symptom::DuplicateHeads) { 2 } else { 1 };
        let told = |block: &Arc<Block>| std::iter::repeat_n(self.told_head(block), times);
        blocks.iter().skip(first).flat_map(told).collect()
    }

    fn told_head(&self, block: &Block) -> Bytes {
        let told = self.told(Subject::Block, block.head_json());
        let leaped =
            |head: &mut Value| head["number"] = format!("{:#x}", block.number() + self.leap()).into();
        let told = if self.leap() > 0 { edited(&told, leaped) } else { told };
        let told = match self.announced_hash() {
            Some(HeadHash::Wrong) => {
                edited(&told, |head| head["hash"] = format!("0x{:064x}", block.number()).into())
            }
            Some(HeadHash::Absent) => edited(&told, |head| head["hash"] = Value::Null),
            None => told,
        };
        if self.has(&Symptom::OversizedHeads) { padded(&told) } else { told }
    }

    fn announced_hash(&self) -> Option<HeadHash> {
        self.newest(|symptom| if let Symptom::AnnouncedHash(what) = symptom { Some(*what) } else { None })
    }
}

fn edited(head: &[u8], edit: impl FnOnce(&mut Value)) -> Bytes {
    let mut head: Value = serde_json::from_slice(head).unwrap_or_default();
    edit(&mut head);
    head.to_string().into()
}

/// Blanks in front make it larger than any reader takes.
fn padded(head: &[u8]) -> Bytes {
    [vec![b' '; OVERSIZED_BYTES], head.to_vec()].concat().into()
}
