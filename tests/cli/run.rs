//! `blocktap run`, as far as it can be tried without a chain.

use std::time::Duration;

use crate::daemon::{Daemon, asked};
use crate::terminal::Terminal;

const CHAIN: &str = "[[chains]]\nname = 'sim'\nchain_id = 'eip155:1'\n[[chains.providers]]\nname = 'a'\n\
                     endpoints = ['http://127.0.0.1:1']\n";

#[test]
fn a_data_folder_that_cannot_be_made_is_named() {
    let terminal = Terminal::with_settings(&format!("data_dir = 'Settings.toml/data'\n{CHAIN}"));
    let printed = terminal.run(&["run"]);
    assert_eq!(printed.code, 9, "{printed:?}");
    assert!(printed.err.contains("Settings.toml/data: cannot create"), "{}", printed.err);
    assert!(printed.err.contains("this user may write there"), "{}", printed.err);
}

#[test]
fn names_of_the_configuration_are_answered_and_others_are_not() {
    let text = format!("[http]\nlisten = '127.0.0.1:0'\nhosts = ['tap.example.org']\n{CHAIN}");
    let terminal = Terminal::with_settings(&text);
    let (_daemon, address) = Daemon::started(&terminal);
    assert!(asked(&address, "/live", "tap.example.org").starts_with("HTTP/1.1 200"));
    assert!(asked(&address, "/live", "localhost").starts_with("HTTP/1.1 200"));
    assert!(asked(&address, "/live", "rebound.example.org").starts_with("HTTP/1.1 421"));
}

#[cfg(target_os = "linux")]
#[test]
fn a_crash_of_the_daemon_leaves_no_core_dump() {
    let terminal = Terminal::with_settings(&format!("[http]\nlisten = '127.0.0.1:0'\n{CHAIN}"));
    let (daemon, address) = Daemon::started(&terminal);
    let limits = std::fs::read_to_string(format!("/proc/{}/limits", daemon.id())).unwrap();
    let core = limits.lines().find(|line| line.starts_with("Max core file size")).unwrap();
    assert_eq!(core.split_whitespace().skip(4).take(2).collect::<Vec<_>>(), ["0", "0"], "{core}");
    // What it tells of itself is read from /proc, which is closed to others now.
    let metrics = asked(&address, "/metrics", "localhost");
    assert!(
        metrics.contains("\nprocess_resident_memory_bytes ") && metrics.contains("\nprocess_open_fds "),
        "{metrics}"
    );
}

#[test]
fn without_a_network_it_goes_on_and_says_what_it_waits_for() {
    let terminal = Terminal::with_settings(&format!("[http]\nlisten = '127.0.0.1:0'\n{CHAIN}"));
    let (_daemon, address) = Daemon::started(&terminal);
    let looks = (0..100).map(|_| {
        std::thread::sleep(Duration::from_millis(100));
        asked(&address, "/ready", "localhost")
    });
    let mut looks = looks.skip_while(|answer| !answer.contains("sim: "));
    let answer = looks.next().unwrap();
    assert!(answer.starts_with("HTTP/1.1 503"), "{answer}");
    assert!(answer.contains("sim: not ready, starting: a provider that answers"), "{answer}");
}
