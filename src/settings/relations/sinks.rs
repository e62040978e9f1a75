//! Sinks: the kinds, the keys of each kind, and the chains that they name.

use toml::Spanned;

use crate::settings::notes::Notes;
use crate::settings::raw::RawSettings;
use crate::settings::raw::sink::RawSink;
use crate::settings::sink::{CheckSink, SinkFault};
use crate::settings::sources::Span;
use crate::settings::suggestion::nearest;
use crate::settings::value::Name;

pub(super) fn check(raw: &RawSettings, check_sink: CheckSink<'_>, notes: &Notes) {
    if raw.sinks.is_empty() {
        notes.warn(
            &raw.span,
            "there is no sink: blocks go into the journal and nowhere else",
            "write [[sinks]] with a name and kind = \"console\"",
        );
    }
    let known: Vec<&str> =
        raw.chains.iter().filter_map(|chain| Some(chain.name.as_ref()?.get_ref().0.as_str())).collect();
    for sink in &raw.sinks {
        chains(sink, &known, notes);
        kind(sink, check_sink, notes);
    }
}

fn chains(sink: &RawSink, known: &[&str], notes: &Notes) {
    let Some(chains) = &sink.chains else { return };
    if chains.get_ref().is_empty() {
        notes.warn(&chains.span(), "this sink takes no chain", "leave `chains` out to take all");
    }
    let unknown = |name: &&Spanned<Name>| !known.contains(&name.get_ref().0.as_str());
    for name in chains.get_ref().iter().filter(unknown) {
        let help = match nearest(&name.get_ref().0, known.iter().copied()) {
            Some(chain) => format!("did you mean \"{chain}\"?"),
            None => format!("there are: {}", known.join(", ")),
        };
        notes.error(&name.span(), "no chain has this name", help);
    }
}

fn kind(sink: &RawSink, check_sink: CheckSink<'_>, notes: &Notes) {
    let Some(kind) = &sink.kind else { return };
    let Err(fault) = check_sink(kind.get_ref(), &sink.table) else { return };
    let place = fault.key.as_deref().and_then(|key| sink.place(key));
    let message = harmless(&fault, notes);
    let span = match (&fault.key, place) {
        (Some(key), None) if key == "kind" => kind.span(),
        (_, Some((key, value))) => place_of(&message, key, value),
        (_, None) => sink.span.clone(),
    };
    notes.error(&span, message, help(&fault, kind.get_ref(), notes));
}

/// The registry's text, unless it repeats a secret.
fn harmless(fault: &SinkFault, notes: &Notes) -> String {
    match &fault.key {
        _ if !notes.tells_a_secret(&fault.message) => fault.message.clone(),
        Some(key) => format!("the value of `{key}` cannot be used"),
        None => "a value in this sink cannot be used".into(),
    }
}

/// An unknown key is wrong itself; a known one has a wrong value.
fn place_of(message: &str, key: &Span, value: &Span) -> Span {
    if message.starts_with("unknown") { key.clone() } else { value.clone() }
}

/// The registry tells the words that it knows, and which of them was meant is for us to guess.
fn help(fault: &SinkFault, kind: &str, notes: &Notes) -> String {
    let typed = match fault.key.as_deref() {
        Some("kind") => kind,
        Some(key) => key,
        None => "",
    };
    let words = fault.message.split(['`', ' ', ',']).filter(|word| !word.is_empty() && *word != typed);
    match nearest(typed, words) {
        Some(known) if !notes.tells_a_secret(&fault.message) => format!("did you mean `{known}`?"),
        _ => "the keys of each kind are in the sample Settings.toml".into(),
    }
}
