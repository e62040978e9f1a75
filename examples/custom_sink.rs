//! A sink of one's own, registered from one's own main: a CSV file with a line for each event.
//!
//! It holds its position in its own lines, so after a crash it goes on where it stands: nothing is lost, nothing comes twice.
//! Input is a simulated world, so it needs no network: `cargo run --example custom_sink`. With `Settings.toml` instead of the
//! playground it would be a daemon like `blocktap run`, with one more kind of sink.

#![forbid(unsafe_code)]
#![allow(clippy::print_stdout)] // what it is all about

use std::collections::BTreeMap;
use std::error::Error;
use std::fs::{self, File};
use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use blocktap::app::App;
use blocktap::core::event::Event;
use blocktap::settings;
use blocktap::sim::genesis::Genesis;
use blocktap::sim::playground::Playground;
use blocktap::sink::error::SinkError;
use blocktap::sink::registry::{BuildError, Kind, Promise, Registry};
use blocktap::sink::{Context, Position, Sink};
use serde::Deserialize;
use tokio::sync::Notify;

/// Told when the file has so many lines as the configuration asks for.
static FULL: Notify = Notify::const_new();

struct Csv {
    path: PathBuf,
    enough: usize,
}

/// Its part of the `[[sinks]]` table.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Config {
    path: PathBuf,
    enough: usize,
}

impl Kind for Csv {
    type Config = Config;
    const NAME: &'static str = "csv";
    const PROMISE: Promise = Promise::ExactlyOnce;

    fn build(config: Config, context: Context) -> Result<Box<dyn Sink>, BuildError> {
        Ok(Box::new(Self { path: context.folder.join(config.path), enough: config.enough }))
    }
}

#[async_trait]
impl Sink for Csv {
    /// The last whole line tells. What a crash tore off behind it is cut.
    async fn position(&mut self) -> Result<Position, SinkError> {
        let text = fs::read_to_string(&self.path).unwrap_or_default();
        let whole = text.rfind('\n').map_or("", |end| &text[..=end]);
        fs::write(&self.path, whole).map_err(transient)?;
        let Some(line) = whole.lines().next_back() else { return Ok(Position::Empty) };
        let mut cells = line.split(',');
        let place = cells.next().zip(cells.next());
        let place = place.and_then(|(seq, id)| Some((seq.parse().ok()?, id.parse().ok()?)));
        match place {
            Some((seq, id)) => Ok(Position::After { seq: blocktap::core::numbers::Seq(seq), id }),
            None => Err(SinkError::Fatal(format!("{}: no line of ours: {line}", self.path.display()))),
        }
    }

    async fn deliver(&mut self, events: &[Arc<Event>]) -> Result<(), SinkError> {
        let mut lines = String::new();
        for event in events {
            let told = &event.envelope;
            let step = told.step.name();
            lines += &format!("{},{},{step},{},{}\n", told.seq, told.id, told.block_number, told.block_hash);
        }
        let mut file = File::options().append(true).create(true).open(&self.path).map_err(transient)?;
        file.write_all(lines.as_bytes()).and_then(|()| file.sync_data()).map_err(transient)?;
        if fs::read_to_string(&self.path).map_err(transient)?.lines().count() >= self.enough {
            FULL.notify_one();
        }
        Ok(())
    }
}

/// The Sink actor tries these again, with growing pauses.
fn transient(error: std::io::Error) -> SinkError {
    SinkError::Transient(error.to_string())
}

fn main() -> Result<(), Box<dyn Error>> {
    let genesis = Genesis { premined: 10, block_time: Duration::from_millis(500), ..Genesis::default() };
    let playground = Playground::open(genesis)?;
    let folder = tempfile::tempdir()?;
    let text = format!(
        "{}\n[http]\nlisten = \"127.0.0.1:0\"\n[[sinks]]\nname = \"mine\"\nkind = \"csv\"\npath = \"blocks.csv\"\nenough = 16\n",
        playground.configuration()
    );
    let path = folder.path().join("Settings.toml");
    // Keys of the sink are looked at when it is made, before anything starts.
    let loaded = settings::parse(&path, &text, &BTreeMap::new(), &|_, _| Ok(()))?;
    let registry = Registry::standard().with_kind::<Csv>();
    App::new(loaded.settings).with_registry(registry).run_until(FULL.notified())?;
    print!("{}", fs::read_to_string(folder.path().join("blocks.csv"))?);
    Ok(())
}
