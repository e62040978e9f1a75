//! Catching up: which span ends are voted on, which are agreed, and which were agreed too long ago.
//!
//! *Why spans.* Far behind, nobody's head links to our tip within reach. So the way is cut into spans; the hash at the end of
//! each is voted on, and whatever links up to it is as good as agreed.
//! *Recovery.* A span end that is not reached in time is voted on anew: the chain may have left it.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Serialize;

use super::at::At;
use super::consensus::ballot::{Ballot, Outcome};
use super::consensus::ruling::{Agreement, Claim};
use super::consensus::votes::Operator;
use super::header::Header;
use super::numbers::Height;

/// Blocks in a span at most. The blocks of a span are held until its end is reached, so where two spans of so many do not fit into
/// memory they are shorter.
pub const LONGEST_SPAN: u64 = 32;
/// Spans that are agreed or voted on at once, with the one that is being fetched.
const AHEAD: usize = 3;
/// The tip is near when no more blocks than this are missing: then votes on heads decide.
pub const NEAR: u64 = 16;
/// How long a vote may take before it is begun anew.
const VOTE_TIMEOUT: Duration = Duration::from_secs(10);
/// How long to rest after a vote that agreed on nothing: whoever refuses at once would be asked again at once.
const REST: Duration = Duration::from_millis(500);
/// How long the stream may stand still below an agreed span end before that is voted on anew.
const STALLED: Duration = Duration::from_secs(30);

/// The state of one catch-up.
#[derive(Clone, Debug)]
pub struct CatchUp {
    span: u64,
    ballots: BTreeMap<Height, (Ballot, At)>,
    agreed: BTreeMap<Height, Agreement>,
    moved: At,
    rests_until: At,
}

/// What came of the votes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Settled {
    /// Everything up to this block is agreed.
    Agreed(Agreement, Header),
    /// Only one operator could answer.
    Single(Agreement, Header),
    /// Operators contradict each other.
    Split(Vec<Claim>),
}

/// What was agreed and is voted on anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recalled {
    /// Nothing.
    Nothing,
    /// Everything that is not reached yet.
    All,
}

impl Default for CatchUp {
    fn default() -> Self {
        Self {
            span: LONGEST_SPAN,
            ballots: BTreeMap::new(),
            agreed: BTreeMap::new(),
            moved: At::ZERO,
            rests_until: At::ZERO,
        }
    }
}

impl CatchUp {
    /// So many blocks fit into memory at once: from now on two spans shall.
    pub fn fit(&mut self, blocks: u64) {
        self.span = (blocks / 2).clamp(1, LONGEST_SPAN);
    }

    /// Forgets what was agreed and voted on.
    pub fn begin_anew(&mut self) {
        *self = Self { span: self.span, ..Self::default() };
    }

    /// The span ends between `next` and `attainable` that must be voted on now.
    pub fn due(&mut self, next: Height, attainable: Height, now: At) -> Vec<Height> {
        self.ballots.retain(|_, (_, opened)| now.since(*opened) <= VOTE_TIMEOUT);
        let (mut due, mut from, mut least) = (Vec::new(), next, 1);
        for _ in 0..AHEAD {
            if let Some(known) = self.known_end(from) {
                // So little above what is known that it is not worth a vote of its own.
                (from, least) = (known.next(), (self.span / 2).max(1));
                continue;
            }
            let end = from.plus(self.span).minus(1).min(attainable);
            if self.rests(now) || end.next().beyond(from) < least {
                break;
            }
            due.push(end);
            (from, least) = (end.next(), 1);
        }
        due
    }

    /// The end of a span from here that is agreed or voted on already, if that span is not much too long.
    fn known_end(&self, from: Height) -> Option<Height> {
        let near = from..from.plus(self.span + self.span / 2);
        let agreed = self.agreed.range(near.clone()).next().map(|(end, _)| *end);
        let open = self.ballots.range(near).next().map(|(end, _)| *end);
        agreed.into_iter().chain(open).min()
    }

    /// The vote on `height` begins: these operators were asked.
    pub fn open(&mut self, height: Height, operators: impl IntoIterator<Item = Operator>, now: At) {
        self.ballots.insert(height, (Ballot::open(height, operators), now));
    }

