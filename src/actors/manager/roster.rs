//! The Manager's list of providers: how to reach them, what they reported last, and what was found out about them.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::actors::link::Link;
use crate::actors::messages::{
    FetchBlock, HeadTimed, HeaderAt, Outlook, Report, Role, Route, SetRole, Struck,
};
use crate::core::at::At;
use crate::core::backends::Backends;
use crate::core::consensus::votes::Operator;
use crate::core::cordon::Cordon;
use crate::core::election::{Candidate, Cursor, Rejoin, Standing};
use crate::core::eligibility::{Fitness, Flag, Severity};
use crate::core::hash::Hash;
use crate::core::header::{BlockRef, Header};
use crate::core::memory::{Memory, Sanctions};
use crate::core::numbers::Height;
use crate::core::strikes::{Quarantine, Strikes};
use crate::core::until::Now;

/// How long a fork may last that is held against nobody, at least.
const SHORT_FORK: Duration = Duration::from_secs(30);

/// The ways to one provider.
#[derive(Clone, Debug)]
pub struct Ways {
    /// Its name.
    pub name: String,
    /// Its operator.
    pub operator: Operator,
    /// Its role.
    pub role: Link<SetRole>,
    /// Blocks.
    pub fetch: Link<FetchBlock>,
    /// Votes.
    pub header: Link<HeaderAt>,
    /// How late its heads are.
    pub timed: Link<HeadTimed>,
    /// What is held against it.
    pub struck: Link<Struck>,
    /// How many nodes answer at its endpoints.
    pub backends: Backends,
    /// The hosts of its endpoints.
    pub hosts: Vec<String>,
}

/// What comparing providers with each other has shown.
#[derive(Clone, Copy, Debug)]
pub struct Court<'a> {
    /// Operators that hold to a branch which lost.
    pub forked: &'a BTreeSet<Operator>,
    /// The first block that most operators show.
    pub genesis: Option<Hash>,
    /// The measured block time.
    pub block_time: Duration,
}

/// Where a provider's head lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Branch {
    /// On our branch, as far as is known.
    Ours,
    /// On another.
    Another,
}

/// One provider.
#[derive(Debug)]
pub struct Seat {
    /// The ways to it.
    pub ways: Ways,
    /// Its last report.
    pub report: Option<Report>,
    /// When it last showed another head.
    pub moved: Option<At>,
    /// Heights that it is being asked about.
    pub asked: BTreeSet<Height>,
    cordon: Option<Cordon>,
    /// The cursor that it was last asked for.
    pub cursor_asked: Option<BlockRef>,
    /// The block that it last answered with.
    pub shown: Option<BlockRef>,
    /// What is held against it.
    pub strikes: Strikes,
    /// When its head last went back along our own chain.
    pub fall: Option<Fall>,
    /// What it calls final where another block is.
    pub false_final: Option<FalseFinal>,
    astray: Option<Astray>,
    rejoin: Rejoin,
    told: Option<SetRole>,
}

/// A head that went back along our own chain, further than replicas drift apart.
#[derive(Clone, Copy, Debug)]
pub struct Fall {
    /// From this head.
    pub from: Header,
    /// To this one.
    pub to: Header,
    /// When the first of them was shown.
    pub since: At,
    /// When the second was.
    pub at: At,
    /// Whether it was judged.
    pub verdict: Verdict,
}

/// A block that is called final where another one is.
#[derive(Clone, Debug)]
pub struct FalseFinal {
    /// The block.
    pub theirs: BlockRef,
    /// What is wrong with it, in words.
    pub finding: String,
    /// When that showed.
    pub since: At,
}

/// Whether something was judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Not before others have had the time to show the same.
    Pending,
    /// It was.
    Given,
}

/// A provider on another branch than ours.
#[derive(Clone, Copy, Debug)]
struct Astray {
    since: At,
    held: Held,
}

/// Whether that was held against it already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Held {
    NotYet,
    Once,
}

/// All providers of one chain, by name.
#[derive(Debug, Default)]
pub struct Roster {
    seats: BTreeMap<String, Seat>,
}

// === impl Seat ===

impl Seat {
    fn new(ways: Ways) -> Self {
        let asked = BTreeSet::new();
        let (report, moved, cordon, fall, astray, told) = (None, None, None, None, None, None);
        let (cursor_asked, shown, false_final) = (None, None, None);
        let (strikes, rejoin) = (Strikes::default(), Rejoin::default());
        Self {
            ways,
            report,
            moved,
            asked,
            cursor_asked,
            shown,
            cordon,
            strikes,
            fall,
            false_final,
            astray,
            rejoin,
            told,
        }
    }

