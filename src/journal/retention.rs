//! What may be let go, and when a segment is full. Shared by the journal on disk and its twin in memory.

use crate::core::event::{Envelope, Step};
use crate::core::numbers::{Height, Seq};

/// How a journal is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// A segment that would grow beyond this is closed and a new one begun.
    pub segment_bytes: u64,
    /// Beyond this, the oldest segments are let go as soon as nobody needs them.
    pub budget_bytes: u64,
    /// Newest events kept in memory, so that sinks at the tip need no disk.
    pub recent_bytes: usize,
    /// Sinks for whom everything is kept until they have acknowledged it.
    pub required: Vec<String>,
}

impl Options {
    /// What one append may hold: a segment, which holds an append whole, stays below 4 GiB.
    pub const LARGEST_APPEND_BYTES: u64 = 2 << 30;
    const LARGEST_SEGMENT_BYTES: u64 = 2 << 30;
}

impl Default for Options {
    fn default() -> Self {
        Self { segment_bytes: 64 << 20, budget_bytes: 10 << 30, recent_bytes: 16 << 20, required: Vec::new() }
    }
}

/// One segment, as far as retention cares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// Its first event.
    pub first: Seq,
    /// Its events.
    pub count: u64,
    /// Its length.
    pub bytes: u64,
    /// The highest block that any of its events speaks of.
    pub highest: Option<Height>,
    /// The height that it called final last.
    pub finalized: Option<Height>,
}

impl Span {
    /// A segment without events.
    pub fn empty(first: Seq, bytes: u64) -> Self {
        Self { first, count: 0, bytes, highest: None, finalized: None }
    }

    /// Adds one event.
    pub fn add(&mut self, envelope: &Envelope, bytes: u64) {
        self.count += 1;
        self.bytes += bytes;
        self.highest = self.highest.max(Some(envelope.block_number));
        if envelope.step == Step::Final {
            self.finalized = Some(envelope.block_number);
        }
    }

    /// The number after its last event.
    pub fn end(&self) -> Seq {
        self.first.plus(self.count)
    }

    /// Whether `more` bytes are to go into a new segment.
    pub fn is_full(&self, more: u64, options: &Options) -> bool {
        self.count > 0
            && self.bytes.saturating_add(more) > options.segment_bytes.min(Options::LARGEST_SEGMENT_BYTES)
    }
}

/// The last event that every required sink has acknowledged: nothing up to it is needed any more.
pub fn needed(options: &Options, mark: impl Fn(&str) -> Option<Seq>) -> Seq {
    let marks = options.required.iter().map(|sink| mark(sink).unwrap_or_default());
    marks.min().unwrap_or(Seq(u64::MAX))
}

/// The required sink that is furthest behind, if the journal is over its budget and would hold less but for such sinks. One that
/// has acknowledged all that could go is not to blame.
pub fn held_by(spans: &[Span], options: &Options, mark: impl Fn(&str) -> Option<Seq>) -> Option<String> {
    let expendable = |needed| expendable(spans, options.budget_bytes, needed);
    if expendable(needed(options, &mark)) == expendable(Seq(u64::MAX)) {
        return None;
    }
    options.required.iter().min_by_key(|sink| mark(sink).unwrap_or_default()).cloned()
}

/// How many of the oldest segments may go: they are over the budget, no sink needs an event after `needed` from them, and
/// every block they speak of lies below the last final one. So the last segment, the one with the last final block and all
/// that came after it always stay, and the canonical chain can be told back to finality.
pub fn expendable(spans: &[Span], budget_bytes: u64, needed: Seq) -> usize {
    let mut bytes: u64 = spans.iter().map(|span| span.bytes).sum();
    let Some(finalized) = spans.iter().rev().find_map(|span| span.finalized) else { return 0 };
    let spent = |span: &&Span| {
        let over = bytes > budget_bytes;
        bytes -= span.bytes;
        over && span.end() <= needed.next() && span.highest.is_some_and(|highest| highest < finalized)
    };
    spans.iter().take(spans.len().saturating_sub(1)).take_while(spent).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(first: u64, highest: u64, finalized: Option<u64>) -> Span {
        Span {
            first: Seq(first),
            count: 10,
            bytes: 100,
            highest: Some(Height(highest)),
            finalized: finalized.map(Height),
        }
    }

    #[test]
    fn only_what_is_over_the_budget_goes() {
        let spans = [span(1, 10, None), span(11, 20, None), span(21, 30, Some(25)), span(31, 40, None)];
        assert_eq!(expendable(&spans, 400, Seq(u64::MAX)), 0);
        assert_eq!(expendable(&spans, 399, Seq(u64::MAX)), 1);
        assert_eq!(expendable(&spans, 0, Seq(u64::MAX)), 2);
    }

    #[test]
    fn what_a_required_sink_has_not_taken_stays() {
        let spans = [span(1, 10, None), span(11, 20, None), span(21, 30, Some(25)), span(31, 40, None)];
        assert_eq!(expendable(&spans, 0, Seq(9)), 0);
        assert_eq!(expendable(&spans, 0, Seq(10)), 1);
        assert_eq!(expendable(&spans, 0, Seq(20)), 2);
    }

    #[test]
    fn a_required_sink_holds_the_journal_only_by_what_it_has_not_taken() {
        let spans = [span(1, 10, None), span(11, 20, None), span(21, 30, Some(25)), span(31, 40, None)];
        let options =
            Options { budget_bytes: 0, required: vec!["slow".into(), "fast".into()], ..Options::default() };
        let held = |slow| held_by(&spans, &options, |sink| Some(Seq(if sink == "slow" { slow } else { 35 })));
        assert_eq!((held(0).as_deref(), held(19).as_deref()), (Some("slow"), Some("slow")));
        assert_eq!(held(20), None, "the budget was made smaller, or the disk refused: no sink can help");
    }

    #[test]
    fn nothing_goes_before_finality_or_above_it() {
        assert_eq!(expendable(&[span(1, 10, None), span(11, 20, None)], 0, Seq(u64::MAX)), 0);
        assert_eq!(expendable(&[span(1, 10, None), span(11, 20, Some(10))], 0, Seq(u64::MAX)), 0);
        assert_eq!(expendable(&[span(1, 10, None), span(11, 20, Some(11))], 0, Seq(u64::MAX)), 1);
    }
}
