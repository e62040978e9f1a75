//! A terminal to type into.

use std::path::Path;
use std::process::{Command, Output};

use tempfile::TempDir;

/// A folder to work in.
pub struct Terminal {
    folder: TempDir,
}

/// What a command printed, and how it ended.
#[derive(Debug)]
pub struct Printed {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl Terminal {
    pub fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    /// With a configuration file.
    pub fn with_settings(text: &str) -> Self {
        let terminal = Self::new();
        terminal.write("Settings.toml", text.as_bytes());
        terminal
    }

    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub fn write(&self, name: &str, bytes: &[u8]) {
        std::fs::write(self.folder().join(name), bytes).unwrap();
    }

    /// Types a line and waits for its end.
    pub fn run(&self, line: &[&str]) -> Printed {
        self.run_with(line, &[])
    }

    pub fn run_with(&self, line: &[&str], environment: &[(&str, &str)]) -> Printed {
        let Output { status, stdout, stderr } = Command::new(assert_cmd::cargo::cargo_bin!("blocktap"))
            .args(line)
            .current_dir(self.folder())
            .env_clear()
            .envs(environment.iter().copied())
            .output()
            .unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        Printed { code: status.code().unwrap(), out: text(stdout), err: text(stderr) }
    }
}
