//! Several simulated providers in front of one world.

use std::collections::BTreeMap;

use super::profile::Profile;
use super::provider::Provider;
use super::symptom::Symptom;
use super::trace::Trace;
use super::world::World;

/// Providers by name; clones share them.
#[derive(Clone, Debug)]
pub struct Fleet {
    world: World,
    trace: Trace,
    providers: BTreeMap<String, Provider>,
}

/// Nobody in the fleet has this name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no simulated provider is called {0:?}")]
pub struct NoSuchProvider(pub String);

impl Fleet {
    /// A fleet of these profiles.
    pub fn new(world: World, profiles: impl IntoIterator<Item = Profile>) -> Self {
        let trace = Trace::default();
        let provider = |(profile, place): (Profile, u64)| {
            (profile.name.clone(), Provider::new(profile, place, world.clone(), trace.clone()))
        };
        let providers = profiles.into_iter().zip(0..).map(provider).collect();
        Self { world, trace, providers }
    }

    /// The fleet of the demonstration: five good providers of four operators.
    pub fn of_five(world: World) -> Self {
        let names = [
            ("alpha", "northwind"),
            ("bravo", "northwind"),
            ("charlie", "quayside"),
            ("delta", "lumen"),
            ("echo", "homestead"),
        ];
        Self::new(world, names.map(|(name, operator)| Profile::of(name, operator)))
    }

    /// The world it stands in front of.
    pub fn world(&self) -> &World {
        &self.world
    }

    /// What it was asked, once [`Trace::start`] was called.
    pub fn trace(&self) -> &Trace {
        &self.trace
    }

    /// Its providers, by name.
    pub fn providers(&self) -> impl Iterator<Item = &Provider> {
        self.providers.values()
    }

    /// The provider of this name.
    ///
    /// # Errors
    /// When there is none.
    pub fn provider(&self, name: &str) -> Result<&Provider, NoSuchProvider> {
        self.providers.get(name).ok_or_else(|| NoSuchProvider(name.to_owned()))
    }

    /// Makes a provider fail; see [`Provider::inflict`].
    ///
    /// # Errors
    /// When there is none of this name.
    pub fn inflict(&self, name: &str, symptom: Symptom) -> Result<(), NoSuchProvider> {
        self.provider(name).map(|provider| provider.inflict(symptom))
    }

    /// Ends all symptoms of a provider.
    ///
    /// # Errors
    /// When there is none of this name.
    pub fn heal(&self, name: &str) -> Result<(), NoSuchProvider> {
        self.provider(name).map(Provider::heal)
    }
}
