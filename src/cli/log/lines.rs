//! The last look at a log line before it is written.
//!
//! Everything that providers say is made harmless where it comes in. Libraries below write into the log as well, at the lower
//! levels even what they receive; so every line is looked at once more, whoever wrote it: it stays one line, and nothing in it
//! acts on a terminal but the colours.

use std::io::{self, Write};

use crate::core::plain;

/// The styles that log lines are written in: as they are, bold, dim, italic, red, green, yellow, blue, magenta, cyan. Concealed is
/// not among them.
const STYLES: [&str; 10] = ["[0m", "[1m", "[2m", "[3m", "[31m", "[32m", "[33m", "[34m", "[35m", "[36m"];

/// Writes log lines, one with each call, as `tracing` hands them over.
pub struct Lines<W> {
    out: W,
    colours: bool,
}

impl<W: Write> Lines<W> {
    /// Writes to `out`. With `colours`, the styles of log lines stay.
    pub const fn to(out: W, colours: bool) -> Self {
        Self { out, colours }
    }

    fn harmless(&self, line: &[u8]) -> String {
        let line = String::from_utf8_lossy(line);
        let line = line.strip_suffix('\n').unwrap_or(&line);
        if !self.colours {
            return plain::line(line) + "\n";
        }
        let mut parts = line.split('\x1b');
        let first = plain::line(parts.next().unwrap_or_default());
        parts.map(escaped).fold(first, |shown, part| shown + &part) + "\n"
    }
}

/// What stands behind an escape, with the escape if it only begins a style.
fn escaped(part: &str) -> String {
    let begins_style = STYLES.iter().any(|style| part.starts_with(style));
    let escape = if begins_style { '\x1b' } else { ' ' };
    format!("{escape}{}", plain::line(part))
}

impl<W: Write> Write for Lines<W> {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.out.write_all(self.harmless(line).as_bytes())?;
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOSTILE: &str = "x\n2030-01-01 ERROR forged\r\x1b[2J\u{9b}2J\u{202e}y";

    fn written(line: &str, colours: bool) -> String {
        let mut out = Vec::new();
        Lines::to(&mut out, colours).write_all(line.as_bytes()).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_line_stays_one_line_and_acts_on_nothing() {
        let shown = written(&format!("INFO {HOSTILE}\n"), false);
        assert_eq!(shown, "INFO x 2030-01-01 ERROR forged  [2J 2J y\n");
    }

    #[test]
    fn colours_stay_where_they_are_wanted() {
        assert_eq!(written("\x1b[32mINFO\x1b[0m a\nb\n", true), "\x1b[32mINFO\x1b[0m a b\n");
    }

    /// Every way that a text gets into a log line: as message, as a field by its `Display`, by its `Debug`, as text.
    #[test]
    fn no_field_of_any_kind_breaks_out_of_its_line() {
        for colours in [false, true] {
            let told = Told::default();
            let writer = told.clone();
            let lines = tracing_subscriber::fmt()
                .with_ansi(colours)
                .with_writer(move || Lines::to(writer.clone(), colours))
                .finish();
            tracing::subscriber::with_default(lines, || {
                tracing::info!(shown = %HOSTILE, debugged = ?HOSTILE, text = HOSTILE, "{HOSTILE}");
            });
            let told = String::from_utf8(told.0.lock().unwrap().clone()).unwrap();
            assert_eq!(told.matches('\n').count(), 1, "{told:?}");
            for acting in ["\x1b[2J", "\u{9b}", "\u{202e}", "\r"] {
                assert!(!told.contains(acting), "{acting:?} in {told:?}");
            }
        }
    }

    #[derive(Clone, Default)]
    struct Told(std::sync::Arc<std::sync::Mutex<Vec<u8>>>);

    impl Write for Told {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
}