    /// An operator answered, or failed to.
    pub fn answer(&mut self, height: Height, operator: &str, header: Option<Header>) {
        if let Some((ballot, _)) = self.ballots.get_mut(&height) {
            ballot.answer(operator, header);
        }
    }

    /// Closes the votes that have an outcome; `favour` is whom a person chose to follow.
    pub fn settle(&mut self, favour: Option<&str>, now: At) -> Vec<Settled> {
        let mut settled = Vec::new();
        let mut in_vain = false;
        self.ballots.retain(|_, (ballot, _)| {
            let outcome = ballot.outcome(favour);
            in_vain |= !matches!(outcome, Outcome::Open | Outcome::Agreed(..));
            settled.extend(match outcome {
                Outcome::Open => return true,
                Outcome::Agreed(agreement, header) => Some(Settled::Agreed(agreement, header)),
                Outcome::Single(agreement, header) => Some(Settled::Single(agreement, header)),
                Outcome::Split(claims) => Some(Settled::Split(claims)),
                Outcome::Nobody => None,
            });
            false
        });
        if in_vain {
            self.rest(now);
        }
        settled
    }

    /// Forgets everything that was agreed if one of it rests on a single word that `stands` no more, or if it was not reached for
    /// too long.
    pub fn recall(&mut self, stands: impl Fn(&Agreement) -> bool, now: At) -> Recalled {
        let lapsed = |agreement: &Agreement| agreement.operators.len() == 1 && !stands(agreement);
        let stalled = now.since(self.moved) > STALLED;
        if !stalled && !self.agreed.values().any(lapsed) {
            return Recalled::Nothing;
        }
        self.agreed.clear();
        self.moved = now;
        Recalled::All
    }

    /// No vote is opened for a moment.
    pub fn rest(&mut self, now: At) {
        self.rests_until = now + REST;
    }

    /// Whether the last vote was in vain, a moment ago.
    pub fn rests(&self, now: At) -> bool {
        now < self.rests_until
    }

    /// Takes an agreement for good.
    pub fn accept(&mut self, agreement: &Agreement, now: At) {
        if self.agreed.is_empty() {
            self.moved = now;
        }
        self.agreed.insert(agreement.block.height, agreement.clone());
        self.rests_until = now;
    }

    /// The stream moved up to, but without, `next`.
    pub fn delivered(&mut self, next: Height, now: At) {
        self.agreed = self.agreed.split_off(&next);
        self.ballots = self.ballots.split_off(&next);
        self.moved = now;
    }

    /// The highest agreed height that is not reached.
    pub fn frontier(&self) -> Option<Height> {
        self.agreed.keys().next_back().copied()
    }

