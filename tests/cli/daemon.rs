//! `blocktap run` in the background.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};

use crate::terminal::Terminal;

/// A daemon that ends with the test.
pub struct Daemon(Child);

impl Daemon {
    /// Started, with the address that it says it answers on.
    pub fn started(terminal: &Terminal) -> (Self, String) {
        let (daemon, address, _) = Self::with_log(terminal);
        (daemon, address)
    }

    /// The same, with what it said until it ran.
    pub fn with_log(terminal: &Terminal) -> (Self, String, Vec<String>) {
        let mut child = Command::new(assert_cmd::cargo::cargo_bin!("blocktap"))
            .arg("run")
            .current_dir(terminal.folder())
            .env("NO_COLOR", "1")
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut log = BufReader::new(child.stderr.take().unwrap()).lines().map(Result::unwrap);
        let mut said = Vec::new();
        let running = log
            .find(|line| {
                said.push(line.clone());
                line.contains(" running ")
            })
            .unwrap();
        let address = running.split("http=").nth(1).unwrap().trim().to_owned();
        // What it says later must not fill the pipe.
        std::thread::spawn(move || log.for_each(drop));
        (Self(child), address, said)
    }

    /// Its process.
    pub fn id(&self) -> u32 {
        self.0.id()
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

/// The whole answer to a GET under the name `host`.
pub fn asked(address: &str, path: &str, host: &str) -> String {
    let mut connection = TcpStream::connect(address).unwrap();
    write!(connection, "GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    connection.read_to_string(&mut answer).unwrap();
    answer
}
