//! Whether the stream stands firmly, told where it does not.

use std::collections::BTreeSet;

use super::Manager;
use crate::actors::notice::Notice;
use crate::core::footing::{News, Weakness};

/// Operators that a stream must stand on, to stand firmly.
const FIRM: usize = 2;

impl Manager {
    /// Looks at what the stream stands on.
    pub(super) fn note_footing(&mut self) {
        let now = self.now();
        for news in self.footing.observe(&self.weaknesses(), now) {
            let chain = self.mandate.chain.as_str();
            match news {
                News::Weak(weakness) => {
                    tracing::error!(chain, reason = weakness.name(), "degraded: {}", weakness.words());
                    self.notices.give(chain, Notice::Degraded(weakness));
                }
                News::Firm(weakness) => {
                    tracing::info!(chain, reason = weakness.name(), "no longer degraded");
                    self.notices.give(chain, Notice::Mended(weakness));
                }
            }
        }
    }

    fn weaknesses(&self) -> BTreeSet<Weakness> {
        let now = self.now();
        let leader = self.election.leader().map(|leader| leader.name.as_str());
        let leading = self.roster.iter().find(|seat| Some(seat.ways.name.as_str()) == leader);
        let weak = [
            (self.roster.healthy_operators(now) < FIRM).then_some(Weakness::OneOperator),
            leading.is_some_and(|seat| !seat.is_eligible(now)).then_some(Weakness::LastResort),
            leading.is_none().then_some(Weakness::NoLeader),
            self.finality_receded_to.map(|_| Weakness::FinalityReceded),
        ];
        weak.into_iter().flatten().collect()
    }
}
