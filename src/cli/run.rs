//! `blocktap run`

use super::arguments::SettingsArgument;
use super::exit::Exit;
use super::{load, log, print};
use crate::sink::registry::Registry;

/// Streams until stopped.
pub fn run(arguments: &SettingsArgument, sinks: &Registry) -> Exit {
    let settings = match load::settings(&arguments.settings, sinks) {
        Ok(settings) => settings,
        Err(exit) => return exit,
    };
    if let Err(error) = log::start(&settings.log) {
        return print::failure(&format!("no log can be written: {error}"), Exit::Failed);
    }
    print::failure("this build cannot run yet", Exit::Failed)
}
