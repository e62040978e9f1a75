//! The configuration: what was typed, and what it means.
//!
//! *Order.* The file is parsed; environment variables set keys ([`overrides`]); `${VAR}` and `file:PATH` are put in
//! (`substitute`); every key is read (`raw`); keys are held against each other (`relations`); and only what has no error
//! becomes [`Settings`].
//! *Mistakes.* All that can be found are reported at once, each where it was written. None of them repeats a value that may be
//! secret, and the lines shown are masked ([`mask`]).

pub mod chain;
pub mod forecast;
pub mod mask;
pub mod mistake;
mod notes;
pub mod overrides;
pub mod provider;
mod raw;
mod relations;
mod secret_file;
pub mod sink;
mod sources;
mod substitute;
pub mod suggestion;
mod table;
pub mod value;

use std::collections::BTreeSet;
use std::io::ErrorKind;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use secrecy::SecretString;
use toml::de::{DeTable, Error};

use self::chain::Chain;
use self::mistake::Mistake;
use self::notes::{Findings, Notes};
use self::overrides::Environment;
use self::raw::RawSettings;
use self::sink::{CheckSink, Sink};
use self::sources::Sources;
use self::substitute::Lookup;
use self::table::Table;
use self::value::LogFormat;

/// The port of `http.listen` if nothing else is said.
pub const DEFAULT_PORT: u16 = 8383;

/// A configuration without mistakes.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The folder of the file: relative paths start here.
    pub folder: PathBuf,
    /// Where the journal lies.
    pub data_dir: PathBuf,
    /// What is told over HTTP, and to whom.
    pub http: Http,
    /// How it logs.
    pub log: Log,
    /// How much is kept.
    pub journal: Journal,
    /// What is streamed; at least one.
    pub chains: Vec<Chain>,
    /// Where it goes.
    pub sinks: Vec<Sink>,
}

/// What is told over HTTP, and to whom.
#[derive(Clone, Debug)]
pub struct Http {
    /// The address that is listened on.
    pub listen: SocketAddr,
    /// What a client must show as bearer token. There is one if `listen` is not loopback.
    pub token: Option<SecretString>,
    /// Names under which it may be asked, beside those of its address; without a port.
    pub hosts: Vec<String>,
}

/// How it logs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Log {
    /// How lines look.
    pub format: LogFormat,
    /// Which lines are written: a level, or levels by module.
    pub level: String,
}

/// How much of each stream is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Journal {
    /// Bytes of a segment file.
    pub segment_bytes: u64,
    /// Bytes of all segments of one stream.
    pub budget_bytes: u64,
}

/// A configuration that can be used.
#[derive(Debug)]
pub struct Loaded {
    /// What it says.
    pub settings: Settings,
    /// What somebody should look at.
    pub warnings: Vec<Mistake>,
    /// Every key of the language, dotted: `chains.providers.weight`.
    pub keys: BTreeSet<String>,
}

/// A configuration that cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("the configuration has {} to correct", count(errors.len()))]
pub struct Refused {
    /// What it failed on.
    pub obstacle: Obstacle,
    /// What forbids to start; at least one.
    pub errors: Vec<Mistake>,
    /// What somebody should look at.
    pub warnings: Vec<Mistake>,
}

/// What reading a configuration can fail on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Obstacle {
    /// The file is not there, or cannot be read.
    File,
    /// What it says is wrong.
    Mistakes,
}

fn count(mistakes: usize) -> String {
    if mistakes == 1 { "one mistake".into() } else { format!("{mistakes} mistakes") }
}

/// Reads a configuration file.
///
/// # Errors
/// Every mistake that can be found.
pub fn load(path: &Path, environment: &Environment, check_sink: CheckSink<'_>) -> Result<Loaded, Refused> {
    let alone = |mistake| Refused { obstacle: Obstacle::File, errors: vec![mistake], warnings: Vec::new() };
    let text = std::fs::read_to_string(path).map_err(|error| alone(unreadable(path, &error)))?;
    parse(path, &text, environment, check_sink)
}