    /// Whether its word counts: it serves the right chain and is neither quarantined nor cordoned.
    pub fn is_heard(&self, genesis: Option<Hash>, now: At) -> bool {
        let shown = self.report.as_ref().and_then(|report| report.genesis);
        shown.is_some() && (genesis.is_none() || shown == genesis) && !self.is_excluded(now)
    }

    /// Whether it is quarantined or cordoned.
    pub fn is_excluded(&self, now: At) -> bool {
        self.is_quarantined(now) || self.cordon(now).is_some()
    }

    /// Why it is, in words.
    pub fn why_excluded(&self, now: At) -> Option<String> {
        let flags: Vec<String> = self.sanction_flags(now).map(|flag| flag.describe(now)).collect();
        (!flags.is_empty()).then(|| flags.join("; "))
    }

    fn sanction_flags(&self, now: At) -> impl Iterator<Item = Flag> {
        let quarantine = self.strikes.quarantine(now);
        let quarantined =
            quarantine.map(|Quarantine { until, offence }| Flag::Quarantined { until, offence });
        let cordoned = self.cordon(now).map(|cordon| Flag::Cordoned { cordon: cordon.clone() });
        quarantined.into_iter().chain(cordoned)
    }

    /// Its cordon, if it is out of service.
    pub fn cordon(&self, now: At) -> Option<&Cordon> {
        self.cordon.as_ref().filter(|cordon| cordon.holds(now))
    }

    /// Takes it out of service, or into service again.
    pub fn set_cordon(&mut self, cordon: Option<Cordon>) {
        self.cordon = cordon;
    }

    /// Whether it is quarantined.
    pub fn is_quarantined(&self, now: At) -> bool {
        self.strikes.quarantine(now).is_some()
    }

    /// Whether its head lies on another branch than ours. An operator's vote is its latest word by whichever provider; this is
    /// about the one that would be asked for blocks.
    pub fn note_branch(&mut self, branch: Branch, now: At) {
        self.astray = match branch {
            Branch::Ours => None,
            Branch::Another => self.astray.or(Some(Astray { since: now, held: Held::NotYet })),
        };
    }

    /// Whether it has been on another branch for longer than blocks take to spread, or calls a block of one final.
    fn is_astray(&self, block_time: Duration, now: At) -> bool {
        self.false_final.is_some() || self.astray.is_some_and(|astray| now.since(astray.since) >= block_time)
    }

    /// Whether it has built on another branch for longer than six block times: true once, however long it stays there. One that
    /// merely stands still where everybody was before a reorg builds on nothing.
    pub fn forks_for_long(&mut self, block_time: Duration, now: At) -> bool {
        let (patience, moved) = ((block_time * 6).max(SHORT_FORK), self.moved);
        let long = |astray: &&mut Astray| {
            let builds = moved.is_some_and(|moved| moved > astray.since + patience);
            astray.held == Held::NotYet && now.since(astray.since) > patience && builds
        };
        let Some(astray) = self.astray.as_mut().filter(long) else { return false };
        astray.held = Held::Once;
        true
    }

    /// Notes what it shows since it was last unfit, and tells what follows for the election.
    pub fn note_return(&mut self, fitness: &Fitness) -> Standing {
        let head = self.report.as_ref().and_then(|report| report.head).map(|(head, _)| head.hash);
        self.rejoin.observe(fitness, head.filter(|_| self.astray.is_none()));
        self.rejoin.standing()
    }

    /// What was decided about it, as it is kept over a restart.
    pub fn sanctions(&self, now: Now) -> Sanctions {
        let strikes = (!self.strikes.is_clean(now.at)).then(|| self.strikes.kept(now));
        Sanctions { strikes, cordon: self.cordon.as_ref().and_then(|cordon| cordon.kept(now)), penalty: None }
    }

    fn recall(&mut self, sanctions: &Sanctions, now: Now) {
        self.strikes =
            sanctions.strikes.as_ref().map(|kept| Strikes::recalled(kept, now)).unwrap_or_default();
        self.cordon = sanctions.cordon.as_ref().and_then(|kept| Cordon::recalled(kept, now));
    }

    /// Its score; 0 before its first report.
    pub fn score(&self) -> f64 {
        self.report.as_ref().map_or(0.0, |report| report.score.score)
    }

    /// Its place among those that may be asked: the eligible before the others, then by score.
    fn rank(&self) -> (bool, std::cmp::Reverse<u64>) {
        let eligible = self.report.as_ref().is_some_and(|report| report.eligibility.eligible());
        (!eligible, std::cmp::Reverse(ordered(self.score())))
    }

