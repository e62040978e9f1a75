//! Who leads: which provider the stream asks first.
//!
//! **Why so slow to change.** Scores move all the time, and each switch costs a swap. So a leader that lost its eligibility is
//! replaced at once, but one that is merely not the best keeps its place until another is clearly better, and for a while.
//!
//! **Decision.** The leader is eligible: it stays, unless a challenger has scored more than 1.30 times as much in three
//! evaluations over at least 15 s; and not in the first two minutes, within a minute of the last switch, more than four
//! times an hour, near a reorg, or while a gap is filled. The leader is not eligible: the best eligible one leads at once,
//! passing over those that have lost the lead too often lately or have only just come back, if it can. Nobody is eligible: the least bad one that may be
//! believed serves as the last resort, for no verdict on health may end the stream. Nobody may be believed: nobody leads.
//!
//! **Ties** go to the greater weight, then to the first name: the same candidates give the same answer in any order.
//!
//! **The cursor.** Who takes over without need has shown the last block delivered. Where the leader must go, those that have
//! shown it go before the others; but a switch never waits for it: [`swap`] records when it was shown.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use serde::Serialize;

use self::challenge::Challenges;
use self::damping::Damping;
use super::at::At;
use super::eligibility::Fitness;
use super::numbers::Term;
use super::until::Now;

mod candidate;
mod challenge;
mod damping;
mod decision;
mod ranking;
mod rejoin;
mod state;
pub mod swap;

pub use candidate::{Candidate, Cursor};
pub use challenge::Challenger;
pub use damping::Kept as KeptPenalty;
pub use decision::{Decision, Reason};
pub use rejoin::{Rejoin, Standing};
pub use state::State;

/// A challenger must score so many times the leader's score.
const CLEARLY_BETTER: f64 = 1.30;
const NO_VOLUNTARY_FIRST: Duration = Duration::from_secs(120);
const DWELL: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3600);
const VOLUNTARY_AN_HOUR: usize = 4;

/// The election of one chain's leader.
#[derive(Clone, Debug)]
pub struct Election {
    started: At,
    term: Term,
    leader: Option<Leader>,
    challenges: Challenges,
    damping: Damping,
    voluntary: VecDeque<At>,
}

/// Who leads, and since when.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Leader {
    /// Its name.
    pub name: String,
    /// The moment of its election.
    pub since: At,
    /// By what right.
    pub seat: Seat,
}

/// By what right somebody leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Seat {
    /// It was eligible, then or later.
    Elected,
    /// Nobody was.
    LastResort,
}

/// What else matters at the moment of an evaluation.
#[derive(Clone, Copy, Debug)]
pub struct Context {
    /// The measured time between blocks.
    pub block_time: Duration,
    /// When the stream last undid a block.
    pub last_reorg: Option<At>,
    /// Whether the stream is catching up.
    pub gap: Gap,
}

/// Whether blocks are missing between the stream and the tip.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gap {
    /// No.
    Closed,
    /// Yes, and they are being fetched.
    Filling,
}

// === impl Election ===

impl Election {
    /// Nobody leads yet.
    pub fn new(now: At) -> Self {
        Self {
            started: now,
            term: Term::default(),
            leader: None,
            challenges: Challenges::default(),
            damping: Damping::default(),
            voluntary: VecDeque::new(),
        }
    }

    /// Evaluates the candidates, and records what follows. To be called on each block, and at least every 5 s.
    pub fn evaluate(&mut self, candidates: &[Candidate], context: &Context, now: At) -> Decision {
        self.challenges.observe(self.eligible_leader(candidates), candidates, now);
        let decision = self.decide(candidates, context, now);
        self.apply(&decision, now);
        decision
    }

    /// The current term: it grows by one each time that another leads.
    pub const fn term(&self) -> Term {
        self.term
    }

    /// The penalties for losing the lead, as they are kept over a restart.
    pub fn penalties(&self, now: Now) -> BTreeMap<String, KeptPenalty> {
        self.damping.kept(now)
    }

    /// Takes a provider's penalty over from an earlier life.
    pub fn recall_penalty(&mut self, name: &str, kept: &KeptPenalty, now: Now) {
        self.damping.recall(name, kept, now);
    }

    /// Who leads.
    pub const fn leader(&self) -> Option<&Leader> {
        self.leader.as_ref()
    }

