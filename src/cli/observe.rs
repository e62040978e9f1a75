//! `blocktap observe`

mod readable;

use super::arguments::ObserveArguments;
use super::daemon::Daemon;
use super::exit::Exit;
use super::{print, wait};
use crate::sink::registry::Registry;

/// Asks the actors of a running process what they are doing.
pub fn observe(arguments: &ObserveArguments, sinks: &Registry) -> Exit {
    let asked =
        Daemon::find(&arguments.daemon, sinks).and_then(|daemon| wait(ask(&daemon, &arguments.pattern)));
    match asked {
        Ok(Ok(text)) => show(&text, arguments),
        Ok(Err(text)) => print::failure(&text, Exit::Failed),
        Err(exit) => exit,
    }
}

async fn ask(daemon: &Daemon, pattern: &str) -> Result<String, String> {
    let path = if pattern.is_empty() { "/debug/actors".into() } else { format!("/debug/actors/{pattern}") };
    let answer = daemon.get(daemon.page(&path)?).await?;
    match answer.status().as_u16() {
        200 => answer.text().await.map_err(|error| daemon.failed(error)),
        // An empty list says the same, and is shown as such.
        404 => Ok("[]".into()),
        status => Err(format!("{} answers with HTTP status {status}; is it a blocktap?", daemon.address)),
    }
}

fn show(text: &str, arguments: &ObserveArguments) -> Exit {
    let Ok(value) = serde_json::from_str::<serde_json::Value>(text) else {
        return print::failure("the answer is no JSON; is it a blocktap?", Exit::Failed);
    };
    if arguments.json {
        print::line(&format!("{value:#}"));
        return Exit::Fine;
    }
    match readable::text(&value) {
        Some(text) => {
            print::line(&text);
            Exit::Fine
        }
        None => print::failure(&format!("no actor's path matches {:?}", arguments.pattern), Exit::Failed),
    }
}
