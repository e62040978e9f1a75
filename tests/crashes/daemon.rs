//! The program under test.

use std::fs::File;
use std::os::unix::fs::MetadataExt;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};

use crate::patience::wait_for;

const PROGRAM: &str = env!("CARGO_BIN_EXE_blocktap");
const SIGKILL: i32 = 9;

/// How it is started.
#[derive(Clone, Debug, Default)]
pub struct Start {
    /// Where it kills itself: a crash point and how often it must have come there.
    pub crash_at: Option<String>,
    /// No file may grow beyond this: what a write meets then is what a full disk does to it, half a write and an error.
    pub largest_file_bytes: Option<u64>,
    /// Who starts it.
    pub user: User,
}

/// Whom it runs as.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum User {
    /// Whoever runs the tests.
    #[default]
    Own,
    /// One whom permissions bind: they do not bind root.
    Bound,
}

/// A daemon that runs.
pub struct Daemon {
    process: Child,
    log: PathBuf,
}

impl Daemon {
    /// Starts it on the configuration in `folder`.
    pub fn start(folder: &Path, start: &Start) -> Self {
        let log = folder.join("log.txt");
        let mut command = match start.user {
            User::Own => command(start.largest_file_bytes),
            User::Bound => bound(folder),
        };
        command.arg("run").arg("--settings").arg(folder.join("Settings.toml"));
        if let Some(point) = &start.crash_at {
            command.env("BLOCKTAP_CRASH_AT", point);
        }
        command.env("NO_COLOR", "1").stdin(Stdio::null()).stderr(File::create(&log).unwrap());
        Self { process: command.spawn().unwrap(), log }
    }

    /// What it has logged.
    pub fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// Its process.
    pub fn id(&self) -> u32 {
        self.process.id()
    }

    /// `kill -9`, now.
    pub fn kill(mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }

    /// Waits until it has ended by itself: how, and what it had logged.
    pub fn ends(mut self) -> (ExitStatus, String) {
        let status = wait_for("its end", || {
            self.process.try_wait().unwrap().ok_or_else(|| format!("it still runs:\n{}", self.log()))
        });
        (status, self.log())
    }

    /// Waits until it has killed itself.
    pub fn dies(self) {
        let (status, log) = self.ends();
        assert_eq!(status.signal(), Some(SIGKILL), "{status}:\n{log}");
    }

    /// Asks it to stop, once it listens for that.
    pub fn ask_to_stop(&self) {
        wait_for("a running daemon", || match self.log() {
            log if log.contains(" running ") => Ok(()),
            log => Err(log),
        });
        let asked = Command::new("kill").args(["-TERM", &self.id().to_string()]).status().unwrap();
        assert!(asked.success(), "nobody was there to be asked");
    }

    /// Asks it to stop, and waits until it has, in good order.
    pub fn stop(mut self) {
        self.ask_to_stop();
        let status = wait_for("the end of blocktap", || {
            self.process.try_wait().unwrap().ok_or_else(|| "it still runs".into())
        });
        assert!(status.success(), "{status}:\n{}", self.log());
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _it_may_be_gone_already = self.process.kill();
        let _as_above = self.process.wait();
    }
}

/// Another command on the same configuration, to its end.
pub fn also(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(PROGRAM);
    command.args(arguments).arg("--settings").arg(folder.join("Settings.toml")).stdin(Stdio::null());
    command.output().unwrap()
}

/// The signal that the system sends with the refusal would end the program; a full disk sends none, so it is ignored.
fn command(largest_file_bytes: Option<u64>) -> Command {
    let Some(bytes) = largest_file_bytes else { return Command::new(PROGRAM) };
    let mut command = Command::new("sh");
    let limited = format!("trap '' XFSZ; exec prlimit --fsize={bytes}:unlimited -- \"$0\" \"$@\"");
    command.args(["-c", &limited, PROGRAM]);
    command
}

/// As the owner of `folder`, who is not root. The program is copied: not everybody may see where it was built.
fn bound(folder: &Path) -> Command {
    let program = folder.join("blocktap");
    if !program.exists() {
        std::fs::copy(PROGRAM, &program).unwrap();
    }
    if std::fs::metadata(&program).unwrap().uid() != 0 {
        return Command::new(program);
    }
    let given = Command::new("chown").args(["-R", "65534:65534"]).arg(folder).status().unwrap();
    assert!(given.success(), "the folder could not be given away");
    let mut command = Command::new("setpriv");
    command.args(["--reuid=65534", "--regid=65534", "--clear-groups"]).arg(program);
    command
}
