//! `actors.md` against the code: every message and every actor stands in it, and nothing else does.

use std::collections::{BTreeMap, BTreeSet};

use super::lexer::{self, Token};
use super::source::Source;

/// Whoever is told.
const EVERYBODY: &str = "every actor";

/// The actors: whatever implements `Actor` in the room `actors`.
pub fn actors(sources: &[Source]) -> Vec<String> {
    in_actors(sources)
        .flat_map(|source| implementations(source, "Actor"))
        .map(|(_, actor, _)| actor)
        .collect()
}

/// What the code has and the contract has not, and the other way round.
pub fn faults(contract: &str, sources: &[Source]) -> Vec<String> {
    let actor_rows = rows(contract, "## Actors");
    let message_rows = rows(contract, "## Messages");
    let mut faults = Vec::new();
    let mut known = BTreeSet::new();
    for source in in_actors(sources) {
        for (line, actor, _) in implementations(source, "Actor") {
            if !actor_rows.contains_key(&actor) {
                faults.push(format!("{}:{line}: the actor `{actor}` is not in actors.md", source.path));
            }
            known.insert(actor);
        }
        for (line, message) in messages(source) {
            if !message_rows.contains_key(&message) {
                faults.push(format!("{}:{line}: the message `{message}` is not in actors.md", source.path));
            }
            known.insert(message);
        }
        for (line, actor, message) in implementations(source, "Handler") {
            let told = message_rows.get(&message).is_none_or(|row| names(row, &actor));
            if !told {
                let path = &source.path;
                faults.push(format!("{path}:{line}: actors.md does not send `{message}` to {actor}"));
            }
        }
    }
    let stale = actor_rows.keys().chain(message_rows.keys()).filter(|name| !known.contains(*name));
    faults.extend(stale.map(|name| format!("actors.md: `{name}` is not in the code")));
    faults
}

fn in_actors(sources: &[Source]) -> impl Iterator<Item = &Source> {
    sources.iter().filter(|source| source.room().as_deref() == Some("actors"))
}

/// Whether the `from → to` of a row names `actor` as one that is told.
fn names(row: &str, actor: &str) -> bool {
    let told = row.split('|').nth(2).and_then(|ways| ways.split_once('→')).map_or("", |(_, to)| to);
    told.contains(actor) || told.contains(EVERYBODY) || told.contains("itself")
}

/// The rows of the first table below `heading`, by the name that each begins with.
fn rows(contract: &str, heading: &str) -> BTreeMap<String, String> {
    let below = contract.lines().skip_while(|line| *line != heading).skip(1);
    let section = below.take_while(|line| !line.starts_with("## "));
    let named = section.filter_map(|line| {
        let cell = line.strip_prefix("| `").or_else(|| line.strip_prefix("| **"))?;
        let end = cell.find(|sign| !lexer::is_word(sign))?;
        Some((cell[..end].to_owned(), line.to_owned()))
    });
    named.collect()
}

/// Types that derive `Message`.
fn messages(source: &Source) -> Vec<(usize, String)> {
    let tokens = lexer::tokens(&source.code);
    let derives = tokens.iter().enumerate().filter(|(_, token)| token.text == "derive");
    let deriving = derives.filter(|(at, _)| {
        let derived = tokens[*at..].iter().take_while(|token| token.text != ")");
        derived.into_iter().any(|token| token.text == "Message")
    });
    deriving
        .filter_map(|(at, _)| {
            let kind =
                tokens[at..].iter().position(|token| matches!(token.text.as_str(), "struct" | "enum"))?;
            let name = tokens.get(at + kind + 1)?;
            Some((name.line, name.text.clone()))
        })
        .collect()
}

/// The place behind the parameters that an `impl` may begin with.
fn after_generics(tokens: &[Token], from: usize) -> usize {
    let mut depth = 0_usize;
    for (offset, token) in tokens[from..].iter().enumerate() {
        match token.text.as_str() {
            "<" => depth += 1,
            ">" => depth = depth.saturating_sub(1),
            _ if depth == 0 => return from + offset,
            _ => {}
        }
    }
    tokens.len()
}

/// The `impl`s of a trait: line, type, and the trait's parameter if it has one.
fn implementations(source: &Source, name: &str) -> Vec<(usize, String, String)> {
    let tokens = lexer::tokens(&source.code);
    let mut found = Vec::new();
    for at in (0..tokens.len()).filter(|at| tokens[*at].text == "impl") {
        let head: Vec<&Token> =
            tokens[after_generics(&tokens, at + 1)..].iter().take_while(|token| token.text != "{").collect();
        let Some(kept) = head.iter().position(|token| token.text == "for") else { continue };
        let (of, by) = head.split_at(kept);
        let Some(named) = of.iter().rposition(|token| token.text == name) else { continue };
        let last = of[named..].iter().rev().find(|token| lexer::is_word(token.text.chars().next().unwrap()));
        let parameter = last.filter(|token| token.text != name).map(|token| token.text.clone());
        // A macro's `$actor` is no name.
        let Some(actor) = by.get(1).filter(|token| token.text != "$") else { continue };
        found.push((tokens[at].line, actor.text.clone(), parameter.unwrap_or_default()));
    }
    found
}

#[cfg(test)]
const CODE: &str = "#[derive(Clone, Message)]\n#[rtype(result = \"()\")]\npub struct Rewind { pub next: Height }\n\
    impl Actor for Fetcher {}\nimpl Handler<Rewind> for Fetcher {}\n\
    impl actix::Handler<$crate::actors::observe::Observe> for $actor {}\n\
    impl<A: Actor<Context = Context<A>>> Clone for Handle<A> {}";

#[cfg(test)]
fn faults_of(contract: &str) -> Vec<String> {
    faults(contract, &[Source::new("src/actors/fetcher.rs", CODE)])
}

#[test]
fn a_true_contract_has_no_faults() {
    let contract =
        "## Actors\n| **Fetcher** | one |\n## Messages\n| `Rewind{next}` | Validator → Fetcher | why |";
    assert_eq!(faults_of(contract), Vec::<String>::new());
}

#[test]
fn an_actor_or_a_message_that_is_not_told_of_is_a_fault() {
    let faults = faults_of("## Actors\n## Messages\n");
    assert_eq!(
        faults,
        [
            "src/actors/fetcher.rs:4: the actor `Fetcher` is not in actors.md",
            "src/actors/fetcher.rs:3: the message `Rewind` is not in actors.md",
        ]
    );
}

#[test]
fn a_row_that_the_code_does_not_have_is_a_fault() {
    let contract =
        "## Actors\n| **Fetcher** | |\n| **Alerter** | |\n## Messages\n| `Rewind` | a → Fetcher | |";
    assert_eq!(faults_of(contract), ["actors.md: `Alerter` is not in the code"]);
}

#[test]
fn a_message_that_goes_elsewhere_is_a_fault() {
    let contract = "## Actors\n| **Fetcher** | |\n## Messages\n| `Rewind` | Validator → Manager | |";
    assert_eq!(faults_of(contract), ["src/actors/fetcher.rs:5: actors.md does not send `Rewind` to Fetcher"]);
}
