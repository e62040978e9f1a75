//! How `blocktap run` ends.

use std::process::Stdio;
use std::time::Duration;

use blocktap::sim::symptom::Symptom;

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

#[test]
fn a_chain_that_its_providers_do_not_serve_ends_the_process_beside_one_that_is_well() {
    let well = Living::listen(NAMES, |_| {});
    let others = ["delta", "echo", "foxtrot"];
    // By then there is much to hear of the one that is well.
    let late = Symptom::Latency(Duration::from_secs(1));
    let other = Living::listen(others, move |fleet| {
        others.iter().for_each(|name| fleet.inflict(name, late.clone()).unwrap());
    });
    let chains = well.chain("well", well.id()) + &other.chain("other", well.id() + 1);
    let terminal = Terminal::with_settings(&format!("{HTTP}{chains}"));
    let (mut daemon, _, _) = Daemon::with_output(&terminal, Stdio::null());
    assert_eq!(daemon.ended(), Some(7));
}
