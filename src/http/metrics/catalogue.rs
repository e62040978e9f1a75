//! Every metric that blocktap measures: what it is, and in which unit.

use metrics::{Unit, describe_counter, describe_gauge, describe_histogram};

/// How a metric behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Only grows, until the process ends.
    Counter,
    /// Is what it is.
    Gauge,
    /// How long something took, in buckets; its `_count` says how often it was done.
    Histogram,
}

/// One metric.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// Its name.
    pub name: &'static str,
    /// How it behaves.
    pub kind: Kind,
    /// What it is measured in.
    pub unit: Unit,
    /// What it says.
    pub help: &'static str,
}

const fn counter(name: &'static str, unit: Unit, help: &'static str) -> Entry {
    Entry { name, kind: Kind::Counter, unit, help }
}

const fn gauge(name: &'static str, unit: Unit, help: &'static str) -> Entry {
    Entry { name, kind: Kind::Gauge, unit, help }
}

const fn seconds(name: &'static str, help: &'static str) -> Entry {
    Entry { name, kind: Kind::Histogram, unit: Unit::Seconds, help }
}

/// All of them; the process's own are beside, in [`crate::http::process`].
pub const CATALOGUE: [Entry; 32] = [
    counter("blocktap_blocks_total", Unit::Count, "Blocks applied"),
    counter("blocktap_blocks_undone_total", Unit::Count, "Blocks taken back in reorgs"),
    gauge(
        "blocktap_blocks_missing",
        Unit::Count,
        "Blocks between the last one delivered and the chain's head",
    ),
    gauge("blocktap_head_height", Unit::Count, "Height of the chain's head, as operators agree"),
    gauge("blocktap_tip_height", Unit::Count, "Height of the last block delivered"),
    gauge("blocktap_final_height", Unit::Count, "Height of the highest block delivered that is final"),
    gauge(
        "blocktap_degraded",
        Unit::Count,
        "1 while the stream goes on but stands on too little: one operator, a last resort, no leader, receding finality",
    ),
    seconds("blocktap_processing_seconds", "From the first sight of a block at the tip to its delivery"),
    seconds(
        "blocktap_provider_response_seconds",
        "From a request to its answer or failure; the count is of requests",
    ),
    counter("blocktap_provider_errors_total", Unit::Count, "Requests and sockets that failed, by class"),
    counter(
        "blocktap_provider_unknown_codes_total",
        Unit::Count,
        "JSON-RPC errors that no rule knows, by code: 16 for each provider, then \"other\"",
    ),
    counter(
        "blocktap_provider_throttles_total",
        Unit::Count,
        "Requests held back by our own limiter (by=\"limiter\") or refused by the provider (by=\"provider\")",
    ),
    counter("blocktap_provider_switches_total", Unit::Count, "Elections that this provider won"),
    counter(
        "blocktap_swaps_total",
        Unit::Count,
        "Changes of the lead, by when the new leader showed the last block delivered: before, after, not",
    ),
    seconds(
        "blocktap_swap_emit_gap_seconds",
        "From the last block delivered before a change of the lead to the first one after it",
    ),
    counter(
        "blocktap_swap_blocks_replayed_total",
        Unit::Count,
        "Blocks that were on their way when the lead changed and were asked for again",
    ),
    counter(
        "blocktap_swap_duplicates_dropped_total",
        Unit::Count,
        "Second copies that came after a change of the lead and were dropped",
    ),
    gauge("blocktap_provider_active", Unit::Count, "1 while the provider leads, else 0"),
    counter("blocktap_provider_active_seconds_total", Unit::Seconds, "For how long the provider has led"),
    gauge(
        "blocktap_provider_score",
        Unit::Count,
        "The score that the provider is elected by; more is better",
    ),
    counter("blocktap_bad_content_total", Unit::Count, "Answers that were proved false"),
    gauge(
        "blocktap_memory_bytes",
        Unit::Bytes,
        "Bytes of blocks under way between providers and the journal",
    ),
    counter(
        "blocktap_provider_strikes_total",
        Unit::Count,
        "Bodies left out, forks that lasted and heads that went back, held against a provider",
    ),
    gauge("blocktap_journal_last_seq", Unit::Count, "Number of the last event in the journal"),
    gauge("blocktap_journal_bytes", Unit::Bytes, "Bytes that the journal takes on disk"),
    gauge(
        "blocktap_journal_waiting",
        Unit::Count,
        "Appends that wait for the group before them to be on disk",
    ),
    seconds("blocktap_journal_commit_seconds", "From a group of appends to its being on disk"),
    counter(
        "blocktap_journal_refused_total",
        Unit::Count,
        "Groups that the disk refused; they are tried again",
    ),
    gauge(
        "blocktap_sink_events_behind",
        Unit::Count,
        "Events in the journal that the sink has not taken yet",
    ),
    counter("blocktap_sink_events_total", Unit::Count, "Events that the sink took"),
    counter("blocktap_actor_restarts_total", Unit::Count, "Actors that died and were started again"),
    counter(
        "blocktap_network_bytes_total",
        Unit::Bytes,
        "Bytes of requests, answers and messages exchanged with providers, unpacked, without headers",
    ),
];

/// Tells the recorder what each metric is.
pub(super) fn describe() {
    for Entry { name, kind, unit, help } in CATALOGUE {
        match kind {
            Kind::Counter => describe_counter!(name, unit, help),
            Kind::Gauge => describe_gauge!(name, unit, help),
            Kind::Histogram => describe_histogram!(name, unit, help),
        }
    }
}
