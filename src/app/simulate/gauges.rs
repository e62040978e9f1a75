//! The metrics of the daemon under trial: read by the oracle, and the way by which actors panic that have no edge to do it in.

use std::sync::Arc;

use metrics::{Counter, Gauge, GaugeFn, Histogram, Key, KeyName, Metadata, Recorder, SharedString, Unit};

use super::fuses::Fuses;
use super::panics;
use super::trace::Trace;
use crate::sim::oracle::Oracle;
use crate::sim::oracle::breach::Invariant;
use crate::sim::schedule::deed::Victim;

/// Hears every metric of one play.
pub struct Gauges {
    oracle: Oracle,
    fuses: Fuses,
    trace: Trace,
    memory: Arc<Memory>,
}

/// The gauge of bytes under way.
struct Memory(Oracle);

impl Gauges {
    /// Hears for this oracle.
    pub fn new(oracle: Oracle, fuses: Fuses, trace: Trace) -> Self {
        let memory = Arc::new(Memory(oracle.clone()));
        Self { oracle, fuses, trace, memory }
    }

    fn died(&self, path: &str) {
        self.trace.add(|| format!("x {path} died"));
        self.oracle.actor_died(path);
        let below = path.split_once('/').map_or(path, |(_, below)| below);
        if !self.fuses.explains(below) {
            let why = panics::seen().pop().unwrap_or_else(|| "without a panic".into());
            self.oracle.object(Invariant::Alive, format!("{path} died by itself: {why}"));
        }
    }
}

fn label<'a>(key: &'a Key, name: &str) -> &'a str {
    key.labels().find(|label| label.key() == name).map(metrics::Label::value).unwrap_or_default()
}

impl Recorder for Gauges {
    fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> Counter {
        match key.name() {
            "blocktap_actor_restarts_total" => self.died(label(key, "actor")),
            "blocktap_blocks_total" => self.fuses.burn(|victim| *victim == Victim::ManagerCounting),
            "blocktap_sink_events_total" => {
                let sink = label(key, "sink");
                self.fuses.burn(|victim| matches!(victim, Victim::SinkAfter(name) if *name == sink));
            }
            _ => {}
        }
        Counter::noop()
    }

    fn register_gauge(&self, key: &Key, _: &Metadata<'_>) -> Gauge {
        match key.name() {
            "blocktap_blocks_missing" => self.fuses.burn(|victim| *victim == Victim::Manager),
            "blocktap_memory_bytes" => {
                self.fuses.burn(|victim| *victim == Victim::Fetcher);
                return Gauge::from_arc(self.memory.clone());
            }
            "blocktap_provider_score" => {
                let provider = label(key, "provider");
                self.fuses.burn(|victim| matches!(victim, Victim::Provider(name) if *name == provider));
            }
            _ => {}
        }
        Gauge::noop()
    }

    fn register_histogram(&self, _: &Key, _: &Metadata<'_>) -> Histogram {
        Histogram::noop()
    }
}

impl GaugeFn for Memory {
    fn increment(&self, _: f64) {}

    fn decrement(&self, _: f64) {}

    fn set(&self, bytes: f64) {
        self.0.holds_bytes(bytes as usize);
    }
}
