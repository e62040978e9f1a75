//! What is under way keeps within its memory, whoever serves it, and the stream goes on.

use std::time::Duration;

use blocktap::app::chain::Blueprint;
use blocktap::core::numbers::Height;
use blocktap::core::start::Start;
use blocktap::sim::genesis::Genesis;
use blocktap::sim::symptom::Symptom;

use crate::stage::{Setting, Stage, play};

const MINUTE: Duration = Duration::from_secs(60);
const LIMIT: usize = 1 << 20;

/// Blocks of some 400 kB in a memory that holds two of them.
fn heavy(premined: u64, start: Start) -> Setting {
    let block_time = Duration::from_secs(2);
    let genesis = Genesis {
        premined,
        block_time,
        transactions_per_block: 5..=5,
        input_bytes: 40_000..=40_000,
        final_depth: 100,
        ..Genesis::default()
    };
    let alter: Box<dyn FnOnce(&mut Blueprint)> = Box::new(|plan| plan.memory_bytes = LIMIT);
    Setting { genesis, alter, start, ..Setting::default() }
}

/// The most that is under way within `time`, looked at again and again; and a block's weight.
async fn most_bytes(stage: &Stage, time: Duration) -> (usize, usize) {
    let (mut most, mut block) = (0, 0);
    for _ in 0..time.as_millis() / 20 {
        stage.wait(Duration::from_millis(20)).await;
        let fetcher = &stage.observe("fetcher").await[0].state;
        let read = |field: &str| usize::try_from(fetcher[field].as_u64().unwrap()).unwrap();
        (most, block) = (most.max(read("memory_bytes")), read("typical_block_bytes"));
    }
    (most, block)
}

#[test]
fn a_leader_that_invents_heavy_blocks_does_not_fill_the_memory_with_them() {
    play(heavy(20, Start::Latest), |stage: Stage| async move {
        stage.wait(MINUTE).await;
        let leader = stage.record.served_by().unwrap();
        let from = Height(stage.world.head().height.0 - 25);
        stage.fleet.inflict(&leader, Symptom::LieFrom(from)).unwrap();
        let (most, block) = most_bytes(&stage, MINUTE).await;
        // Beyond the limit there are only blocks that were agreed on and that the stream stood still without.
        assert!(block > 300_000 && most <= LIMIT + 4 * block, "{most} bytes, {block} each");
        stage.caught_up(Duration::from_secs(5)).await;
        stage.stream_is_true();
    });
}

#[test]
fn a_span_is_cut_to_the_memory_however_heavy_the_blocks_are() {
    play(heavy(100, Start::At(Height(1))), |stage: Stage| async move {
        let (most, block) = most_bytes(&stage, MINUTE).await;
        // At the tip votes are on heads, and what is missing up to there is held together: not more than 16 blocks.
        assert!(block > 300_000 && most <= LIMIT + 16 * block, "{most} bytes, {block} each");
        stage.caught_up(Duration::from_secs(5)).await;
        stage.stream_is_true();
    });
}
