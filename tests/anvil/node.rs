//! One `anvil`.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::thread;

/// A node that mines only when it is told to; it dies with this value.
pub struct Node {
    process: Child,
    /// Where it listens, for HTTP and WebSocket.
    pub address: SocketAddr,
}

impl Node {
    /// Starts one on a free port. All that are started so have the same genesis block.
    pub fn start() -> Self {
        let mut process = Command::new(program())
            .args(["--port", "0", "--timestamp", "1700000000", "--no-mining", "--order", "fifo"])
            // Finality follows two of these epochs behind the head.
            .args(["--slots-in-an-epoch", "4"])
            .stdout(Stdio::piped())
            .spawn()
            .expect("anvil starts");
        let address = address(process.stdout.take().expect("its output is piped"));
        Self { process, address }
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        let _it_may_be_gone_already = self.process.kill();
        let _as_above = self.process.wait();
    }
}

/// Where it says that it listens. Its output is read on, or it would stop at a full pipe.
fn address(output: ChildStdout) -> SocketAddr {
    let mut lines = BufReader::new(output).lines();
    let found = lines.find_map(|line| line.ok()?.strip_prefix("Listening on ")?.parse().ok());
    thread::spawn(move || lines.for_each(drop));
    found.expect("anvil tells where it listens")
}

fn program() -> PathBuf {
    let installed = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/tools/node_modules/.bin/anvil");
    let named = std::env::var_os("BLOCKTAP_ANVIL").map(PathBuf::from);
    let script = named.unwrap_or(installed).canonicalize().unwrap_or_else(|error| {
        panic!(
            "there is no anvil ({error}): run scripts/test, which installs it, or set BLOCKTAP_ANVIL to one"
        )
    });
    native(&script).unwrap_or(script)
}

/// The program behind npm's script, found where the script looks for it: killing the script would leave it behind.
fn native(script: &Path) -> Option<PathBuf> {
    let packages = script.parent()?.parent()?.read_dir().ok()?;
    let candidates = packages.filter_map(|package| Some(package.ok()?.path().join("bin/anvil")));
    candidates.into_iter().find(|candidate| candidate.is_file())
}
