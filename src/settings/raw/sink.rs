//! `[[sinks]]`

use serde::Deserialize;
use toml::Spanned;
use toml::de::{DeTable, DeValue, Deserializer};

use crate::settings::mask::is_secret;
use crate::settings::notes::Notes;
use crate::settings::sources::Span;
use crate::settings::table::Table;
use crate::settings::value::Name;

/// `[[sinks]]`
#[derive(Debug)]
pub struct RawSink {
    /// The header.
    pub span: Span,
    /// `name`
    pub name: Option<Spanned<Name>>,
    /// `kind`
    pub kind: Option<Spanned<String>>,
    /// `chains`
    pub chains: Option<Spanned<Vec<Spanned<Name>>>>,
    /// `required`
    pub required: Spanned<bool>,
    /// The keys of its kind.
    pub table: toml::Table,
    /// Where these keys and their values stand, by dotted path.
    pub places: Vec<(String, Span, Span)>,
}

impl RawSink {
    /// Reads one.
    pub fn read(mut table: Table<'_, '_>) -> Self {
        let (span, notes) = (table.span(), table.notes());
        let (name, kind) = (table.required("name", "\"archive\""), table.required("kind", "\"console\""));
        let (chains, required) = (table.list("chains"), table.or("required", false));
        let rest = table.rest();
        let mut places = Vec::new();
        locate("", &rest, &mut places, notes);
        Self { span: span.clone(), name, kind, chains, required, table: plain(rest, span), places }
    }

    /// Where a dotted key of its kind stands: the key and the value.
    pub fn place(&self, key: &str) -> Option<(&Span, &Span)> {
        let found = self.places.iter().find(|(path, _, _)| path == key);
        found.map(|(_, key, value)| (key, value))
    }
}

fn locate(prefix: &str, table: &DeTable<'_>, places: &mut Vec<(String, Span, Span)>, notes: &Notes) {
    for (key, value) in table {
        let path =
            if prefix.is_empty() { key.get_ref().to_string() } else { format!("{prefix}.{}", key.get_ref()) };
        match value.get_ref() {
            DeValue::Table(inner) => locate(&path, inner, places, notes),
            DeValue::String(text) if is_secret(key.get_ref()) || text.contains("://") => notes.secret(text),
            _ => {}
        }
        places.push((path, key.span(), value.span()));
    }
}

/// The table without its places. Every parsed table can be read as one.
fn plain(table: DeTable<'_>, span: Span) -> toml::Table {
    toml::Table::deserialize(Deserializer::from(Spanned::new(span, table))).unwrap_or_default()
}
