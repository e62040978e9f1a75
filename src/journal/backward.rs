//! The canonical chain, told by walking a log backwards.

use std::ops::ControlFlow;

use crate::core::event::{Envelope, Event, Step};
use crate::core::header::Header;
use crate::core::numbers::Height;

/// Walks from the last event back to the last final block. Each undo met cancels the next apply met: they are one block.
#[derive(Debug)]
pub struct Backward {
    depth: usize,
    finalized: Option<Height>,
    undone: usize,
    headers: Vec<Header>,
}

impl Backward {
    /// A walk that ends after `depth` blocks, or with the block that is final.
    pub fn new(depth: usize, finalized: Option<Height>) -> Self {
        Self { depth, finalized, undone: 0, headers: Vec::new() }
    }

    /// Takes the event before the one taken last, and says whether the walk goes on.
    pub fn take(&mut self, envelope: &Envelope) -> ControlFlow<()> {
        if self.headers.len() >= self.depth {
            return ControlFlow::Break(());
        }
        match envelope.step {
            Step::Final => {}
            Step::Undo => self.undone += 1,
            Step::Apply | Step::Skip if self.undone > 0 => self.undone -= 1,
            Step::Apply | Step::Skip => return self.keep(envelope),
        }
        ControlFlow::Continue(())
    }

    fn keep(&mut self, envelope: &Envelope) -> ControlFlow<()> {
        self.headers.push(Event { envelope: envelope.clone(), body: None }.header());
        match self.finalized {
            Some(finalized) if envelope.block_number <= finalized => ControlFlow::Break(()),
            _ => ControlFlow::Continue(()),
        }
    }

    /// The chain, oldest first, and the final height.
    pub fn finish(mut self) -> (Vec<Header>, Option<Height>) {
        self.headers.reverse();
        (self.headers, self.finalized)
    }
}
