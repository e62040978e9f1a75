use std::sync::Arc;

use bytes::Bytes;

use super::{Corruption, Subject};
use crate::chain::error::ChainError;
use crate::chain::evm::verify::EvmVerifier;
use crate::chain::family::{RawBlock, Verification, Verifier};
use crate::chain::verdict::{Outcome, Standing, Verdict};
use crate::core::chain_id::ChainId;
use crate::core::class::Class;
use crate::sim::block::Block;
use crate::sim::genesis::{Flavour, Genesis};
use crate::sim::tree::Tree;

fn chain(genesis: Genesis, length: u64) -> Vec<Arc<Block>> {
    let mut tree = Tree::grown_from(genesis);
    let mut blocks = vec![tree.first()];
    for _ in 0..length {
        let next = tree.extend(&blocks[blocks.len() - 1].clone(), 0);
        blocks.push(next);
    }
    blocks
}

fn told(block: &Block, lie: Option<Corruption>) -> RawBlock {
    let tell = |subject, honest: Bytes| match lie {
        Some(lie) => lie.applied(subject, honest),
        None => honest,
    };
    RawBlock {
        header: block.header(),
        block: tell(Subject::Block, block.full_json()),
        receipts: Some(tell(Subject::Receipts, block.receipts_json())),
    }
}

fn verdict(raw: &RawBlock, chain: u64) -> Result<Verdict, ChainError> {
    EvmVerifier::new(&ChainId::evm(chain), Verification::Full).verify(raw)
}

#[test]
fn every_honest_block_is_sound() {
    for (chain_number, flavour) in [(1337, Flavour::Ethereum), (10, Flavour::Optimism)] {
        let genesis = Genesis { chain: chain_number, flavour, ..Genesis::default() };
        for block in chain(genesis, 60) {
            let verdict = verdict(&told(&block, None), chain_number).unwrap();
            assert_eq!(verdict.standing(), Standing::Sound, "{verdict:?}");
            assert_eq!(verdict.header, block.header());
        }
    }
}

/// The check that finds a lie out; receipts that are not there at all are asked for again.
fn found_by(lie: Corruption) -> Result<&'static str, Class> {
    match lie {
        Corruption::TxField | Corruption::TxHash => Ok("tx_hashes"),
        Corruption::TxMissing | Corruption::TxOrder | Corruption::TxHashesOnly | Corruption::TxNone => {
            Ok("tx_root")
        }
        Corruption::HeaderField
        | Corruption::HeaderHash
        | Corruption::BloomFull
        | Corruption::BloomEmpty
        | Corruption::BloomZero
        | Corruption::EmptyQuantity
        | Corruption::OddData => Ok("hash"),
        Corruption::Withdrawal => Ok("withdrawals_root"),
        Corruption::ReceiptsNull | Corruption::ReceiptNull | Corruption::Pending => Err(Class::NotYet),
        Corruption::ReceiptStatus | Corruption::LogData => Ok("receipts_root"),
        Corruption::ReceiptsMissing
        | Corruption::ReceiptMissing
        | Corruption::ReceiptForeign
        | Corruption::ReceiptOrder
        | Corruption::ReceiptsOfAnotherBlock => Ok("receipts"),
    }
}

#[test]
fn every_lie_is_found_out_by_the_check_for_it() {
    let blocks = chain(Genesis { transactions_per_block: 3..=5, ..Genesis::default() }, 40);
    for lie in Corruption::ALL {
        let mut found = 0;
        for block in &blocks {
            let raw = told(block, Some(lie));
            if raw == told(block, None) {
                continue;
            }
            match (found_by(lie), verdict(&raw, 1337)) {
                (Err(class), verdict) => assert_eq!(verdict.unwrap_err().class, class),
                (Ok(check), verdict) => {
                    let checks = verdict.unwrap().checks;
                    let refuted: Vec<_> = checks.iter().filter(|check| is_invalid(&check.outcome)).collect();
                    assert!(refuted.iter().any(|found| found.name == check), "{lie:?}: {refuted:?}");
                }
            }
            found += 1;
        }
        assert!(found > 10, "{lie:?} was found out {found} times");
    }
}

fn is_invalid(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Invalid { .. })
}
