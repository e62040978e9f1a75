//! The two ways out: standard output for what was asked for, standard error for what is wrong.
//!
//! A reader that goes away (`| head`) is no error: what it did not want to read is not written.

use std::io::{self, IsTerminal, Write};

use miette::{Diagnostic, GraphicalReportHandler, GraphicalTheme};

use super::exit::Exit;
use crate::core::plain;

/// Writes a text and a line break to standard output. Some of it may come from providers: nothing in it acts on a terminal.
pub fn line(text: &str) {
    painted(&plain::lines(text));
}

/// Writes a text whose colours were put in by this program, and a line break, to standard output.
pub fn painted(text: &str) {
    let _reader_may_be_gone = writeln!(io::stdout().lock(), "{text}");
}

/// Writes a text and a line break to standard error, as [`line`] does.
pub fn aside(text: &str) {
    painted_aside(&plain::lines(text));
}

fn painted_aside(text: &str) {
    let _reader_may_be_gone = writeln!(io::stderr().lock(), "{text}");
}

/// Says why the command cannot go on, and hands the exit code through.
pub fn failure(text: &str, exit: Exit) -> Exit {
    aside(&format!("error: {text}"));
    exit
}

/// Shows findings with the lines they are about.
pub fn findings<'d, D: Diagnostic + 'd>(findings: impl IntoIterator<Item = &'d D>) {
    let handler = GraphicalReportHandler::new_themed(theme());
    for finding in findings {
        let mut text = String::new();
        if handler.render_report(&mut text, finding).is_ok() {
            painted_aside(text.trim_end());
            painted_aside("");
        }
    }
}

/// Whether colours are welcome on standard error (<https://no-color.org>).
pub fn coloured() -> bool {
    let refused = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    !refused && io::stderr().is_terminal()
}

fn theme() -> GraphicalTheme {
    if coloured() { GraphicalTheme::unicode() } else { GraphicalTheme::unicode_nocolor() }
}
