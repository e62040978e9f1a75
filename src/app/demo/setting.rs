//! The configuration of the demonstration: a file like any other, left behind for `blocktap verify`.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::io;
use std::path::Path;

use crate::app::error::AppError;
use crate::journal::lock::{self, DataDirLock};
use crate::settings::{self, Settings};
use crate::sim::fleet::Fleet;
use crate::sim::loopback::Loopback;
use crate::sim::script::Cast;

/// Marks a folder as the demonstration's own: only such a one is emptied.
const MARK: &str = ".blocktap-demo";

/// Makes the folder this process's own, and empties it if it holds an earlier demonstration.
///
/// # Errors
/// When it holds something else, another process uses it, or it cannot be written.
pub fn take(folder: &Path) -> Result<DataDirLock, AppError> {
    let failed = |source| AppError::System { action: "cannot empty the folder of the demonstration", source };
    let occupied = std::fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_some());
    if occupied && !folder.join(MARK).exists() {
        let text = format!("{} holds other things; choose an empty folder", folder.display());
        return Err(AppError::Settings(text));
    }
    // Before anything is removed: another demonstration may be running in it.
    let lock = DataDirLock::acquire(folder)?;
    std::fs::write(folder.join(MARK), "").map_err(failed)?;
    clear(folder).map_err(failed)?;
    Ok(lock)
}

fn clear(folder: &Path) -> io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_name() == MARK || entry.file_name() == lock::FILE_NAME {
            continue;
        }
        if entry.file_type()?.is_dir() {
            std::fs::remove_dir_all(entry.path())?;
        } else {
            std::fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

/// Each provider's name, operator and address.
pub fn addresses(fleet: &Fleet, loopback: &Loopback) -> Vec<(String, String, String)> {
    let profiles = fleet.providers().map(|provider| provider.profile());
    let address = |name: &str| loopback.http_url(name).unwrap_or_default();
    profiles.map(|profile| (profile.name.clone(), profile.operator.clone(), address(&profile.name))).collect()
}

/// Writes the configuration and reads it as any other.
///
/// # Errors
/// When it cannot be written.
pub fn settings(
    fleet: &Fleet,
    loopback: &Loopback,
    cast: &Cast,
    folder: &Path,
) -> Result<Settings, AppError> {
    let path = folder.join("Settings.toml");
    let text = written(fleet, loopback, cast);
    std::fs::write(&path, &text)
        .map_err(|source| AppError::System { action: "cannot write the demonstration's settings", source })?;
    let read = settings::parse(&path, &text, &BTreeMap::new(), &|_, _| Ok(()));
    let refused = |refused: settings::Refused| AppError::Settings(refused.to_string());
    read.map(|loaded| loaded.settings).map_err(refused)
}

fn written(fleet: &Fleet, loopback: &Loopback, cast: &Cast) -> String {
    let mut text = format!(
        r#"# The demonstration's configuration. The providers are gone; journal and sinks can still be verified.
data_dir = "."

[[chains]]
name = "demo"
chain_id = "eip155:{}"
start = "latest"
receipts = true
block_time = "500ms"

[chains.health]
probe_interval = "1s"
score_halflife = "20s"
lag_threshold = "2s"
"#,
        fleet.world().genesis().chain
    );
    for (name, operator, http) in addresses(fleet, loopback) {
        let ws = loopback.websocket_url(&name).unwrap_or_default();
        // Writing into a string cannot fail.
        let _ = write!(
            text,
            "\n[[chains.providers]]\nname = \"{name}\"\noperator = \"{operator}\"\nendpoints = [\"{http}\"]\nws = [\"{ws}\"]\n\
             rate_limit = {{ per_second = 200, burst = 400 }}\nweight = {}\n",
            weight(cast, &name)
        );
    }
    text.push_str("\n[[sinks]]\nname = \"lines\"\nkind = \"file\"\npath = \"blocks.jsonl\"\n");
    text.push_str("\n[[sinks]]\nname = \"archive\"\nkind = \"sqlite\"\npath = \"blocks.db\"\n");
    text
}

/// The liar and the one that is throttled are preferred: whoever leads before, the next to lead is the liar, and then the other.
/// So what befalls them is always seen.
fn weight(cast: &Cast, name: &str) -> f64 {
    match name {
        _ if name == cast.liar => 1.5,
        _ if name == cast.throttled => 1.25,
        _ => 1.0,
    }
}

#[cfg(test)]
mod tests {
    use super::{MARK, take};

    #[test]
    fn an_earlier_demonstration_is_cleared_away_but_not_a_running_one() {
        let folder = tempfile::tempdir().unwrap();
        let lock = take(folder.path()).unwrap();
        let (file, sub) = (folder.path().join("blocks.jsonl"), folder.path().join("journal"));
        std::fs::write(&file, "{}").unwrap();
        std::fs::create_dir(&sub).unwrap();
        assert!(take(folder.path()).is_err() && file.exists() && sub.exists());
        drop(lock);
        assert!(take(folder.path()).is_ok() && !file.exists() && !sub.exists());
    }

    #[test]
    fn a_folder_with_other_things_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("thesis.txt");
        std::fs::write(&file, "").unwrap();
        assert!(take(folder.path()).unwrap_err().to_string().contains("choose an empty folder"));
        assert!(file.exists() && !folder.path().join(MARK).exists());
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
