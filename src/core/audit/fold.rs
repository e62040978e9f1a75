//! The chain that a stream's events add up to.

use std::collections::VecDeque;

use super::breach::Breach;
use crate::core::event::{Envelope, Step};
use crate::core::header::{BlockRef, Header};
use crate::core::numbers::Height;

/// Blocks remembered below the tip on chains that never tell finality: about 6 MB. What lies deeper is taken as given.
const DEEPEST: usize = 65_536;

/// The chain above the last final block, as far as it was seen.
#[derive(Clone, Debug, Default)]
pub(super) struct Fold {
    held: VecDeque<Header>,
    /// What the lowest held block says it follows; `None` while nothing is known.
    below: Option<BlockRef>,
    /// The first height of the stream, as long as nothing below `held` was forgotten.
    start: Option<Height>,
    finalized: Option<Height>,
}

impl Fold {
    /// The chain of a stream that is read from its first block on.
    pub(super) fn from_start(start: Height) -> Self {
        Self { start: Some(start), ..Self::default() }
    }

    /// The last block.
    pub(super) fn tip(&self) -> Option<BlockRef> {
        self.held.back().map(Header::block).or(self.below)
    }

    /// The height that was called final last.
    pub(super) fn finalized(&self) -> Option<Height> {
        self.finalized
    }

    /// Takes one event. A skipped height links like a block.
    pub(super) fn take(&mut self, envelope: &Envelope) -> Result<(), Breach> {
        let header = Header {
            height: envelope.block_number,
            hash: envelope.block_hash,
            parent: envelope.parent_hash,
            time_s: 0,
        };
        match envelope.step {
            Step::Apply | Step::Skip => self.apply(header),
            Step::Undo => self.undo(&header),
            Step::Final => self.settle(&header),
        }
    }

    fn apply(&mut self, header: Header) -> Result<(), Breach> {
        let block = header.block();
        self.check_unsettled(block)?;
        match (self.start, self.tip()) {
            // A reorg may reach below the stream's first block: then only the height is known to be right.
            (Some(start), _) if self.held.is_empty() && block.height == start => {}
            (Some(start), _) if self.held.is_empty() => return Err(Breach::Start { block, start }),
            (_, Some(tip)) if !header.follows(&tip) => return Err(Breach::Unlinked { block, tip }),
            _ => {}
        }
        self.held.push_back(header);
        if self.held.len() > DEEPEST {
            self.held.pop_front();
            self.start = None;
        }
        self.remember_below();
        Ok(())
    }

    fn undo(&mut self, header: &Header) -> Result<(), Breach> {
        let block = header.block();
        self.check_unsettled(block)?;
        match (self.held.back(), self.tip()) {
            (Some(last), _) if last == header => {}
            (None, _) if self.start.is_some() => return Err(Breach::NothingLeft { block }),
            (None, Some(tip)) if tip == block => {}
            (_, Some(tip)) => return Err(Breach::NotTheTip { block, tip }),
            (_, None) => {}
        }
        self.held.pop_back();
        if self.held.is_empty() {
            self.below = parent(header);
        }
        Ok(())
    }

    fn settle(&mut self, header: &Header) -> Result<(), Breach> {
        let block = header.block();
        self.check_unsettled(block)?;
        match self.tip() {
            Some(tip) if block.height > tip.height => return Err(Breach::AboveTip { block, tip }),
            _ => {}
        }
        if let Some(held) = self.at(block.height)
            && held != header
        {
            return Err(Breach::OffChain { block, held: held.block() });
        }
        if let Some(below) = self.below.filter(|below| below.height == block.height && *below != block) {
            return Err(Breach::OffChain { block, held: below });
        }
        self.finalized = Some(block.height);
        self.forget_below(block.height);
        Ok(())
    }

    fn check_unsettled(&self, block: BlockRef) -> Result<(), Breach> {
        match self.finalized {
            Some(finalized) if block.height <= finalized => Err(Breach::Settled { block, finalized }),
            _ => Ok(()),
        }
    }

    fn at(&self, height: Height) -> Option<&Header> {
        let lowest = self.held.front()?.height;
        let depth = height.0.checked_sub(lowest.0)?;
        self.held.get(usize::try_from(depth).ok()?)
    }

    fn forget_below(&mut self, height: Height) {
        while self.held.front().is_some_and(|lowest| lowest.height < height) {
            self.held.pop_front();
            self.start = None;
        }
        self.remember_below();
    }

    fn remember_below(&mut self) {
        if let Some(lowest) = self.held.front() {
            self.below = parent(lowest);
        }
    }
}

fn parent(header: &Header) -> Option<BlockRef> {
    header.height.previous().map(|height| BlockRef { height, hash: header.parent })
}
