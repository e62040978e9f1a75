//! Cases on disk: a file each, the oldest removed when there are too many.

use std::fs;
use std::path::{Path, PathBuf};

use super::RecordsError;
use super::disk::{refused, replace};
use crate::core::case::Case;

/// Files kept of one chain.
const MOST_FILES: usize = 200;
/// Bytes kept of one chain.
const MOST_BYTES: u64 = 2 << 20;
/// Names tried for cases of the same second.
const MOST_ALIKE: u32 = 1000;

/// Files a case in `folder`; gives the path of its file.
pub fn file(folder: &Path, case: &Case) -> Result<String, RecordsError> {
    let path = free(folder, &case.file_name());
    replace(&path, case.to_string().as_bytes())?;
    make_room(folder)?;
    Ok(path.display().to_string())
}

/// A name that no other case has.
fn free(folder: &Path, name: &str) -> PathBuf {
    let stem = name.strip_suffix(".txt").unwrap_or(name);
    let numbered = (2..MOST_ALIKE).map(|number| folder.join(format!("{stem}_{number}.txt")));
    let mut names = std::iter::once(folder.join(name)).chain(numbered);
    names.find(|path| !path.exists()).unwrap_or_else(|| folder.join(name))
}

/// Removes the oldest cases, by their names, until there are few and small enough.
fn make_room(folder: &Path) -> Result<(), RecordsError> {
    let listed = fs::read_dir(folder).map_err(refused(folder, "list"))?;
    let cases = listed.filter_map(|entry| {
        let path = entry.ok()?.path();
        let bytes = fs::metadata(&path).ok()?.len();
        path.extension().is_some_and(|kind| kind == "txt").then_some((path, bytes))
    });
    let mut cases: Vec<(PathBuf, u64)> = cases.collect();
    cases.sort_unstable();
    let mut bytes: u64 = cases.iter().map(|(_, bytes)| bytes).sum();
    let mut left = cases.len();
    for (path, size) in cases {
        if left <= 1 || (left <= MOST_FILES && bytes <= MOST_BYTES) {
            return Ok(());
        }
        fs::remove_file(&path).map_err(refused(&path, "remove"))?;
        (left, bytes) = (left - 1, bytes - size);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::case::tests::case;

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap();
        let mut names: Vec<String> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn cases_of_the_same_second_stand_beside_each_other() {
        let folder = tempfile::tempdir().unwrap();
        for _ in 0..3 {
            file(folder.path(), &case(1_700_000_000)).unwrap();
        }
        let stem = case(1_700_000_000).file_name().replace(".txt", "");
        assert_eq!(
            names(folder.path()),
            [format!("{stem}.txt"), format!("{stem}_2.txt"), format!("{stem}_3.txt")]
        );
    }

    #[test]
    fn the_oldest_make_room_for_the_newest() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("note.md"), b"a person's own").unwrap();
        for second in 0..MOST_FILES as u64 + 5 {
            file(folder.path(), &case(1_700_000_000 + second)).unwrap();
        }
        let names = names(folder.path());
        assert_eq!(names.len(), MOST_FILES + 1);
        assert_eq!(names[0], case(1_700_000_005).file_name());
        assert!(names.contains(&"note.md".to_owned()));
    }

    #[test]
    fn no_more_bytes_are_kept_than_the_bound() {
        let folder = tempfile::tempdir().unwrap();
        for second in 0..40 {
            let mut large = case(1_700_000_000 + second);
            large.exhibit.excerpt = "x".repeat(100 << 10);
            file(folder.path(), &large).unwrap();
        }
        let kept: u64 = names(folder.path())
            .iter()
            .map(|name| fs::metadata(folder.path().join(name)).unwrap().len())
            .sum();
        assert!(kept <= MOST_BYTES, "{kept}");
        assert!(names(folder.path()).contains(&case(1_700_000_039).file_name()));
    }
}