    /// Votes under way.
    pub fn open_votes(&self) -> usize {
        self.ballots.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::hash::Hash;

    fn header(height: Height) -> Option<Header> {
        Some(Header { height, hash: Hash([1; 32]), parent: Hash::ZERO, time_s: 0 })
    }

    fn vote(catch_up: &mut CatchUp, height: Height, now: At) {
        catch_up.open(height, ["a".into(), "b".into()], now);
        catch_up.answer(height, "a", header(height));
        catch_up.answer(height, "b", header(height));
    }

    fn accept(catch_up: &mut CatchUp, settled: &[Settled]) {
        for outcome in settled {
            let Settled::Agreed(agreement, _) = outcome else { panic!("{outcome:?}") };
            catch_up.accept(agreement, At::ZERO);
        }
    }

    #[test]
    fn span_ends_are_voted_on_once_and_ahead() {
        let mut catch_up = CatchUp::default();
        let due = catch_up.due(Height(1), Height(1000), At::ZERO);
        assert_eq!(due, [32, 64, 96].map(Height));
        due.into_iter().for_each(|height| vote(&mut catch_up, height, At::ZERO));
        let settled = catch_up.settle(None, At::ZERO);
        assert_eq!(settled.len(), 3);
        accept(&mut catch_up, &settled);
        assert_eq!(catch_up.frontier(), Some(Height(96)));
        assert!(catch_up.due(Height(1), Height(1000), At::ZERO).is_empty());
        catch_up.delivered(Height(33), At::ZERO);
        assert_eq!(catch_up.due(Height(33), Height(1000), At::ZERO), [Height(128)]);
    }

    #[test]
    fn the_last_span_ends_where_two_operators_reach() {
        let mut catch_up = CatchUp::default();
        assert_eq!(catch_up.due(Height(1), Height(40), At::ZERO), [32, 40].map(Height));
    }

    #[test]
    fn two_spans_fit_into_memory_and_a_longer_one_that_is_agreed_is_divided() {
        let mut catch_up = CatchUp::default();
        let whole = catch_up.due(Height(1), Height(1000), At::ZERO);
        whole.into_iter().for_each(|height| vote(&mut catch_up, height, At::ZERO));
        let settled = catch_up.settle(None, At::ZERO);
        accept(&mut catch_up, &settled);
        catch_up.fit(8);
        assert_eq!(catch_up.due(Height(1), Height(1000), At::ZERO), [4, 8, 12].map(Height));
        assert_eq!(
            catch_up.due(Height(28), Height(1000), At::ZERO),
            [36, 40].map(Height),
            "32 is near enough"
        );
        assert_eq!(catch_up.frontier(), Some(Height(96)));
        catch_up.fit(1);
        assert_eq!(catch_up.due(Height(1), Height(1000), At::ZERO), [1, 2, 3].map(Height));
        catch_up.begin_anew();
        assert_eq!(catch_up.due(Height(1), Height(2), At::ZERO), [1, 2].map(Height));
        catch_up.fit(u64::MAX);
        assert_eq!(catch_up.due(Height(1), Height(1000), At::ZERO), [32, 64, 96].map(Height));
    }

    #[test]
    fn a_vote_that_nobody_could_answer_is_not_repeated_at_once() {
        let mut catch_up = CatchUp::default();
        catch_up.open(Height(32), ["a".into()], At::ZERO);
        catch_up.answer(Height(32), "a", None);
        assert!(catch_up.settle(None, At::ZERO).is_empty());
        assert!(catch_up.due(Height(1), Height(32), At::ZERO).is_empty());
        assert_eq!(catch_up.due(Height(1), Height(32), At::from_secs(1)), [Height(32)]);
    }

    #[test]
    fn a_single_word_is_voted_on_anew_when_it_stands_no_more() {
        let mut catch_up = CatchUp::default();
        vote(&mut catch_up, Height(64), At::ZERO);
        let settled = catch_up.settle(None, At::ZERO);
        accept(&mut catch_up, &settled);
        assert_eq!(catch_up.recall(|_| false, At::ZERO), Recalled::Nothing, "two agree");
        catch_up.open(Height(32), ["a".into()], At::ZERO);
        catch_up.answer(Height(32), "a", header(Height(32)));
        let settled = catch_up.settle(None, At::ZERO);
        let [Settled::Single(lone, _)] = settled.as_slice() else { panic!("{settled:?}") };
        catch_up.accept(lone, At::ZERO);
        assert_eq!(
            (catch_up.recall(|_| true, At::ZERO), catch_up.frontier()),
            (Recalled::Nothing, Some(Height(64)))
        );
        assert_eq!((catch_up.recall(|_| false, At::ZERO), catch_up.frontier()), (Recalled::All, None));
        assert_eq!(catch_up.due(Height(1), Height(64), At::ZERO), [32, 64].map(Height));
    }

    #[test]
    fn a_span_end_that_is_never_reached_is_voted_on_anew() {
        let mut catch_up = CatchUp::default();
        vote(&mut catch_up, Height(32), At::ZERO);
        let settled = catch_up.settle(None, At::ZERO);
        accept(&mut catch_up, &settled);
        assert!(catch_up.due(Height(1), Height(32), At::from_secs(30)).is_empty());
        assert_eq!(catch_up.recall(|_| true, At::from_secs(30)), Recalled::Nothing);
        assert_eq!(catch_up.recall(|_| true, At::from_secs(31)), Recalled::All);
        assert_eq!(catch_up.due(Height(1), Height(32), At::from_secs(31)), [Height(32)]);
    }
}
