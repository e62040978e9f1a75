//! Reads one table key by key.
//!
//! *Why not one big deserialisation?* It stops at the first mistake, and its texts repeat values. Here every key is read by
//! itself, each mistake is noted where it stands, and what is left over at the end was not known.

use secrecy::SecretString;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::notes::Notes;
use super::sources::{Place, Span};
use super::suggestion::nearest;
use super::value::Readable;

/// A table that is being read.
#[derive(Debug)]
pub struct Table<'n, 'i> {
    notes: &'n Notes,
    /// Dotted, without the names of members: `chains.providers`.
    path: String,
    span: Span,
    entries: DeTable<'i>,
    known: Vec<&'static str>,
}

impl<'n, 'i> Table<'n, 'i> {
    /// Begins to read.
    pub fn new(path: &str, entries: DeTable<'i>, span: Span, notes: &'n Notes) -> Self {
        Self { notes, path: path.into(), span, entries, known: Vec::new() }
    }

    /// Where the table stands.
    pub fn span(&self) -> Span {
        self.span.clone()
    }

    /// What is collected.
    pub fn notes(&self) -> &'n Notes {
        self.notes
    }

    /// A key's value, if it is there and can be read.
    pub fn optional<T: Readable>(&mut self, key: &'static str) -> Option<Spanned<T>> {
        let value = self.remove(key)?;
        self.read(key, value)
    }

    /// A key's value, or the default where it is absent or cannot be read (which is noted).
    pub fn or<T: Readable>(&mut self, key: &'static str, default: T) -> Spanned<T> {
        self.optional(key).unwrap_or_else(|| Spanned::new(self.span(), default))
    }

    /// A key's value. Its absence is noted, with an example of how to write it.
    pub fn required<T: Readable>(&mut self, key: &'static str, example: &str) -> Option<Spanned<T>> {
        if !self.entries.contains_key(key) {
            self.note_missing(key, example);
        }
        self.optional(key)
    }

    /// A list of values, without those that cannot be read (which is noted).
    pub fn list<T: Readable>(&mut self, key: &'static str) -> Option<Spanned<Vec<Spanned<T>>>> {
        let value = self.remove(key)?;
        let span = value.span();
        let DeValue::Array(items) = value.into_inner() else {
            self.notes.error(
                &span,
                format!("`{key}` must be a list"),
                format!("write {key} = [{}]", T::EXAMPLE),
            );
            return None;
        };
        let items = items.into_iter().filter_map(|item| self.read(key, item)).collect();
        Some(Spanned::new(span, items))
    }

    /// A list of at least one value. That there is none is noted.
    pub fn filled_list<T: Readable>(&mut self, key: &'static str) -> Spanned<Vec<Spanned<T>>> {
        let given = self
            .entries
            .get(key)
            .map(|value| (value.span(), value.get_ref().as_array().map(|list| list.len())));
        if let None | Some((_, Some(0))) = given {
            let span = given.map_or(self.span(), |(span, _)| span);
            self.notes.error(
                &span,
                format!("`{key}` needs at least one entry"),
                format!("write {key} = [{}]", T::EXAMPLE),
            );
        }
        self.list(key).unwrap_or_else(|| Spanned::new(self.span(), Vec::new()))
    }

    /// The table under a key; an empty one where it is absent.
    pub fn table(&mut self, key: &'static str) -> Table<'n, 'i> {
        let path = self.dotted(key);
        let value =
            self.remove(key).unwrap_or_else(|| Spanned::new(self.span(), DeValue::Table(DeTable::new())));
        let span = value.span();
        let entries = match value.into_inner() {
            DeValue::Table(entries) => entries,
            _ => {
                self.notes.error(
                    &span,
                    format!("`{key}` must be a table"),
                    format!("write [{path}] and its keys below"),
                );
                DeTable::new()
            }
        };
        Table::new(&path, entries, span, self.notes)
    }

    /// The secrets under a key, by names that the user chose, in their order; none where it is absent.
    pub fn secrets(&mut self, key: &'static str) -> Vec<(Spanned<String>, Spanned<SecretString>)> {
        let inner = self.table(key);
        let reader = Table::new(&inner.path, DeTable::new(), inner.span(), self.notes);
        let entries = inner.entries.into_iter().filter_map(|(name, value)| {
            let text = reader.read(name.get_ref(), value)?;
            Some((Spanned::new(name.span(), name.into_inner().into_owned()), text))
        });
        entries.collect()
    }

    /// The tables under a key, each of them written as `[[key]]`; none where it is absent.
    pub fn tables(&mut self, key: &'static str) -> Vec<Table<'n, 'i>> {
        let path = self.dotted(key);
        let Some(value) = self.remove(key) else { return Vec::new() };
        let span = value.span();
        let items = match value.into_inner() {
            DeValue::Array(items) => items.into_iter().collect(),
            other => vec![Spanned::new(span, other)],
        };
        let member = |item: Spanned<DeValue<'i>>| {
            let span = item.span();
            match item.into_inner() {
                DeValue::Table(entries) if span.len() != 1 || !entries.is_empty() => {
                    Some(Table::new(&path, entries, span, self.notes))
                }
                _ => {
                    self.notes.error(
                        &span,
                        format!("`{key}` must be a list of tables"),
                        format!("write [[{path}]] and its keys below"),
                    );
                    None
                }
            }
        };
        items.into_iter().filter_map(member).collect()
    }

    /// Ends the reading: whatever is left was not known.
    pub fn finish(self) {
        for (key, _) in &self.entries {
            let word = key.get_ref();
            let place = if self.path.is_empty() { String::new() } else { format!(" in `{}`", self.path) };
            let help = match nearest(word, self.known.iter().copied()) {
                Some(known) => format!("did you mean `{known}`?"),
                None => format!("there are: {}", self.known.join(", ")),
            };
            self.notes.error(&key.span(), format!("unknown key `{word}`{place}"), help);
        }
    }

    /// Ends the reading, and hands over what is left.
    pub fn rest(self) -> DeTable<'i> {
        self.entries
    }

    fn note_missing(&self, key: &str, example: &str) {
        let message = format!("`{key}` is missing in `{}`", self.path);
        self.notes.error(&self.span, message, format!("write {key} = {example}"));
    }

    fn remove(&mut self, key: &'static str) -> Option<Spanned<DeValue<'i>>> {
        self.known.push(key);
        self.notes.knows(self.dotted(key));
        self.entries.remove(key)
    }

    fn dotted(&self, key: &str) -> String {
        if self.path.is_empty() { key.into() } else { format!("{}.{key}", self.path) }
    }

    fn read<T: Readable>(&self, key: &str, value: Spanned<DeValue<'i>>) -> Option<Spanned<T>> {
        let span = value.span();
        let read = T::read(value.get_ref()).or_else(|| self.read_otherwise(&value));
        if read.is_none() {
            let help = self.choice::<T>(&value).unwrap_or_else(|| format!("write {key} = {}", T::EXAMPLE));
            self.notes.error(&span, format!("`{key}` must be {}", T::EXPECTED), help);
        }
        read.map(|read| Spanned::new(span, read))
    }

    /// What stood elsewhere came as text, or was taken for TOML: `"${RATE}"` may be a number, and a token may be all digits.
    fn read_otherwise<T: Readable>(&self, value: &Spanned<DeValue<'i>>) -> Option<T> {
        let span = value.span();
        match (value.get_ref(), self.notes.sources.place(&span)) {
            (DeValue::String(text), _) if self.notes.is_substituted(&span) => {
                DeValue::parse(text).ok().and_then(|value| T::read(value.get_ref()))
            }
            (_, Place::Variable(variable)) => T::read(&DeValue::String(variable.value.as_str().into())),
            _ => None,
        }
    }

    fn choice<T: Readable>(&self, value: &Spanned<DeValue<'i>>) -> Option<String> {
        let text = value.get_ref().as_str().filter(|_| self.notes.is_literal(&value.span()))?;
        let choice = nearest(text, T::CHOICES.iter().copied())?;
        Some(format!("did you mean \"{choice}\"?"))
    }
}
