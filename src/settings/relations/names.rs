//! Names, and what else must be there only once.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fmt::Display;

use toml::Spanned;

use crate::settings::mistake::Mistake;
use crate::settings::notes::Notes;
use crate::settings::overrides::normal;
use crate::settings::raw::RawSettings;
use crate::settings::sources::Span;
use crate::settings::value::Name;

pub(super) fn check(raw: &RawSettings, notes: &Notes) {
    let mut chains =
        Once::new("chain", "the name is part of paths, metrics and overrides: give each its own", notes);
    let mut ids =
        Once::new("chain_id", "a chain is streamed once: put all its providers into one [[chains]]", notes);
    let mut providers = Once::new(
        "provider",
        "a provider belongs to one chain, and its name to one provider: give each its own, such as alchemy-base",
        notes,
    );
    let mut addresses =
        Once::new("address", "an address serves one provider of one chain: remove it from the other", notes);
    for chain in &raw.chains {
        chains.name(chain.name.as_ref());
        if let Some(id) = &chain.chain_id {
            ids.see(id.get_ref().to_string(), id.get_ref(), &id.span());
        }
        for provider in &chain.providers {
            providers.name(provider.name.as_ref());
            for url in provider.endpoints.get_ref() {
                addresses.see(url.get_ref().0.expose().to_string(), &url.get_ref().0, &url.span());
            }
            for url in &provider.ws {
                addresses.see(url.get_ref().0.expose().to_string(), &url.get_ref().0, &url.span());
            }
        }
    }
    let mut sinks =
        Once::new("sink", "its place in the stream is kept under its name: give each its own", notes);
    raw.sinks.iter().for_each(|sink| sinks.name(sink.name.as_ref()));
}

/// Things of which there may be one each.
struct Once<'n> {
    what: &'static str,
    help: &'static str,
    seen: BTreeMap<String, Span>,
    notes: &'n Notes,
}

impl<'n> Once<'n> {
    fn new(what: &'static str, help: &'static str, notes: &'n Notes) -> Self {
        Self { what, help, seen: BTreeMap::new(), notes }
    }

    /// Names that differ only in case, or in hyphen and underscore, are one to an override.
    fn name(&mut self, name: Option<&Spanned<Name>>) {
        if let Some(name) = name {
            self.see(normal(&name.get_ref().0), &format!("`{}`", name.get_ref().0), &name.span());
        }
    }

    fn see(&mut self, key: String, shown: &dyn Display, span: &Span) {
        match self.seen.entry(key) {
            Entry::Vacant(vacant) => {
                vacant.insert(span.clone());
            }
            Entry::Occupied(first) => {
                let told = if self.notes.is_literal(span) { format!(" {shown}") } else { String::new() };
                let message = format!("the {}{told} is there twice", self.what);
                let mistake = Mistake::at(&self.notes.sources, span, message, Some(self.help.into()));
                self.notes.push(mistake.and(&self.notes.sources, first.get(), "first here"));
            }
        }
    }
}
