//! The paths that code speaks of: `use` trees unfolded, `super` and `self` resolved.

use super::lexer::{self, Token};
use super::source::Source;

/// One path that a source speaks of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spoken {
    /// Its parts. Of a path inside the crate the first is `crate`.
    pub parts: Vec<String>,
    /// The line.
    pub line: usize,
}

/// All paths of a source.
pub fn spoken(source: &Source) -> Vec<Spoken> {
    let tokens = lexer::tokens(&source.code);
    let module = source.module();
    let mut all = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        if begins_import(&tokens, at) {
            at = use_tree(&tokens, at + 1, &[], &mut all);
        } else if begins_path(&tokens, at) {
            at = path(&tokens, at, &mut all);
        } else {
            at += 1;
        }
    }
    all.into_iter().map(|spoken| resolved(spoken, &module)).collect()
}

impl Spoken {
    /// Whether the path lies at or below `place`, such as `std::time` or `crate::chain::evm`.
    pub fn is_in(&self, place: &str) -> bool {
        let place: Vec<&str> = place.split("::").collect();
        self.parts.len() >= place.len() && place.iter().zip(&self.parts).all(|(place, part)| place == part)
    }
}

/// Not the `use<>` of a bound.
fn begins_import(tokens: &[Token], at: usize) -> bool {
    tokens[at].text == "use" && tokens.get(at + 1).is_some_and(|after| after.text != "<")
}

fn begins_path(tokens: &[Token], at: usize) -> bool {
    let before = at.checked_sub(1).map(|before| tokens[before].text.as_str());
    let after = tokens.get(at + 1).map(|after| after.text.as_str());
    is_name(&tokens[at].text) && after == Some("::") && !matches!(before, Some("::" | "."))
}

fn path(tokens: &[Token], from: usize, all: &mut Vec<Spoken>) -> usize {
    let (mut parts, mut at) = (vec![tokens[from].text.clone()], from + 1);
    while tokens.get(at).is_some_and(|sign| sign.text == "::") {
        match tokens.get(at + 1).filter(|part| is_name(&part.text)) {
            Some(part) => parts.push(part.text.clone()),
            None => break,
        }
        at += 2;
    }
    all.push(Spoken { parts, line: tokens[from].line });
    at.max(from + 1)
}

/// Unfolds one branch of a `use` tree; gives the place of what ends it.
fn use_tree(tokens: &[Token], from: usize, above: &[String], all: &mut Vec<Spoken>) -> usize {
    let (mut parts, mut at) = (above.to_vec(), from);
    while let Some(token) = tokens.get(at) {
        match token.text.as_str() {
            "::" => {}
            "{" => return group(tokens, at + 1, &parts, all),
            "," | "}" | ";" => break,
            // A new name for what was imported is not part of the path.
            "as" => at += 1,
            "self" if !parts.is_empty() => {}
            part => parts.push(part.into()),
        }
        at += 1;
    }
    let line = tokens.get(from).map_or(0, |token| token.line);
    if parts.len() > above.len() || !above.is_empty() {
        all.push(Spoken { parts, line });
    }
    at
}

fn group(tokens: &[Token], from: usize, above: &[String], all: &mut Vec<Spoken>) -> usize {
    let mut at = from;
    while let Some(token) = tokens.get(at) {
        match token.text.as_str() {
            "}" => return at + 1,
            "," => at += 1,
            _ => at = use_tree(tokens, at, above, all).max(at + 1),
        }
    }
    at
}

fn is_name(text: &str) -> bool {
    text.chars().next().is_some_and(|first| lexer::is_word(first) && !first.is_numeric())
}

/// `self` and `super` as they read from `module`; the crate by its one name.
fn resolved(spoken: Spoken, module: &[String]) -> Spoken {
    let Spoken { parts, line } = spoken;
    let supers = parts.iter().take_while(|part| *part == "super").count();
    let (from, rest): (Option<&[String]>, &[String]) = match parts[0].as_str() {
        "crate" | "blocktap" => (Some(&[]), &parts[1..]),
        "self" => (Some(module), &parts[1..]),
        "super" => (Some(&module[..module.len().saturating_sub(supers)]), &parts[supers..]),
        _ => (None, &parts[..]),
    };
    let parts = match from {
        Some(from) => std::iter::once("crate".to_owned()).chain(from.iter().chain(rest).cloned()).collect(),
        None => rest.to_vec(),
    };
    Spoken { parts, line }
}

#[test]
fn use_trees_are_unfolded() {
    let text = "use crate::{chain::evm::{self, rlp as r}, core::At};\nuse super::super::sink;\nuse std::fs;";
    let told: Vec<String> =
        spoken(&Source::new("src/actors/sink.rs", text)).iter().map(|one| one.parts.join("::")).collect();
    let expected =
        ["crate::chain::evm", "crate::chain::evm::rlp", "crate::core::At", "crate::sink", "std::fs"];
    assert_eq!(told, expected);
}

#[test]
fn the_use_of_a_bound_imports_nothing() {
    let text = "fn f() -> impl FnOnce() + use<> { let a = b; move || { a } }";
    assert_eq!(spoken(&Source::new("src/core/a.rs", text)), []);
}

#[test]
fn paths_in_the_midst_of_code_are_seen() {
    let text = "fn a(x: Vec<blocktap::sim::World>) {\n    self::b();\n    tokio::time::sleep(x.await);\n}";
    let told = spoken(&Source::new("src/core/ewma.rs", text));
    let told: Vec<(String, usize)> = told.iter().map(|one| (one.parts.join("::"), one.line)).collect();
    let expected = [("crate::sim::World", 1), ("crate::core::ewma::b", 2), ("tokio::time::sleep", 3)];
    assert_eq!(told, expected.map(|(path, line)| (path.to_owned(), line)));
}
