//! What the demonstration came to, counted from what was really delivered and held against the world.

use std::collections::BTreeSet;
use std::time::Duration;

use super::Scene;
use crate::actors::notice::Notice;
use crate::core::audit::Auditor;
use crate::core::event::{Event, Step};
use crate::core::event_id::EventId;
use crate::core::hash::Hash;
use crate::core::header::Header;
use crate::sim::world::World;

/// Counts what is shown.
#[derive(Default)]
pub struct Ledger {
    chain: Vec<Header>,
    ids: BTreeSet<EventId>,
    auditor: Auditor,
    fault: Option<String>,
    summary: Summary,
}

/// What the demonstration came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Blocks applied, those of branches that lost included.
    pub applied: u64,
    /// Blocks undone again.
    pub undone: u64,
    /// Times that another provider took over.
    pub failovers: u64,
    /// The longest time without a block that a failover caused.
    pub longest_gap: Option<Duration>,
    /// Times that a provider was caught with false content.
    pub lies: u64,
    /// Canonical blocks between the first and the last delivered one that did not arrive, and those not delivered in time.
    pub lost: u64,
    /// Events that arrived twice.
    pub duplicated: u64,
    /// Delivered blocks that are not the canonical ones.
    pub false_blocks: u64,
    /// The first thing wrong with the chain of events, if anything is.
    pub fault: Option<String>,
}

impl Summary {
    /// Whether everything arrived once, in order, and was true.
    pub const fn is_whole(&self) -> bool {
        self.lost == 0 && self.duplicated == 0 && self.false_blocks == 0 && self.fault.is_none()
    }
}

impl Ledger {
    /// Counts a scene.
    pub fn note(&mut self, scene: &Scene) {
        match scene {
            Scene::Delivered(event) => self.deliver(event),
            Scene::Notice(Notice::Elected { from: Some(_), .. }) => self.summary.failovers += 1,
            Scene::Notice(Notice::WentOn { gap, .. }) => {
                self.summary.longest_gap = self.summary.longest_gap.max(Some(*gap));
            }
            Scene::Notice(Notice::Quarantined { .. }) => self.summary.lies += 1,
            Scene::Notice(_) | Scene::Opened { .. } | Scene::Fate(_) => {}
        }
    }

    fn deliver(&mut self, event: &Event) {
        self.summary.duplicated += u64::from(!self.ids.insert(event.envelope.id));
        if let Err(fault) = self.auditor.read(&event.envelope) {
            self.fault.get_or_insert(fault.to_string());
        }
        match event.envelope.step {
            Step::Apply => {
                self.summary.applied += 1;
                self.chain.push(event.header());
            }
            Step::Undo => {
                self.summary.undone += 1;
                self.chain.pop();
            }
            Step::Final | Step::Skip => {}
        }
    }

    /// The last delivered block.
    pub fn tip(&self) -> Option<Hash> {
        self.chain.last().map(|block| block.hash)
    }

    /// Holds what was delivered against the world.
    pub fn summary(self, world: &World) -> Summary {
        let first = self.chain.first().map(|block| block.height);
        let canonical = world.canonical().into_iter().filter(|block| Some(block.height) >= first);
        let canonical: BTreeSet<Hash> = canonical.map(|block| block.hash).collect();
        let delivered: BTreeSet<Hash> = self.chain.iter().map(|block| block.hash).collect();
        let missing = canonical.difference(&delivered).count();
        let wrong = delivered.difference(&canonical).count();
        let count = |number| u64::try_from(number).unwrap_or(u64::MAX);
        Summary { lost: count(missing), false_blocks: count(wrong), fault: self.fault, ..self.summary }
    }
}
