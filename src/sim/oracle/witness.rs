//! Who has shown which block: what an event says of votes is held against it.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use super::breach::Invariant;
use super::shown::{self, Said};
use super::terms::{LoneWord, Terms};
use crate::core::at::At;
use crate::core::event::{Event, Source};
use crate::core::hash::Hash;
use crate::core::numbers::Height;
use crate::sim::world::World;

/// Blocks that are remembered of each operator, the newest ones: more than one that changes its branch may announce at once.
const REMEMBERED: usize = 4_096;
/// From the moment on which operators agree on a block to the one at which it is in the log, when nothing hurries.
const DECIDED_BEFORE: Duration = Duration::from_secs(15);
/// The time it takes at the most until a verified provider's word is heard.
const HEARD_AFTER: Duration = Duration::from_secs(15);

/// What was seen of all providers.
#[derive(Debug)]
pub struct Witness {
    operators: BTreeMap<String, Record>,
    /// Who ever failed in any way.
    ailing: BTreeSet<String>,
    of: BTreeMap<String, String>,
    served: BTreeSet<(String, Hash)>,
}

/// What was seen of one operator.
#[derive(Debug, Default)]
struct Record {
    shown: VecDeque<Hash>,
    highest: Height,
    advances: VecDeque<At>,
    /// Since when each of its providers is known by chain id.
    known: BTreeMap<String, At>,
    /// Until when each of its providers is not heard for what it did.
    barred: BTreeMap<String, At>,
    trust: Trust,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Trust {
    #[default]
    Honest,
    /// It has lied: its word may not count any more.
    Lost,
}

impl Witness {
    pub fn new(terms: &Terms) -> Self {
        let of: BTreeMap<String, String> =
            terms.providers.iter().map(|(name, account)| (name.clone(), account.operator.clone())).collect();
        let operators = of.values().map(|operator| (operator.clone(), Record::default())).collect();
        Self { operators, ailing: BTreeSet::new(), of, served: BTreeSet::new() }
    }

    /// The daemon begins anew: whatever it was told, it was told before.
    pub fn forget(&mut self, _: At) {
        self.served.clear();
        for record in self.operators.values_mut() {
            let barred = std::mem::take(&mut record.barred);
            *record = Record { barred, trust: record.trust, ..Record::default() };
        }
    }

    /// Votes are lost, and come again with the next words.
    pub fn forget_advances(&mut self) {
        self.operators.values_mut().for_each(|record| record.advances.clear());
    }

    /// A provider is verified anew.
    pub fn forget_provider(&mut self, name: &str, _: At) {
        if let Some(record) = self.record_of(name) {
            record.known.remove(name);
            record.advances.clear();
        }
    }

    pub fn distrust(&mut self, provider: &str) {
        if let Some(record) = self.record_of(provider) {
            record.trust = Trust::Lost;
        }
    }

    /// A provider fails, in whatever way.
    pub fn ails(&mut self, provider: &str) {
        self.ailing.insert(provider.to_owned());
    }

    /// A provider is not heard for a while, for what it did.
    pub fn bar(&mut self, provider: &str, until: At) -> Result<(), (Invariant, String)> {
        if !self.ailing.contains(provider) {
            return Err((
                Invariant::Innocence,
                format!("{provider} is quarantined and never failed in any way"),
            ));
        }
        if let Some(record) = self.record_of(provider) {
            record.barred.insert(provider.to_owned(), until);
            record.advances.clear();
        }
        Ok(())
    }

    fn record_of(&mut self, provider: &str) -> Option<&mut Record> {
        let operator = self.of.get(provider)?;
        self.operators.get_mut(operator)
    }

    pub fn answered(
        &mut self,
        provider: &str,
        request: &[u8],
        status: u16,
        said: Said,
        world: &World,
        at: At,
    ) {
        let whole = holds(request, b",true]");
        // Who hands out a block when it is told which one has not thereby said that it goes on.
        let clear = if whole { Vec::new() } else { said.clear };
        for hash in said.blocks {
            if whole {
                self.served.insert((provider.to_owned(), hash));
            }
            self.showed(provider, hash, &clear, world, at);
        }
        if status == 200
            && holds(request, b"eth_chainId")
            && let Some(record) = self.record_of(provider)
        {
            record.known.entry(provider.to_owned()).or_insert(at);
        }
    }

