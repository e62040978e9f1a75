//! `blocktap cordon`, `uncordon` and `resume`: orders to a running process.

use serde::Deserialize;

use super::arguments::{CordonArguments, DaemonArguments, Place, ResumeArguments, UncordonArguments};
use super::daemon::Daemon;
use super::exit::Exit;
use super::{print, wait};
use crate::core::command::{Command, Done};
use crate::settings::suggestion;
use crate::sink::registry::Registry;

/// What a daemon says that did not do it.
#[derive(Deserialize)]
struct Refused {
    error: String,
    name: Option<String>,
    known: Option<Vec<String>>,
}

/// Takes a provider out of service.
pub fn cordon(arguments: &CordonArguments, sinks: &Registry) -> Exit {
    let Place { chain, provider } = arguments.place.clone();
    let command = Command::Cordon {
        provider,
        for_s: arguments.lasting.map(|lasting| lasting.as_secs()),
        by: whoami(),
        reason: arguments.reason.clone(),
        force: arguments.force,
    };
    order(&arguments.daemon, sinks, &chain, &command)
}

/// Takes a provider into service again.
pub fn uncordon(arguments: &UncordonArguments, sinks: &Registry) -> Exit {
    let Place { chain, provider } = arguments.place.clone();
    order(&arguments.daemon, sinks, &chain, &Command::Uncordon { provider })
}

/// Lets a halted chain go on.
pub fn resume(arguments: &ResumeArguments, sinks: &Registry) -> Exit {
    let command = Command::Resume { with: arguments.with.clone() };
    order(&arguments.daemon, sinks, &arguments.chain, &command)
}

/// Gives an order to one chain of the process that `daemon` names, and shows what came of it.
pub fn order(daemon: &DaemonArguments, sinks: &Registry, chain: &str, command: &Command) -> Exit {
    let given = Daemon::find(daemon, sinks).and_then(|daemon| wait(give(&daemon, chain, command)));
    match given {
        Ok(Ok(done)) => {
            print::line(&done.done);
            done.warnings.iter().for_each(|warning| print::aside(&format!("warning: {warning}")));
            Exit::Fine
        }
        Ok(Err(text)) => print::failure(&text, Exit::Failed),
        Err(exit) => exit,
    }
}

async fn give(daemon: &Daemon, chain: &str, command: &Command) -> Result<Done, String> {
    let json = serde_json::to_string(command).map_err(|error| error.to_string())?;
    let answer = daemon.post(daemon.page(&format!("/commands/{chain}"))?, json).await?;
    let status = answer.status();
    let text = answer.text().await.map_err(|error| daemon.failed(error))?;
    let strange = || format!("{} answers with HTTP status {status}; is it a blocktap?", daemon.address);
    if status.is_success() {
        return serde_json::from_str(&text).map_err(|_| strange());
    }
    let refused: Refused = serde_json::from_str(&text).map_err(|_| strange())?;
    Err(told(refused))
}

/// The refusal, with the name that may have been meant.
fn told(refused: Refused) -> String {
    let Refused { error, name, known } = refused;
    let known = known.unwrap_or_default();
    let near =
        |typed: String| suggestion::nearest(&typed, known.iter().map(String::as_str)).map(str::to_owned);
    match name.and_then(near) {
        Some(meant) => format!("{error}; did you mean {meant:?}?"),
        None => error,
    }
}

/// The user's name, as the environment has it: for people to read, it proves nothing.
fn whoami() -> Option<String> {
    ["USER", "LOGNAME"].iter().find_map(|name| std::env::var(name).ok()).filter(|name| !name.is_empty())
}
