//! `blocktap verify journal`

use super::{summary, worst};
use crate::cli::arguments::SettingsArgument;
use crate::cli::exit::Exit;
use crate::cli::{load, print};
use crate::journal::disk::stream_folder;
use crate::journal::error::JournalError;
use crate::journal::verify::{self as walk, VerifyError};
use crate::settings::Settings;
use crate::settings::chain::Chain;
use crate::sink::registry::Registry;

/// Walks the journal of every chain.
pub fn verify(arguments: &SettingsArgument, sinks: &Registry) -> Exit {
    match load::quietly(&arguments.settings, sinks) {
        Ok(loaded) => worst(loaded.settings.chains.iter().map(|chain| verify_chain(&loaded.settings, chain))),
        Err(exit) => exit,
    }
}

fn verify_chain(settings: &Settings, chain: &Chain) -> Exit {
    let folder = stream_folder(&settings.data_dir, &chain.chain_id);
    if !folder.is_dir() {
        print::line(&format!("{}: no journal yet in {}", chain.name, folder.display()));
        return Exit::Mistaken;
    }
    match walk::verify(&folder) {
        Ok(found) => {
            print::line(&format!("{}: {}", chain.name, summary::line(&found)));
            summary::exit(&found)
        }
        Err(error) => {
            print::line(&format!("{}: {error}", chain.name));
            exit_of(&error)
        }
    }
}

fn exit_of(error: &VerifyError) -> Exit {
    match error {
        VerifyError::Journal(JournalError::Version { .. }) => Exit::Newer,
        VerifyError::Journal(JournalError::Io { .. }) => Exit::DiskRefuses,
        VerifyError::Journal(JournalError::Damaged { .. }) => Exit::JournalDamaged,
        VerifyError::Journal(_) | VerifyError::Fault { .. } => Exit::Failed,
    }
}
