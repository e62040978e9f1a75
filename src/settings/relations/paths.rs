//! Sinks that would write into the same file.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::settings::mistake::Mistake;
use crate::settings::notes::Notes;
use crate::settings::raw::RawSettings;
use crate::settings::raw::sink::RawSink;
use crate::settings::sources::Span;

/// Kinds whose files hold several streams side by side.
const SHARED: [&str; 1] = ["sqlite"];

/// Who writes a file.
struct Writer<'r> {
    sink: &'r RawSink,
    chain: String,
    span: Span,
}

pub(super) fn check(raw: &RawSettings, folder: &Path, notes: &Notes) {
    let all: Vec<String> =
        raw.chains.iter().filter_map(|chain| Some(chain.name.as_ref()?.get_ref().0.clone())).collect();
    let mut writers: BTreeMap<PathBuf, Vec<Writer<'_>>> = BTreeMap::new();
    for sink in &raw.sinks {
        let (Some(path), Some((_, span))) =
            (sink.table.get("path").and_then(toml::Value::as_str), sink.place("path"))
        else {
            continue;
        };
        for chain in chains_of(sink, &all) {
            let file = plain(&folder.join(path.replace("{chain}", &chain)));
            writers.entry(file).or_default().push(Writer { sink, chain, span: span.clone() });
        }
    }
    writers.values().for_each(|writers| clash(writers, notes));
}

fn chains_of(sink: &RawSink, all: &[String]) -> Vec<String> {
    match &sink.chains {
        Some(named) => named.get_ref().iter().map(|name| name.get_ref().0.clone()).collect(),
        None => all.to_vec(),
    }
}

/// Without `.` and `..`, so that two ways to write a path are one. Links are not followed: nothing may exist yet.
fn plain(path: &Path) -> PathBuf {
    use std::path::Component;
    let mut plain = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir => {
                plain.pop();
            }
            other => plain.push(other),
        }
    }
    plain
}

fn clash(writers: &[Writer<'_>], notes: &Notes) {
    let Some((first, others)) = writers.split_first() else { return };
    for other in others {
        if std::ptr::eq(first.sink, other.sink) {
            if !is_shared(first.sink) {
                let help = "write {chain} into the path: it stands for the chain's name";
                notes.error(
                    &first.span,
                    "this sink takes several chains, but has one file for all of them",
                    help,
                );
                return;
            }
        } else if first.chain == other.chain || !(is_shared(first.sink) && is_shared(other.sink)) {
            let help = "give each sink a path of its own".to_owned();
            let mistake =
                Mistake::at(&notes.sources, &other.span, "two sinks would write into this file", Some(help));
            notes.push(mistake.and(&notes.sources, &first.span, "first here"));
            return;
        }
    }
}

fn is_shared(sink: &RawSink) -> bool {
    sink.kind.as_ref().is_some_and(|kind| SHARED.contains(&kind.get_ref().as_str()))
}
