//! The first block is the one that was asked for.

use std::time::Duration;

use blocktap::core::event::Step;
use blocktap::core::header::Header;
use blocktap::core::numbers::Height;
use blocktap::core::start::Start;
use blocktap::sim::genesis::Genesis;
use blocktap::sim::symptom::Symptom;
use blocktap::sim::world::World;

use crate::stage::{Setting, Stage, play};

const MINUTE: Duration = Duration::from_secs(60);
const FLEET: [&str; 5] = ["alpha", "bravo", "charlie", "delta", "echo"];

/// A chain on which nothing is final for long, and the block by hash with which the stream is to begin.
fn named() -> (Setting, Header) {
    let setting = Setting::default();
    let genesis = Genesis { final_depth: 1000, ..setting.genesis };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let grown = runtime.block_on(async { World::grown_from(genesis.clone()).canonical() });
    let first = *grown.iter().find(|block| block.height == Height(18)).unwrap();
    (Setting { genesis, start: Start::Exactly(first.height, first.hash), ..setting }, first)
}

/// Replaces `first` and all above by siblings.
fn replace(stage: &Stage, first: &Header) {
    stage.world.reorg(stage.world.head().height.beyond(first.height) + 1);
    let sibling = stage.world.canonical().into_iter().find(|block| block.height == first.height).unwrap();
    assert!(sibling.parent == first.parent && sibling.hash != first.hash);
}

fn halted(stage: &Stage) -> Option<String> {
    stage.estate.board.read()["sim"].halted.clone()
}

#[test]
fn the_block_that_start_names_is_never_replaced_by_a_sibling() {
    let (setting, first) = named();
    play(setting, move |mut stage: Stage| async move {
        stage.wait(MINUTE).await;
        replace(&stage, &first);
        for _ in 0..2 {
            stage.wait(MINUTE).await;
            let why = halted(&stage).unwrap();
            assert!(why.contains("which chains.start names") && !why.contains("final"), "{why}");
            assert_eq!((stage.record.count(Step::Undo), stage.record.chain()[0]), (0, first));
            stage.restart().await;
        }
    });
}

#[test]
fn a_sibling_of_the_block_that_start_names_never_becomes_the_first() {
    let (setting, first) = named();
    play(setting, move |stage: Stage| async move {
        for name in FLEET {
            stage.fleet.inflict(name, Symptom::Unexecuted { newest: 30 }).unwrap();
        }
        stage.wait(Duration::from_secs(3)).await;
        replace(&stage, &first);
        stage.wait(MINUTE / 2).await;
        FLEET.iter().for_each(|name| stage.fleet.heal(name).unwrap());
        stage.wait(MINUTE).await;
        assert!(stage.record.chain().first().is_none_or(|block| *block == first));
        assert_eq!(stage.record.count(Step::Undo), 0);
        let why = halted(&stage).unwrap();
        assert!(why.contains("chains.start"), "{why}");
    });
}
