//! One chain at a time: the health numbers, the providers, and whether enough operators are there to agree.

use std::path::Path;
use std::time::Duration;

use super::{operators, providers};
use crate::settings::chain::Health;
use crate::settings::notes::Notes;
use crate::settings::raw::RawSettings;
use crate::settings::raw::chain::{RawChain, RawHealth};

/// More often than this is a burden on somebody else's machine.
const SHORTEST_ADVISED: Duration = Duration::from_secs(10);
/// More rarely than this, a dead provider is noticed late.
const LONGEST_ADVISED: Duration = Duration::from_secs(30);
/// Timers below this are noise.
const SHORTEST: Duration = Duration::from_millis(100);

pub(super) fn check(raw: &RawSettings, folder: &Path, notes: &Notes) {
    if raw.chains.is_empty() {
        notes.error(
            &raw.span,
            "there is no chain to stream",
            "write [[chains]] with a name, a chain_id and providers",
        );
    }
    for chain in &raw.chains {
        health(&chain.health, notes);
        probe_interval(chain, notes);
        expectations(chain, notes);
        chain.providers.iter().for_each(|provider| providers::check(provider, folder, notes));
        if chain.providers.is_empty() {
            let message = format!("{} has no provider", chain.called());
            let help = "write [[chains.providers]] with a name and endpoints below it; two of different operators at least";
            notes.error(&chain.span, message, help);
        } else {
            operators::check(chain, notes);
        }
    }
}

fn health(health: &RawHealth, notes: &Notes) {
    let ratio = *health.failure_ratio.get_ref();
    if !(ratio > 0.0 && ratio < 1.0) {
        let help = "it is the share of failed requests, such as 0.2";
        notes.error(
            &health.failure_ratio.span(),
            "`failure_ratio` must lie between 0 and 1, both excluded",
            help,
        );
    }
    for (key, value) in [("lag_threshold", &health.lag_threshold), ("score_halflife", &health.score_halflife)]
    {
        if *value.get_ref() < SHORTEST {
            notes.error(
                &value.span(),
                format!("`{key}` must be at least 100ms"),
                "the usual value is in the sample file",
            );
        }
    }
}

fn probe_interval(chain: &RawChain, notes: &Notes) {
    let (interval, span) = (*chain.health.probe_interval.get_ref(), chain.health.probe_interval.span());
    let window = Health::score_window(*chain.health.score_halflife.get_ref());
    let mut endpoints = chain.providers.iter().flat_map(|provider| provider.endpoints.get_ref());
    if interval < SHORTEST {
        notes.error(&span, "`probe_interval` must be at least 100ms", "the usual value is \"15s\"");
    } else if interval >= window {
        let message = format!(
            "`probe_interval` must be shorter than the score window of {} (twice `score_halflife`)",
            humantime::format_duration(window)
        );
        notes.error(&span, message, "probe more often, or raise score_halflife: otherwise scores go stale");
    } else if interval > LONGEST_ADVISED {
        notes.warn(
            &span,
            "`probe_interval` is long: a dead provider is noticed late",
            "10s to 30s is advised",
        );
    } else if interval < SHORTEST_ADVISED && endpoints.any(|url| !url.get_ref().0.is_loopback()) {
        notes.warn(&span, "`probe_interval` is short for somebody else's machine", "10s to 30s is advised");
    }
}

fn expectations(chain: &RawChain, notes: &Notes) {
    if let Some(depth) = chain.finality_depth.as_ref().filter(|depth| *depth.get_ref() == 0) {
        let help = "no tip is final: write how many blocks back a reorg can reach, or leave it out";
        notes.error(&depth.span(), "`finality_depth` must be at least 1", help);
    }
    if let Some(time) = chain.block_time.as_ref().filter(|time| time.get_ref().is_zero()) {
        notes.error(&time.span(), "`block_time` must be longer than nothing", "leave it out: it is measured");
    }
}
