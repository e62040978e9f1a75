//! Batches: the stream asks for blocks one by one, `blocktap check` for several at once.

use std::time::Duration;

use blocktap::chain::evm::family::Evm;
use blocktap::chain::family::{Family, Key, Receipts, Verification};
use blocktap::core::chain_id::ChainId;
use blocktap::core::class::Class;
use blocktap::core::numbers::Height;
use blocktap::sim::fault::{Expected, Fault};

use crate::stage::Stage;

/// Whether a fault shows in batches alone.
pub const fn is_of_batches(fault: Fault) -> bool {
    matches!(fault, Fault::BatchAsObject | Fault::BatchDropped | Fault::BatchScrambled)
}

/// Whether a batch ends as it is expected to: wholly well, or in nothing but one class.
pub async fn end_as(stage: &Stage, provider: &str, expected: Expected) -> bool {
    let classes = classes(stage, provider).await;
    match expected.class() {
        Some(class) => !classes.is_empty() && classes.iter().all(|found| found.name() == class),
        None => classes.is_empty(),
    }
}

/// The classes that a batch of three blocks fails with, as a whole or in part. What came must be what was asked for.
async fn classes(stage: &Stage, provider: &str) -> Vec<Class> {
    let world = &stage.world;
    let family = Evm::new(&ChainId::evm(world.genesis().chain), Verification::Full);
    let client = family.client(stage.http(provider));
    let heights = [1, 2, 3].map(Height);
    match client.blocks(&heights.map(Key::Number), Receipts::Without, Duration::from_secs(5)).await {
        Err(error) => vec![error.class],
        Ok(blocks) => {
            for (height, block) in heights.iter().zip(&blocks) {
                let canonical = world.block_at(*height).unwrap().header();
                assert!(block.as_ref().map_or(true, |block| block.header == canonical));
            }
            blocks.into_iter().filter_map(|block| block.err().map(|error| error.class)).collect()
        }
    }
}
