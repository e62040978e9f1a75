//! `blocktap observe` against something that answers as the daemon does.

use serde_json::json;
use tokio::runtime::Runtime;
use wiremock::matchers::{header, method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::terminal::{Printed, Terminal};

const TOKEN: &str = "CANARY-0123456789-CANARY";

fn observe(line: &[&str]) -> Printed {
    let runtime = Runtime::new().unwrap();
    let server = runtime.block_on(async {
        let server = MockServer::start().await;
        let answer = json!([{
            "path": "sim/manager", "kind": "Manager", "answer": "alive",
            "vitals": {"restarts": 0}, "state": {"leader": "ada"},
        }]);
        let bearer = || header("authorization", format!("Bearer {TOKEN}").as_str());
        for (route, body) in [
            ("/debug/actors", &answer),
            ("/debug/actors/sim/manager", &answer),
            ("/debug/actors/nobody", &json!([])),
        ] {
            let known = Mock::given(method("GET")).and(path(route)).and(bearer());
            known.respond_with(ResponseTemplate::new(200).set_body_json(body)).mount(&server).await;
        }
        Mock::given(path("/debug/actors")).respond_with(ResponseTemplate::new(401)).mount(&server).await;
        server
    });
    let address = server.address();
    let settings = format!(
        "[http]\nlisten = '{address}'\ntoken = '{TOKEN}'\n[[chains]]\nname = 'sim'\nchain_id = 'eip155:1'\n[[chains.providers]]\nname = 'a'\nendpoints = ['http://127.0.0.1:1']\n"
    );
    let terminal = Terminal::with_settings(&settings);
    let address = address.to_string();
    let line: Vec<&str> =
        line.iter().map(|word| if *word == "ADDRESS" { address.as_str() } else { word }).collect();
    terminal.run(&line)
}

#[test]
fn actors_are_shown_as_text_or_as_json() {
    let text = observe(&["observe"]);
    assert_eq!(text.code, 0, "{text:?}");
    assert!(text.out.starts_with("sim/manager (Manager) alive\n  leader: ada"), "{}", text.out);
    let json = observe(&["observe", "sim/manager", "--json"]);
    let value: serde_json::Value = serde_json::from_str(&json.out).unwrap();
    assert_eq!(value[0]["state"]["leader"], "ada");
}

#[test]
fn what_went_wrong_is_told_without_the_token() {
    let nobody = observe(&["observe", "nobody"]);
    assert!(nobody.code == 1 && nobody.err.contains("no actor's path matches \"nobody\""), "{nobody:?}");
    let refused = observe(&["observe", "--at", "ADDRESS"]);
    assert!(refused.code == 1 && refused.err.contains("token"), "{refused:?}");
    let absent = observe(&["observe", "--at", "127.0.0.1:1"]);
    assert!(absent.code == 1 && absent.err.contains("is blocktap running"), "{absent:?}");
    for printed in [nobody, refused, absent] {
        assert!(!format!("{printed:?}").contains("CANARY"), "{printed:?}");
    }
}
