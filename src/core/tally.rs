//! How often a provider's requests failed, by what it meant.

use std::collections::BTreeMap;

use serde::Serialize;

use super::class::Class;

/// Codes that are counted each by itself. A provider chooses its codes, so it must not choose how many we remember.
const CODES: usize = 16;

/// Counts since the provider's actor was born.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Tally {
    /// Failures, by class.
    by_class: BTreeMap<&'static str, u64>,
    /// Errors that no rule knows, by code.
    unknown_codes: BTreeMap<i64, u64>,
    /// Such errors under codes beyond those.
    other_codes: u64,
}

/// How an unknown code is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counted {
    /// By itself.
    Alone(i64),
    /// Among others, because there are too many of them.
    AmongOthers,
}

impl Tally {
    /// Counts a failure.
    pub fn failed(&mut self, class: Class) {
        *self.by_class.entry(class.name()).or_default() += 1;
    }

    /// Counts an error code that no rule knows.
    pub fn unknown(&mut self, code: i64) -> Counted {
        if self.unknown_codes.len() >= CODES && !self.unknown_codes.contains_key(&code) {
            self.other_codes += 1;
            return Counted::AmongOthers;
        }
        *self.unknown_codes.entry(code).or_default() += 1;
        Counted::Alone(code)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_are_counted_by_name() {
        let mut tally = Tally::default();
        tally.failed(Class::RateLimited { retry_after: None });
        tally.failed(Class::RateLimited { retry_after: Some(std::time::Duration::from_secs(1)) });
        assert_eq!(tally.by_class, BTreeMap::from([("rate_limited", 2)]));
    }

    #[test]
    fn a_provider_cannot_make_us_remember_codes_without_end() {
        let mut tally = Tally::default();
        for code in 0..1000 {
            let _ = tally.unknown(code);
        }
        assert_eq!((tally.unknown_codes.len(), tally.other_codes), (CODES, 1000 - CODES as u64));
        assert_eq!(tally.unknown(3), Counted::Alone(3));
        assert_eq!(tally.unknown(-1), Counted::AmongOthers);
    }
}
