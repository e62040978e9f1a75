//! The log in memory, with somebody looking on, a disk that takes its time, and panics on order.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;

use super::fuses::Fuses;
use super::trace::Trace;
use crate::core::event::{Draft, Event, Step, Tail};
use crate::core::event_id::EventId;
use crate::core::header::Header;
use crate::core::numbers::{Height, Seq};
use crate::journal::error::JournalError;
use crate::journal::memory::MemoryJournal;
use crate::journal::{Acknowledged, Extent, Journal, Located};
use crate::sim::oracle::Oracle;
use crate::sim::schedule::deed::Victim;

/// The log of one play; it outlives the daemon.
pub struct Log {
    /// What it is kept in.
    pub inner: MemoryJournal,
    /// Who looks on.
    pub oracle: Oracle,
    /// Who panics.
    pub fuses: Fuses,
    /// Where it is written down.
    pub trace: Trace,
    /// How long the disk takes for a group.
    pub latency: Duration,
}

impl Log {
    /// Answers nobody any more once a promise is broken: what is wrong then may go round in circles that take no time, and the
    /// play would never come to its end.
    async fn stop_if_broken(&self) {
        if self.oracle.breach().is_some() {
            std::future::pending::<()>().await;
        }
    }

    /// Half of the disk's time passes before anything is there, the other half before anybody hears of it.
    async fn wait(&self) {
        if !self.latency.is_zero() {
            tokio::time::sleep(self.latency / 2).await;
        }
    }
}

#[async_trait]
impl Journal for Log {
    async fn append(&self, drafts: Vec<Draft>) -> Result<Vec<Arc<Event>>, JournalError> {
        self.stop_if_broken().await;
        self.fuses.burn(|victim| *victim == Victim::JournalBefore);
        self.wait().await;
        let before = self.inner.extent().last;
        let appended = self.inner.append(drafts).await;
        // What is there counts, whatever is said of it.
        let there = self.inner.read(before, usize::MAX).await?;
        there.iter().for_each(|event| self.trace.add(|| told(event)));
        self.oracle.appended(&there);
        let events = appended?;
        self.wait().await;
        self.fuses.burn(|victim| *victim == Victim::JournalAfter);
        Ok(events)
    }

    async fn retire(&self) {
        self.inner.retire().await;
    }

    fn tail(&self) -> Option<Tail> {
        self.inner.tail()
    }

    fn extent(&self) -> Extent {
        self.inner.extent()
    }

    async fn canonical(&self, depth: usize) -> Result<(Vec<Header>, Option<Height>), JournalError> {
        self.inner.canonical(depth).await
    }

    async fn read(&self, after: Seq, max_bytes: usize) -> Result<Vec<Arc<Event>>, JournalError> {
        self.stop_if_broken().await;
        self.inner.read(after, max_bytes).await
    }

    async fn locate(&self, seq: Seq, id: EventId) -> Result<Located, JournalError> {
        self.inner.locate(seq, id).await
    }

    async fn acknowledge(&self, sink: &str, mark: Acknowledged) -> Result<(), JournalError> {
        self.inner.acknowledge(sink, mark).await
    }

    fn acknowledged(&self, sink: &str) -> Option<Acknowledged> {
        self.inner.acknowledged(sink)
    }

    fn held_by(&self) -> Option<String> {
        self.inner.held_by()
    }
}

fn told(event: &Event) -> String {
    let envelope = &event.envelope;
    let sign = match envelope.step {
        Step::Apply => '+',
        Step::Undo => '-',
        Step::Final => 'f',
        Step::Skip => 's',
    };
    let (seq, block, id) = (envelope.seq, envelope.block_number, envelope.id);
    let place = format!("{sign} {seq} {block} {} {id}", envelope.block_hash);
    match &envelope.source {
        Some(source) if envelope.step == Step::Apply => {
            format!("{place} by {}, agreed by {}", source.served_by, source.agreed.join(" "))
        }
        _ => place,
    }
}
