//! The program under test, in a folder of its own.

use std::fs::{self, File, OpenOptions};
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};

use tempfile::TempDir;

use super::patience::wait_for;
use super::settings::{self, Provider};

const PROGRAM: &str = env!("CARGO_BIN_EXE_blocktap");

/// A folder with a configuration, and the daemon that runs on it or not.
pub struct Daemon {
    folder: TempDir,
    process: Option<Child>,
}

impl Daemon {
    /// A new folder; nothing runs yet.
    pub fn new(providers: &[Provider]) -> Self {
        let folder = tempfile::tempdir().expect("a folder for the test");
        fs::write(folder.path().join("Settings.toml"), settings::text(providers, free_port()))
            .expect("a file");
        Self { folder, process: None }
    }

    /// A file of this name in its folder.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Starts `blocktap run`.
    pub fn start(&mut self) {
        assert!(self.process.is_none(), "it runs already");
        let mut command = self.command(&["run"]);
        command.stdout(append(&self.path("console.txt"))).stderr(append(&self.path("log.txt")));
        self.process = Some(command.spawn().expect("blocktap starts"));
    }

    /// Kills it as a power cut would.
    pub fn kill(&mut self) {
        let mut process = self.process.take().expect("it runs");
        process.kill().expect("a process can be killed");
        process.wait().expect("it is dead");
    }

    /// Asks it to stop, and gives how it ended.
    pub fn terminate(&mut self) -> ExitStatus {
        let process = self.process.as_mut().expect("it runs");
        let asked = Command::new("kill").args(["-TERM", &process.id().to_string()]).status();
        assert!(asked.expect("kill runs").success(), "nobody was there to be asked");
        let ended = wait_for("the end of blocktap", || {
            process.try_wait().expect("it is our child").ok_or_else(|| "it still runs".into())
        });
        self.process = None;
        ended
    }

    /// Another command on the same configuration, to its end.
    pub fn also(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().expect("blocktap runs")
    }

    /// What it has logged so far.
    pub fn log(&self) -> String {
        fs::read_to_string(self.path("log.txt")).unwrap_or_default()
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(PROGRAM);
        command.args(arguments).arg("--settings").arg(self.path("Settings.toml")).stdin(Stdio::null());
        command
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        if let Some(mut process) = self.process.take() {
            let _it_may_be_gone_already = process.kill();
            let _as_above = process.wait();
        }
        // What a failed test leaves behind is what a person wants to look into.
        self.folder.disable_cleanup(std::thread::panicking());
    }
}

fn append(path: &Path) -> File {
    OpenOptions::new().create(true).append(true).open(path).expect("a file in the test's folder")
}

/// A port that nobody listens on. They lie below those that the system gives to connections, and no two tests of a process
/// get the same.
fn free_port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let mut ports = std::iter::from_fn(|| {
        let offset = std::process::id() * 16 + u32::from(NEXT.fetch_add(1, Ordering::Relaxed));
        u16::try_from(20_000 + offset % 10_000).ok()
    });
    ports.find(|port| TcpListener::bind((Ipv4Addr::LOCALHOST, *port)).is_ok()).expect("a free port")
}
