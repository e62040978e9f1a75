//! What is collected while a configuration is read: findings, secrets, and the words that were looked for.

use std::cell::RefCell;
use std::collections::BTreeSet;

use super::mistake::Mistake;
use super::sources::{Place, Sources, Span};
use super::substitute::Refusal;

/// Fewer characters are no secret.
const SHORTEST_SECRET: usize = 4;

/// The notes of one reading. Shared by everybody who reads; nobody stops at the first mistake.
#[derive(Debug)]
pub struct Notes {
    /// Where everything was written.
    pub sources: Sources,
    errors: RefCell<Vec<Mistake>>,
    warnings: RefCell<Vec<Mistake>>,
    substituted: RefCell<BTreeSet<usize>>,
    secrets: RefCell<BTreeSet<String>>,
    keys: RefCell<BTreeSet<String>>,
}

impl Notes {
    /// Nothing noted yet.
    pub fn new(sources: Sources) -> Self {
        Self {
            sources,
            errors: RefCell::default(),
            warnings: RefCell::default(),
            substituted: RefCell::default(),
            secrets: RefCell::default(),
            keys: RefCell::default(),
        }
    }

    /// Notes an error.
    pub fn error(&self, span: &Span, message: impl Into<String>, help: impl Into<String>) {
        self.push(Mistake::at(&self.sources, span, message, Some(help.into())));
    }

    /// Notes why a text could not be completed.
    pub fn refuse(&self, span: &Span, refusal: Refusal) {
        self.error(span, refusal.message, refusal.help);
    }

    /// Notes a finished error.
    pub fn push(&self, mistake: Mistake) {
        self.errors.borrow_mut().push(mistake);
    }

    /// Notes a warning.
    pub fn warn(&self, span: &Span, message: impl Into<String>, help: impl Into<String>) {
        let mistake = Mistake::at(&self.sources, span, message, Some(help.into()));
        self.warnings.borrow_mut().push(mistake.doubtful());
    }

    /// Notes that the text at `span` was put together from `parts` that may be secret.
    pub fn substituted(&self, span: &Span, parts: Vec<String>) {
        self.substituted.borrow_mut().insert(span.start);
        parts.iter().for_each(|part| self.secret(part));
    }

    /// Whether the text at `span` was put together from elsewhere.
    pub fn is_substituted(&self, span: &Span) -> bool {
        self.substituted.borrow().contains(&span.start)
    }

    /// Whether the value at `span` stands in the file as it is, so that it may be repeated.
    pub fn is_literal(&self, span: &Span) -> bool {
        !self.is_substituted(span) && matches!(self.sources.place(span), Place::File(_))
    }

    /// Notes a text that nobody else may repeat. A shorter one would be found in any text, and protects nothing.
    pub fn secret(&self, value: &str) {
        if value.len() >= SHORTEST_SECRET {
            self.secrets.borrow_mut().insert(value.into());
        }
    }

    /// Whether a text that somebody else wrote repeats a secret.
    pub fn tells_a_secret(&self, text: &str) -> bool {
        self.secrets.borrow().iter().any(|secret| text.contains(secret.as_str()))
    }

    /// Notes that a key is part of the configuration's language.
    pub fn knows(&self, key: String) {
        self.keys.borrow_mut().insert(key);
    }

    /// Everything noted: errors and warnings in the order of their places, and the keys looked for.
    pub fn into_findings(self) -> Findings {
        let ordered = |list: RefCell<Vec<Mistake>>| {
            let mut list = list.into_inner();
            list.sort_by_key(|mistake| mistake.position().unwrap_or((usize::MAX, 0)));
            list
        };
        Findings {
            errors: ordered(self.errors),
            warnings: ordered(self.warnings),
            keys: self.keys.into_inner(),
        }
    }
}

/// What a reading found.
#[derive(Debug)]
pub struct Findings {
    /// What forbids to start.
    pub errors: Vec<Mistake>,
    /// What somebody should look at.
    pub warnings: Vec<Mistake>,
    /// Every key that was looked for, dotted.
    pub keys: BTreeSet<String>,
}
