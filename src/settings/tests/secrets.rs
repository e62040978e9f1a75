//! No secret in any output.

use super::*;

fn everything_shown(refused: &Refused) -> String {
    let all = refused.errors.iter().chain(&refused.warnings);
    all.map(|mistake| format!("{} {mistake:?} {mistake}", shown(mistake))).collect()
}

#[test]
fn a_key_in_the_file_is_never_shown() {
    for (from, to) in [
        ("\"https://eth.drpc.org\"", "\"ftp://eth.drpc.org/CANARY\""),
        ("\"https://eth.drpc.org\"", "\"htps//eth.drpc.org/CANARY\""),
        ("\"https://eth.drpc.org\"", "\"https://u:CANARY@eth.drpc.org\", 5"),
        ("[\"https://eth.drpc.org\"]", "[\"https://eth.drpc.org/CANARY]"),
        ("[\"https://eth.drpc.org\"]", "https://eth.drpc.org/CANARY"),
        ("[\"https://eth.drpc.org\"]", "\"https://eth.drpc.org?CANARY\""),
        ("[http]", "[http]\ntoken = [\"CANARY\"]"),
        ("[http]", "[http]\ntokn = \"CANARY\"\ntoken = CANARY"),
        ("[http]", "http = { token = \"CANARY\", listn = 1 }\n[htp]"),
        ("name = \"drpc\"", "name = \"drpc\"\nheaders = { host = \"CANARY\" }"),
        ("name = \"drpc\"", "name = \"drpc\"\nheaders = { cookie = [\"CANARY\"] }"),
        ("name = \"drpc\"", "name = \"drpc\"\nheaders.authorization = \"CANARY\\n\""),
        ("name = \"drpc\"", "name = \"drpc\"\nheaders.\"é\" = \"CANARY\""),
        ("name = \"drpc\"", "name = \"drpc\"\nheaders = \"CANARY\""),
        ("path = ", "password = \"CANARY\"\npath = "),
        ("kind = \"file\"", "kind = \"file\"\ndepth = \"https://h/CANARY\""),
        (
            "http://127.0.0.1:8545",
            "https://eth-mainnet.g.alchemy.com/v2/k3y?CANARY\", \"https://eth-mainnet.g.alchemy.com/v2/k3y?CANARY",
        ),
    ] {
        let refused = parse(&with(from, to)).unwrap_err();
        assert!(!everything_shown(&refused).contains("CANARY"), "{to}: {}", everything_shown(&refused));
    }
}

#[test]
fn a_substituted_value_is_never_shown_wherever_it_is_used() {
    for (from, to) in [
        ("\"https://eth.drpc.org\"", "\"${SECRET}\""),
        ("\"127.0.0.1:8383\"", "\"${SECRET}\""),
        ("\"eip155:1\"", "\"${SECRET}\""),
        ("\"15s\"", "\"${SECRET}\""),
        ("kind = \"file\"", "kind = \"${SECRET}\""),
        ("kind = \"file\"", "kind = \"file\"\ndepth = \"${SECRET}\""),
        ("kind = \"file\"", "kind = \"file\"\nchains = [\"${SECRET}\"]"),
        ("per_second = 25", "per_second = \"${SECRET}\""),
        ("[chains.health]", "start = \"${SECRET}\"\n[chains.health]"),
        (
            "name = \"drpc\"",
            "name = \"${SECRET}\"\noperator = \"${SECRET}\"\n[[chains.providers]]\nendpoints = [\"http://[::1]\"]\nname = \"${SECRET}\"",
        ),
    ] {
        let refused = parse_with(&with(from, to), &[("SECRET", "CANARY")]).unwrap_err();
        assert!(!everything_shown(&refused).contains("CANARY"), "{to}: {}", everything_shown(&refused));
    }
}

#[test]
fn settings_do_not_show_secrets_when_printed() {
    let text = with("[http]", "[http]\ntoken = \"CANARY-CANARY-CANARY\"").replace("k3y", "CANARY");
    let text = text.replace("name = \"drpc\"", "name = \"drpc\"\nheaders = { x-api-key = \"CANARY\" }");
    let loaded = parse(&text).unwrap();
    assert!(format!("{:?}", loaded.settings.chains).contains("x-api-key"));
    assert!(!format!("{:?}", loaded.settings.http).contains("CANARY"));
    assert!(!format!("{:?}", loaded.settings.chains).contains("CANARY"));
}
