//! How the program ends, for scripts and supervisors.

use std::process::ExitCode;

/// The exit codes. Each has one meaning in every command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// All is well.
    Fine = 0,
    /// Something is invalid or at fault: a block, a journal, a sink; or the program failed in a way not listed here.
    Failed = 1,
    /// The configuration or the command line has mistakes; or nothing could be verified at all.
    Mistaken = 2,
    /// Another process holds `data_dir`.
    InUse = 3,
    /// The journal is damaged: something is there that no crash explains.
    JournalDamaged = 4,
    /// A sink cannot be opened: its path cannot be written, its database is locked.
    SinkClosed = 5,
    /// The address of `http.listen` cannot be listened on: the port is in use.
    PortInUse = 6,
    /// Providers serve another chain than the configuration says.
    WrongChain = 7,
    /// `start` contradicts what the journal already holds.
    StartContradicts = 8,
    /// The disk under `data_dir` refuses: it is full, or may not be written.
    DiskRefuses = 9,
    /// There is no configuration file, or it cannot be read.
    NoConfiguration = 10,
    /// A journal was made by a newer version; for a sink's database see [`Self::SinkClosed`].
    Newer = 11,
}

/// The exit codes, for `--help`.
pub const HELP: &str = "\
Exit codes:
   0  all is well
   1  something is invalid or at fault (a block, a journal, a sink), or the program failed
   2  the configuration or the command line has mistakes; verify: nothing could be verified at all
   3  another process holds data_dir
   4  the journal is damaged
   5  a sink cannot be opened
   6  the address of http.listen is in use
   7  providers serve another chain than the configuration says
   8  start contradicts what the journal already holds
   9  the disk under data_dir refuses: it is full, or may not be written
  10  there is no configuration file, or it cannot be read
  11  a journal was made by a newer version (a sink's database: 5)";

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_is_explained_in_the_help() {
        let last = Exit::Newer as usize;
        let codes: Vec<usize> =
            HELP.lines().filter_map(|line| line.split_whitespace().next()?.parse().ok()).collect();
        assert_eq!(codes, (0..=last).collect::<Vec<_>>());
    }
}
