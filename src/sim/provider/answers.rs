//! What a provider says to one question.

use std::sync::Arc;

use alloy_consensus::Header as EvmHeader;
use bytes::Bytes;

use super::condition::Condition;
use crate::core::hash::Hash;
use crate::core::numbers::Height;
use crate::sim::block::Block;
use crate::sim::corruption::Subject;
use crate::sim::rpc::{Answer, Detail, Question, Request, Selector};
use crate::sim::symptom::Unknown;
use crate::sim::view::View;
use crate::sim::world::World;

/// Everything that an answer depends on.
pub struct Scene<'a> {
    pub world: &'a World,
    pub view: &'a View,
    pub condition: &'a Condition,
}

impl Scene<'_> {
    pub fn answer(&self, request: &Request) -> Answer {
        if let Some(instead) = self.condition.instead(&request.method) {
            return instead;
        }
        match request.question() {
            Question::ChainId => self.chain_id(),
            Question::BlockNumber => self.block_number(),
            Question::Block(selector, detail) => self.block(selector, detail),
            Question::Receipts(selector) => self.receipts(selector),
            Question::Subscribe | Question::Unsubscribe => {
                Answer::error(-32601, "notifications not supported")
            }
            Question::Unknown => Answer::error(-32601, "method not found"),
            Question::Malformed => Answer::error(-32602, "invalid params"),
        }
    }

    fn chain_id(&self) -> Answer {
        Answer::quantity(self.condition.wrong_chain().unwrap_or_else(|| self.world.genesis().chain))
    }

    fn block_number(&self) -> Answer {
        if self.condition.is_syncing() {
            return Answer::quantity(0);
        }
        Answer::quantity(self.view.head.number() + self.condition.leap())
    }

    fn block(&self, selector: Selector, detail: Detail) -> Answer {
        let header_only = |block: &Block| self.condition.unexecuted(block.height(), self.view.head.height());
        if detail == Detail::Whole && self.find(selector).is_some_and(|block| header_only(&block)) {
            return Answer::null();
        }
        let render = |block: &Block| match detail {
            Detail::Whole => block.full_json(),
            Detail::Hashes => block.hashes_json(),
        };
        self.about(selector, Subject::Block, render)
    }

    fn receipts(&self, selector: Selector) -> Answer {
        let header_only = |block: &Block| self.condition.unexecuted(block.height(), self.view.head.height());
        if self.find(selector).is_some_and(|block| header_only(&block)) {
            return Answer::null();
        }
        self.about(selector, Subject::Receipts, Block::receipts_json)
    }

    fn about(&self, selector: Selector, subject: Subject, render: impl Fn(&Block) -> Bytes) -> Answer {
        let unknown = self.condition.finality_unknown();
        if matches!(selector, Selector::Safe | Selector::Finalized) && self.condition.finality_fails() {
            return Answer::error(-32603, "internal error");
        }
        match (selector, unknown) {
            (Selector::Safe | Selector::Finalized, Some(Unknown::Null)) => return Answer::null(),
            (Selector::Safe | Selector::Finalized, Some(Unknown::Code32000)) => {
                return Answer::error(-32000, "finalized block not found");
            }
            (Selector::Safe | Selector::Finalized, Some(Unknown::Code39001)) => {
                return Answer::error(-39001, "Unknown block");
            }
            _ => {}
        }
        match self.find(selector) {
            Some(block) => self.tell(subject, &block, render),
            None => Answer::null(),
        }
    }

    fn tell(&self, subject: Subject, block: &Arc<Block>, render: impl Fn(&Block) -> Bytes) -> Answer {
        if let Some(instead) = self.condition.absent(block.height(), self.view.head.height()) {
            return instead;
        }
        let other = (subject == Subject::Receipts && self.condition.mixes_receipts())
            .then(|| self.world.sibling(block));
        Answer::Result(self.condition.told(subject, render(other.as_ref().unwrap_or(block))))
    }

    fn find(&self, selector: Selector) -> Option<Arc<Block>> {
        let at = |height| self.world.at_height(self.view, height);
        match selector {
            Selector::Latest if self.condition.is_syncing() => None,
            Selector::Latest => Some(self.leaped().unwrap_or_else(|| self.view.head.clone())),
            Selector::Safe => at(self.view.safe),
            Selector::Finalized => at(self.view.finalized.minus(self.condition.finality_back())),
            Selector::Height(Height(0)) if self.condition.has_other_genesis() => {
                at(Height(0)).map(|first| resealed(&first, |header| header.gas_limit += 1))
            }
            Selector::Height(height) => at(height),
            Selector::Hash(hash) => self.world.by_hash(self.view, &hash).or_else(|| self.invented(&hash)),
        }
    }

    /// A newest block that nobody made, and whose hash is right.
    fn leaped(&self) -> Option<Arc<Block>> {
        let leap = self.condition.sealed_leap()?;
        Some(resealed(&self.view.head, |header| header.number += leap))
    }

    fn invented(&self, hash: &Hash) -> Option<Arc<Block>> {
        self.leaped().filter(|block| block.hash() == *hash)
    }
}

fn resealed(block: &Block, change: impl FnOnce(&mut EvmHeader)) -> Arc<Block> {
    let mut header = block.evm().clone();
    change(&mut header);
    Arc::new(Block::sealed(header, block.body().clone()))
}
