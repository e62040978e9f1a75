//! `blocktap verify sink`

use super::{summary, worst};
use crate::cli::arguments::VerifySinkArguments;
use crate::cli::exit::Exit;
use crate::cli::{load, print, wait};
use crate::settings::Settings;
use crate::settings::chain::Chain;
use crate::settings::sink::Sink;
use crate::sink::Context;
use crate::sink::registry::Registry;
use crate::sink::verify::VerifyError;

/// Walks what one sink holds, chain by chain.
pub fn verify(arguments: &VerifySinkArguments, sinks: &Registry) -> Exit {
    let settings = match load::quietly(&arguments.settings.settings, sinks) {
        Ok(loaded) => loaded.settings,
        Err(exit) => return exit,
    };
    let Some(sink) = settings.sinks.iter().find(|sink| sink.name == arguments.name) else {
        let names: Vec<&str> = settings.sinks.iter().map(|sink| sink.name.as_str()).collect();
        let text = format!("no sink has the name {:?}; there are: {}", arguments.name, names.join(", "));
        return print::failure(&text, Exit::Mistaken);
    };
    let chains = settings.chains.iter().filter(|chain| sink.chains.contains(&chain.name));
    worst(chains.map(|chain| verify_stream(&settings, sink, chain, sinks)))
}

fn verify_stream(settings: &Settings, sink: &Sink, chain: &Chain, sinks: &Registry) -> Exit {
    let context = Context {
        name: sink.name.clone(),
        stream: chain.chain_id.clone(),
        chain: chain.name.clone(),
        folder: settings.folder.clone(),
    };
    match wait(sinks.verify(&sink.kind, sink.table.clone(), context)) {
        Ok(Ok(found)) => {
            print::line(&format!("{}, {}: {}", sink.name, chain.name, summary::line(&found.stream)));
            found.notes.iter().for_each(|note| print::line(&format!("  {note}")));
            summary::exit(&found.stream)
        }
        Ok(Err(error)) => {
            print::line(&format!("{}, {}: {error}", sink.name, chain.name));
            match error {
                VerifyError::NothingKept { .. } => Exit::Mistaken,
                VerifyError::Unreadable(_) => Exit::SinkClosed,
                VerifyError::Fault { .. } => Exit::Failed,
            }
        }
        Err(exit) => exit,
    }
}
