//! Files that were put aside: `<path>.<number of the first event, 20 digits>`, so that names sort like the events.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use crate::core::numbers::Seq;
use crate::sink::disk::folder;

const DIGITS: usize = 20;

/// The name under which the file at `path`, which begins with the event `first`, is put aside.
pub fn aside(path: &Path, first: Seq) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(format!(".{:0DIGITS$}", first.0));
    name.into()
}

/// The files of `path` that were put aside, oldest first.
///
/// # Errors
/// Those of the operating system; a folder that is not there holds nothing.
pub fn set_aside(path: &Path) -> io::Result<Vec<PathBuf>> {
    let Some(name) = path.file_name().and_then(|name| name.to_str()) else { return Ok(Vec::new()) };
    let entries = match fs::read_dir(folder(path)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    let mut found = Vec::new();
    for entry in entries {
        let candidate = entry?.file_name();
        let suffix = candidate.to_str().and_then(|text| text.strip_prefix(name)?.strip_prefix('.'));
        if suffix
            .is_some_and(|suffix| suffix.len() == DIGITS && suffix.bytes().all(|byte| byte.is_ascii_digit()))
        {
            found.push(path.with_file_name(candidate));
        }
    }
    found.sort();
    Ok(found)
}

/// Makes names in the folder of `path` survive a power cut.
///
/// # Errors
/// Those of the operating system.
pub fn sync_folder(path: &Path) -> io::Result<()> {
    File::open(folder(path))?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_put_aside_come_back_in_the_order_of_their_events() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("blocks.jsonl");
        assert_eq!(set_aside(&path).unwrap(), Vec::<PathBuf>::new());
        let names = [9, 10, 100].map(|first| aside(&path, Seq(first)));
        for name in names.iter().rev().chain([&path, &folder.path().join("blocks.jsonl.old")]) {
            fs::write(name, "").unwrap();
        }
        assert_eq!(set_aside(&path).unwrap(), names);
        assert_eq!(set_aside(&folder.path().join("nowhere/blocks.jsonl")).unwrap(), Vec::<PathBuf>::new());
    }
}