/// Reads a configuration from its text. `path` is where it stands: its folder is where relative paths start.
///
/// # Errors
/// As [`load`].
pub fn parse(
    path: &Path,
    text: &str,
    environment: &Environment,
    check_sink: CheckSink<'_>,
) -> Result<Loaded, Refused> {
    let folder = folder_of(path);
    let mut sources = Sources::new(path, text);
    let (root, faults) = DeTable::parse_recoverable(text);
    if !faults.is_empty() {
        let errors = faults.iter().map(|fault| syntax(fault, &sources)).collect();
        return Err(Refused { obstacle: Obstacle::Mistakes, errors, warnings: Vec::new() });
    }
    let announced = overrides::announce(environment, &mut sources);
    let notes = Notes::new(sources);
    let (span, mut root) = (root.span(), root.into_inner());
    overrides::apply(&mut root, &announced, environment, &notes);
    substitute::substitute(&mut root, Lookup { environment, folder: &folder }, &notes);
    let raw = RawSettings::read(Table::new("", root, span, &notes));
    relations::check(&raw, &folder, check_sink, &notes);
    let Findings { errors, warnings, keys } = notes.into_findings();
    match Settings::from_raw(raw, folder) {
        Some(settings) if errors.is_empty() => Ok(Loaded { settings, warnings, keys }),
        _ => Err(Refused { obstacle: Obstacle::Mistakes, errors, warnings }),
    }
}

fn folder_of(path: &Path) -> PathBuf {
    let folder = path.parent().unwrap_or(Path::new(""));
    std::path::absolute(folder).or_else(|_| std::env::current_dir()).unwrap_or_else(|_| folder.into())
}

fn unreadable(path: &Path, error: &std::io::Error) -> Mistake {
    let shown = path.display();
    match error.kind() {
        ErrorKind::NotFound => Mistake::new(
            format!("there is no configuration file {shown}"),
            "name one with --settings PATH, copy the sample Settings.toml of the project here, or try it without one: blocktap demo",
        ),
        ErrorKind::InvalidData => Mistake::new(
            format!("{shown} is not text in UTF-8"),
            "a configuration is a TOML file: see the sample Settings.toml",
        ),
        kind => Mistake::new(
            format!("the configuration file {shown} cannot be read: {kind}"),
            "see that it is a file, and that this user may read it",
        ),
    }
}

fn syntax(fault: &Error, sources: &Sources) -> Mistake {
    let span = fault.span().unwrap_or_default();
    Mistake::at(sources, &span, format!("this is no TOML: {}", fault.message()), None)
}

impl Settings {
    fn from_raw(raw: RawSettings, folder: PathBuf) -> Option<Self> {
        let chains: Vec<Chain> =
            raw.chains.into_iter().map(|raw| Chain::from_raw(raw, &folder)).collect::<Option<_>>()?;
        let names: Vec<String> = chains.iter().map(|chain| chain.name.clone()).collect();
        Some(Self {
            data_dir: folder.join(raw.data_dir.into_inner()),
            http: Http {
                listen: raw.http.listen.into_inner(),
                token: raw.http.token.map(toml::Spanned::into_inner),
                hosts: raw.http.hosts.into_iter().map(toml::Spanned::into_inner).collect(),
            },
            log: Log { format: raw.log.format.into_inner(), level: raw.log.level.into_inner() },
            journal: Journal {
                segment_bytes: raw.journal.segment_bytes.into_inner().0,
                budget_bytes: raw.journal.budget_bytes.into_inner().0,
            },
            sinks: raw.sinks.into_iter().map(|sink| Sink::from_raw(sink, &names)).collect::<Option<_>>()?,
            chains,
            folder,
        })
    }
}

#[cfg(test)]
mod tests;
