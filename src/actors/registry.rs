//! Where every actor can be found for observation.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use futures_util::future::join_all;

use super::link::Link;
use super::observe::Observe;
use super::vitals::{Answer, LastWords, Observation, Witness};

/// How long an actor has to answer before its last words are shown instead.
pub const PATIENCE: Duration = Duration::from_millis(500);

type Entry = (Link<Observe>, LastWords);

/// All actors, by path.
#[derive(Clone, Default)]
pub struct Registry {
    entries: Arc<Mutex<BTreeMap<String, Entry>>>,
    witness: Arc<OnceLock<Witness>>,
}

impl Registry {
    /// Lets somebody hear of every message of the actors that are started from now on; the first who asks for it stays.
    pub fn attend(&self, witness: Witness) {
        // A second one is turned away.
        let _ = self.witness.set(witness);
    }

    /// Who hears of every message.
    pub fn witness(&self) -> Option<Witness> {
        self.witness.get().cloned()
    }

    /// Enters an actor.
    pub fn enter(&self, path: &str, link: Link<Observe>, words: LastWords) {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner).insert(path.into(), (link, words));
    }

    /// The paths of all actors.
    pub fn paths(&self) -> Vec<String> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner).keys().cloned().collect()
    }

    /// Asks every actor whose path `pattern` covers, all at once; never hangs. A pattern is a part of a path, or a whole one
    /// with `*` for any run of characters.
    pub async fn observe(&self, pattern: &str) -> Vec<Observation> {
        let all = self.entries.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let chosen = all.into_iter().filter(|(path, _)| covers(pattern, path));
        let answers = chosen.map(|(_, (link, words))| ask(link, words));
        join_all(answers).await.into_iter().flatten().collect()
    }
}

async fn ask(link: Link<Observe>, words: LastWords) -> Option<Observation> {
    match tokio::time::timeout(PATIENCE, link.ask(Observe)).await {
        Ok(Ok(observation)) => Some(observation),
        Ok(Err(_)) => words.recall(Answer::PostMortem),
        Err(_) => words.recall(Answer::Timeout),
    }
}

fn covers(pattern: &str, path: &str) -> bool {
    if !pattern.contains('*') {
        return path.contains(pattern);
    }
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = path.strip_prefix(first) else { return false };
    let parts: Vec<&str> = parts.collect();
    let (last, middle) = parts.split_last().map_or(("", &[][..]), |(last, middle)| (*last, middle));
    for part in middle {
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::covers;

    #[test]
    fn a_pattern_is_a_part_or_a_glob() {
        let path = "ethereum/providers/alchemy";
        for pattern in ["", "providers", "ethereum/*", "*alchemy", "eth*prov*chemy", "*"] {
            assert!(covers(pattern, path), "{pattern}");
        }
        for pattern in ["base", "base/*", "*/infura", "providers/*"] {
            assert!(!covers(pattern, path), "{pattern}");
        }
    }
}
