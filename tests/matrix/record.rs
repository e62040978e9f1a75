//! What blocktap recorded of its providers.

use std::collections::{BTreeMap, BTreeSet};

use crate::stage::Stage;

/// Every provider's failed requests, by class.
#[derive(Default)]
pub struct Errors(BTreeMap<String, BTreeMap<String, u64>>);

impl Errors {
    /// As counted now.
    pub async fn of(stage: &Stage) -> Self {
        let observed = stage.observe("providers/").await;
        let of_one = |state: &serde_json::Value| {
            let classes: BTreeMap<String, u64> =
                serde_json::from_value(state["errors"]["by_class"].clone()).unwrap();
            (state["provider"].as_str().unwrap().to_owned(), classes)
        };
        let errors: BTreeMap<_, _> = observed.iter().map(|one| of_one(&one.state)).collect();
        assert!(!errors.is_empty(), "nobody was observed");
        Self(errors)
    }

    /// How often `provider` failed in this class.
    pub fn count(&self, provider: &str, class: &str) -> u64 {
        self.0.get(provider).and_then(|classes| classes.get(class)).copied().unwrap_or_default()
    }

    /// The classes that were counted since `before`, for these providers.
    pub fn since(&self, before: &Self, providers: &BTreeSet<String>) -> BTreeSet<String> {
        let of_one = |(provider, classes): (&String, &BTreeMap<String, u64>)| {
            let grown = classes.iter().filter(|(class, count)| **count > before.count(provider, class));
            grown.map(|(class, _)| class.clone()).collect::<Vec<_>>()
        };
        self.0.iter().filter(|(name, _)| providers.contains(*name)).flat_map(of_one).collect()
    }
}

/// What every provider's flags are.
pub async fn flags(stage: &Stage) -> BTreeMap<String, serde_json::Value> {
    let observed = stage.observe("providers/").await;
    let flags = |state: &serde_json::Value| {
        (state["provider"].as_str().unwrap().to_owned(), state["eligibility"].clone())
    };
    observed.iter().map(|one| flags(&one.state)).collect()
}

/// The chain's block time as measured, in seconds.
pub async fn block_time_s(stage: &Stage) -> f64 {
    stage.observe("manager").await[0].state["block_time_s"].as_f64().unwrap()
}

/// Every restart of every actor.
pub async fn restarts(stage: &Stage) -> u32 {
    stage.observe("").await.iter().map(|one| one.vitals.restarts).sum()
}
