//! Named moments at which a test may kill the process, so that a crash is tried where it hurts and not where chance puts it.
//!
//! *How.* With the feature `crash-points`, `BLOCKTAP_CRASH_AT=<name>[:<nth>]` makes the process send itself SIGKILL when it comes
//! to that moment for the nth time. `tests/crashes` does so at each of [`Point::ALL`].
//! *Otherwise.* Without the feature, which is in no default, [`point`] and [`point_after`] are empty: nothing of this room is in
//! the program.

#[cfg(feature = "crash-points")]
mod armed;
#[cfg(not(feature = "crash-points"))]
mod unarmed;

#[cfg(feature = "crash-points")]
pub use self::armed::{point, point_after};
#[cfg(not(feature = "crash-points"))]
pub use self::unarmed::{point, point_after};

/// Names each moment once.
macro_rules! points {
    ($($(#[doc = $doc:literal])+ $point:ident = $name:literal,)+) => {
        /// A moment at which a process may die.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Point {
            $($(#[doc = $doc])+ $point,)+
        }

        impl Point {
            /// Every moment that has a name.
            pub const ALL: &[Self] = &[$(Self::$point,)+];

            /// What it is called in `BLOCKTAP_CRASH_AT`.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$point => $name,)+
                }
            }
        }
    };
}

points! {
    /// A block came from a provider, and was not looked at yet.
    Fetched = "fetched",
    /// A block was proved, and was not applied yet.
    Validated = "validated",
    /// Part of an append is in the journal.
    JournalHalfWritten = "journal-half-written",
    /// An append was written, and not synced.
    JournalWritten = "journal-written",
    /// An append is durable, and no sink knows.
    JournalCommitted = "journal-committed",
    /// A new segment of the journal is written, and has no name yet.
    JournalRotating = "journal-rotating",
    /// The side file of a segment that is let go is removed, and the segment not.
    JournalLettingGo = "journal-letting-go",
    /// The disk took part of an append, and is full.
    JournalDiskFull = "journal-disk-full",
    /// Part of a sink's mark is written.
    MarkHalfWritten = "mark-half-written",
    /// A sink was told of events, and was not given them yet.
    SinkTold = "sink-told",
    /// A sink has acknowledged events, and the journal's mark was not moved yet.
    SinkAcknowledged = "sink-acknowledged",
    /// Part of a batch is in the file.
    FileHalfWritten = "file-half-written",
    /// A batch is in the file, and not synced.
    FileWritten = "file-written",
    /// An undo is in the file, and those that follow it are not.
    FileUndoing = "file-undoing",
    /// The last undo of a reorg is in the file, and the first apply not.
    FileUndone = "file-undone",
    /// The file was put aside, and the next one does not exist yet.
    FileRotating = "file-rotating",
    /// The disk took part of a batch of the file, and is full.
    FileDiskFull = "file-disk-full",
    /// The tables are made, in a transaction that was not committed yet.
    SqliteMigrating = "sqlite-migrating",
    /// The cursor was moved, and no row was inserted yet.
    SqliteCursorMoved = "sqlite-cursor-moved",
    /// The rows of an undone block are deleted, and those of the next one are not.
    SqliteUndoing = "sqlite-undoing",
    /// The last undo of a reorg is done, and the first apply is not.
    SqliteUndone = "sqlite-undone",
    /// All rows are written, and COMMIT was not sent yet.
    SqliteWritten = "sqlite-written",
    /// COMMIT was sent, and its answer never comes.
    SqliteCommitted = "sqlite-committed",
    /// A stage of the drain is done, and the next one has not begun.
    Draining = "draining",
}

/// How much of a write is done before the process dies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    /// In hundredths.
    pub percent: usize,
}

impl Part {
    /// So much of a whole.
    pub const fn of(self, whole: usize) -> usize {
        whole * self.percent / 100
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_given_once() {
        let mut names: Vec<_> = Point::ALL.iter().map(|point| point.name()).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), Point::ALL.len());
    }
}
