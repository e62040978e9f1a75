//! `BLOCKTAP__HTTP__LISTEN=…`: environment variables that set a key.
//!
//! The parts of the name are keys, and names where a key holds a list of named tables. They are compared without regard to
//! case, a hyphen counting as an underscore. The value is TOML if it can be read as TOML, else text.

use std::borrow::Cow;
use std::collections::BTreeMap;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::notes::Notes;
use super::sources::{Sources, Span};

/// The environment: names and values.
pub type Environment = BTreeMap<String, String>;

/// What the name of every override begins with.
pub const PREFIX: &str = "BLOCKTAP__";

/// Gives every override in the environment its place among the sources.
pub fn announce(environment: &Environment, sources: &mut Sources) -> Vec<(String, Span)> {
    let overrides = environment.iter().filter(|(name, _)| name.starts_with(PREFIX));
    overrides.map(|(name, value)| (name.clone(), sources.add(name, value))).collect()
}

/// Sets the keys that the overrides name.
pub fn apply<'i>(
    root: &mut DeTable<'i>,
    overrides: &[(String, Span)],
    environment: &'i Environment,
    notes: &Notes,
) {
    for (name, span) in overrides {
        let Some((name, value)) = environment.get_key_value(name) else { continue };
        notes.secret(value);
        let path: Vec<&str> = name[PREFIX.len()..].split("__").collect();
        if let Err(fault) = set(root, &path, read(value, span)) {
            notes.error(span, fault, "the name of an override is BLOCKTAP__ and the path of a key, such as BLOCKTAP__CHAINS__ETHEREUM__START: keys, and the names of chains, providers and sinks");
        }
    }
}

/// A name as it is compared.
pub fn normal(name: &str) -> String {
    name.to_ascii_lowercase().replace('-', "_")
}

fn read<'i>(value: &'i str, span: &Span) -> Spanned<DeValue<'i>> {
    let read = DeValue::parse(value).map_or(DeValue::String(Cow::Borrowed(value)), Spanned::into_inner);
    stamp(read, span)
}

/// Marks a value, and all that is in it, as written at `span`.
fn stamp<'i>(value: DeValue<'i>, span: &Span) -> Spanned<DeValue<'i>> {
    let stamped = match value {
        DeValue::Array(items) => {
            DeValue::Array(items.into_iter().map(|item| stamp(item.into_inner(), span)).collect())
        }
        DeValue::Table(entries) => {
            let mark = |(key, value): (Spanned<Cow<'i, str>>, Spanned<DeValue<'i>>)| {
                (Spanned::new(span.clone(), key.into_inner()), stamp(value.into_inner(), span))
            };
            DeValue::Table(entries.into_iter().map(mark).collect())
        }
        other => other,
    };
    Spanned::new(span.clone(), stamped)
}

fn set<'i>(table: &mut DeTable<'i>, path: &[&str], value: Spanned<DeValue<'i>>) -> Result<(), String> {
    let Some((first, rest)) = path.split_first().filter(|(first, _)| !first.is_empty()) else {
        return Err("this names no key".into());
    };
    let known = table.keys().map(|key| key.get_ref().to_string()).find(|key| normal(key) == normal(first));
    let key = known.unwrap_or_else(|| first.to_ascii_lowercase());
    let span = value.span();
    if rest.is_empty() {
        table.remove(key.as_str());
        table.insert(Spanned::new(span, Cow::Owned(key)), value);
        return Ok(());
    }
    let spanned_key = Spanned::new(span.clone(), Cow::Owned(key.clone()));
    let inner =
        table.entry(spanned_key).or_insert_with(|| Spanned::new(span, DeValue::Table(DeTable::new())));
    match inner.get_mut() {
        DeValue::Table(inner) => set(inner, rest, value),
        DeValue::Array(members) => set_member(&key, members, rest, value),
        _ => Err(format!("`{key}` is a value and holds no keys")),
    }
}

fn set_member<'i>(
    list: &str,
    members: &mut [Spanned<DeValue<'i>>],
    path: &[&str],
    value: Spanned<DeValue<'i>>,
) -> Result<(), String> {
    let names: Vec<String> = members.iter().filter_map(|member| name_of(member.get_ref())).collect();
    let [name, rest @ ..] = path else { return Err("this names no key".into()) };
    let wanted = |member: &&mut Spanned<DeValue<'i>>| {
        name_of(member.get_ref()).is_some_and(|found| normal(&found) == normal(name))
    };
    match members.iter_mut().find(wanted).map(Spanned::get_mut) {
        Some(DeValue::Table(_)) if rest.is_empty() => {
            Err(format!("this names a whole member of `{list}`, not a key in it"))
        }
        Some(DeValue::Table(member)) => set(member, rest, value),
        _ => Err(format!("nothing in `{list}` has the name `{name}`; there are: {}", names.join(", "))),
    }
}

fn name_of(member: &DeValue<'_>) -> Option<String> {
    member.get("name")?.get_ref().as_str().map(str::to_owned)
}
