use super::*;

/// What is exchanged in the sound configuration, by what, and what must be said about it: line, column, a piece of the
/// message, a piece of the remedy.
type Row = (&'static str, &'static str, (usize, usize), &'static str, &'static str);

const ERRORS: &[Row] = &[
    ("probe_interval", "probe_intervall", (9, 1), "unknown key `probe_intervall`", "`probe_interval`"),
    ("[http]", "[htttp]", (3, 2), "unknown key `htttp`", "`http`"),
    ("data_dir = \"data\"", "data_dir = 5", (2, 12), "`data_dir` must be a path", "data_dir = "),
    ("\"127.0.0.1:8383\"", "\"localhost\"", (4, 10), "`listen` must be an IP address", "127.0.0.1:8383"),
    ("\"127.0.0.1:8383\"", "\"0.0.0.0:8383\"", (4, 10), "no `token`", "token = "),
    ("name = \"ethereum\"\n", "", (5, 1), "`name` is missing in `chains`", "name = \"ethereum\""),
    ("\"ethereum\"", "\"../ethereum\"", (6, 8), "`name` must be a name", "ethereum"),
    ("\"eip155:1\"", "1", (7, 12), "`chain_id` must be", "eip155:1"),
    ("\"eip155:1\"", "\"solana:main\"", (7, 12), "EVM", "eip155:1"),
    (
        "[chains.health]",
        "start = \"lastet\"\n[chains.health]",
        (8, 9),
        "`start` must be a block",
        "\"latest\"?",
    ),
    ("[chains.health]", "receipts = 1\n[chains.health]", (8, 12), "true or false", "true"),
    (
        "[chains.health]",
        "corroboration = \"tow\"\n[chains.health]",
        (8, 17),
        "\"two\", \"majority\"",
        "\"two\"?",
    ),
    (
        "[chains.health]",
        "on_single = \"hodl\"\n[chains.health]",
        (8, 13),
        "\"flag\" or \"hold\"",
        "\"hold\"?",
    ),
    ("[chains.health]", "finality_depth = 0\n[chains.health]", (8, 18), "at least 1", "leave it out"),
    ("\"15s\"", "15", (9, 18), "a duration in quotes", "\"15s\""),
    ("\"15s\"", "\"2m\"", (9, 18), "shorter than the score window of 2m", "stale"),
    ("\"15s\"", "\"15s\"\nfailure_ratio = 1.0", (10, 17), "between 0 and 1", "0.2"),
    ("\"15s\"", "\"15s\"\nlag_threshold = \"0s\"", (10, 17), "at least 100ms", "sample"),
    (
        "endpoints = [\"https://eth.drpc.org\"]",
        "endpoints = []",
        (17, 13),
        "at least one entry",
        "endpoints = ",
    ),
    ("endpoints = [\"https://eth.drpc.org\"]", "", (15, 1), "at least one entry", "endpoints = "),
    ("\"https://eth.drpc.org\"", "\"wss://eth.drpc.org\"", (17, 14), "http:// or https://", "https://"),
    (
        "name = \"drpc\"",
        "name = \"drpc\"\nheaders = { Host = \"x\" }",
        (17, 13),
        "sets this header itself",
        "x-api-key",
    ),
    ("name = \"drpc\"", "name = \"drpc\"\nca_file = \"no.pem\"", (17, 11), "cannot be read", "relative path"),
    ("\"https://eth.drpc.org\"", "\"eth.drpc.org\"", (17, 14), "http:// or https://", "https://"),
    ("ws = [\"wss", "ws = [\"https", (13, 7), "ws:// or wss://", "wss://"),
    ("ws = [", "ws = 1 #", (13, 6), "`ws` must be a list", "ws = ["),
    ("per_second = 25", "per_second = 0", (14, 29), "greater than 0", "allows"),
    ("burst = 50", "burst = 0", (14, 41), "at least 1", "at once"),
    ("burst = 50", "burts = 50", (14, 33), "unknown key `burts`", "`burst`"),
    ("operator = \"we\"", "weight = -1", (20, 10), "greater than 0", "1.0"),
    ("http://127.0.0.1:8545", "http://10.0.0.1:8545", (21, 14), "not encrypted", "plain_http"),
    ("name = \"drpc\"", "name = \"ALCHEMY\"", (16, 8), "the provider `ALCHEMY` is there twice", "own"),
    (
        "http://127.0.0.1:8545",
        "https://eth.drpc.org",
        (21, 14),
        "address https://eth.drpc.org is there twice",
        "one provider",
    ),
    ("kind = \"file\"", "kind = \"fiel\"", (24, 8), "no kind of sink", "`file`"),
    ("kind = \"file\"", "", (22, 1), "`kind` is missing", "kind = \"console\""),
    ("path = \"", "psth = \"", (25, 1), "unknown field `psth`", "`path`"),
    ("kind = \"file\"", "kind = \"file\"\nchains = [\"etherium\"]", (25, 11), "no chain", "\"ethereum\"?"),
    ("data_dir", "[journal]\nbudget_bytes = \"1MiB\"\n#", (3, 16), "at least twice", "segments"),
    ("data_dir", "[journal]\nsegment_bytes = \"1 kB\"\n#", (3, 17), "between 1MiB and 2GiB", "64MiB"),
    ("data_dir", "[log]\nlevel = \"lots=of=noise\"\n#", (3, 9), "`level` must be", "info"),
    ("data_dir", "[log]\nformat = \"jsn\"\n#", (3, 10), "\"pretty\" or \"json\"", "\"json\"?"),
    ("data_dir = \"data\"", "data_dir = \"data", (2, 17), "no TOML", ""),
    (
        "data_dir = \"data\"",
        "data_dir = \"${NOWHERE}/x\"",
        (2, 12),
        "NOWHERE is not set",
        "${NOWHERE:-default}",
    ),
];

