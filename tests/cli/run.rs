//! `blocktap run`, as far as it can be tried without a chain.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

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

/// A daemon that ends with the test.
struct Daemon(Child);

impl Daemon {
    /// Started, with the address that it says it answers on.
    fn started(terminal: &Terminal) -> (Self, String) {
        let mut child = Command::new(assert_cmd::cargo::cargo_bin!("blocktap"))
            .arg("run")
            .current_dir(terminal.folder())
            .env("NO_COLOR", "1")
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut log = BufReader::new(child.stderr.take().unwrap()).lines().map(Result::unwrap);
        let running = log.find(|line| line.contains(" running ")).unwrap();
        let address = running.split("http=").nth(1).unwrap().trim().to_owned();
        // What it says later must not fill the pipe.
        std::thread::spawn(move || log.for_each(drop));
        (Self(child), address)
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

fn asked(address: &str, path: &str, host: &str) -> String {
    let mut connection = TcpStream::connect(address).unwrap();
    write!(connection, "GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    connection.read_to_string(&mut answer).unwrap();
    answer
}
