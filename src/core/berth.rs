//! Where a sink goes on: its own word, the journal's mark, and what the journal still holds.
//!
//! *Decision.* What the sink itself holds is its cursor. The mark of what it acknowledged counts only where the sink can
//! hold none, or has lost what it held. A place that the journal does not know stops the sink: guessing would lose or double
//! events. So does a sink that holds less than this process has seen in it: going on would split the stream in two.

use super::numbers::Seq;

/// What the sink says of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Claimed {
    /// It holds everything up to an event, and this is how that event lies in the journal.
    Place(Lies, Seq),
    /// It holds nothing.
    Nothing,
    /// It cannot tell.
    Unknown,
}

/// How a place lies in the journal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lies {
    /// The event is there.
    Held,
    /// It was, and so was something after it that is gone now.
    Expired,
    /// It is not of this stream.
    Foreign,
}

/// What to do.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub enum Berth {
    /// Go on after this event.
    GoOn {
        /// The last event it has.
        after: Seq,
        /// What its user should know about that.
        remark: Option<&'static str>,
    },
    /// Deliver nothing: a person must decide.
    Stop {
        /// What is wrong, and the remedy.
        why: &'static str,
    },
}

/// Finds the place. `seen` is the furthest that this process has seen the sink to be, `mark` what it acknowledged last, `first`
/// the first event that can still be had.
pub fn find(claimed: Claimed, seen: Option<Seq>, mark: Option<Seq>, first: Option<Seq>) -> Berth {
    let oldest = first.and_then(Seq::previous).unwrap_or_default();
    match (claimed, mark) {
        _ if claimed.holds_less_than(seen) => Berth::Stop {
            why: "it no longer holds what it has taken: it was moved away, removed or changed; put it back and restart blocktap; if it is gone for good, a restart goes on in a new one",
        },
        (Claimed::Place(Lies::Held, after), _) => Berth::GoOn { after, remark: None },
        (Claimed::Place(Lies::Expired, _), _) => Berth::Stop {
            why: "left behind: the journal no longer holds what follows; raise journal.budget_bytes, and let the sink begin anew",
        },
        (Claimed::Place(Lies::Foreign, _), _) => Berth::Stop {
            why: "it holds a place that the journal does not know: give it the journal it was filled from, or let it begin anew",
        },
        (_, Some(mark)) if mark < oldest => Berth::Stop {
            why: "left behind: the journal no longer holds what follows its last acknowledgement",
        },
        (Claimed::Nothing, Some(after)) => Berth::GoOn {
            after,
            remark: Some("the sink is empty though it had acknowledged events; it goes on after those"),
        },
        (Claimed::Unknown, Some(after)) => Berth::GoOn { after, remark: None },
        (Claimed::Nothing | Claimed::Unknown, None) => Berth::GoOn {
            after: oldest,
            remark: (oldest > Seq(0)).then_some("the sink is new; earlier events are no longer held"),
        },
    }
}

impl Claimed {
    fn holds_less_than(self, seen: Option<Seq>) -> bool {
        match self {
            Self::Place(Lies::Held | Lies::Expired, seq) => seen.is_some_and(|seen| seq < seen),
            Self::Nothing => seen.is_some(),
            Self::Place(Lies::Foreign, _) | Self::Unknown => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(berth: &Berth) -> Option<Seq> {
        match berth {
            Berth::GoOn { after, .. } => Some(*after),
            Berth::Stop { .. } => None,
        }
    }

    #[test]
    fn the_sinks_own_place_wins_over_the_mark() {
        let berth = find(Claimed::Place(Lies::Held, Seq(7)), None, Some(Seq(9)), Some(Seq(1)));
        assert_eq!(berth, Berth::GoOn { after: Seq(7), remark: None });
    }

    #[test]
    fn an_emptied_sink_goes_on_after_its_mark_and_says_so() {
        let berth = find(Claimed::Nothing, None, Some(Seq(9)), Some(Seq(1)));
        assert!(matches!(berth, Berth::GoOn { after: Seq(9), remark: Some(_) }));
    }

    #[test]
    fn a_new_sink_begins_at_the_oldest_event() {
        assert_eq!(after(&find(Claimed::Nothing, None, None, None)), Some(Seq(0)));
        assert_eq!(after(&find(Claimed::Unknown, None, None, Some(Seq(5)))), Some(Seq(4)));
    }

    #[test]
    fn a_sink_that_holds_less_than_was_seen_in_it_stops_until_a_restart() {
        let mark = Some(Seq(9));
        for lost in
            [Claimed::Nothing, Claimed::Place(Lies::Held, Seq(8)), Claimed::Place(Lies::Expired, Seq(8))]
        {
            let berth = find(lost, Some(Seq(9)), mark, Some(Seq(1)));
            assert!(matches!(berth, Berth::Stop { why } if why.contains("put it back")), "{lost:?}");
        }
        let kept = Claimed::Place(Lies::Held, Seq(9));
        assert_eq!(after(&find(kept, Some(Seq(9)), mark, Some(Seq(1)))), mark);
        assert_eq!(after(&find(Claimed::Unknown, Some(Seq(9)), mark, Some(Seq(1)))), mark);
    }

    #[test]
    fn nobody_guesses_a_place() {
        for lies in [Lies::Expired, Lies::Foreign] {
            assert_eq!(after(&find(Claimed::Place(lies, Seq(3)), None, Some(Seq(3)), Some(Seq(1)))), None);
        }
        assert_eq!(after(&find(Claimed::Unknown, None, Some(Seq(3)), Some(Seq(9)))), None);
    }
}
