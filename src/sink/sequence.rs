//! Whether events follow what a sink holds: every durable sink refuses a gap, a repetition and a second writer.

use std::sync::Arc;

use super::Position;
use super::error::SinkError;
use crate::core::event::{Event, Tail};

/// Checks that `events` follow `position` and each other, and says where the sink stands after them; `None` if there are
/// none. An empty sink takes any event as its first.
///
/// # Errors
/// `Fatal` at the first event that does not follow: writing it would break the hash chain for good.
pub fn follow(position: Position, events: &[Arc<Event>]) -> Result<Option<Tail>, SinkError> {
    let mut tail = match position {
        Position::After { seq, id } => Some(Tail { seq, id }),
        Position::Empty | Position::Unknown => None,
    };
    let Some(_) = events.last() else { return Ok(None) };
    for event in events {
        let envelope = &event.envelope;
        if let Some(Tail { seq, id }) = tail
            && (envelope.prev_id != id || envelope.seq != seq.next())
        {
            return Err(SinkError::Fatal(format!(
                "event {} does not follow event {seq} ({id}), which this sink holds: \
                 another writer, or another journal; see `blocktap sink reset`",
                envelope.seq
            )));
        }
        tail = Some(event.tail());
    }
    Ok(tail)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sink::story::Story;

    #[test]
    fn an_empty_sink_may_begin_anywhere_and_then_takes_only_what_follows() {
        let mut story = Story::new();
        let events = story.grow(4);
        let after = |event: &Event| Position::After { seq: event.envelope.seq, id: event.envelope.id };
        assert_eq!(follow(Position::Empty, &events[2..]).unwrap(), Some(events[3].tail()));
        assert_eq!(follow(after(&events[1]), &events[2..]).unwrap(), Some(events[3].tail()));
        assert_eq!(follow(after(&events[1]), &[]).unwrap(), None);
        assert!(follow(after(&events[1]), &events[3..]).is_err(), "a gap");
        assert!(follow(after(&events[1]), &events[1..]).is_err(), "a repetition");
        let swapped = [Arc::clone(&events[1]), Arc::clone(&events[0])];
        assert!(follow(Position::Empty, &swapped).is_err(), "a disorder");
    }
}