    /// The height of its head.
    pub fn head(&self) -> Option<Height> {
        self.report.as_ref().and_then(|report| report.head).map(|(head, _)| head.height)
    }

    /// Whether it may be asked at all.
    pub fn is_usable(&self, now: At) -> bool {
        let barred = |report: &Report| report.eligibility.severity() == Some(Severity::Barring);
        !self.is_excluded(now) && self.report.as_ref().is_some_and(|report| !barred(report))
    }

    /// Whether it may be asked and is in good health.
    pub fn is_eligible(&self, now: At) -> bool {
        self.is_usable(now) && self.report.as_ref().is_some_and(|report| report.eligibility.eligible())
    }

    /// Tells it its role, if that is news.
    pub fn tell(&mut self, role: SetRole) {
        if self.told.as_ref() != Some(&role) {
            self.ways.role.tell(role.clone());
            self.told = Some(role);
        }
    }

    /// Its role is news again: it may not have heard of it, or not live any more.
    pub fn tell_again(&mut self) {
        self.told = None;
    }
}

// === impl Roster ===

impl Roster {
    /// A roster of providers that nothing is known of but what is remembered.
    pub fn new(ways: Vec<Ways>, memory: &Memory, now: Now) -> Self {
        let seat = |ways: Ways| {
            let (name, mut seat) = (ways.name.clone(), Seat::new(ways));
            seat.recall(&memory.of(&name).sanctions, now);
            (name, seat)
        };
        Self { seats: ways.into_iter().map(seat).collect() }
    }

    /// One provider.
    pub fn seat(&mut self, name: &str) -> Option<&mut Seat> {
        self.seats.get_mut(name)
    }

    /// All of them, by name.
    pub fn iter(&self) -> impl Iterator<Item = &Seat> {
        self.seats.values()
    }

