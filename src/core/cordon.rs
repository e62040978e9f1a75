//! A provider that a person took out of service.

use std::fmt::Write;

use serde::Serialize;

use super::at::At;
use super::readable::seconds;

/// Why, by whom and for how long a provider is out of service.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Cordon {
    /// Its end; without one it lasts until it is taken back.
    pub until: Option<At>,
    /// Who ordered it, as the caller claims.
    pub by: Option<String>,
    /// Why.
    pub reason: Option<String>,
}

impl Cordon {
    /// Characters kept of a name.
    pub const LONGEST_NAME: usize = 64;
    /// Characters kept of a reason.
    pub const LONGEST_REASON: usize = 200;

    /// Whether it is not over by `now`.
    pub fn holds(&self, now: At) -> bool {
        self.until.is_none_or(|until| now < until)
    }

    /// In words, such as `cordoned for 59m by anna: disk is replaced`.
    pub fn describe(&self, now: At) -> String {
        let mut words = match self.until {
            Some(until) => format!("cordoned for {}", seconds(until.since(now))),
            None => "cordoned until uncordoned".into(),
        };
        if let Some(by) = &self.by {
            let _ = write!(words, " by {by}");
        }
        if let Some(reason) = &self.reason {
            let _ = write!(words, ": {reason}");
        }
        words
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_says_how_long_by_whom_and_why() {
        let cordon = Cordon { until: None, by: None, reason: None };
        assert_eq!(cordon.describe(At::ZERO), "cordoned until uncordoned");
        let until = Some(At::from_secs(90));
        let cordon = Cordon { until, by: Some("anna".into()), reason: Some("new disk".into()) };
        assert_eq!(cordon.describe(At::from_secs(30)), "cordoned for 1m by anna: new disk");
    }

    #[test]
    fn one_without_an_end_holds_for_ever() {
        let end = |until| Cordon { until, by: None, reason: None };
        assert!(end(None).holds(At::from_secs(u64::MAX)));
        assert!(end(Some(At::from_secs(5))).holds(At::from_secs(4)));
        assert!(!end(Some(At::from_secs(5))).holds(At::from_secs(5)));
    }
}
