//! What the keys mean to each other: names that must differ, limits that must fit, sinks and the chains they name.

mod chains;
mod names;
mod operators;
mod paths;
mod providers;
mod sinks;

use std::ops::RangeInclusive;
use std::path::Path;

use secrecy::ExposeSecret;

use super::notes::Notes;
use super::raw::{RawHttp, RawJournal, RawLog, RawSettings};
use super::sink::CheckSink;

/// Less holds not even one large block; more is beyond what the journal takes.
const SEGMENT_BYTES: RangeInclusive<u64> = 1 << 20..=2 << 30;

/// Fewer characters can be guessed.
const SHORTEST_TOKEN: usize = 16;

/// Checks everything against everything.
pub fn check(raw: &RawSettings, folder: &Path, check_sink: CheckSink<'_>, notes: &Notes) {
    http(&raw.http, notes);
    log(&raw.log, notes);
    journal(&raw.journal, notes);
    names::check(raw, notes);
    chains::check(raw, folder, notes);
    sinks::check(raw, check_sink, notes);
    paths::check(raw, folder, notes);
}

fn http(http: &RawHttp, notes: &Notes) {
    let open = !http.listen.get_ref().ip().to_canonical().is_loopback();
    match &http.token {
        None if open => notes.error(
            &http.listen.span(),
            "`listen` is open to other machines, and there is no `token`",
            "listen on 127.0.0.1, or set token = \"file:PATH\" in [http]: the debug pages then ask for it",
        ),
        Some(token) if token.get_ref().expose_secret().len() < SHORTEST_TOKEN => notes.warn(
            &token.span(),
            format!("`token` is shorter than {SHORTEST_TOKEN} characters"),
            "make a long one: openssl rand -hex 32",
        ),
        _ => {}
    }
}

fn log(log: &RawLog, notes: &Notes) {
    if log.level.get_ref().parse::<tracing_subscriber::filter::Targets>().is_err() {
        notes.error(
            &log.level.span(),
            "`level` must be a level, or a list of modules and levels",
            "write level = \"info\" (error, warn, info, debug, trace), or \"info,blocktap::sink=debug\"",
        );
    }
}

fn journal(journal: &RawJournal, notes: &Notes) {
    let (segment, budget) = (journal.segment_bytes.get_ref().0, journal.budget_bytes.get_ref().0);
    if !SEGMENT_BYTES.contains(&segment) {
        notes.error(
            &journal.segment_bytes.span(),
            "`segment_bytes` must lie between 1MiB and 2GiB",
            "a block takes up to a megabyte; write segment_bytes = \"64MiB\"",
        );
    } else if budget < segment.saturating_mul(2) {
        notes.error(
            &journal.budget_bytes.span(),
            "`budget_bytes` must be at least twice `segment_bytes`",
            "room is freed by whole segments: raise the budget, or lower segment_bytes",
        );
    }
}