    /// All of them, to note something down.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = &mut Seat> {
        self.seats.values_mut()
    }

    /// How many operators have a provider in good health.
    pub fn healthy_operators(&self, now: At) -> usize {
        self.iter()
            .filter(|seat| seat.is_eligible(now))
            .map(|seat| &seat.ways.operator)
            .collect::<BTreeSet<_>>()
            .len()
    }

    /// Whether any provider that may be asked answers.
    pub fn any_answers(&self, now: At) -> bool {
        let down = |flag: &Flag| matches!(flag, Flag::BreakerOpen { .. } | Flag::Throttled { .. });
        let answers = |report: &Report| !report.eligibility.flags().iter().any(down);
        self.iter().any(|seat| seat.is_usable(now) && seat.report.as_ref().is_some_and(answers))
    }

    /// Why no provider can be used, if each says of itself that it serves another chain.
    pub fn misfit(&self) -> Option<String> {
        let foreign = |seat: &Seat| {
            let flags = seat.report.as_ref().map(|report| report.eligibility.flags());
            flags.is_some_and(|flags| flags.contains(&Flag::WrongChain))
        };
        let names: Vec<&str> = self.iter().map(|seat| seat.ways.name.as_str()).collect();
        let all = !names.is_empty() && self.iter().all(foreign);
        all.then(|| format!("{} serve another chain; correct chain_id or the endpoints", names.join(", ")))
    }

    /// The operators that have a provider which may be heard.
    pub fn operators(&self, now: At) -> BTreeSet<Operator> {
        let seats = self.iter().filter(|seat| !seat.is_excluded(now));
        seats.map(|seat| seat.ways.operator.clone()).collect()
    }

    /// Whether the word of this very provider counts: another of the same operator does not speak for it.
    pub fn is_heard(&self, name: &str, genesis: Option<Hash>, now: At) -> bool {
        self.seats.get(name).is_some_and(|seat| seat.is_heard(genesis, now))
    }

    /// The genesis that most operators show; on a tie none.
    pub fn genesis(&self) -> Option<Hash> {
        let mut counts: BTreeMap<Hash, BTreeSet<&Operator>> = BTreeMap::new();
        for seat in self.iter() {
            if let Some(genesis) = seat.report.as_ref().and_then(|report| report.genesis) {
                counts.entry(genesis).or_default().insert(&seat.ways.operator);
            }
        }
        let most = counts.values().map(BTreeSet::len).max()?;
        let mut leading = counts.iter().filter(|(_, operators)| operators.len() == most);
        let (genesis, _) = leading.next()?;
        leading.next().is_none().then_some(*genesis)
    }

    /// What was found out about a provider by comparing it with others.
    pub fn declared(&self, name: &str, court: &Court<'_>, now: At) -> Vec<Flag> {
        let Some(seat) = self.seats.get(name) else { return Vec::new() };
        let shown = seat.report.as_ref().and_then(|report| report.genesis);
        let foreign = shown.is_some() && court.genesis.is_some() && shown != court.genesis;
        let flags = [
            foreign.then_some(Flag::WrongChain),
            (court.forked.contains(&seat.ways.operator) || seat.is_astray(court.block_time, now))
                .then_some(Flag::Forked),
        ];
        flags.into_iter().flatten().chain(seat.sanction_flags(now)).collect()
    }

    /// The providers as an election sees them.
    pub fn candidates(&self, court: &Court<'_>, now: At) -> Vec<Candidate> {
        let candidate = |seat: &Seat| {
            let report = seat.report.as_ref()?;
            let name = seat.ways.name.clone();
            let declared = self.declared(&name, court, now);
            let fitness = match declared.first() {
                Some(flag) => Fitness::Barred { why: flag.describe(now) },
                None => report.eligibility.fitness(now),
            };
            let (score, weight) = (report.score.score, report.weight);
            Some(Candidate {
                name,
                score,
                weight,
                fitness,
                cursor: Cursor::Shown,
                standing: Standing::Proven,
            })
        };
        self.iter().filter_map(candidate).collect()
    }

    /// Who may be asked for blocks: the leader first, then by score.
    pub fn routes(&self, leader: Option<&str>, now: At) -> Vec<Route> {
        let mut usable: Vec<&Seat> = self.iter().filter(|seat| seat.is_usable(now)).collect();
        usable.sort_by_key(|seat| (Some(seat.ways.name.as_str()) != leader, seat.rank()));
        let route = |seat: &Seat| Route {
            provider: seat.ways.name.clone(),
            operator: seat.ways.operator.clone(),
            score: seat.score(),
            head: seat.head(),
            outlook: if seat.is_eligible(now) { Outlook::Good } else { Outlook::Poor },
            link: seat.ways.fetch.clone(),
        };
        usable.into_iter().map(route).collect()
    }

    /// The best provider of each operator that may be asked, best first.
    pub fn voices(&self, now: At) -> Vec<String> {
        let mut usable: Vec<&Seat> = self.iter().filter(|seat| seat.is_usable(now)).collect();
        usable.sort_by_key(|seat| seat.rank());
        let mut heard = BTreeSet::new();
        usable.retain(|seat| heard.insert(&seat.ways.operator));
        usable.into_iter().map(|seat| seat.ways.name.clone()).collect()
    }

    /// The best provider of these operators that may be asked and has not `failed`.
    pub fn best_of(
        &self,
        operators: &BTreeSet<&Operator>,
        failed: &BTreeSet<String>,
        now: At,
    ) -> Option<String> {
        let able = |seat: &&Seat| {
            operators.contains(&seat.ways.operator)
                && seat.is_usable(now)
                && !failed.contains(&seat.ways.name)
        };
        self.iter().filter(able).min_by_key(|seat| seat.rank()).map(|seat| seat.ways.name.clone())
    }

    /// The best provider of each operator that has a word, best first: those of a branch that lost, too.
    pub fn electorate(&self, now: At) -> Vec<String> {
        let genesis = self.genesis();
        let mut heard: Vec<&Seat> = self.iter().filter(|seat| seat.is_heard(genesis, now)).collect();
        heard.sort_by_key(|seat| seat.rank());
        let mut operators = BTreeSet::new();
        heard.retain(|seat| operators.insert(&seat.ways.operator));
        heard.into_iter().map(|seat| seat.ways.name.clone()).collect()
    }

    /// Who is to be watched as closely as the leader: the best of another operator.
    pub fn witness(&self, leader: Option<&str>, now: At) -> Option<String> {
        let operator = |name: &str| self.seats.get(name).map(|seat| &seat.ways.operator);
        let leading = leader.and_then(operator);
        self.voices(now).into_iter().find(|name| Some(name.as_str()) != leader && operator(name) != leading)
    }

    /// The role that fits a provider.
    pub fn role(&self, name: &str, leader: Option<&str>, witness: Option<&str>, now: At) -> Role {
        let seat = self.seats.get(name);
        let quarantined = seat.is_some_and(|seat| seat.is_quarantined(now));
        match name {
            _ if seat.is_some_and(|seat| seat.cordon(now).is_some()) => Role::Cordoned,
            _ if quarantined => Role::Quarantined,
            _ if Some(name) == leader => Role::Leader,
            _ if Some(name) == witness => Role::Witness,
            _ => Role::Standby,
        }
    }
}

/// A score as a key to sort by.
fn ordered(score: f64) -> u64 {
    (score.max(0.0) * 1e9) as u64
}
