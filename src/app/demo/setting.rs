//! The configuration of the demonstration: a file like any other, left behind for `blocktap verify`.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;

use crate::app::error::AppError;
use crate::settings::{self, Settings};
use crate::sim::fleet::Fleet;
use crate::sim::loopback::Loopback;

/// Marks a folder as the demonstration's own: only such a one is emptied.
const MARK: &str = ".blocktap-demo";

/// Makes an empty folder; one that holds an earlier demonstration is emptied.
///
/// # Errors
/// When it holds something else, or cannot be written.
pub fn empty(folder: &Path) -> Result<(), AppError> {
    let failed = |action| move |source| AppError::System { action, source };
    let occupied = std::fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_some());
    if occupied && !folder.join(MARK).exists() {
        let text = format!("{} holds other things; choose an empty folder", folder.display());
        return Err(AppError::Settings(text));
    }
    if occupied {
        std::fs::remove_dir_all(folder).map_err(failed("cannot empty the folder of the demonstration"))?;
    }
    std::fs::create_dir_all(folder).map_err(failed("cannot make the folder of the demonstration"))?;
    std::fs::write(folder.join(MARK), "").map_err(failed("cannot write into the folder of the demonstration"))
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
pub fn settings(fleet: &Fleet, loopback: &Loopback, folder: &Path) -> Result<Settings, AppError> {
    let path = folder.join("Settings.toml");
    let text = written(fleet, loopback);
    std::fs::write(&path, &text)
        .map_err(|source| AppError::System { action: "cannot write the demonstration's settings", source })?;
    let read = settings::parse(&path, &text, &BTreeMap::new(), &|_, _| Ok(()));
    let refused = |refused: settings::Refused| AppError::Settings(refused.to_string());
    read.map(|loaded| loaded.settings).map_err(refused)
}

fn written(fleet: &Fleet, loopback: &Loopback) -> String {
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
             rate_limit = {{ per_second = 200, burst = 400 }}\n"
        );
    }
    text.push_str("\n[[sinks]]\nname = \"lines\"\nkind = \"file\"\npath = \"blocks.jsonl\"\n");
    text.push_str("\n[[sinks]]\nname = \"archive\"\nkind = \"sqlite\"\npath = \"blocks.db\"\n");
    text
}
