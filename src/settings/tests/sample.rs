//! The sample that is shipped.

use super::*;
use crate::settings::forecast::forecast;
use crate::sink::registry::Registry;

const SAMPLE: &str = include_str!("../../../Settings.toml");

fn standard(kind: &str, table: &toml::Table) -> Result<(), SinkFault> {
    let checked = Registry::standard().check(kind, table);
    checked.map_err(|error| SinkFault { message: error.message, key: error.key })
}

fn sample() -> Loaded {
    let path = Path::new("/etc/blocktap/Settings.toml");
    super::super::parse(path, SAMPLE, &Environment::new(), &standard)
        .unwrap_or_else(|refused| panic!("{:?}", refused.errors))
}

#[test]
fn the_sample_has_neither_mistakes_nor_doubts() {
    let loaded = sample();
    assert!(loaded.warnings.is_empty(), "{:?}", loaded.warnings);
    let kinds: Vec<&str> = loaded.settings.sinks.iter().map(|sink| sink.kind.as_str()).collect();
    assert_eq!(kinds, ["console", "sqlite"]);
}

#[test]
fn the_sample_asks_at_least_four_operators_and_none_for_a_key() {
    let loaded = sample();
    let chain = &loaded.settings.chains[0];
    assert_eq!(chain.chain_id.as_str(), "eip155:1");
    assert!(chain.operators().len() >= 4, "{:?}", chain.operators());
    assert!(
        forecast(&loaded.settings)
            .iter()
            .all(|forecast| forecast.requests_a_day <= 5_760 + 2_880 + 288 + 288)
    );
}

#[test]
fn the_sample_explains_every_key() {
    for key in sample().keys {
        let word = key.rsplit('.').next().unwrap_or_default();
        let set = |line: &str| {
            let line = line.trim_start_matches(['#', ' ']);
            line.starts_with(&format!("{word} = ")) || line.contains(&format!(" {word} = "))
        };
        let header = SAMPLE.contains(&format!("[{key}]"));
        assert!(header || SAMPLE.lines().any(set), "{key} is not in the sample");
    }
}

#[test]
fn what_the_sample_comments_out_may_be_uncommented_as_it_stands() {
    let uncomment = |line: &str| match line.strip_prefix("# ") {
        Some(code) if code.starts_with('[') || code.split_once(" = ").is_some_and(|(key, _)| is_key(key)) => {
            code.to_owned()
        }
        _ => line.to_owned(),
    };
    let text: Vec<String> = SAMPLE.lines().map(uncomment).collect();
    let environment = ["BLOCKTAP_TOKEN", "ALCHEMY_KEY"].map(|name| (name.into(), "0123456789abcdef".into()));
    let path = Path::new("/etc/blocktap/Settings.toml");
    let loaded = super::super::parse(path, &text.join("\n"), &Environment::from(environment), &standard);
    let settings = loaded.unwrap_or_else(|refused| panic!("{:?}", refused.errors)).settings;
    assert_eq!(settings.sinks.len(), 3);
    assert_eq!(settings.chains[0].providers.len(), sample().settings.chains[0].providers.len() + 1);
}

fn is_key(text: &str) -> bool {
    text.chars().all(|c| c.is_ascii_lowercase() || c == '_')
}
