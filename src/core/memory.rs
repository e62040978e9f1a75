//! What is remembered of a chain's providers over a restart.
//!
//! Quarantines, cordons and penalties are the Manager's; breaker, pause and measures are each provider's own. There is no
//! secret in it: names, moments and numbers.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::conduct;
use super::cordon;
use super::election::KeptPenalty;
use super::strikes;

/// The only format there is so far.
const FORMAT: u32 = 1;

/// The memory of one chain.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Memory {
    /// How it is written.
    format: u32,
    /// Each provider's.
    pub providers: BTreeMap<String, Remembered>,
}

/// What is remembered of one provider.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Remembered {
    /// What was decided about it.
    #[serde(flatten)]
    pub sanctions: Sanctions,
    /// How it behaved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub conduct: Option<conduct::Kept>,
}

/// What was decided about one provider.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Sanctions {
    /// Strikes and quarantine, if anything is held against it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub strikes: Option<strikes::Kept>,
    /// Its cordon.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cordon: Option<cordon::Kept>,
    /// Its penalty for losing the lead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub penalty: Option<KeptPenalty>,
}

/// Why a text is no memory.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Illegible {
    /// It is damaged, or something else.
    #[error("it is no memory of providers: {0}")]
    Damaged(String),
    /// A newer version wrote it.
    #[error("it has format {0}, this version reads 1")]
    Format(u32),
}

#[derive(Deserialize)]
struct Head {
    format: u32,
}

impl Default for Memory {
    fn default() -> Self {
        Self { format: FORMAT, providers: BTreeMap::new() }
    }
}

impl Memory {
    /// Reads it.
    ///
    /// # Errors
    /// When it is damaged, or of another format.
    pub fn read(text: &[u8]) -> Result<Self, Illegible> {
        let damaged = |error: serde_json::Error| Illegible::Damaged(error.to_string());
        let head: Head = serde_json::from_slice(text).map_err(damaged)?;
        if head.format != FORMAT {
            return Err(Illegible::Format(head.format));
        }
        serde_json::from_slice(text).map_err(damaged)
    }

    /// As text, for a file that people may read too.
    pub fn text(&self) -> String {
        // Plain data with string keys: writing it into memory cannot fail.
        let mut text = serde_json::to_string_pretty(self).unwrap_or_default();
        text.push('\n');
        text
    }

    /// Forgets all but these providers; gives the names of those that something was decided about.
    pub fn keep_only(&mut self, known: &[&str]) -> Vec<String> {
        let strangers: Vec<String> =
            self.providers.keys().filter(|name| !known.contains(&name.as_str())).cloned().collect();
        let forgotten = strangers.into_iter().filter_map(|name| Some((self.providers.remove(&name)?, name)));
        let sanctioned = forgotten.filter(|(remembered, _)| remembered.sanctions != Sanctions::default());
        sanctioned.map(|(_, name)| name).collect()
    }

    /// What is remembered of one provider.
    pub fn of(&self, provider: &str) -> Remembered {
        self.providers.get(provider).cloned().unwrap_or_default()
    }

    /// Remembers what was decided about all providers; about those that are left out, nothing is.
    pub fn decide(&mut self, mut sanctions: BTreeMap<String, Sanctions>) {
        for (name, remembered) in &mut self.providers {
            remembered.sanctions = sanctions.remove(name).unwrap_or_default();
        }
        for (name, sanctions) in sanctions {
            self.providers.entry(name).or_default().sanctions = sanctions;
        }
    }

