//! Making a group durable, whatever the disk says.
//!
//! *After a refusal* nobody knows what reached the disk: the log is opened again, and what is in it counts. An append is there
//! whole or not at all, so what is there is some of the group's entries from the front.
//! *A log that has lost what it held* (its folder was emptied, or an older copy put back) is not written to: it would begin
//! another stream under the same name.

use std::sync::Arc;

use super::{Entry, Log, Open};
use crate::core::event::{Draft, Event, Step};
use crate::core::numbers::Seq;
use crate::journal::Located;
use crate::journal::error::JournalError;

/// How it ended.
pub(super) struct Committed {
    /// The log to go on with.
    pub log: Arc<dyn Log>,
    /// What is durable.
    pub durable: Vec<Entry>,
    /// What is not, and is to be tried again.
    pub left: Vec<Entry>,
    /// Why anything is left.
    pub refusal: Option<JournalError>,
}

/// Appends a group to `log`, which `open` opens again when the disk refuses.
pub(super) async fn persist(log: Arc<dyn Log>, open: Open, group: Vec<Entry>) -> Committed {
    let mut drafts: Vec<Draft> = group.iter().flat_map(|entry| entry.drafts.clone()).collect();
    let appended = match refill(&*log, &mut drafts).await {
        Ok(()) => log.append(drafts).await,
        Err(error) => Err(error),
    };
    match appended {
        Ok(_) => Committed { log, durable: group, left: Vec::new(), refusal: None },
        Err(error) => after_refusal(log, &open, group, error).await,
    }
}

async fn after_refusal(
    log: Arc<dyn Log>,
    open: &Open,
    mut group: Vec<Entry>,
    error: JournalError,
) -> Committed {
    let before = log.tail().map_or(Seq(0), |tail| tail.seq);
    match reopened(&*log, open).await {
        Ok(fresh) => {
            let there = fresh.tail().map_or(0, |tail| tail.seq.beyond(before));
            let left = group.split_off(durable_entries(&group, there));
            let refusal = (!left.is_empty()).then_some(error);
            Committed { log: fresh, durable: group, left, refusal }
        }
        Err(reopening) => Committed { log, durable: Vec::new(), left: group, refusal: Some(reopening) },
    }
}

/// How many entries from the front the first `there` events of the group make up.
fn durable_entries(group: &[Entry], there: u64) -> usize {
    let ends = group.iter().scan(0, |end, entry| {
        *end += entry.drafts.len() as u64;
        Some(*end)
    });
    ends.take_while(|end| *end <= there).count()
}

/// Opens the log again, which must still hold what `log` held.
///
/// # Errors
/// When the disk refuses, and `Lost` when it holds something else.
pub(super) async fn reopened(log: &dyn Log, open: &Open) -> Result<Arc<dyn Log>, JournalError> {
    log.retire().await;
    let fresh = open().await?;
    let Some(tail) = log.tail() else { return Ok(fresh) };
    match fresh.locate(tail.seq, tail.id).await? {
        Located::Here(_) => Ok(fresh),
        Located::Expired { .. } | Located::Unknown => Err(JournalError::Lost { last: tail.seq }),
    }
}

/// Gives each `undo` the block that it takes back, from the event that applied it.
async fn refill(log: &dyn Log, drafts: &mut [Draft]) -> Result<(), JournalError> {
    let mut place = log.tail().map(|tail| tail.seq);
    for draft in drafts.iter_mut().filter(|draft| draft.step == Step::Undo && draft.body.is_none()) {
        while let Some(below) = place.and_then(Seq::previous) {
            let events = log.read(below, 1).await?;
            place = Some(below);
            if let Some(event) = events.first().filter(|event| applies(event, draft)) {
                draft.body = event.body.clone();
                draft.source = event.envelope.source.clone();
                break;
            }
        }
    }
    Ok(())
}

fn applies(event: &Event, draft: &Draft) -> bool {
    event.envelope.step == Step::Apply && event.envelope.block_hash == draft.header.hash
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;
    use std::sync::Mutex;

    use tokio::sync::oneshot;

    use super::*;
    use crate::core::chain_id::ChainId;
    use crate::core::rehearsal::Rehearsal;
    use crate::journal::memory::{Left, MemoryJournal};

    fn entry(rehearsal: &mut Rehearsal, drafts: u8) -> Entry {
        let drafts = (0..drafts).map(|_| rehearsal.draft(0)).collect();
        Entry { drafts, permits: Vec::new(), done: oneshot::channel().0 }
    }

    fn journal() -> Arc<MemoryJournal> {
        Arc::new(MemoryJournal::new(ChainId::evm(1), Default::default()))
    }

    /// Opens one log after the other, and refuses between them where there is none.
    fn opening(logs: impl IntoIterator<Item = Option<Arc<MemoryJournal>>>) -> Open {
        let logs: Arc<Mutex<VecDeque<_>>> = Arc::new(Mutex::new(logs.into_iter().collect()));
        Arc::new(move || {
            let log = logs.lock().unwrap().pop_front().unwrap();
            Box::pin(async move {
                let log = log.ok_or(JournalError::Lost { last: Seq(0) })?;
                log.reopen();
                Ok(log as Arc<dyn Log>)
            })
        })
    }

    #[actix::test]
    async fn what_reached_the_disk_unnoticed_is_not_written_again_with_what_came_later() {
        let (mut rehearsal, known, disk) = (Rehearsal::new(5), journal(), journal());
        let first = entry(&mut rehearsal, 2);
        disk.append(first.drafts.clone()).await.unwrap();
        known.fail_next_append(Left::Nothing);
        let open = opening([None, Some(disk.clone())]);
        let refused = persist(known, open.clone(), vec![first]).await;
        assert!(refused.refusal.is_some() && refused.durable.is_empty());
        let mut group = refused.left;
        group.push(entry(&mut rehearsal, 1));
        let again = persist(refused.log, open.clone(), group).await;
        assert_eq!((again.durable.len(), again.left.len()), (1, 1));
        let last = persist(again.log, open, again.left).await;
        assert!(last.refusal.is_none());
        assert_eq!(disk.tail().unwrap().seq, Seq(3));
    }

    #[actix::test]
    async fn a_log_that_has_lost_what_it_held_is_not_written_to() {
        let (mut rehearsal, known, emptied) = (Rehearsal::new(5), journal(), journal());
        known.append(entry(&mut rehearsal, 2).drafts).await.unwrap();
        known.fail_next_append(Left::Nothing);
        let open = opening([Some(emptied.clone())]);
        let refused = persist(known, open, vec![entry(&mut rehearsal, 1)]).await;
        assert!(matches!(refused.refusal, Some(JournalError::Lost { last: Seq(2) })));
        assert_eq!((refused.left.len(), refused.log.tail().unwrap().seq), (1, Seq(2)));
        assert_eq!(emptied.tail(), None);
    }
}
