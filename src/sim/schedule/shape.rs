//! The chain of one play, and the daemon's own settings.

use std::collections::BTreeSet;
use std::time::Duration;

use super::Request;
use super::cast::{Character, Member};
use crate::core::numbers::Height;
use crate::core::start::Start;
use crate::sim::genesis::Genesis;
use crate::sim::random::Random;

/// Block times that are played: of fast rollups up to Ethereum's.
const BLOCK_TIMES_MS: [u64; 8] = [250, 500, 1_000, 1_000, 2_000, 2_000, 3_000, 12_000];

/// The chain and the daemon in front of it.
#[derive(Clone, Debug)]
pub struct Shape {
    /// What the world is grown from.
    pub genesis: Genesis,
    /// From block to block, on average.
    pub block_time: Duration,
    /// The daemon's settings, where no user gives them.
    pub daemon: Daemon,
}

/// Settings of the daemon.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Daemon {
    /// The first block.
    pub start: Start,
    /// Whether receipts are fetched.
    pub receipts: bool,
    /// What operators must agree.
    pub agreement: Agreement,
    /// What is known of the block time beforehand.
    pub knows_block_time: bool,
    /// Most bytes under way.
    pub memory_bytes: usize,
}

/// How many operators must carry a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Agreement {
    /// Two, or one that is left alone.
    Two,
    /// Two, come what may.
    TwoOrNone,
    /// Most of those that are heard.
    Majority,
    /// The leader alone.
    Fast,
}

impl Shape {
    /// Two operators are not waited for where fewer than two never lie: whoever lies may be barred for long.
    pub(super) fn suit(&mut self, cast: &[Member]) {
        let honest = cast.iter().filter(|member| member.character == Character::Honest);
        let operators: BTreeSet<&String> = honest.map(|member| &member.profile.operator).collect();
        if operators.len() < 2 && self.daemon.agreement == Agreement::TwoOrNone {
            self.daemon.agreement = Agreement::Two;
        }
    }
}

/// Draws one.
pub(super) fn draw(request: &Request, random: &mut Random) -> Shape {
    let drawn = BLOCK_TIMES_MS[usize::try_from(random.below(8)).unwrap_or_default()];
    let given = request.given.as_ref();
    let block_time = given.and_then(|given| given.block_time).unwrap_or(Duration::from_millis(drawn));
    let most = if random.once_in(10) { 40 } else { random.below(5) };
    let final_depth = random.within(&(12..=40));
    let genesis = Genesis {
        chain: given.map_or(1337, |given| given.chain),
        seed: request.seed,
        block_time,
        premined: if random.once_in(3) { random.within(&(60..=240)) } else { random.within(&(0..=30)) },
        transactions_per_block: 0..=most,
        safe_depth: random.within(&(2..=10)),
        final_depth: given
            .and_then(|given| given.final_depth)
            .map_or(final_depth, |own| own.min(final_depth)),
        ..Genesis::default()
    };
    Shape { daemon: daemon(random, genesis.premined), genesis, block_time }
}

fn daemon(random: &mut Random, premined: u64) -> Daemon {
    let start = match random.below(6) {
        0 | 1 => Start::At(Height(random.below(premined + 1))),
        2 => Start::Back(random.below(30)),
        3 => Start::Finalized,
        _ => Start::Latest,
    };
    let agreement = match random.below(12) {
        0 | 1 => Agreement::Majority,
        2 => Agreement::Fast,
        3 => Agreement::TwoOrNone,
        _ => Agreement::Two,
    };
    Daemon {
        start,
        receipts: random.once_in(2),
        agreement,
        knows_block_time: random.once_in(2),
        memory_bytes: if random.once_in(3) { 512 << 10 } else { 64 << 20 },
    }
}
