//! What the answers mean together: wrong chains, different histories, too few operators.

use std::collections::{BTreeMap, BTreeSet};

use super::examination::{Answer, Examined};
use crate::cli::exit::Exit;
use crate::core::hash::Hash;
use crate::settings::Settings;

/// What is to be said below the table.
#[derive(Debug, Default)]
pub struct Findings {
    /// Providers that serve another chain, or another history of it.
    contradictions: Vec<String>,
    /// Chains that could not be streamed now.
    shortages: Vec<String>,
}

/// Holds the answers against the configuration and each other.
pub fn of(settings: &Settings, examined: &[Examined]) -> Findings {
    let mut findings = Findings::default();
    for chain in &settings.chains {
        let endpoints: Vec<&Examined> = examined.iter().filter(|one| one.chain == chain.name).collect();
        let mut histories: BTreeMap<Hash, BTreeSet<&str>> = BTreeMap::new();
        for one in &endpoints {
            let Some(Ok(identity)) = &one.facts.identity else { continue };
            if identity.chain_id == chain.chain_id {
                histories.entry(identity.genesis).or_default().insert(&one.operator);
            } else {
                let text = format!("{} serves {}, not {}", one.provider, identity.chain_id, chain.chain_id);
                findings.contradictions.push(text);
            }
        }
        if histories.len() > 1 {
            let told =
                histories.iter().map(|(genesis, operators)| format!("  {genesis}: {}", list(operators)));
            let text = format!(
                "{}: providers begin with different blocks\n{}",
                chain.name,
                told.collect::<Vec<_>>().join("\n")
            );
            findings.contradictions.push(text);
        }
        let operators: BTreeSet<&str> = histories.into_values().flatten().collect();
        // Whoever serves another chain answers all the same: that is said below, and no matter of the network.
        let somebody_answers = endpoints.iter().any(|one| matches!(one.facts.identity, Some(Ok(_))));
        if !operators.is_empty() || !somebody_answers {
            findings.shortages.extend(shortage(&chain.name, &operators));
        }
    }
    findings
}

fn shortage(chain: &str, operators: &BTreeSet<&str>) -> Option<String> {
    match operators.len() {
        0 => Some(format!("{chain}: no provider answers; is there a network? `run` would keep trying")),
        1 => Some(format!("{chain}: only {} answers; nobody corroborates it", list(operators))),
        _ => None,
    }
}

fn list(operators: &BTreeSet<&str>) -> String {
    operators.iter().copied().collect::<Vec<_>>().join(", ")
}

impl Findings {
    /// Everything in words: what each endpoint could not do, and what that means.
    pub fn text(&self, examined: &[Examined]) -> String {
        let mut lines: Vec<String> = examined.iter().flat_map(failures).collect();
        lines.extend(self.shortages.iter().cloned());
        lines.extend(self.contradictions.iter().map(|text| format!("wrong: {text}")));
        if lines.is_empty() { "every provider can do everything".into() } else { lines.join("\n") }
    }

    /// Only a contradiction is a fault: what does not answer now may answer later.
    pub fn exit(&self) -> Exit {
        if self.contradictions.is_empty() { Exit::Fine } else { Exit::WrongChain }
    }
}

fn failures(one: &Examined) -> Vec<String> {
    let facts = &one.facts;
    let told = [
        ("identity", why(&facts.identity)),
        ("head", why(&facts.head)),
        ("WebSocket", why(&one.socket)),
        ("batches", why(&facts.batches)),
        ("receipts", why(&facts.receipts)),
    ];
    let mut reasons: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for (what, reason) in told {
        if let Some(reason) = reason {
            reasons.entry(reason).or_default().push(what);
        }
    }
    let lines = reasons.into_iter();
    lines
        .map(|(reason, what)| format!("{} ({}): {}: {reason}", one.provider, one.endpoint, what.join(", ")))
        .collect()
}

fn why<T>(answer: &Answer<T>) -> Option<String> {
    answer.as_ref()?.as_ref().err().map(ToString::to_string)
}
