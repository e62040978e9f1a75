//! How long each provider has led.

use std::time::Duration;

use crate::core::at::At;

/// The leader at the last look, and what of its time is not yet counted: counters take whole seconds.
#[derive(Clone, Debug, Default)]
pub(super) struct Tenure {
    leader: Option<String>,
    counted_until: Option<At>,
}

impl Tenure {
    /// Counts the time since the last look for whoever led then.
    pub(super) fn observe(&mut self, chain: &str, leader: Option<&str>, now: At) {
        let seconds = self.lap(leader, now);
        if let Some(name) = self.leader.as_ref().filter(|_| seconds > 0) {
            let labels = [("chain", chain.to_owned()), ("provider", name.clone())];
            metrics::counter!("blocktap_provider_active_seconds_total", &labels).increment(seconds);
        }
        if self.leader.as_deref() != leader {
            self.leader = leader.map(str::to_owned);
        }
    }

    /// Whole seconds since the last lap; what is left over is carried into the next one, whoever leads then.
    fn lap(&mut self, leader: Option<&str>, now: At) -> u64 {
        let since = self.counted_until.filter(|_| self.leader.is_some()).unwrap_or(now);
        let seconds = now.since(since).as_secs();
        let rests = self.leader.is_none() && leader.is_none();
        self.counted_until = (!rests).then(|| since + Duration::from_secs(seconds));
        seconds
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{At, Tenure};

    fn at(ms: u64) -> At {
        At::after_epoch(Duration::from_millis(ms))
    }

    fn look(tenure: &mut Tenure, leader: Option<&str>, ms: u64) -> u64 {
        let seconds = tenure.lap(leader, at(ms));
        tenure.leader = leader.map(str::to_owned);
        seconds
    }

    #[test]
    fn many_short_looks_add_up_to_the_time_that_passed() {
        let mut tenure = Tenure::default();
        let counted: u64 = (0..=100).map(|look_nr| look(&mut tenure, Some("a"), look_nr * 110)).sum();
        assert_eq!(counted, 11);
    }

    #[test]
    fn time_without_a_leader_counts_for_nobody() {
        let mut tenure = Tenure::default();
        assert_eq!(look(&mut tenure, None, 0), 0);
        assert_eq!(look(&mut tenure, Some("a"), 5_000), 0);
        assert_eq!(look(&mut tenure, None, 8_500), 3);
        assert_eq!(look(&mut tenure, Some("b"), 60_000), 0);
        assert_eq!(look(&mut tenure, Some("b"), 62_000), 2);
    }
}
