//! The simulator: the real actors on a paused clock, in front of a world and a fleet that misbehave as a seed says, held to
//! their promises by an oracle at every event.
//!
//! *Determinism.* One seed, one thread, one paused clock; recomputing runs inline, log and sinks are in memory. So equal
//! seeds give equal plays, and a counterexample is a number.
//! *What is real.* Everything between the transport that a client sends on and the sink that takes events. *What is not*:
//! sockets, disk, processor time.

mod director;
mod fuses;
mod gauges;
mod given;
mod lives;
mod log;
mod outlet;
mod panics;
mod stage;
mod tally;
mod trace;

use std::time::Duration;

use self::director::Director;
use self::fuses::Fuses;
use self::gauges::Gauges;
use self::stage::Stage;
pub use self::tally::Tally;
use self::trace::Trace;
use super::error::AppError;
use crate::settings::chain::Chain;
use crate::sim::oracle::breach::Breach;
use crate::sim::schedule::troubles::Trouble;
use crate::sim::schedule::{Request, Schedule};

/// What is played.
#[derive(Clone, Debug)]
pub struct Options {
    /// Blocks that the chain grows by, at the least.
    pub blocks: u64,
    /// How many providers there are; drawn if nobody says.
    pub providers: Option<usize>,
    /// The troubles that providers may have.
    pub troubles: Vec<Trouble>,
    /// The chain and the providers of a user's configuration, instead of drawn ones.
    pub chain: Option<Chain>,
}

/// Whether a play is written down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Record {
    /// Line by line.
    Kept,
    /// Not at all: it can be played again.
    None,
}

/// What became of one seed.
#[derive(Clone, Debug)]
pub struct Played {
    /// The seed.
    pub seed: u64,
    /// What happened, in numbers.
    pub tally: Tally,
    /// The first promise that was broken, if one was.
    pub breach: Option<Breach>,
    /// What happened, line by line, if it was to be kept.
    pub trace: String,
}

/// Plays one seed.
///
/// # Errors
/// When the system has no runtime to give, or the configuration cannot be simulated.
pub fn play(options: &Options, seed: u64, record: Record) -> Result<Played, AppError> {
    let given = options.chain.as_ref().map(given::of).transpose()?;
    let (blocks, providers, troubles) = (options.blocks, options.providers, options.troubles.clone());
    let schedule = Schedule::drawn(&Request { seed, blocks, providers, troubles, given });
    let failed = |source| AppError::System { action: "cannot make a runtime", source };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .map_err(failed)?;
    let _watch = panics::watch();
    tokio::task::LocalSet::new().block_on(&runtime, async {
        let (trace, fuses) = (Trace::new(record), Fuses::default());
        let stage = Stage::set(&schedule, options.chain.as_ref(), trace.clone(), fuses.clone())?;
        let gauges = Gauges::new(stage.oracle.clone(), fuses, trace.clone());
        let _heard = metrics::set_default_local_recorder(&gauges);
        let (tally, breach) = Director::new(stage, schedule).play().await;
        Ok(Played { seed, tally, breach, trace: trace.text() })
    })
}

/// How long a chain that stands still is given to be delivered to its end and to become final.
const SETTLE: Duration = Duration::from_secs(150);
