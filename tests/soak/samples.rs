//! What the kernel says of a process at one moment.

use std::fs;
use std::path::Path;

/// What tokio calls the threads that it makes for blocking work.
const POOLED: &str = "tokio-rt-worker\n";

/// One look at the process.
#[derive(Clone, Copy, Debug)]
pub struct Sample {
    /// Blocks delivered by then.
    pub blocks: u64,
    /// How many of them were not final yet.
    pub not_final: u64,
    /// Memory in RAM.
    pub resident_mib: f64,
    /// Open file descriptors, sockets among them.
    pub descriptors: f64,
    /// Threads that the runtime keeps for blocking work, busy or not.
    pub pooled_threads: f64,
    /// All the other threads.
    pub own_threads: f64,
    /// What the journal takes on disk.
    pub journal_mib: f64,
}

impl Sample {
    /// Looks at a process, and at the folder that it keeps its journal in.
    pub fn of(process: u32, journal: &Path, blocks: u64, not_final: u64) -> Self {
        let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap();
        let descriptors = fs::read_dir(format!("/proc/{process}/fd")).unwrap().count();
        let threads = thread_names(process);
        let pooled = threads.iter().filter(|name| *name == POOLED).count();
        Self {
            blocks,
            not_final,
            resident_mib: kib(&status, "VmRSS:") / 1024.0,
            descriptors: descriptors as f64,
            pooled_threads: pooled as f64,
            own_threads: (threads.len() - pooled) as f64,
            journal_mib: bytes_below(journal) as f64 / f64::from(1 << 20),
        }
    }
}

/// The most that ever was in RAM at once.
pub fn peak_mib(process: u32) -> f64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    kib(&status, "VmHWM:") / 1024.0
}

/// Threads may end while they are counted.
fn thread_names(process: u32) -> Vec<String> {
    let threads = fs::read_dir(format!("/proc/{process}/task")).unwrap();
    threads.filter_map(|thread| fs::read_to_string(thread.ok()?.path().join("comm")).ok()).collect()
}

fn kib(status: &str, name: &str) -> f64 {
    field(status, name).trim_end_matches(" kB").parse().unwrap()
}

fn field<'a>(status: &'a str, name: &str) -> &'a str {
    status.lines().find_map(|line| line.strip_prefix(name)).unwrap().trim()
}

/// Files may go while they are counted.
fn bytes_below(folder: &Path) -> u64 {
    let Ok(entries) = fs::read_dir(folder) else { return 0 };
    let size = |entry: fs::DirEntry| match entry.metadata() {
        Ok(found) if found.is_dir() => bytes_below(&entry.path()),
        Ok(found) => found.len(),
        Err(_) => 0,
    };
    entries.filter_map(Result::ok).map(size).sum()
}