    pub fn announced(&mut self, provider: &str, message: &[u8], world: &World, at: At) {
        let said = shown::read(message);
        for hash in said.blocks {
            self.showed(provider, hash, &said.clear, world, at);
        }
    }

    /// What is odd was shown, if the daemon takes it; only what is `clear` it must have understood.
    fn showed(&mut self, provider: &str, hash: Hash, clear: &[Hash], world: &World, at: At) {
        let Some(block) = world.block(&hash) else { return };
        let Some(record) = self.record_of(provider) else { return };
        if record.shown.back() != Some(&hash) {
            record.shown.push_back(hash);
        }
        if record.shown.len() > REMEMBERED {
            record.shown.pop_front();
        }
        let heard = record.barred.get(provider).is_none_or(|until| *until <= at);
        if heard && clear.contains(&hash) && block.height() > record.highest {
            record.highest = block.height();
            record.advances.push_back(at);
        }
        if record.advances.len() > REMEMBERED {
            record.advances.pop_front();
        }
    }

    /// Holds an applied block against what was seen.
    pub fn check(
        &self,
        event: &Event,
        world: &World,
        terms: &Terms,
        now: At,
    ) -> Result<(), (Invariant, String)> {
        let told = |what: String| {
            let envelope = &event.envelope;
            format!(
                "event {} applies {} {}: {what}",
                envelope.seq, envelope.block_number, envelope.block_hash
            )
        };
        let Some(source) = &event.envelope.source else {
            return Err((Invariant::Votes, told("it names no source".into())));
        };
        self.check_votes(event, source, world).map_err(|what| (Invariant::Votes, told(what)))?;
        self.check_corroboration(source, terms, now).map_err(|what| (Invariant::Corroboration, told(what)))
    }

    fn check_votes(&self, event: &Event, source: &Source, world: &World) -> Result<(), String> {
        let hash = event.envelope.block_hash;
        if !self.served.contains(&(source.served_by.clone(), hash)) {
            return Err(format!("{} never served it", source.served_by));
        }
        let named: BTreeSet<&String> = source.agreed.iter().collect();
        if named.len() != source.agreed.len() || named.is_empty() {
            return Err(format!("agreed by {:?}", source.agreed));
        }
        for operator in named {
            let Some(record) = self.operators.get(operator) else {
                return Err(format!("there is no operator {operator}"));
            };
            if !record.shown.iter().rev().any(|shown| world.is_on_the_way(&hash, shown)) {
                return Err(format!("{operator} agreed on it, but never showed it or what follows it"));
            }
        }
        Ok(())
    }

    fn check_corroboration(&self, source: &Source, terms: &Terms, now: At) -> Result<(), String> {
        let [lone] = source.agreed.as_slice() else { return Ok(()) };
        match terms.lone_word {
            LoneWord::Always => Ok(()),
            LoneWord::Nothing => Err(format!("{lone} alone agreed on it")),
            LoneWord::WhileAlone => {
                let others = self.operators.iter().filter(|(name, _)| *name != lone);
                let mut advancing = others.filter(|(_, record)| record.advances_at(now, terms.lag_threshold));
                match advancing.next() {
                    Some((other, _)) => Err(format!("{lone} alone agreed on it while {other} advanced")),
                    None => Ok(()),
                }
            }
        }
    }
}

impl Record {
    /// Whether nobody can doubt that it was heard and went on when the decision was made.
    fn advances_at(&self, now: At, lag_threshold: Duration) -> bool {
        let decided = now - DECIDED_BEFORE;
        let heard = self.known.values().any(|known| decided.since(*known) >= HEARD_AFTER);
        let recent = |at: &At| *at <= decided && now.since(*at) + Duration::from_secs(1) < lag_threshold;
        self.trust == Trust::Honest && heard && self.advances.iter().any(recent)
    }
}

fn holds(text: &[u8], part: &[u8]) -> bool {
    text.windows(part.len()).any(|window| window == part)
}
