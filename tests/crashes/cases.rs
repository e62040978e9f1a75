//! How each crash point is come to. The match has no rest: a point without a case does not compile.

use blocktap::crash::Point;

use crate::land::{Blocks, REORG_DEPTH};

/// How a point is come to.
#[derive(Clone, Copy, Debug)]
pub struct Case {
    /// What the world's blocks hold.
    pub blocks: Blocks,
    /// The file sink's rotation.
    pub rotate: &'static str,
    /// The program dies when it comes there for some time between the first and this one.
    pub latest: u64,
    /// What must be done for it to come there.
    pub by: Way,
}

/// What must be done for the program to come to a point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// It comes there by itself.
    Running,
    /// The database is made anew: it comes there at every start, until it is through.
    Begun,
    /// It is asked to stop.
    Stopped,
    /// The disk has no more room for the journal's newest segment.
    JournalFull,
    /// The disk has no more room for the file.
    FileFull,
}

const ROTATED: &str = "rotate_bytes = \"24kB\"";

/// How `point` is come to.
pub const fn case(point: Point) -> Case {
    let often = Case { blocks: Blocks::Small, rotate: ROTATED, latest: 12, by: Way::Running };
    match point {
        Point::Fetched
        | Point::Validated
        | Point::JournalHalfWritten
        | Point::JournalWritten
        | Point::JournalCommitted
        | Point::MarkHalfWritten
        | Point::SinkTold
        | Point::SinkAcknowledged
        | Point::FileHalfWritten
        | Point::FileWritten
        | Point::SqliteCursorMoved
        | Point::SqliteWritten
        | Point::SqliteCommitted => often,
        Point::FileUndoing | Point::SqliteUndoing => Case { latest: REORG_DEPTH - 1, ..often },
        Point::FileUndone | Point::SqliteUndone | Point::FileRotating => Case { latest: 2, ..often },
        Point::JournalRotating | Point::JournalLettingGo => {
            Case { blocks: Blocks::Large, latest: 1, ..often }
        }
        Point::SqliteMigrating => Case { latest: 1, by: Way::Begun, ..often },
        Point::Draining => Case { latest: 4, by: Way::Stopped, ..often },
        Point::JournalDiskFull => Case { latest: 2, by: Way::JournalFull, ..often },
        Point::FileDiskFull => Case { blocks: Blocks::Large, rotate: "", latest: 1, by: Way::FileFull },
    }
}
