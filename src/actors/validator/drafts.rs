//! From a planned move to the events that tell it.

use super::waiting::Waiting;
use crate::actors::budget::Permit;
use crate::actors::messages::{Agreed, Finalized};
use crate::core::canonical::{Canonical, Refused};
use crate::core::event::{Draft, Finality, Reorg, Source, Step};
use crate::core::header::{BlockRef, Header};
use crate::core::numbers::Height;

/// What is known of finality.
#[derive(Clone, Copy, Debug, Default)]
pub struct Finals {
    finalized: Option<BlockRef>,
    safe: Option<Height>,
}

// === impl Finals ===

impl Finals {
    /// Learns; never goes back.
    pub fn know(&mut self, news: Finalized) {
        if self.finalized.is_none_or(|known| known.height <= news.finalized.height) {
            self.finalized = Some(news.finalized);
        }
        self.safe = news.safe.max(self.height());
    }

    /// What was known when a block was agreed on, as far as it is not behind what `chain` holds for final already. Of what
    /// became final later, the agreed block may lie on a branch that was left since.
    pub fn not_behind(self, chain: &Canonical) -> Self {
        let reached = chain.finalized().and_then(|height| chain.at(height)).map(Header::block);
        let behind = reached.filter(|reached| Some(reached.height) > self.height());
        Self { finalized: behind.or(self.finalized), safe: self.safe.max(reached.map(|block| block.height)) }
    }

    /// The `final` event, if finality advanced within the chain. A final block above the tip says nothing of the tip, which may
    /// lie on a branch that was left: what is agreed on next will tell.
    pub fn within(&self, chain: &mut Canonical) -> Option<Draft> {
        let finalized = self.finalized.filter(|block| chain.contains(block))?;
        self.draft(chain, finalized.height)
    }

    /// The `final` event of a chain whose tip was agreed on knowing all this, if finality advanced with it.
    pub fn up_to_tip(&self, chain: &mut Canonical) -> Option<Draft> {
        let finalized = self.finalized?;
        if chain.at(finalized.height).is_some_and(|ours| ours.hash != finalized.hash) {
            return None;
        }
        self.draft(chain, finalized.height)
    }

    fn draft(&self, chain: &mut Canonical, height: Height) -> Option<Draft> {
        let header = chain.finalize(height)?;
        Some(self.bare(Step::Final, header))
    }

    fn height(&self) -> Option<Height> {
        self.finalized.map(|block| block.height)
    }

    fn of(&self, height: Height) -> Finality {
        let reached = |mark: Option<Height>| mark.is_some_and(|mark| height <= mark);
        match (reached(self.height()), reached(self.safe)) {
            (true, _) => Finality::Finalized,
            (false, true) => Finality::Safe,
            (false, false) => Finality::Latest,
        }
    }

    fn bare(&self, step: Step, header: Header) -> Draft {
        Draft {
            step,
            header,
            finality: self.of(header.height),
            safe: self.safe,
            finalized: self.height(),
            reorg: None,
            source: None,
            body: None,
        }
    }
}

/// Moves `chain` and tells the move: one `undo` per block, newest first, then the applies. Takes the applied blocks out of
/// `waiting`.
///
/// # Errors
/// When a final block would have to be undone, or the blocks do not link: then `chain` is not to be used.
pub fn of_move(
    chain: &mut Canonical,
    waiting: &mut Waiting,
    finals: &Finals,
    agreed: &Agreed,
    undo: u64,
    apply: &[Header],
) -> Result<(Vec<Draft>, Vec<Permit>), Refused> {
    let old_tip = chain.tip().map(Header::block);
    let mut drafts = Vec::new();
    for _ in 0..undo {
        drafts.push(finals.bare(Step::Undo, chain.undo()?));
    }
    let ancestor = chain.tip().map(Header::block);
    let reorg = old_tip.zip(ancestor).filter(|_| undo > 0).map(|(old_tip, common_ancestor)| {
        let new_tip = agreed.agreement.block;
        let id = format!("{}-{}", new_tip.height, hex::encode(&new_tip.hash.0[..8]));
        Reorg { id, depth: undo, common_ancestor, old_tip, new_tip }
    });
    let mut permits = Vec::new();
    for header in apply {
        chain.apply(*header)?;
        let Some(proved) = waiting.take(&header.hash) else { return Err(Refused::NotLinked) };
        let source = Source {
            served_by: proved.from.provider,
            agreed: agreed.agreement.operators.clone(),
            asked: agreed.agreement.asked,
            verified: proved.verified,
            mode: agreed.mode,
        };
        let draft = finals.bare(Step::Apply, *header);
        drafts.push(Draft { source: Some(source), body: Some(proved.body), ..draft });
        permits.push(proved.permit);
    }
    drafts.iter_mut().for_each(|draft| draft.reorg = reorg.clone());
    Ok((drafts, permits))
}
