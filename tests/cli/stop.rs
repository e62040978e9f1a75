//! How `blocktap run` ends.

use std::time::Duration;

use crate::daemon::{Daemon, Full};
use crate::living::{HTTP, Living, NAMES};
use crate::terminal::Terminal;

const CONSOLE: &str = "[[sinks]]\nname = 'console'\nkind = 'console'\n";

/// A daemon whose console has been handed events, and does not come back from writing them.
fn stuck(living: &Living, full: &Full) -> (Daemon, Terminal) {
    let terminal = Terminal::with_settings(&format!("{HTTP}{}{CONSOLE}", living.chain("sim", living.id())));
    let (daemon, address, _) = Daemon::with_output(&terminal, full.end());
    while !terminal.run(&["observe", "sinks/console", "--at", &address]).out.contains("delivering") {
        std::thread::sleep(Duration::from_millis(100));
    }
    (daemon, terminal)
}

#[test]
fn a_sink_that_never_returns_does_not_keep_the_process() {
    let (living, full) = (Living::listen(NAMES, |_| {}), Full::new());
    let (mut daemon, _terminal) = stuck(&living, &full);
    daemon.ask_to_stop();
    assert_eq!(daemon.ended(), Some(0));
}

#[test]
fn whoever_asks_twice_waits_for_no_sink() {
    let (living, full) = (Living::listen(NAMES, |_| {}), Full::new());
    let (mut daemon, terminal) = stuck(&living, &full);
    daemon.ask_to_stop();
    // Two signals of a kind that come together are one.
    std::thread::sleep(Duration::from_millis(300));
    daemon.ask_to_stop();
    assert_eq!(daemon.ended(), Some(0));
    // What it left behind is whole, and nobody holds it.
    let verified = terminal.run(&["verify", "journal"]);
    assert_eq!(verified.code, 0, "{verified:?}");
}

#[test]
fn a_log_that_nobody_reads_does_not_keep_the_process() {
    let (living, full) = (Living::listen(NAMES, |_| {}), Full::new());
    let terminal = Terminal::with_settings(&format!("{HTTP}{}{CONSOLE}", living.chain("sim", living.id())));
    let mut daemon = Daemon::unread(&terminal, &full);
    // It says that it runs, or tries to, only after it has begun to listen for signals and has made its first chain's journal.
    while !terminal.folder().join("data/journal").exists() {
        std::thread::sleep(Duration::from_millis(100));
    }
    daemon.ask_to_stop();
    std::thread::sleep(Duration::from_millis(300));
    daemon.ask_to_stop();
    assert_eq!(daemon.ended(), Some(0));
}
