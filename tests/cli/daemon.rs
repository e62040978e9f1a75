//! `blocktap run` in the background.

use std::io::{BufRead, BufReader, PipeReader, PipeWriter, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

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
        Self::with_output(terminal, Stdio::null())
    }

    /// The same, with its standard output elsewhere.
    pub fn with_output(terminal: &Terminal, output: Stdio) -> (Self, String, Vec<String>) {
        let mut child = command(terminal).stdout(output).stderr(Stdio::piped()).spawn().unwrap();
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

    /// Started, with nobody who reads its log or its output.
    pub fn unread(terminal: &Terminal, full: &Full) -> Self {
        Self(command(terminal).stdout(full.end()).stderr(full.end()).spawn().unwrap())
    }

    /// Its process.
    pub fn id(&self) -> u32 {
        self.0.id()
    }

    /// Asks it to stop.
    pub fn ask_to_stop(&self) {
        let asked = Command::new("kill").args(["-TERM", &self.id().to_string()]).status();
        assert!(asked.unwrap().success(), "nobody was there to be asked");
    }

    /// Its exit code; `None` if it still runs after a minute, or was killed.
    pub fn ended(&mut self) -> Option<i32> {
        let mut looks = (0..600).map(|_| {
            std::thread::sleep(Duration::from_millis(100));
            self.0.try_wait().unwrap()
        });
        looks.find_map(|status| status).and_then(|status| status.code())
    }
}

fn command(terminal: &Terminal) -> Command {
    let mut command = Command::new(assert_cmd::cargo::cargo_bin!("blocktap"));
    command.arg("run").current_dir(terminal.folder()).env("NO_COLOR", "1");
    command
}

/// A pipe that nobody reads from: a write to it never returns.
pub struct Full {
    _unread: PipeReader,
    end: PipeWriter,
}

impl Full {
    pub fn new() -> Self {
        let (unread, end) = std::io::pipe().unwrap();
        let mut filler = end.try_clone().unwrap();
        // It waits for room as well, until the test ends.
        std::thread::spawn(move || while filler.write_all(&[b'.'; 4096]).is_ok() {});
        Self { _unread: unread, end }
    }

    /// Where to write into it.
    pub fn end(&self) -> Stdio {
        Stdio::from(self.end.try_clone().unwrap())
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _it_may_be_gone_already = self.0.kill();
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