const WARNINGS: &[Row] = &[
    ("\"15s\"", "\"45s\"", (9, 18), "`probe_interval` is long", "10s to 30s"),
    ("\"15s\"", "\"1s\"", (9, 18), "`probe_interval` is short", "10s to 30s"),
    ("operator = \"we\"", "operator = \"drpc.org\"", (5, 1), "two operators", "third operator"),
    (
        "[\"https://eth.drpc.org\"]",
        "[\"https://eth.drpc.org\", \"https://x.org\"]",
        (17, 13),
        "`drpc.org` counts",
        "operator = ",
    ),
    ("[http]", "[http]\ntoken = \"short\"", (4, 9), "shorter than 16", "openssl"),
    ("kind = \"file\"", "kind = \"file\"\nchains = []", (25, 10), "takes no chain", "leave"),
];

fn holds(found: &[Mistake], (from, to, position, message, remedy): &Row) {
    let seen: Vec<String> = found.iter().map(shown).collect();
    let meant =
        |mistake: &&Mistake| mistake.position() == Some(*position) && mistake.message().contains(message);
    let mistake = found.iter().find(meant);
    let mistake =
        mistake.unwrap_or_else(|| panic!("{from} -> {to}: {position:?} {message}\n{}", seen.join("\n")));
    assert!(mistake.remedy().unwrap_or_default().contains(remedy), "{from} -> {to}: {}", shown(mistake));
    assert_eq!(found.len(), 1, "{from} -> {to}: one mistake is told once\n{}", seen.join("\n"));
}

#[test]
fn a_sound_configuration_has_nothing_to_find_fault_with() {
    let loaded = parse(SOUND).unwrap_or_else(|refused| panic!("{:?}", refused.errors));
    assert!(loaded.warnings.is_empty(), "{:?}", loaded.warnings);
    let chain = &loaded.settings.chains[0];
    assert_eq!(chain.operators(), ["alchemy.com", "drpc.org", "we"]);
    assert_eq!(loaded.settings.data_dir, Path::new("/etc/blocktap/data"));
    assert_eq!(loaded.settings.sinks[0].chains, ["ethereum"]);
}

