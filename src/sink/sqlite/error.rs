//! What an error of SQLite means for the sink.

use std::path::Path;

use crate::sink::error::SinkError;

/// Result codes: <https://www.sqlite.org/rescode.html>. The low byte of an extended code is its primary code.
mod code {
    pub const PERM: u32 = 3;
    pub const BUSY: u32 = 5;
    pub const LOCKED: u32 = 6;
    pub const NOMEM: u32 = 7;
    pub const READONLY: u32 = 8;
    pub const READONLY_ROLLBACK: u32 = 776;
    pub const INTERRUPT: u32 = 9;
    pub const IOERR: u32 = 10;
    pub const IOERR_FSYNC: u32 = 1034;
    pub const IOERR_DIR_FSYNC: u32 = 1290;
    pub const CORRUPT: u32 = 11;
    pub const FULL: u32 = 13;
    pub const CANTOPEN: u32 = 14;
    pub const PROTOCOL: u32 = 15;
    pub const CONSTRAINT: u32 = 19;
    pub const NOTADB: u32 = 26;
}

/// Whether trying again may help, or a person must act; the text says how.
pub fn classify(path: &Path, error: &sqlx::Error) -> SinkError {
    let path = path.display();
    let code = match error {
        sqlx::Error::Database(error) => {
            error.code().and_then(|code| code.parse::<u32>().ok()).unwrap_or_default()
        }
        _ => return SinkError::Transient(format!("{path}: {error}")),
    };
    let remedy = match (code, code & 0xff) {
        (_, code::BUSY | code::LOCKED) => {
            return SinkError::Transient(format!("{path} is locked by another program"));
        }
        (_, code::FULL) => return SinkError::Transient(format!("{path}: the disk is full")),
        (code::IOERR_FSYNC | code::IOERR_DIR_FSYNC, _) => "check the disk, then restart",
        (_, code::IOERR | code::NOMEM | code::INTERRUPT | code::PROTOCOL) => {
            return SinkError::Transient(format!("{path}: {error}"));
        }
        (code::READONLY_ROLLBACK, _) => "a crash left it half made: start the daemon once, it mends it",
        (_, code::READONLY | code::PERM | code::CANTOPEN) => {
            "let the daemon's user write there, or choose another path"
        }
        (_, code::CORRUPT | code::NOTADB) => {
            "move it away, or choose another path; under another name the sink is filled again from the journal"
        }
        (_, code::CONSTRAINT) => {
            "its rows were changed by somebody else: move it away; under another name the sink is filled again from the journal"
        }
        _ => "its tables are not as blocktap made them: choose another path",
    };
    SinkError::Fatal(format!("{path}: {error}; {remedy}"))
}
