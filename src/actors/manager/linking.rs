//! Headers that link an operator's head to what is known, asked for by hash: of one provider after the other, for the one that
//! showed the head may be resting by now, and any that has the header will do.

use std::collections::{BTreeMap, BTreeSet};

use actix::Context;

use super::Manager;
use crate::chain::family::Key;
use crate::core::consensus::votes::Operator;
use crate::core::hash::Hash;
use crate::core::header::BlockRef;

/// How far above the tip two operators reach a header may lie and still be linked by asking for its ancestors.
const REACH: u64 = 64;

/// The searches for headers, by hash.
pub(super) type Searches = BTreeMap<Hash, Search>;

/// The search for one header.
#[derive(Debug, Default)]
pub(super) struct Search {
    asked: Option<String>,
    /// Who was asked in vain.
    failed: BTreeSet<String>,
}

impl Manager {
    /// Looks for the headers that are needed to count votes. A failure is followed by the next question at the next look, not at
    /// once: where all refuse, nothing would be gained.
    pub(super) fn find_links(&mut self, missing: &BTreeMap<Operator, BlockRef>, ctx: &mut Context<Self>) {
        let needed: BTreeSet<BlockRef> = missing.values().copied().collect();
        self.searches
            .retain(|hash, search| search.asked.is_some() || needed.iter().any(|block| block.hash == *hash));
        let reach = self.consensus.attainable(self.now()).unwrap_or_default().plus(REACH);
        for block in needed.into_iter().filter(|block| block.height <= reach) {
            let shows = missing.iter().filter(|(_, missed)| **missed == block);
            self.find_link(block, &shows.map(|(operator, _)| operator).collect(), ctx);
        }
    }

    fn find_link(&mut self, block: BlockRef, operators: &BTreeSet<&Operator>, ctx: &mut Context<Self>) {
        let now = self.now();
        let search = self.searches.entry(block.hash).or_default();
        if search.asked.is_some() {
            return;
        }
        let best = |failed: &BTreeSet<String>| self.roster.best_of(operators, failed, now);
        let Some(name) = best(&search.failed).or_else(|| {
            search.failed.clear();
            best(&search.failed)
        }) else {
            return;
        };
        search.asked = Some(name.clone());
        self.question(name, Key::Hash(block), ctx, move |act, name, _, answer, ctx| match answer {
            Ok(header) => {
                act.searches.remove(&block.hash);
                act.consensus.learn(header);
                act.deliberate(ctx);
            }
            Err(_) => {
                let search = act.searches.entry(block.hash).or_default();
                search.asked = None;
                search.failed.insert(name);
            }
        });
    }
}
