//! What blocktap showed of itself, looked at again and again while a fault lasted: what comes and goes is seen, too.

use std::collections::{BTreeMap, BTreeSet};

use blocktap::core::at::At;
use blocktap::core::numbers::Height;
use serde_json::Value;

use crate::stage::Stage;

/// Every look, in order.
#[derive(Default)]
pub struct Sightings(Vec<Sighting>);

/// One look.
pub struct Sighting {
    pub at: At,
    /// The world's head when it was taken.
    pub world: Height,
    manager: Value,
    providers: BTreeMap<String, Value>,
}

impl Sightings {
    /// Looks once more.
    pub async fn look(&mut self, stage: &Stage) {
        let manager = stage.observe("manager").await.swap_remove(0).state;
        let providers = stage.observe("providers/").await.into_iter();
        let named = |state: Value| (state["provider"].as_str().unwrap().to_owned(), state);
        let providers = providers.map(|one| named(one.state)).collect();
        let (at, world) = (stage.world.now(), stage.world.head().height);
        self.0.push(Sighting { at, world, manager, providers });
    }

    pub fn all(&self) -> &[Sighting] {
        &self.0
    }

    pub fn first(&self) -> &Sighting {
        self.0.first().unwrap()
    }

    pub fn last(&self) -> &Sighting {
        self.0.last().unwrap()
    }
}

impl Sighting {
    /// Who led.
    pub fn leader(&self) -> Option<&str> {
        self.manager["election"]["leader"]["name"].as_str()
    }

    /// The head that the stream was measured by.
    pub fn reference(&self) -> Option<Height> {
        self.manager["head"].as_u64().map(Height)
    }

    /// Why the stream did not stand firmly.
    pub fn degraded(&self) -> BTreeSet<&str> {
        self.manager["degraded"].as_array().unwrap().iter().filter_map(Value::as_str).collect()
    }

    /// The names of a provider's flags.
    pub fn flags(&self, provider: &str) -> BTreeSet<&str> {
        let flags = self.providers[provider]["eligibility"].as_array().unwrap();
        flags.iter().filter_map(|flag| flag["flag"].as_str()).collect()
    }

    /// Who had a flag.
    pub fn flagged(&self) -> BTreeSet<&str> {
        let names = self.providers.keys().map(String::as_str);
        names.filter(|name| !self.flags(name).is_empty()).collect()
    }

    /// The highest block that a provider had shown.
    pub fn head(&self, provider: &str) -> Option<Height> {
        self.providers[provider]["head"]["height"].as_u64().map(Height)
    }

    /// How often a provider had failed, by class.
    pub fn errors(&self, provider: &str) -> BTreeMap<String, u64> {
        serde_json::from_value(self.providers[provider]["errors"]["by_class"].clone()).unwrap()
    }
}
