//! Who may see whom.

use super::paths::{self, Spoken};
use super::source::Source;

/// What one room may use.
pub struct Floor {
    /// The room.
    pub room: &'static str,
    /// The rooms, or parts of rooms, below it.
    pub sees: &'static [&'static str],
    /// The crates.
    pub crates: Crates,
}

/// Crates that a room may use.
pub enum Crates {
    /// These.
    Only(&'static [&'static str]),
    /// All that the manifest names, but these.
    AllBut(&'static [&'static str]),
}

/// The crates that a manifest names, as code spells them.
pub fn dependencies(manifest: &str) -> Vec<String> {
    let manifest: toml::Table = manifest.parse().unwrap();
    let table = manifest["dependencies"].as_table().unwrap();
    table.keys().map(|name| name.replace('-', "_")).collect()
}

/// What is used that lies above or beside, and crates that the floor does not allow.
pub fn faults(floors: &[Floor], sources: &[Source], dependencies: &[String]) -> Vec<String> {
    let mut faults = Vec::new();
    for source in sources {
        let Some(room) = source.room() else { continue };
        let Some(floor) = floors.iter().find(|floor| floor.room == room) else {
            faults.push(format!("{}:1: the room `{room}` stands on no floor", source.path));
            continue;
        };
        let spoken = paths::spoken(source).into_iter();
        let forbidden = spoken.filter(|spoken| !floor.allows(spoken, dependencies));
        faults.extend(forbidden.map(|spoken| told(source, &spoken, &format!("`{room}` may not see"))));
    }
    faults
}

/// What `room` uses of the places that only the edges may touch.
pub fn impurities(room: &str, places: &[&str], sources: &[Source]) -> Vec<String> {
    let mut faults = Vec::new();
    for source in sources.iter().filter(|source| source.room().as_deref() == Some(room)) {
        let spoken = paths::spoken(source).into_iter();
        let impure = spoken.filter(|spoken| places.iter().any(|place| spoken.is_in(place)));
        faults
            .extend(impure.map(|spoken| told(source, &spoken, &format!("`{room}` is pure, it may not see"))));
    }
    faults
}

/// Actors that name another actor's type instead of a link for its messages.
pub fn acquaintances(sources: &[Source], actors: &[String]) -> Vec<String> {
    let homes: Vec<String> = actors.iter().map(|actor| actor.to_lowercase()).collect();
    let mut faults = Vec::new();
    for source in sources {
        let module = source.module();
        let Some(home) = module.get(1).filter(|home| module[0] == "actors" && homes.contains(home)) else {
            continue;
        };
        let others = |spoken: &Spoken| {
            homes.iter().any(|other| other != home && spoken.is_in(&format!("crate::actors::{other}")))
        };
        let strangers = paths::spoken(source).into_iter().filter(others);
        faults.extend(strangers.map(|spoken| told(source, &spoken, "an actor may not name another:")));
    }
    faults
}

impl Floor {
    fn allows(&self, spoken: &Spoken, dependencies: &[String]) -> bool {
        let first = &spoken.parts[0];
        if first != "crate" {
            let allowed = match self.crates {
                Crates::Only(only) => only.contains(&first.as_str()),
                Crates::AllBut(but) => !but.contains(&first.as_str()),
            };
            return allowed || !dependencies.contains(first);
        }
        let own = spoken.parts.len() < 2 || spoken.parts[1] == self.room;
        own || self.sees.iter().any(|place| spoken.is_in(&format!("crate::{place}")))
    }
}

fn told(source: &Source, spoken: &Spoken, fault: &str) -> String {
    format!("{}:{}: {fault} `{}`", source.path, spoken.line, spoken.parts.join("::"))
}

#[cfg(test)]
const HOUSE: &[Floor] = &[
    Floor { room: "core", sees: &[], crates: Crates::Only(&["serde"]) },
    Floor { room: "chain", sees: &["core"], crates: Crates::AllBut(&["actix"]) },
    Floor { room: "settings", sees: &["core", "chain::secret_url"], crates: Crates::AllBut(&[]) },
];

#[cfg(test)]
fn faults_of(path: &str, text: &str) -> Vec<String> {
    let dependencies = ["serde", "tokio", "actix"].map(str::to_owned);
    faults(HOUSE, &[Source::new(path, text)], &dependencies)
}

#[test]
fn looking_up_or_sideways_is_a_fault() {
    assert_eq!(
        faults_of("src/core/a.rs", "//! crate::chain\n\nuse crate::chain::error::ChainError;"),
        ["src/core/a.rs:3: `core` may not see `crate::chain::error::ChainError`"]
    );
    assert_eq!(faults_of("src/chain/a.rs", "fn f() { super::super::sink::go() }").len(), 1);
    assert_eq!(faults_of("src/settings/a.rs", "use crate::chain::network;").len(), 1);
    assert_eq!(faults_of("src/attic.rs", "").len(), 1);
}

#[test]
fn a_crate_that_the_floor_does_not_allow_is_a_fault() {
    assert_eq!(faults_of("src/core/a.rs", "fn f() { tokio::time::sleep(x); }").len(), 1);
    assert_eq!(faults_of("src/chain/a.rs", "use actix::Actor;").len(), 1);
}

#[test]
fn looking_down_is_none() {
    let down =
        "use std::fmt;\nuse serde::Serialize;\nuse super::b::C;\nuse crate::core::x;\nfn f() { C::new() }";
    assert_eq!(faults_of("src/core/a.rs", down), Vec::<String>::new());
    assert_eq!(faults_of("src/chain/a.rs", &down.replace("serde", "tokio")), Vec::<String>::new());
    assert_eq!(
        faults_of("src/settings/a.rs", "use crate::chain::secret_url::SecretUrl;"),
        Vec::<String>::new()
    );
}

#[test]
fn a_look_at_the_clock_is_impure() {
    let source = Source::new("src/core/a.rs", "use std::time::{Duration, Instant};");
    assert_eq!(impurities("core", &["std::time::Instant"], &[source]).len(), 1);
}

#[test]
fn an_actor_that_names_another_is_a_fault() {
    let sources = [
        Source::new(
            "src/actors/fetcher.rs",
            "use super::messages::Rewind;\nuse super::validator::Validator;",
        ),
        Source::new("src/actors/validator/waiting.rs", "use crate::actors::messages::Served;"),
    ];
    let actors = ["Fetcher", "Validator"].map(str::to_owned);
    let faults = acquaintances(&sources, &actors);
    assert_eq!(faults.len(), 1, "{faults:?}");
    assert!(faults[0].starts_with("src/actors/fetcher.rs:2:"), "{faults:?}");
}

#[test]
fn dependencies_are_spelt_as_in_code() {
    let manifest = "[dependencies]\ntokio-tungstenite = \"1\"\n[dev-dependencies]\nproptest = \"1\"";
    assert_eq!(dependencies(manifest), ["tokio_tungstenite"]);
}