    /// Remembers how a provider behaved.
    pub fn observe(&mut self, provider: &str, conduct: conduct::Kept) {
        self.providers.entry(provider.into()).or_default().conduct = Some(conduct);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;

    use super::*;
    use crate::core::at::At;
    use crate::core::class::Class;
    use crate::core::conduct::Conduct;
    use crate::core::cordon::Cordon;
    use crate::core::health::Health;
    use crate::core::score::ScoreCard;
    use crate::core::strikes::{Offence, Strikes};
    use crate::core::token_bucket::Quota;
    use crate::core::until::Now;

    const QUOTA: Quota = Quota { rate_per_s: 10.0, burst: 20.0 };
    const KEPT_AT: Now = Now { at: At::from_secs(500), unix_s: 1_700_000_000 };

    fn sanctions() -> Sanctions {
        let mut strikes = Strikes::default();
        let _ = strikes.on_offence(Offence::Corrupt, KEPT_AT.at);
        let cordon = Cordon { until: None, by: Some("anna".into()), reason: None };
        Sanctions { strikes: Some(strikes.kept(KEPT_AT)), cordon: cordon.kept(KEPT_AT), penalty: None }
    }

    fn slow_and_failing() -> Conduct {
        let mut conduct = Conduct::new(&Health::default(), QUOTA, At::ZERO);
        for second in 400..500 {
            conduct.succeeded(Duration::from_millis(700), At::from_secs(second));
        }
        (0..3).for_each(|_| {
            conduct.failed(Class::Transient, Duration::ZERO, Duration::from_secs(5), KEPT_AT.at, 0.5)
        });
        conduct
    }

    fn memory() -> Memory {
        let mut memory = Memory::default();
        memory.decide(BTreeMap::from([("a".into(), sanctions())]));
        memory.observe("a", slow_and_failing().kept(KEPT_AT));
        memory.observe("b", Conduct::new(&Health::default(), QUOTA, At::ZERO).kept(KEPT_AT));
        memory
    }

    #[test]
    fn what_is_written_is_read_again() {
        let text = memory().text();
        assert_eq!(Memory::read(text.as_bytes()).unwrap().text(), text);
    }

    #[test]
    fn a_score_is_the_same_after_a_restart_but_for_the_time_that_passed() {
        let memory = Memory::read(memory().text().as_bytes()).unwrap();
        let kept = memory.of("a").conduct.unwrap();
        let score = |conduct: &Conduct, now: At| {
            ScoreCard::new(&conduct.measures.reading(now), 1.0, Duration::from_secs(12)).score
        };
        let began = Now { at: At::ZERO, unix_s: KEPT_AT.unix_s + 60 };
        let recalled = Conduct::recalled(&kept, &Health::default(), QUOTA, began);
        let lived_on = score(&slow_and_failing(), KEPT_AT.at + Duration::from_secs(60));
        assert!((score(&recalled, At::ZERO) - lived_on).abs() < 1e-6);
        let fresh = Conduct::new(&Health::default(), QUOTA, At::ZERO);
        assert!((score(&fresh, At::ZERO) - lived_on).abs() > 0.01);
    }

    #[test]
    fn a_later_decision_replaces_all_earlier_ones_and_leaves_conduct_alone() {
        let mut memory = memory();
        memory.decide(BTreeMap::from([("b".into(), sanctions())]));
        assert_eq!(memory.of("a").sanctions, Sanctions::default());
        assert!(memory.of("a").conduct.is_some());
        assert_eq!(memory.of("b").sanctions, sanctions());
    }

    #[test]
    fn who_is_no_longer_known_is_forgotten_and_named_if_something_was_decided() {
        let mut memory = memory();
        assert_eq!(memory.keep_only(&["b", "c"]), ["a"]);
        assert_eq!(memory.providers.keys().collect::<Vec<_>>(), ["b"]);
        assert_eq!(memory.keep_only(&["c"]), Vec::<String>::new());
    }

    #[test]
    fn a_newer_format_is_told_from_damage() {
        assert_eq!(Memory::read(br#"{"format":2,"anything":[]}"#), Err(Illegible::Format(2)));
        for damaged in ["", "{", "[]", r#"{"format":1}"#, r#"{"format":1,"providers":[]}"#] {
            assert!(matches!(Memory::read(damaged.as_bytes()), Err(Illegible::Damaged(_))), "{damaged}");
        }
    }

    proptest! {
        #[test]
        fn a_torn_or_flipped_file_never_panics(cut in 0usize..4000, place in 0usize..4000, byte: u8) {
            let mut text = memory().text().into_bytes();
            let place = place % text.len();
            text[place] = byte;
            text.truncate(cut);
            if let Ok(memory) = Memory::read(&text) {
                let now = Now { at: At::ZERO, unix_s: 1 };
                for remembered in memory.providers.values() {
                    if let Some(kept) = &remembered.conduct {
                        let conduct = Conduct::recalled(kept, &Health::default(), QUOTA, now);
                        prop_assert!(conduct.measures.reading(At::ZERO).samples.is_finite());
                    }
                    if let Some(kept) = &remembered.sanctions.strikes {
                        let _ = Strikes::recalled(kept, now);
                    }
                }
            }
        }
    }
}
