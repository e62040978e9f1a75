//! The daemon under watch: this very program, as a process of its own.

use std::fs::File;
use std::path::Path;
use std::process::{Child, Command, ExitStatus};
use std::time::Duration;

/// How long anything may take on a machine that is busy with other things.
pub const PATIENCE: Duration = Duration::from_secs(180);
const BETWEEN_LOOKS: Duration = Duration::from_millis(100);
/// Until patience ends.
const LOOKS: usize = 1800;

/// A running daemon; it ends with the test.
pub struct Daemon(Child);

impl Daemon {
    /// Starts it in a folder that holds its configuration; what it prints goes into files there.
    pub fn start(folder: &Path) -> Self {
        let file = |name: &str| File::create(folder.join(name)).unwrap();
        let child = Command::new(std::env::current_exe().unwrap())
            .args(["run", "--settings", "Settings.toml"])
            .current_dir(folder)
            .env("RUST_BACKTRACE", "full")
            .stdout(file("stdout.txt"))
            .stderr(file("stderr.txt"))
            .spawn()
            .unwrap();
        Self(child)
    }

    /// Waits for the address that it says it answers on.
    pub fn address(&mut self, folder: &Path) -> String {
        let said = self.says(folder, " running ");
        said.split("http=").nth(1).unwrap().trim().to_owned()
    }

    /// Waits for a line of its log.
    pub fn says(&mut self, folder: &Path, words: &str) -> String {
        let mut log = String::new();
        for _ in 0..LOOKS {
            log = std::fs::read_to_string(folder.join("stderr.txt")).unwrap();
            if let Some(line) = log.lines().find(|line| line.contains(words)) {
                return line.to_owned();
            }
            assert!(self.0.try_wait().unwrap().is_none(), "it has ended: {:?}", log.lines().next_back());
            std::thread::sleep(BETWEEN_LOOKS);
        }
        unreachable!("no {words:?}; at last {:?}", log.lines().next_back());
    }

    /// Sends it a signal.
    pub fn signal(&self, name: &str) {
        let sent = Command::new("kill").args([format!("-{name}"), self.0.id().to_string()]).status().unwrap();
        assert!(sent.success());
    }

    /// Asks it to stop, and waits until it has.
    pub fn stop(mut self) -> ExitStatus {
        self.signal("TERM");
        for _ in 0..LOOKS {
            if let Some(status) = self.0.try_wait().unwrap() {
                return status;
            }
            std::thread::sleep(BETWEEN_LOOKS);
        }
        unreachable!("it does not stop");
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _it_may_have_ended = self.0.kill();
        let _either_way = self.0.wait();
    }
}