#[test]
fn every_error_is_told_with_its_place_and_its_remedy() {
    for row in ERRORS {
        holds(&parse(&with(row.0, row.1)).unwrap_err().errors, row);
    }
}

#[test]
fn every_doubt_is_told_with_its_place_and_forbids_nothing() {
    for row in WARNINGS {
        holds(&parse(&with(row.0, row.1)).unwrap().warnings, row);
    }
}

#[test]
fn all_mistakes_are_told_at_once_in_the_order_of_the_file() {
    let text = SOUND.replace("data_dir", "datadir").replace("\"15s\"", "15").replace("\"file\"", "\"fiel\"");
    let lines: Vec<_> = parse(&text).unwrap_err().errors.iter().filter_map(Mistake::position).collect();
    assert_eq!(lines, [(2, 1), (9, 18), (24, 8)]);
}

#[test]
fn an_empty_file_lacks_a_chain_and_a_sink() {
    let refused = parse("").unwrap_err();
    assert!(refused.errors[0].message().contains("no chain to stream"));
    assert!(refused.warnings[0].message().contains("no sink"));
    let unprovided = "[[chains]]\nname = 'a'\nchain_id = 'eip155:1'\n[[sinks]]\nname = 'c'\nkind = 'console'";
    assert!(parse(unprovided).unwrap_err().errors[0].message().contains("a has no provider"));
}

#[test]
fn a_chain_is_streamed_once() {
    let second = "[[chains]]\nname = \"Ethereum\"\nchain_id = \"eip155:1\"\n[[chains.providers]]\nname = \"x\"\nendpoints = [\"http://[::1]:1\"]\n";
    let refused = parse(&with("[[sinks]]", &format!("{second}[[sinks]]"))).unwrap_err();
    let messages: Vec<&str> = refused.errors.iter().map(Mistake::message).collect();
    assert_eq!(
        messages[..2],
        ["the chain `Ethereum` is there twice", "the chain_id eip155:1 is there twice"]
    );
    assert!(shown(&refused.errors[0]).contains("first here"));
}

#[test]
fn one_operator_is_told_what_it_means() {
    let alone = |key: &str| {
        let text = format!(
            "[[chains]]\nname = 'a'\nchain_id = 'eip155:1'\n{key}\n[[chains.providers]]\nname = 'p'\nendpoints = ['http://[::1]:1']\n[[sinks]]\nname = 'c'\nkind = 'console'"
        );
        parse(&text).unwrap().warnings
    };
    assert!(alone("")[0].message().contains("on_single = \"flag\""));
    assert!(alone("on_single = 'hold'")[0].message().contains("nothing is ever delivered"));
    assert!(alone("corroboration = 'fast'").is_empty());
}

#[test]
fn two_sinks_never_share_a_file_and_streams_only_a_database() {
    let sink = |name: &str, kind: &str, path: &str| {
        format!("[[sinks]]\nname = '{name}'\nkind = '{kind}'\npath = '{path}'\n")
    };
    let refused = parse(&(SOUND.to_owned() + &sink("b", "sqlite", "./x/../blocks.jsonl"))).unwrap_err();
    assert!(refused.errors[0].message().contains("two sinks would write into this file"));
    let second = "[[chains]]\nname = 'base'\nchain_id = 'eip155:8453'\n[[chains.providers]]\nname = 'x'\nendpoints = ['http://[::1]:1']\n[[sinks]]";
    let two_chains = with("[[sinks]]", second);
    assert!(parse(&two_chains).unwrap_err().errors[0].message().contains("one file for all of them"));
    assert!(parse(&two_chains.replace("blocks.jsonl", "{chain}.jsonl")).is_ok());
    assert!(parse(&two_chains.replace("\"file\"", "\"sqlite\"")).is_ok());
}

#[test]
fn a_missing_file_names_the_ways_out() {
    let refused = super::super::load(Path::new("/nowhere/Settings.toml"), &Environment::new(), &check_sink)
        .unwrap_err();
    let remedy = refused.errors[0].remedy().unwrap();
    assert!(remedy.contains("--settings") && remedy.contains("blocktap demo"), "{remedy}");
}
