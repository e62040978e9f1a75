//! The house as its sources show it: who may see whom, how large a file may grow, and that `actors.md` tells the truth.
//!
//! Each rule is a function from sources to faults, so that each can be shown to fail on a made-up house.

#![expect(clippy::unwrap_used, reason = "a test may panic; clippy sees only functions marked as tests")]

#[path = "architecture/contract.rs"]
mod contract;
#[path = "architecture/floors.rs"]
mod floors;
#[path = "architecture/lexer.rs"]
mod lexer;
#[path = "architecture/paths.rs"]
mod paths;
#[path = "architecture/source.rs"]
mod source;
#[path = "architecture/tidiness.rs"]
mod tidiness;

use std::fs;
use std::path::Path;

use floors::{Crates, Floor};
use source::Source;

/// Each room, the rooms or parts of rooms that it may see besides itself, and the crates that it may use.
const FLOORS: &[Floor] = &[
    Floor {
        room: "core",
        sees: &[],
        crates: Crates::Only(&["serde", "serde_json", "sha2", "hex", "bytes", "humantime", "thiserror"]),
    },
    Floor { room: "crash", sees: &[], crates: Crates::Only(&["rustix", "tracing"]) },
    Floor { room: "chain", sees: &["core"], crates: Crates::AllBut(ACTORS) },
    Floor { room: "sink", sees: &["core", "crash"], crates: Crates::AllBut(ACTORS) },
    Floor { room: "journal", sees: &["core", "crash"], crates: Crates::AllBut(ACTORS) },
    Floor { room: "records", sees: &["core"], crates: Crates::AllBut(ACTORS) },
    Floor { room: "http", sees: &["core"], crates: Crates::AllBut(&["actix"]) },
    Floor { room: "settings", sees: &["core", "chain", "sink::registry"], crates: Crates::AllBut(ACTORS) },
    Floor { room: "sim", sees: &["core", "chain"], crates: Crates::AllBut(ACTORS) },
    Floor {
        room: "actors",
        sees: &["core", "crash", "chain", "sink", "journal", "records", "http"],
        crates: Crates::AllBut(&["actix_web"]),
    },
    Floor {
        room: "app",
        sees: &["core", "crash", "chain", "sink", "journal", "records", "http", "settings", "sim", "actors"],
        crates: Crates::AllBut(&[]),
    },
    Floor {
        room: "cli",
        sees: &["core", "chain", "sink", "journal", "records", "http", "settings", "sim", "actors", "app"],
        crates: Crates::AllBut(&[]),
    },
    Floor { room: "main", sees: &["cli"], crates: Crates::AllBut(&[]) },
];

/// What knows of actors; edges do not.
const ACTORS: &[&str] = &["actix", "actix_web"];

/// Core asks nobody what time it is, and touches nothing.
const IMPURE: &[&str] = &[
    "std::env",
    "std::fs",
    "std::io",
    "std::net",
    "std::process",
    "std::thread",
    "std::time::Instant",
    "std::time::SystemTime",
];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn sources() -> Vec<Source> {
    let sources = source::read_all(root(), &["src"], &["rs"]);
    assert!(sources.len() > 100, "only {} sources were found", sources.len());
    source::without_tests(sources)
}

fn assert_none(faults: &[String]) {
    assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
}

#[test]
fn every_room_sees_only_the_floors_below() {
    let manifest = fs::read_to_string(root().join("Cargo.toml")).unwrap();
    assert_none(&floors::faults(FLOORS, &sources(), &floors::dependencies(&manifest)));
}

#[test]
fn core_is_pure() {
    assert_none(&floors::impurities("core", IMPURE, &sources()));
}

#[test]
fn no_actor_names_another() {
    assert_none(&floors::acquaintances(&sources(), &contract::actors(&sources())));
}

#[test]
fn no_source_is_longer_than_500_lines() {
    let all = source::read_all(root(), &["src", "tests", "examples"], &["rs"]);
    assert_none(&tidiness::too_long(&all, 500));
}

#[test]
fn no_module_hides_in_a_mod_rs() {
    assert_none(&tidiness::mod_files(&source::read_all(root(), &["src"], &["rs"])));
}

#[test]
fn nothing_is_left_for_later_and_nothing_names_the_machine_it_was_written_on() {
    let kinds = ["rs", "md", "toml", "sql", "sh", "json", "txt"];
    let all = source::read_all(root(), &["src", "tests", "examples", "scripts", "."], &kinds);
    assert_none(&tidiness::forbidden(&all));
}

#[test]
fn every_message_and_every_actor_stands_in_the_contract() {
    let contract = fs::read_to_string(root().join("actors.md")).unwrap();
    assert_none(&contract::faults(&contract, &sources()));
}
