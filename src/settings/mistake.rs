//! What is wrong, or doubtful, in a configuration, and where.

use std::fmt;
use std::sync::Arc;

use miette::{Diagnostic, LabeledSpan, NamedSource, Severity, SourceCode};

use super::sources::{Place, Sources, Span};

/// One finding. It shows the place in the file, or names the variable, and never repeats a value that may be secret.
#[derive(Clone, Debug)]
pub struct Mistake {
    message: String,
    help: Option<String>,
    severity: Severity,
    labels: Vec<LabeledSpan>,
    source: Option<Arc<NamedSource<String>>>,
}

impl Mistake {
    /// An error that no place belongs to.
    pub fn new(message: impl Into<String>, help: impl Into<String>) -> Self {
        let help = Some(help.into());
        Self { message: message.into(), help, severity: Severity::Error, labels: Vec::new(), source: None }
    }

    /// An error at `span`.
    pub fn at(sources: &Sources, span: &Span, message: impl Into<String>, help: Option<String>) -> Self {
        let message = message.into();
        let mut mistake = Self { message, help, severity: Severity::Error, labels: Vec::new(), source: None };
        match sources.place(span) {
            Place::File(source) => {
                mistake.source = Some(Arc::clone(source));
                mistake.labels.push(LabeledSpan::new(Some("here".into()), span.start, span.len()));
            }
            Place::Variable(variable) => mistake.message = format!("{}: {}", variable.name, mistake.message),
        }
        mistake
    }

    /// The same, pointing at a second place too.
    #[must_use]
    pub fn and(mut self, sources: &Sources, span: &Span, label: &str) -> Self {
        if let (Place::File(_), Some(_)) = (sources.place(span), &self.source) {
            self.labels.push(LabeledSpan::new(Some(label.into()), span.start, span.len()));
        }
        self
    }

    /// The same, as a warning.
    #[must_use]
    pub fn doubtful(mut self) -> Self {
        self.severity = Severity::Warning;
        self
    }

    /// What is wrong.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// What to do about it.
    pub fn remedy(&self) -> Option<&str> {
        self.help.as_deref()
    }

    /// Line and column in the file, both from one; `None` when it is not in the file.
    pub fn position(&self) -> Option<(usize, usize)> {
        let span = *self.labels.first()?.inner();
        let contents = self.source.as_ref()?.read_span(&span, 0, 0).ok()?;
        Some((contents.line() + 1, contents.column() + 1))
    }
}

impl fmt::Display for Mistake {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.message)
    }
}

impl std::error::Error for Mistake {}

impl Diagnostic for Mistake {
    fn severity(&self) -> Option<Severity> {
        Some(self.severity)
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.help.as_ref().map(|help| Box::new(help) as Box<dyn fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.source.as_deref().map(|source| source as &dyn SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        Some(Box::new(self.labels.iter().cloned()))
    }
}
