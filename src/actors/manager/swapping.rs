//! A change of the lead, proved: who has shown the cursor, and what the swap cost.

use actix::Context;

use super::Manager;
use crate::core::election::swap::{Beginning, Swap};
use crate::core::election::{Candidate, Cursor};
use crate::core::header::BlockRef;

impl Manager {
    /// The last block delivered.
    pub(super) fn cursor(&self) -> Option<BlockRef> {
        self.chain.as_ref().and_then(|chain| chain.tip()).map(|tip| tip.block())
    }

    /// Notes with each candidate whether it has shown the cursor.
    pub(super) fn note_cursors(&self, candidates: &mut [Candidate]) {
        let Some(cursor) = self.cursor() else { return };
        for candidate in candidates {
            candidate.cursor =
                if self.shows(&candidate.name, cursor) { Cursor::Shown } else { Cursor::NotShown };
        }
    }

    /// Whether a provider has `block`: it answered with it, or its head descends from it.
    fn shows(&self, provider: &str, block: BlockRef) -> bool {
        let Some(seat) = self.roster.iter().find(|seat| seat.ways.name == provider) else { return false };
        let answered = seat.shown.is_some_and(|shown| shown == block);
        let head = seat.report.as_ref().and_then(|report| report.head);
        let descends = |chain| head.is_some_and(|(head, _)| self.consensus.shows(&head, &block, chain));
        answered || self.chain.as_ref().is_some_and(descends)
    }

    /// Asks for the cursor whoever only lacks that to lead, and whoever leads already without having shown it.
    pub(super) fn ask_for_cursor(&mut self, candidates: &[Candidate], ctx: &mut Context<Self>) {
        let Some(cursor) = self.cursor() else { return };
        let challenger = self.election.awaits_cursor_of(candidates, self.now()).map(str::to_owned);
        let leader = self.swaps.awaited().map(|(new, at_swap)| (new.to_owned(), at_swap));
        let asked = challenger.map(|name| (name, cursor)).into_iter().chain(leader);
        for (name, block) in asked.collect::<Vec<_>>() {
            let Some(seat) = self.roster.seat(&name) else { continue };
            if seat.cursor_asked != Some(block) && seat.asked.insert(block.height) {
                seat.cursor_asked = Some(block);
                self.ask(name, block.height, ctx);
            }
        }
    }

    /// Another leads from now on.
    pub(super) fn begin_swap(&mut self, old: Option<String>, new: String, why: String) {
        let beginning = Beginning {
            old,
            new,
            term: self.election.term(),
            why,
            cursor: self.cursor(),
            emitted: self.last_applied,
            block_time: self.block_time.get(),
        };
        let before = self.swaps.begin(beginning, self.now());
        before.iter().for_each(|swap| self.record_swap(swap));
        self.follow_swap();
    }

    /// Looks whether the new leader has shown the cursor by now, and whether the record is complete.
    pub(super) fn follow_swap(&mut self) {
        let now = self.now();
        if self.swaps.awaited().is_some_and(|(new, cursor)| self.shows(new, cursor)) {
            self.swaps.on_cursor_shown(now);
        }
        if let Some(swap) = self.swaps.settle(now) {
            self.record_swap(&swap);
        }
    }

    fn record_swap(&self, swap: &Swap) {
        let chain = self.mandate.chain.as_str();
        let cursor = swap.cursor.map(|cursor| cursor.to_string());
        tracing::info!(
            chain,
            old = swap.old,
            new = swap.new,
            term = swap.term.0,
            why = swap.why,
            cursor,
            cursor_shown_ms = swap.cursor_shown_ms,
            blocks_replayed = swap.blocks_replayed,
            duplicates_dropped = swap.duplicates_dropped,
            emit_gap_ms = swap.emit_gap_ms,
            block_time_ms = swap.block_time_ms,
            "swap completed"
        );
        let shown = match swap.cursor_shown_ms {
            Some(0) => "before",
            Some(_) => "after",
            None => "not",
        };
        let chain = || swap_label(chain);
        metrics::counter!("blocktap_swaps_total", &[chain(), ("cursor_shown", shown.into())]).increment(1);
        metrics::counter!("blocktap_swap_blocks_replayed_total", &[chain()]).increment(swap.blocks_replayed);
        metrics::counter!("blocktap_swap_duplicates_dropped_total", &[chain()])
            .increment(swap.duplicates_dropped);
        if let Some(gap_ms) = swap.emit_gap_ms {
            metrics::histogram!("blocktap_swap_emit_gap_seconds", &[chain()]).record(gap_ms as f64 / 1_000.0);
        }
    }
}

fn swap_label(chain: &str) -> (&'static str, String) {
    ("chain", chain.to_owned())
}
