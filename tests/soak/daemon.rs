//! The program under test, in a folder of its own.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};

use tempfile::TempDir;

use crate::fleet::Address;

/// `blocktap run` on a configuration of its own.
pub struct Daemon {
    folder: TempDir,
    process: Child,
    http: String,
}

impl Daemon {
    /// Starts it before these providers. `settings` are further lines of its file; its standard output goes to `output`.
    pub fn start(addresses: &[Address], settings: &str, output: Stdio) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("Settings.toml"), text(addresses, settings)).unwrap();
        let mut process = Command::new(env!("CARGO_BIN_EXE_blocktap"))
            .arg("run")
            .current_dir(folder.path())
            .stdin(Stdio::null())
            .stdout(output)
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut log = BufReader::new(process.stderr.take().unwrap()).lines().map(Result::unwrap);
        let running = log.find(|line| line.contains(" running ")).unwrap();
        let http = running.split("http=").nth(1).unwrap().trim().to_owned();
        let mut kept = File::create(folder.path().join("log.txt")).unwrap();
        // What it says later must not fill the pipe.
        std::thread::spawn(move || log.for_each(|line| writeln!(kept, "{line}").unwrap()));
        Self { folder, process, http }
    }

    /// Its process.
    pub fn id(&self) -> u32 {
        self.process.id()
    }

    /// What it has logged so far.
    pub fn log(&self) -> String {
        fs::read_to_string(self.path("log.txt")).unwrap_or_default()
    }

    /// A file of this name in its folder.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The sum of a metric over all its labels; zero while it does not answer or was never counted.
    pub fn metric(&self, name: &str) -> f64 {
        let text = self.page("/metrics").unwrap_or_default();
        let lines = text
            .lines()
            .filter(|line| line.strip_prefix(name).is_some_and(|rest| rest.starts_with(['{', ' '])));
        lines
            .filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok())
            .fold(0.0, |sum, value| sum + value)
    }

    /// How many actors it tells of.
    pub fn actors(&self) -> usize {
        self.page("/debug/actors").unwrap().matches("\"answer\":").count()
    }

    fn page(&self, path: &str) -> Option<String> {
        let mut stream = TcpStream::connect(&self.http).ok()?;
        let request = format!("GET {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n", self.http);
        stream.write_all(request.as_bytes()).ok()?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).ok()?;
        Some(answer)
    }

    /// Whether it still runs.
    pub fn runs(&mut self) -> bool {
        self.process.try_wait().unwrap().is_none()
    }

    /// Asks it to stop, and waits until it has.
    pub fn stop(&mut self) -> ExitStatus {
        let asked = Command::new("kill").args(["-TERM", &self.id().to_string()]).status();
        assert!(asked.unwrap().success(), "nobody was there to be asked");
        self.process.wait().unwrap()
    }

    /// Another command on the same configuration succeeds; gives what it printed.
    pub fn also(&self, arguments: &[&str]) -> String {
        let mut command = Command::new(env!("CARGO_BIN_EXE_blocktap"));
        let output = command.args(arguments).current_dir(self.folder.path()).output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success(), "{arguments:?}: {said}{}", String::from_utf8_lossy(&output.stderr));
        said
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _it_may_be_gone_already = self.process.kill();
        let _as_above = self.process.wait();
        // What a failed test leaves behind is what a person wants to look into.
        self.folder.disable_cleanup(std::thread::panicking());
    }
}

fn text(addresses: &[Address], settings: &str) -> String {
    let mut text = format!(
        "data_dir = \"data\"\nhttp.listen = \"127.0.0.1:0\"\nlog.level = \"warn,blocktap::app=info\"\n{settings}"
    );
    for Address { name, http, socket } in addresses {
        write!(
            text,
            "\n[[chains.providers]]\nname = \"{name}\"\noperator = \"{name}\"\nendpoints = [\"{http}\"]\n\
             ws = [\"{socket}\"]\nrate_limit = {{ per_second = 5000, burst = 10000 }}\n"
        )
        .unwrap();
    }
    text
}