    fn candidate<'a>(&self, candidates: &'a [Candidate]) -> Option<&'a Candidate> {
        let leader = self.leader.as_ref()?;
        candidates.iter().find(|candidate| candidate.name == leader.name)
    }

    fn eligible_leader<'a>(&self, candidates: &'a [Candidate]) -> Option<&'a Candidate> {
        self.candidate(candidates).filter(|leader| leader.fitness == Fitness::Eligible)
    }

    fn decide(&self, candidates: &[Candidate], context: &Context, now: At) -> Decision {
        if let Some(leader) = self.eligible_leader(candidates) {
            return self.challenged(leader, candidates, context, now);
        }
        if let Some(best) = ranking::best_eligible(candidates, |candidate| !self.is_steady(candidate, now)) {
            return Decision::Switch { to: best.name.clone(), reason: self.why_forced(candidates) };
        }
        match ranking::last_resort(candidates, self.candidate(candidates), CLEARLY_BETTER) {
            Some((last, why)) => Decision::LastResort { to: last.name.clone(), why: why.into() },
            None => Decision::Nobody { why: ranking::why_nobody(candidates) },
        }
    }

    fn challenged(
        &self,
        leader: &Candidate,
        candidates: &[Candidate],
        context: &Context,
        now: At,
    ) -> Decision {
        let ready =
            |candidate: &&Candidate| candidate.cursor == Cursor::Shown && self.is_ripe(candidate, now);
        let challenger = ranking::best(candidates.iter().filter(ready));
        match challenger.filter(|_| self.may_switch(context, now)) {
            Some(challenger) => {
                let ratio = challenger.score / leader.score.max(f64::MIN_POSITIVE);
                Decision::Switch { to: challenger.name.clone(), reason: Reason::Voluntary { ratio } }
            }
            None => Decision::Keep,
        }
    }

    fn is_ripe(&self, candidate: &Candidate, now: At) -> bool {
        self.challenges.is_ripe(&candidate.name, now) && self.is_steady(candidate, now)
    }

    /// Whether it is likely to keep the lead.
    fn is_steady(&self, candidate: &Candidate, now: At) -> bool {
        candidate.standing == Standing::Proven && !self.damping.suppresses(&candidate.name, now)
    }

    /// Whom nothing but the cursor keeps from the lead: it is to be asked for it.
    pub fn awaits_cursor_of<'a>(&self, candidates: &'a [Candidate], now: At) -> Option<&'a str> {
        let blind =
            |candidate: &&Candidate| candidate.cursor == Cursor::NotShown && self.is_ripe(candidate, now);
        ranking::best(candidates.iter().filter(blind)).map(|candidate| candidate.name.as_str())
    }

    /// Whether a switch that nobody needs would be harmless now.
    fn may_switch(&self, context: &Context, now: At) -> bool {
        let calm = |reorg: At| now.since(reorg) >= context.block_time.saturating_mul(2);
        let dwelt = self.leader.as_ref().is_none_or(|leader| now.since(leader.since) >= DWELL);
        now.since(self.started) >= NO_VOLUNTARY_FIRST
            && dwelt
            && self.voluntary_within_the_hour(now) < VOLUNTARY_AN_HOUR
            && context.last_reorg.is_none_or(calm)
            && context.gap == Gap::Closed
    }

    fn voluntary_within_the_hour(&self, now: At) -> usize {
        self.voluntary.iter().filter(|switch| now.since(**switch) < HOUR).count()
    }

    fn why_forced(&self, candidates: &[Candidate]) -> Reason {
        let why = match self.candidate(candidates).map(|leader| &leader.fitness) {
            Some(Fitness::Barred { why } | Fitness::LastResort { why, .. }) => why.clone(),
            Some(Fitness::Eligible) | None if self.leader.is_some() => "it is no longer a candidate".into(),
            _ if self.term == Term::default() => return Reason::First,
            _ => "nobody was left to lead".into(),
        };
        Reason::Forced { why }
    }

    fn apply(&mut self, decision: &Decision, now: At) {
        match decision {
            Decision::Keep => self.leader.iter_mut().for_each(|leader| leader.seat = Seat::Elected),
            Decision::Switch { to, reason } => {
                if matches!(reason, Reason::Voluntary { .. }) {
                    self.voluntary.retain(|switch| now.since(*switch) < HOUR);
                    self.voluntary.push_back(now);
                } else {
                    self.demote(now);
                }
                self.enthrone(to, Seat::Elected, now);
            }
            Decision::LastResort { to, .. } => {
                if self.leader.as_ref().is_none_or(|leader| leader.name != *to) {
                    self.demote(now);
                    self.enthrone(to, Seat::LastResort, now);
                }
            }
            Decision::Nobody { .. } => {
                self.demote(now);
                self.leader = None;
            }
        }
    }

    /// Holds the loss of the lead against the leader. One that only stood in as the last resort has lost nothing.
    fn demote(&mut self, now: At) {
        if let Some(leader) = self.leader.as_ref().filter(|leader| leader.seat == Seat::Elected) {
            self.damping.on_demotion(&leader.name, now);
        }
    }

    fn enthrone(&mut self, name: &str, seat: Seat, now: At) {
        self.term = self.term.next();
        self.challenges = Challenges::default();
        self.leader = Some(Leader { name: name.into(), since: now, seat });
    }
}

#[cfg(test)]
mod tests;
