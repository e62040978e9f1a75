//! Where each part of the configuration was written.
//!
//! A value comes out of the file or out of an environment variable. Both share one numbering: the file's bytes first, then a
//! stretch for each variable. So every value carries one span, whatever happened to it in between.

use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use miette::NamedSource;

use super::mask::mask;

/// Bytes of the sources.
pub type Span = Range<usize>;

/// The file and the variables that a configuration was read from.
#[derive(Debug)]
pub struct Sources {
    file: Arc<NamedSource<String>>,
    length: usize,
    variables: Vec<Variable>,
}

/// An environment variable that overrides a key.
#[derive(Debug)]
pub struct Variable {
    /// Its stretch in the numbering.
    pub span: Span,
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: String,
}

/// Where a span lies.
#[derive(Debug)]
pub enum Place<'s> {
    /// In the file; the text is safe to show.
    File(&'s Arc<NamedSource<String>>),
    /// In a variable.
    Variable(&'s Variable),
}

impl Sources {
    /// The sources of a configuration file without overrides. What looks secret in `text` is never shown.
    pub fn new(path: &Path, text: &str) -> Self {
        let name = path.display().to_string();
        Self { file: Arc::new(NamedSource::new(name, mask(text))), length: text.len(), variables: Vec::new() }
    }

    /// Adds a variable and tells its stretch.
    pub fn add(&mut self, name: &str, value: &str) -> Span {
        let start = self.variables.last().map_or(self.length, |last| last.span.end) + 1;
        let span = start..start + 1;
        self.variables.push(Variable { span: span.clone(), name: name.into(), value: value.into() });
        span
    }

    /// Where a span lies.
    pub fn place(&self, span: &Span) -> Place<'_> {
        let holds = |variable: &&Variable| variable.span.start == span.start;
        self.variables.iter().find(holds).map_or(Place::File(&self.file), Place::Variable)
    }
}
