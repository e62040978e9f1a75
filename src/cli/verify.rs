//! `blocktap verify`

mod block;
mod journal;
mod sink;
mod summary;

use super::arguments::Verify;
use super::exit::Exit;
use crate::sink::registry::Registry;

/// Verifies something, and says what it found.
pub fn verify(what: &Verify, sinks: &Registry) -> Exit {
    match what {
        Verify::Journal(arguments) => journal::verify(arguments, sinks),
        Verify::Sink(arguments) => sink::verify(arguments, sinks),
        Verify::Block(arguments) => block::verify(arguments),
    }
}

/// The exit code for several things together: a fault outweighs what could not be verified, and that what is fine.
fn worst(exits: impl IntoIterator<Item = Exit>) -> Exit {
    let exits: Vec<Exit> = exits.into_iter().collect();
    let weight = |exit: &&Exit| match exit {
        Exit::Fine => 0,
        Exit::Mistaken => 1,
        Exit::Failed => 3,
        _ => 2,
    };
    exits.iter().max_by_key(weight).copied().unwrap_or(Exit::Mistaken)
}
