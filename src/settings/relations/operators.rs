//! Whether enough operators are there to agree.

use std::collections::BTreeSet;

use crate::core::consensus::ruling::{Corroboration, OnSingle};
use crate::settings::notes::Notes;
use crate::settings::raw::chain::RawChain;
use crate::settings::raw::provider::RawProvider;

pub(super) fn check(chain: &RawChain, notes: &Notes) {
    let operators: BTreeSet<String> = chain.providers.iter().filter_map(RawProvider::operated_by).collect();
    let demanded = *chain.corroboration.get_ref() != Corroboration::Fast;
    match operators.len() {
        1 if demanded => alone(chain, notes),
        2 if demanded => notes.warn(
            &chain.span,
            format!(
                "{} has two operators: when they disagree, nobody can say who is right, and it halts",
                chain.called()
            ),
            "add a provider of a third operator",
        ),
        _ => {}
    }
}

fn alone(chain: &RawChain, notes: &Notes) {
    let (span, consequence, help) = match chain.on_single.get_ref() {
        OnSingle::Flag => (
            chain.span.clone(),
            "its blocks are delivered without corroboration, and flagged (on_single = \"flag\")",
            "add a provider of another operator; if these are of different operators, name each with `operator`",
        ),
        OnSingle::Hold => (
            chain.on_single.span(),
            "nothing is ever delivered (on_single = \"hold\")",
            "add a provider of another operator, or write on_single = \"flag\"",
        ),
    };
    notes.warn(&span, format!("{} has providers of one operator only: {consequence}", chain.called()), help);
}
