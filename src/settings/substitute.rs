//! `${VAR}`, `${VAR:-default}` and `file:PATH`: values that stand elsewhere.
//!
//! What was put in is not looked at again: a variable's value is data. `$${` stands for `${` itself. A span stays that of
//! the text as it was written, so an error after substitution still points into the file.

use std::borrow::Cow;
use std::path::Path;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::notes::Notes;
use super::overrides::Environment;
use super::secret_file;

/// What begins a reference to a file.
const FILE: &str = "file:";

/// What values are taken from.
#[derive(Clone, Copy, Debug)]
pub struct Lookup<'l> {
    /// The variables.
    pub environment: &'l Environment,
    /// The folder that relative paths start from.
    pub folder: &'l Path,
}

/// Why a text cannot be completed, and what to do about it. Neither repeats a value.
#[derive(Debug, PartialEq, Eq)]
pub struct Refusal {
    /// What is wrong.
    pub message: String,
    /// The remedy.
    pub help: String,
}

/// A text after substitution.
#[derive(Debug, Default, PartialEq, Eq)]
struct Completed {
    text: String,
    /// What was put in.
    parts: Vec<String>,
}

/// Completes every text in the table.
pub fn substitute(table: &mut DeTable<'_>, lookup: Lookup<'_>, notes: &Notes) {
    for (_, value) in table.iter_mut() {
        substitute_value(value, lookup, notes);
    }
}

fn substitute_value(value: &mut Spanned<DeValue<'_>>, lookup: Lookup<'_>, notes: &Notes) {
    let span = value.span();
    match value.get_mut() {
        DeValue::Table(table) => substitute(table, lookup, notes),
        DeValue::Array(items) => items.iter_mut().for_each(|item| substitute_value(item, lookup, notes)),
        DeValue::String(text) if text.contains("${") || text.starts_with(FILE) => match resolve(text, lookup)
        {
            Ok(completed) => {
                notes.substituted(&span, completed.parts);
                *text = Cow::Owned(completed.text);
            }
            Err(refusal) => notes.refuse(&span, refusal),
        },
        _ => {}
    }
}

fn resolve(text: &str, lookup: Lookup<'_>) -> Result<Completed, Refusal> {
    let completed = complete(text, lookup.environment)?;
    if !text.starts_with(FILE) {
        return Ok(completed);
    }
    let content = secret_file::read(&lookup.folder.join(&completed.text[FILE.len()..]))?;
    Ok(Completed { text: content.clone(), parts: vec![content] })
}

fn complete(text: &str, environment: &Environment) -> Result<Completed, Refusal> {
    let mut completed = Completed::default();
    let mut rest = text;
    while let Some(start) = rest.find("${") {
        let (before, after) = rest.split_at(start);
        if let Some(before) = before.strip_suffix('$') {
            completed.text.push_str(before);
            completed.text.push_str("${");
            rest = &after[2..];
            continue;
        }
        let (expression, after) = after[2..].split_once('}').ok_or_else(unclosed)?;
        let value = evaluate(expression, environment)?;
        completed.text.push_str(before);
        completed.text.push_str(&value);
        completed.parts.push(value);
        rest = after;
    }
    completed.text.push_str(rest);
    Ok(completed)
}

fn evaluate(expression: &str, environment: &Environment) -> Result<String, Refusal> {
    let (name, default) = match expression.split_once(":-") {
        Some((name, default)) => (name, Some(default)),
        None => (expression, None),
    };
    let mut letters = name.chars();
    let starts_well = letters.next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_');
    if !starts_well || !letters.all(|c| c.is_ascii_alphanumeric() || c == '_') || expression.contains("${") {
        return Err(malformed());
    }
    let set = environment.get(name).filter(|value| !value.is_empty());
    set.map(String::as_str).or(default).map(str::to_owned).ok_or_else(|| Refusal {
        message: format!("the environment variable {name} is not set"),
        help: format!("set {name}, or write ${{{name}:-default}}; an empty value counts as not set"),
    })
}

fn unclosed() -> Refusal {
    Refusal { message: "`${` is never closed".into(), help: "write ${VAR}; $${ stands for ${ itself".into() }
}

fn malformed() -> Refusal {
    Refusal {
        message: "this is no reference to an environment variable".into(),
        help: "write ${VAR} or ${VAR:-default}, not one inside the other; a name is made of letters, digits and _".into(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn done(text: &str) -> Result<String, String> {
        let environment = Environment::from([("A".into(), "1".into()), ("EMPTY".into(), String::new())]);
        complete(text, &environment).map(|completed| completed.text).map_err(|refusal| refusal.message)
    }

    #[test]
    fn variables_and_defaults_are_put_in() {
        for (text, expected) in [
            ("x${A}y${A}", "x1y1"),
            ("${NONE:-127.0.0.1:80}", "127.0.0.1:80"),
            ("${NONE:-}", ""),
            ("${EMPTY:-full}", "full"),
            ("$${A}", "${A}"),
            ("$A and {A}", "$A and {A}"),
        ] {
            assert_eq!(done(text).as_deref(), Ok(expected), "{text}");
        }
    }

    #[test]
    fn what_cannot_be_completed_is_refused() {
        assert_eq!(done("${NONE}").unwrap_err(), "the environment variable NONE is not set");
        assert_eq!(done("${EMPTY}").unwrap_err(), "the environment variable EMPTY is not set");
        assert_eq!(done("${A").unwrap_err(), "`${` is never closed");
        for text in ["${}", "${A-b}", "${NONE:-${A}}", "${1}"] {
            assert_eq!(done(text).unwrap_err(), "this is no reference to an environment variable", "{text}");
        }
    }

    proptest! {
        #[test]
        fn a_value_is_never_read_as_a_reference(value in ".{1,20}") {
            let environment = Environment::from([("V".into(), value.clone())]);
            prop_assert_eq!(complete("<${V}>", &environment).unwrap().text, format!("<{value}>"));
        }
    }
}
