//! One folder, one world, and the program between them.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU16, Ordering};

use tempfile::TempDir;

use crate::daemon::{Daemon, Start, also};
use crate::held;
use crate::land::{Blocks, Land};
use crate::patience::wait_for;

/// Where a crash is tried.
pub struct Stage {
    /// The world.
    pub land: Land,
    folder: TempDir,
    /// What the file held when it was looked at last: nothing of it may change.
    seen: Vec<String>,
}

impl Stage {
    /// A new world, and an empty folder with a configuration.
    pub fn new(seed: u64, blocks: Blocks, rotate: &str) -> Self {
        let land = Land::open(seed, blocks);
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("Settings.toml"), settings(land.chains(), rotate)).unwrap();
        Self { land, folder, seen: Vec::new() }
    }

    /// A place in the folder.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The file sink's file.
    pub fn file(&self) -> PathBuf {
        self.path("sinks/blocks.jsonl")
    }

    /// The SQLite sink's database.
    pub fn database(&self) -> PathBuf {
        self.path("sinks/blocks.db")
    }

    /// Where the journal's segments lie.
    pub fn journal(&self) -> PathBuf {
        self.path("data/journal/eip155.1337")
    }

    /// How large the journal's newest segment is.
    pub fn newest_segment_bytes(&self) -> u64 {
        let Ok(entries) = std::fs::read_dir(self.journal()) else { return 0 };
        let paths = entries.map(|entry| entry.unwrap().path());
        let newest = paths.filter(|path| path.extension().is_some_and(|extension| extension == "log")).max();
        newest.map_or(0, |path| std::fs::metadata(path).unwrap().len())
    }

    /// Starts the program.
    pub fn start(&self, start: &Start) -> Daemon {
        self.land.go_on();
        Daemon::start(self.folder.path(), start)
    }

    /// Whatever a crash left is a beginning of the true stream, and goes on from what was there before.
    pub fn holds_a_true_beginning(&mut self) {
        let lines = held::lines(&self.file());
        let ids: Vec<String> = lines.iter().map(|line| line.id.clone()).collect();
        assert!(ids.starts_with(&self.seen), "events that were delivered have gone");
        held::prove(lines, &self.land.world);
        self.seen = ids;
    }

    /// Starts the program, lets it come to the end of the world's chain, and proves all that it left.
    pub fn converges(&mut self) {
        let daemon = self.start(&Start::default());
        self.ends_with_the_truth(daemon);
    }

    /// Lets a program that runs come to the end of the world's chain, stops it, and proves all that it left.
    pub fn ends_with_the_truth(&mut self, daemon: Daemon) {
        self.file_caught_up(&daemon);
        self.database_caught_up(&daemon);
        self.sinks_agree(&daemon);
        daemon.stop();
        self.holds_the_truth();
    }

    /// Lets the world stand still, and waits until the file holds its head.
    pub fn file_caught_up(&self, daemon: &Daemon) {
        self.land.pause();
        let head = self.land.world.head();
        let (hash, number) = (head.hash.to_string(), head.height.0);
        wait_for("the head in the file", || match held::newest(&self.file()) {
            newest if newest.as_ref() == Some(&hash) => Ok(()),
            newest => Err(format!("{newest:?} in the file, not {number} {hash}\n{}", daemon.log())),
        });
    }

    fn database_caught_up(&self, daemon: &Daemon) {
        let hash = self.land.world.head().hash.to_string();
        wait_for("the head in the database", || {
            let last = held::query(
                &self.database(),
                "SELECT hash FROM blocks ORDER BY number DESC LIMIT 1",
                |row| sqlx::Row::get::<String, _>(row, "hash"),
            );
            if last.first() == Some(&hash) {
                Ok(())
            } else {
                Err(format!("{last:?} in the database\n{}", daemon.log()))
            }
        });
    }

    fn sinks_agree(&self, daemon: &Daemon) {
        wait_for("the same events in both sinks", || {
            let lines: Vec<String> = held::lines(&self.file()).into_iter().map(|line| line.id).collect();
            let rows = held::ids(&self.database());
            if lines == rows {
                Ok(())
            } else {
                Err(format!("{} lines and {} rows\n{}", lines.len(), rows.len(), daemon.log()))
            }
        });
    }

    /// Both sinks hold the world's chain, and the same events; `blocktap verify` finds the same. That a block is final may
    /// become known at the last moment, and reach one of them only.
    fn holds_the_truth(&mut self) {
        self.holds_a_true_beginning();
        let chain = held::prove(held::lines(&self.file()), &self.land.world);
        let chain: Vec<_> = chain.into_iter().map(|line| (line.block_number, line.block_hash)).collect();
        held::is_canonical(&chain, &self.land.world);
        assert_eq!(held::blocks(&self.database()), chain);
        let rows = held::ids(&self.database());
        assert!(
            rows.starts_with(&self.seen) || self.seen.starts_with(&rows),
            "{rows:?}, not {:?}",
            self.seen
        );
        assert!(rows.len().abs_diff(self.seen.len()) <= 1, "{} rows, {} lines", rows.len(), self.seen.len());
        for what in [&["verify", "journal"][..], &["verify", "sink", "file"], &["verify", "sink", "archive"]]
        {
            let told = also(self.folder.path(), what);
            assert!(told.status.success(), "{what:?}: {told:?}");
        }
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        // What a failed test leaves behind is what a person wants to look into.
        self.folder.disable_cleanup(std::thread::panicking());
    }
}

fn settings(chains: &str, rotate: &str) -> String {
    format!(
        "data_dir = \"data\"\nhttp.listen = \"127.0.0.1:{}\"\n\
         journal.segment_bytes = \"1MiB\"\njournal.budget_bytes = \"2MiB\"\n\
         [[sinks]]\nname = \"file\"\nkind = \"file\"\npath = \"sinks/blocks.jsonl\"\nrequired = true\n{rotate}\n\
         [[sinks]]\nname = \"archive\"\nkind = \"sqlite\"\npath = \"sinks/blocks.db\"\nrequired = true\n\
         busy_timeout = \"200ms\"\n{chains}",
        free_port()
    )
}

/// A port of this test's own, below those that the system gives to connections.
fn free_port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let mut ports = std::iter::from_fn(|| {
        let offset = std::process::id() * 32 + u32::from(NEXT.fetch_add(1, Ordering::Relaxed));
        u16::try_from(20_000 + offset % 10_000).ok()
    });
    ports.find(|port| std::net::TcpListener::bind((std::net::Ipv4Addr::LOCALHOST, *port)).is_ok()).unwrap()
}
