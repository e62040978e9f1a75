//! The console: one line a block, for people.
//!
//! It cannot tell where it stands, so the journal's mark is its position, and after a crash the last lines may come again.

use std::io::{self, ErrorKind, IsTerminal, Write};
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::error::SinkError;
use super::registry::{BuildError, Kind, Promise};
use super::{Context, Position, Sink};
use crate::core::event::{Body, Event, Step};
use crate::core::plain;

/// The `[[sinks]]` table of a console.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Whether lines are coloured.
    pub color: Color,
}

/// When lines are coloured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Color {
    /// On a terminal, unless `NO_COLOR` is set (<https://no-color.org>).
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// Where the lines go.
type Out = Arc<Mutex<dyn Write + Send>>;

/// The console sink.
pub struct Console {
    out: Out,
    chain: String,
    paint: Paint,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Paint {
    Plain,
    Coloured,
}

impl Console {
    /// A console that writes elsewhere than to standard output.
    pub fn to(out: impl Write + Send + 'static, config: &Config, context: Context) -> Self {
        let paint = if config.color == Color::Always { Paint::Coloured } else { Paint::Plain };
        Self { out: Arc::new(Mutex::new(out)), chain: context.chain, paint }
    }
}

#[async_trait]
impl Kind for Console {
    type Config = Config;
    const NAME: &'static str = "console";
    const PROMISE: Promise = Promise::AtLeastOnce;

    fn build(config: Config, context: Context) -> Result<Box<dyn Sink>, BuildError> {
        let color = match config.color {
            Color::Auto if terminal() => Color::Always,
            color => color,
        };
        Ok(Box::new(Self::to(io::stdout(), &Config { color }, context)))
    }
}

/// Whether standard output is a terminal that colours are welcome on.
fn terminal() -> bool {
    let refused = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    !refused && io::stdout().is_terminal()
}

#[async_trait]
impl Sink for Console {
    async fn position(&mut self) -> Result<Position, SinkError> {
        Ok(Position::Unknown)
    }

    async fn deliver(&mut self, events: &[Arc<Event>]) -> Result<(), SinkError> {
        let lines: String = events.iter().map(|event| line(&self.chain, event, self.paint)).collect();
        let out = Arc::clone(&self.out);
        // A pipe whose reader is slow blocks the write: that must cost nobody else a thread.
        let written = tokio::task::spawn_blocking(move || {
            let mut out = out.lock().unwrap_or_else(PoisonError::into_inner);
            out.write_all(lines.as_bytes()).and_then(|()| out.flush())
        });
        match written.await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) if error.kind() == ErrorKind::BrokenPipe => Err(SinkError::Closed),
            Ok(Err(error)) => Err(SinkError::Transient(format!("cannot write to the console: {error}"))),
            Err(error) => Err(SinkError::Transient(format!("the console's writer broke: {error}"))),
        }
    }
}

/// One event as one line, with its line break.
fn line(chain: &str, event: &Event, paint: Paint) -> String {
    let envelope = &event.envelope;
    let (sign, color) = match envelope.step {
        Step::Apply => ('+', "32"),
        Step::Undo => ('-', "31"),
        Step::Final => ('=', "2"),
        Step::Skip => ('~', "2"),
    };
    let time = envelope.block_time.replace('T', " ").replace('Z', "");
    let hash = envelope.block_hash.short();
    let mut line = format!("{time}  {chain}  {sign} {} {hash}", envelope.block_number);
    for part in details(event) {
        line.push_str("  ");
        line.push_str(&part);
    }
    let line = plain::line(&line);
    match paint {
        Paint::Plain => line + "\n",
        Paint::Coloured => format!("\x1b[{color}m{line}\x1b[0m\n"),
    }
}

/// What else there is to say, each in few words.
fn details(event: &Event) -> Vec<String> {
    let envelope = &event.envelope;
    let transactions = event.body.as_ref().and_then(transactions).map(|count| format!("{count} tx"));
    let size = event.body.as_ref().map(|body| size(body.size()));
    let reorg = envelope.reorg.as_ref().map(|reorg| format!("reorg {} deep", reorg.depth));
    let settled = match envelope.step {
        Step::Final => Some("final".to_owned()),
        Step::Skip => Some("no block".to_owned()),
        Step::Apply | Step::Undo => None,
    };
    let agreed = envelope.source.as_ref().map(|source| source.agreed.join(", "));
    [transactions, size, reorg, settled, agreed].into_iter().flatten().collect()
}

/// How many transactions a block has: counted without reading them. `None` if the block does not list them.
fn transactions(body: &Body) -> Option<usize> {
    #[derive(Deserialize)]
    struct Block {
        #[serde(alias = "tx")]
        transactions: Vec<IgnoredAny>,
    }
    serde_json::from_slice::<Block>(&body.block).ok().map(|block| block.transactions.len())
}

fn size(bytes: usize) -> String {
    match bytes {
        0..1_000 => format!("{bytes} B"),
        1_000..1_000_000 => format!("{} kB", bytes / 1_000),
        _ => format!("{}.{} MB", bytes / 1_000_000, bytes % 1_000_000 / 100_000),
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::sink::story::{self, Story};

    #[derive(Clone, Default)]
    struct Shared(Arc<Mutex<Vec<u8>>>);

    impl Write for Shared {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    async fn shown(events: &[Arc<Event>], color: Color) -> String {
        let shared = Shared::default();
        let mut console = Console::to(shared.clone(), &Config { color }, story::context(Path::new(".")));
        console.deliver(events).await.unwrap();
        String::from_utf8(shared.0.lock().unwrap().clone()).unwrap()
    }

    #[tokio::test]
    async fn each_event_is_one_clear_line() {
        let mut story = Story::new();
        let text = shown(&[story.apply(), story.finish(), story.undo()], Color::Never).await;
        let lines: Vec<&str> = text.lines().collect();
        assert!(lines[0].starts_with("2023-11-14 22:13:32  ethereum  + 100 0x"), "{text}");
        assert!(lines[0].ends_with("…  3 tx  2 kB  alchemy, own-node"), "{text}");
        assert!(lines[1].contains("  = 100 0x") && lines[1].ends_with("…  final"), "{text}");
        assert!(lines[2].contains("  - 100 0x"), "{text}");
        assert!(!text.contains('\x1b'));
    }

    #[tokio::test]
    async fn colours_come_only_when_asked_for() {
        let event = Story::new().apply();
        let text = shown(&[event], Color::Always).await;
        assert!(text.starts_with("\x1b[32m") && text.ends_with("\x1b[0m\n"), "{text:?}");
    }

    #[test]
    fn sizes_are_read_at_a_glance() {
        assert_eq!([999, 441_999, 1_250_000].map(size), ["999 B", "441 kB", "1.2 MB"]);
    }

    #[tokio::test]
    async fn a_closed_pipe_closes_the_sink() {
        struct Gone;
        impl Write for Gone {
            fn write(&mut self, _: &[u8]) -> io::Result<usize> {
                Err(ErrorKind::BrokenPipe.into())
            }

            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let mut console = Console::to(Gone, &Config::default(), story::context(Path::new(".")));
        let outcome = console.deliver(&[Story::new().apply()]).await;
        assert!(matches!(outcome, Err(SinkError::Closed)));
        assert_eq!(console.position().await.unwrap(), Position::Unknown);
    }
}
