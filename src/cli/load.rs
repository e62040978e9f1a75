//! Reads the configuration for a command, or tells the user why not.

use std::path::Path;

use super::exit::Exit;
use super::print;
use crate::settings::overrides::Environment;
use crate::settings::sink::SinkFault;
use crate::settings::{self, Loaded, Obstacle, Refused, Settings};
use crate::sink::registry::Registry;

/// Reads it, and shows what somebody should look at.
///
/// # Errors
/// The exit code; what is wrong has been shown.
pub fn settings(path: &Path, sinks: &Registry) -> Result<Settings, Exit> {
    let loaded = quietly(path, sinks)?;
    print::findings(&loaded.warnings);
    Ok(loaded.settings)
}

/// Reads it, and shows only what is wrong.
///
/// # Errors
/// As [`settings`].
pub fn quietly(path: &Path, sinks: &Registry) -> Result<Loaded, Exit> {
    let check_sink = |kind: &str, table: &toml::Table| {
        let checked = sinks.check(kind, table);
        checked.map_err(|error| SinkFault { message: error.message, key: error.key })
    };
    settings::load(path, &environment(), &check_sink).map_err(|refused| show(&refused))
}

/// The variables whose name and value are text; no others can be meant.
fn environment() -> Environment {
    std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect()
}

fn show(refused: &Refused) -> Exit {
    print::findings(refused.warnings.iter().chain(&refused.errors));
    match refused.obstacle {
        Obstacle::File => Exit::NoConfiguration,
        Obstacle::Mistakes => print::failure(&refused.to_string(), Exit::Mistaken),
    }
}
