//! One writer for each data folder.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::Path;

use super::error::JournalError;
use super::segment::make_folder;

/// The file in the data folder that is locked.
pub const FILE_NAME: &str = "blocktap.lock";

/// Holds a data folder for this process. The system lets go of it when this is dropped or the process dies, however it dies.
#[derive(Debug)]
pub struct DataDirLock {
    _file: File,
}

impl DataDirLock {
    /// Takes the folder, and makes it if it is missing. The lock file names the process, for people; a file left behind
    /// locks nothing.
    ///
    /// # Errors
    /// `Locked` when another process holds it.
    pub fn acquire(data_dir: &Path) -> Result<Self, JournalError> {
        make_folder(data_dir)?;
        let path = data_dir.join(FILE_NAME);
        let opened = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path);
        let mut file = opened.map_err(JournalError::io(&path, "open"))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(JournalError::Locked { path: data_dir.to_owned(), holder: holder(&mut file) });
            }
            Err(TryLockError::Error(error)) => return Err(JournalError::io(&path, "lock")(error)),
        }
        name_holder(&mut file).map_err(JournalError::io(&path, "write"))?;
        Ok(Self { _file: file })
    }
}

fn name_holder(file: &mut File) -> std::io::Result<()> {
    file.set_len(0)?;
    file.rewind()?;
    writeln!(file, "{}", std::process::id())
}

fn holder(file: &mut File) -> String {
    let mut text = String::new();
    // It only serves the message: a process that has not written its number yet is "another".
    let read = file.read_to_string(&mut text);
    let pid = read.ok().and_then(|_| text.trim().parse::<u32>().ok());
    pid.map_or_else(|| "another process".into(), |pid| format!("process {pid}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_held_once_and_can_be_taken_again() {
        let folder = tempfile::tempdir().unwrap();
        let data_dir = folder.path().join("data");
        let held = DataDirLock::acquire(&data_dir).unwrap();
        let refused = DataDirLock::acquire(&data_dir).unwrap_err().to_string();
        assert!(refused.contains(&format!("process {}", std::process::id())), "{refused}");
        assert!(DataDirLock::acquire(&data_dir).is_err());
        drop(held);
        assert!(DataDirLock::acquire(&data_dir).is_ok());
    }
}
