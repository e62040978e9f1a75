//! A provider that a person took out of service.

use std::fmt::Write;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::at::At;
use super::readable::seconds;
use super::until::{Now, Until};

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

/// The same as it is kept over a restart.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    /// Its end; without one it lasts until it is taken back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Until>,
    /// Who ordered it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
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

    /// As it is kept over a restart; `None` if it is over.
    pub fn kept(&self, now: Now) -> Option<Kept> {
        let until = self.until.map(|until| Until::of(until, now));
        let (by, reason) = (self.by.clone(), self.reason.clone());
        (until != Some(None)).then(|| Kept { until: until.flatten(), by, reason })
    }

    /// What was kept; `None` if it is over by now.
    pub fn recalled(kept: &Kept, now: Now) -> Option<Self> {
        let until = kept.until.map(|until| until.resumed(Duration::MAX, now));
        let (by, reason) = (kept.by.clone(), kept.reason.clone());
        (until != Some(None)).then(|| Self { until: until.flatten(), by, reason })
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
    fn it_is_kept_over_a_restart_until_it_is_over() {
        let kept_at = Now { at: At::from_secs(100), unix_s: 1000 };
        let until = Some(At::from_secs(160));
        let cordon = Cordon { until, by: Some("anna".into()), reason: None };
        let kept = cordon.kept(kept_at).unwrap();
        let began = |unix_s| Now { at: At::ZERO, unix_s };
        let recalled = Cordon::recalled(&kept, began(1020)).unwrap();
        assert_eq!(recalled, Cordon { until: Some(At::from_secs(40)), ..cordon.clone() });
        assert_eq!(Cordon::recalled(&kept, began(1060)), None);
        assert_eq!(cordon.kept(Now { at: At::from_secs(160), unix_s: 1060 }), None);
        let endless = Cordon { until: None, ..cordon };
        assert_eq!(Cordon::recalled(&endless.kept(kept_at).unwrap(), began(9_999_999)), Some(endless));
    }

    #[test]
    fn one_without_an_end_holds_for_ever() {
        let end = |until| Cordon { until, by: None, reason: None };
        assert!(end(None).holds(At::from_secs(u64::MAX)));
        assert!(end(Some(At::from_secs(5))).holds(At::from_secs(4)));
        assert!(!end(Some(At::from_secs(5))).holds(At::from_secs(5)));
    }
}
