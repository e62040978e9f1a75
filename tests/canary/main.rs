//! No key is told, whatever the providers do.
//!
//! The real daemon runs as a process of its own at `trace`, against a fleet on loopback that falls ill in every way of the fault
//! matrix that befalls a provider over plain connections, with keys in the path, the query, the user part and a header of every
//! address, with a provider that repeats every word of its requests, with a sink that panics, and with somebody who reads every
//! page and asks for every actor all the time. Then all that it wrote and said is searched for every piece of every key, plain
//! and encoded, and for whatever acts on a terminal.
//!
//! `cargo test --test canary -- run --settings PATH` is that daemon; without `run` it is the test.

#![expect(clippy::unwrap_used, reason = "a test may panic; clippy sees only functions marked as tests")]

mod daemon;
mod keys;
mod panicking;
mod parrot;
mod reader;
mod round;
mod search;
mod symptoms;

use std::process::ExitCode;

use blocktap::sink::registry::Registry;

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1).filter(|argument| !argument.starts_with("--"));
    match arguments.next().as_deref() {
        Some("run") => blocktap::cli::main_with(&Registry::standard().with_kind::<panicking::Panicking>()),
        Some(filter) if !"canary".contains(filter) => ExitCode::SUCCESS,
        _ => watch(),
    }
}

/// Illnesses at once: each on a provider of its own, so that none hides another.
const AT_ONCE: usize = 10;
/// Daemons at once.
const DAEMONS: usize = 2;

#[expect(clippy::print_stdout, reason = "this is a test of its own, and says what it did")]
fn watch() -> ExitCode {
    search::proves_that_it_finds();
    let (illnesses, rows) = symptoms::all(round::FALL_ILL_AT);
    let mut searched = search::Tally::default();
    let rounds: Vec<_> = illnesses.chunks(AT_ONCE).collect();
    for rounds in rounds.chunks(DAEMONS) {
        std::thread::scope(|scope| {
            let played: Vec<_> = rounds.iter().map(|ill| scope.spawn(|| round::play(ill))).collect();
            played.into_iter().for_each(|round| searched += round.join().unwrap());
        });
    }
    assert!(
        searched.repeating * AT_ONCE > illnesses.len(),
        "the parrots were heard {} times only",
        searched.repeating
    );
    // Not in each: some rounds end before the parrots are asked what they refuse.
    assert!(searched.complaining > 0, "nobody complained of any provider");
    println!("{} illnesses of {rows} rows, {searched}: no key", illnesses.len());
    ExitCode::SUCCESS
}
