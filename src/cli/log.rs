//! Log lines, to standard error.

mod lines;

use std::io;

use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::{SubscriberInitExt, TryInitError};
use tracing_subscriber::{Layer, fmt, registry};

use self::lines::Lines;
use super::print;
use crate::chain::network::TARGETS_THAT_TELL;
use crate::settings::Log;
use crate::settings::value::LogFormat;

/// Begins to log. Called once.
///
/// # Errors
/// When somebody logs already.
pub fn start(log: &Log) -> Result<(), TryInitError> {
    let colours = print::coloured() && log.format == LogFormat::Pretty;
    let lines = fmt::layer().with_writer(move || Lines::to(io::stderr(), colours)).with_ansi(colours);
    let lines = match log.format {
        LogFormat::Pretty => lines.boxed(),
        LogFormat::Json => lines.json().flatten_event(true).boxed(),
    };
    registry().with(lines.with_filter(filter(&log.level))).try_init()
}

/// The level that was asked for, without the targets that tell secrets. A level that cannot be read was refused before.
fn filter(level: &str) -> Targets {
    let asked = level.parse().unwrap_or_else(|_| Targets::new().with_default(LevelFilter::INFO));
    // Nobody can ask for what tells, not even for a part of it by name.
    let tells = |target: &str| TARGETS_THAT_TELL.iter().any(|telling| target.starts_with(telling));
    let default = asked.default_level().unwrap_or(LevelFilter::OFF);
    let asked = asked.iter().filter(|(target, _)| !tells(target)).collect::<Targets>().with_default(default);
    // A server that starts and stops as it should is no news.
    let asked = asked.with_target("actix_server", LevelFilter::WARN);
    TARGETS_THAT_TELL.iter().fold(asked, |targets, &target| targets.with_target(target, LevelFilter::OFF))
}

#[cfg(test)]
mod tests {
    use tracing::Level;

    use super::filter;

    #[test]
    fn what_tells_secrets_is_off_whatever_is_asked_for() {
        let targets = filter("trace,tungstenite::handshake=trace");
        assert!(targets.would_enable("blocktap", &Level::TRACE));
        assert!(!targets.would_enable("tungstenite::handshake", &Level::ERROR));
        assert!(!targets.would_enable("tungstenite::handshake::client", &Level::TRACE));
    }
}
