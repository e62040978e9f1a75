//! `blocktap run`

use super::arguments::SettingsArgument;
use super::exit::Exit;
use super::{core_dump, load, log, print};
use crate::app::App;
use crate::app::error::AppError;
use crate::journal::error::JournalError;
use crate::sink::registry::Registry;

/// Streams until stopped.
pub fn run(arguments: &SettingsArgument, sinks: &Registry) -> Exit {
    // Before any key is read.
    core_dump::forbid();
    let settings = match load::settings(&arguments.settings, sinks) {
        Ok(settings) => settings,
        Err(exit) => return exit,
    };
    if let Err(error) = log::start(&settings.log) {
        return print::failure(&format!("no log can be written: {error}"), Exit::Failed);
    }
    match App::new(settings).with_registry(sinks.clone()).run() {
        Ok(()) => Exit::Fine,
        Err(error) => print::failure(&error.to_string(), exit_of(&error)),
    }
}

/// The exit code that tells a supervisor what kept the daemon from starting.
pub fn exit_of(error: &AppError) -> Exit {
    match error {
        AppError::Settings(_) => Exit::Mistaken,
        AppError::StartContradicts(_) => Exit::StartContradicts,
        AppError::WrongChain(_) => Exit::WrongChain,
        AppError::Sink { .. } => Exit::SinkClosed,
        AppError::Http(_) => Exit::PortInUse,
        AppError::System { .. } => Exit::DiskRefuses,
        AppError::Journal(error) => match error {
            JournalError::Locked { .. } => Exit::InUse,
            JournalError::Version { .. } => Exit::Newer,
            JournalError::Io { .. } => Exit::DiskRefuses,
            _ => Exit::JournalDamaged,
        },
    }
}
