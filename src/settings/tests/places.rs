//! Values that come from elsewhere.

use std::time::Duration;

use super::*;
use crate::chain::family::Receipts;
use crate::core::numbers::Height;
use crate::core::start::Start;

#[test]
fn overrides_set_keys_and_members_by_name() {
    let environment = [
        ("BLOCKTAP__HTTP__LISTEN", "127.0.0.1:9"),
        ("BLOCKTAP__CHAINS__ETHEREUM__START", "21000000"),
        ("BLOCKTAP__CHAINS__ETHEREUM__RECEIPTS", "true"),
        ("BLOCKTAP__CHAINS__ETHEREUM__HEALTH__LAG_THRESHOLD", "9s"),
        ("BLOCKTAP__CHAINS__ETHEREUM__PROVIDERS__ALCHEMY__WEIGHT", "1.5"),
        ("BLOCKTAP__CHAINS__ETHEREUM__PROVIDERS__OWN__ENDPOINTS", "[\"http://127.0.0.1:1\"]"),
        ("BLOCKTAP__SINKS__ARCHIVE__PATH", "other.jsonl"),
        ("BLOCKTAP__JOURNAL__SEGMENT_BYTES", "8MiB"),
        ("BLOCKTAP__HTTP__TOKEN", "12345678901234567890"),
        ("BLOCKTAP__HTTP__HOSTS", "[\"blocktap.example.org\"]"),
        ("HOME", "/root"),
    ];
    let settings =
        parse_with(SOUND, &environment).unwrap_or_else(|refused| panic!("{:?}", refused.errors)).settings;
    assert_eq!(settings.http.listen.port(), 9);
    assert_eq!(settings.chains[0].start, Start::At(Height(21_000_000)));
    assert_eq!(settings.chains[0].receipts, Receipts::With);
    assert_eq!(settings.chains[0].health.lag_threshold, Duration::from_secs(9));
    assert!((settings.chains[0].providers[0].weight - 1.5).abs() < f64::EPSILON);
    assert_eq!(settings.chains[0].providers[2].endpoints[0].to_string(), "http://127.0.0.1:1");
    assert_eq!(settings.sinks[0].table["path"].as_str(), Some("other.jsonl"));
    assert_eq!(settings.journal.segment_bytes, 8 << 20);
    assert!(settings.http.token.is_some());
    assert_eq!(settings.http.hosts, ["blocktap.example.org"]);
}

#[test]
fn a_mistake_in_an_override_names_the_variable() {
    for (name, value, message, remedy) in [
        ("BLOCKTAP__HTTP__LISTN", "1", "unknown key `listn`", "`listen`"),
        ("BLOCKTAP__HTTP__LISTEN", "CANARY", "`listen` must be", "127.0.0.1"),
        (
            "BLOCKTAP__CHAINS__GNOSIS__START",
            "1",
            "nothing in `chains` has the name `GNOSIS`; there are: ethereum",
            "",
        ),
        ("BLOCKTAP__CHAINS__ETHEREUM", "1", "a whole member", "path of a key"),
        ("BLOCKTAP__DATA_DIR__X", "1", "`data_dir` is a value", "path of a key"),
        ("BLOCKTAP__", "1", "names no key", "path of a key"),
        ("BLOCKTAP__HTTP", "1", "`http` must be a table", "[http]"),
        ("BLOCKTAP__HTTP__TOKEN", "file:/nowhere", "cannot be read", "file:"),
        ("BLOCKTAP__SINKS__ARCHIVE__DEPTH", "CANARY", "`depth` cannot be used", "Settings.toml"),
    ] {
        let refused = parse_with(SOUND, &[(name, value)]).unwrap_err();
        let found = &refused.errors[0];
        assert!(found.message().starts_with(&format!("{name}: ")), "{found}");
        assert!(found.message().contains(message), "{found}");
        assert!(found.remedy().unwrap_or_default().contains(remedy), "{}", shown(found));
        assert!(!shown(found).contains("CANARY") && found.position().is_none(), "{}", shown(found));
    }
}

#[test]
fn an_override_replaces_a_reference_that_cannot_be_completed() {
    let text = with("\"127.0.0.1:8383\"", "\"${NOWHERE}\"");
    assert!(parse(&text).is_err());
    assert!(parse_with(&text, &[("BLOCKTAP__HTTP__LISTEN", "127.0.0.1:1")]).is_ok());
}

#[test]
fn a_variable_may_stand_for_any_value() {
    let text = with("per_second = 25", "per_second = \"${RATE:-7.5}\"");
    let rate = |environment: &[(&str, &str)]| {
        parse_with(&text, environment).unwrap().settings.chains[0].providers[0].rate_limit.rate_per_s
    };
    assert!((rate(&[]) - 7.5).abs() < f64::EPSILON);
    assert!((rate(&[("RATE", "3")]) - 3.0).abs() < f64::EPSILON);
    assert!(parse(&with("per_second = 25", "per_second = \"25\"")).is_err());
}

#[test]
fn a_mistake_after_substitution_still_points_into_the_file() {
    let text = with("\"https://eth.drpc.org\"", "\"${SCHEME}://eth.drpc.org/${KEY}\"");
    let refused = parse_with(&text, &[("SCHEME", "gopher"), ("KEY", "CANARY")]).unwrap_err();
    assert_eq!(refused.errors[0].position(), Some((17, 14)));
    let shown = shown(&refused.errors[0]);
    assert!(shown.contains("${KEY}") && !shown.contains("CANARY") && !shown.contains("gopher"), "{shown}");
}
