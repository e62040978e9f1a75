//! The server over real sockets, asked byte by byte.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;

use actix_web::rt;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::board::{Board, ChainStatus, Pace};
use super::desk::Desk;
use super::metrics::tests::Scraped;
use super::server::{CONNECTIONS, HttpError, Server, serve};
use crate::core::command::{Command, Declined, Done};
use crate::core::hash::Hash;
use crate::core::header::BlockRef;
use crate::core::numbers::Height;

const TOKEN: &str = "a token for the tests";
const ACTORS: [&str; 3] = ["ethereum/manager", "ethereum/providers/a b", "ethereum/providers/c"];

/// A desk whose actors answer with their path.
fn desk() -> Desk {
    let observe = |pattern: String| {
        let part = pattern.trim_matches('*').to_owned();
        let covered = ACTORS.iter().filter(|path| path.contains(&part));
        let found: Vec<Value> = covered.map(|path| json!({ "path": path })).collect();
        Box::pin(async { found }) as futures_util::future::BoxFuture<'static, Vec<Value>>
    };
    let metrics = || "# TYPE blocktap_blocks_total counter\nblocktap_blocks_total 7\n".to_owned();
    Desk {
        board: Board::default(),
        observe: Arc::new(observe),
        command: Arc::new(|chain, command| Box::pin(std::future::ready(carried_out(&chain, &command)))),
        metrics: Arc::new(metrics),
        token: None,
        hosts: Vec::new(),
    }
}

/// The chain `ethereum` does whatever is ordered; there is no other.
fn carried_out(chain: &str, command: &Command) -> Result<Done, Declined> {
    match chain {
        "ethereum" => Ok(Done::plainly(format!("{command:?}"))),
        _ => Err(Declined::Unknown { what: "chain", name: chain.into(), known: vec!["ethereum".into()] }),
    }
}

fn started(desk: Desk) -> Server {
    serve("127.0.0.1:0".parse().unwrap(), desk).unwrap()
}

struct Answer {
    status: u16,
    headers: BTreeMap<String, String>,
    body: String,
}

impl Answer {
    fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }
}

/// Sends the request as it stands and reads until the server has said all.
async fn say(to: SocketAddr, request: &str) -> Answer {
    let mut stream = TcpStream::connect(to).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let mut lines = head.lines();
    let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
    let headers = lines.filter_map(|line| line.split_once(": "));
    let headers = headers.map(|(name, value)| (name.to_lowercase(), value.to_owned())).collect();
    Answer { status, headers, body: body.into() }
}

async fn get(server: &Server, path: &str) -> Answer {
    say(server.address(), &format!("GET {path} HTTP/1.1\r\nhost: {}\r\n\r\n", server.address())).await
}

fn delivering() -> ChainStatus {
    let tip = BlockRef { height: Height(7), hash: Hash([7; 32]) };
    ChainStatus { pace: Pace::Live, tip: Some(tip), ..ChainStatus::default() }
}

#[actix_web::test]
async fn a_process_is_alive_before_any_chain_is_ready() {
    let server = started(desk());
    assert_eq!(get(&server, "/live").await.status, 200);
    let answer = get(&server, "/ready").await;
    assert_eq!((answer.status, &*answer.body), (503, "no chain has begun yet\n"));
    server.stop().await;
}

#[actix_web::test]
async fn it_is_ready_when_every_chain_delivers_and_says_who_does_not() {
    let desk = desk();
    let board = desk.board.clone();
    let server = started(desk);
    board.put("ethereum", delivering());
    let answer = get(&server, "/ready").await;
    assert_eq!((answer.status, &*answer.body), (200, "ethereum: ready\n"));

    let waiting_for = Some("a says x,\nethereum: ready".to_owned());
    board.put("base", ChainStatus { pace: Pace::Paused, waiting_for, ..delivering() });
    let answer = get(&server, "/ready").await;
    let said = "base: not ready, paused: a says x, ethereum: ready\nethereum: ready\n";
    assert_eq!((answer.status, &*answer.body), (503, said));
    server.stop().await;
}

#[actix_web::test]
async fn health_tells_of_each_chain() {
    let desk = desk();
    let board = desk.board.clone();
    let server = started(desk);
    assert_eq!(get(&server, "/health").await.json(), json!({ "ready": false, "chains": {} }));
    board.put("ethereum", ChainStatus { active_provider: Some("a".into()), ..delivering() });
    board.put("base", ChainStatus::default());
    let answer = get(&server, "/health").await;
    let health = answer.json();
    assert_eq!((answer.status, &health["ready"]), (200, &json!(false)));
    assert_eq!(health["chains"]["ethereum"]["active_provider"], "a");
    assert_eq!(health["chains"]["ethereum"]["ready"], true);
    assert_eq!(health["chains"]["ethereum"]["pace"], "live");
    assert_eq!(health["chains"]["base"]["why_not_ready"], "starting");
    server.stop().await;
}

#[actix_web::test]
async fn metrics_are_served_as_prometheus_text() {
    let server = started(desk());
    let answer = get(&server, "/metrics").await;
    assert_eq!(answer.headers["content-type"], "text/plain; version=0.0.4; charset=utf-8");
    assert_eq!(Scraped::parse(&answer.body).samples["blocktap_blocks_total"], 7.0);
    server.stop().await;
}

#[actix_web::test]
async fn actors_are_observed_all_or_by_pattern() {
    let server = started(desk());
    let paths = |answer: &Answer| answer.json().as_array().unwrap().len();
    for all in ["/debug/actors", "/debug/actors/", "/debug/actors/ethereum"] {
        assert_eq!(paths(&get(&server, all).await), 3, "{all}");
    }
    for two in ["/debug/actors/ethereum/providers", "/providers"] {
        assert_eq!(paths(&get(&server, two).await), 2, "{two}");
    }
    let one = get(&server, "/debug/actors/providers/a%20b").await;
    assert_eq!(one.json(), json!([{ "path": "ethereum/providers/a b" }]));
    let none = get(&server, "/debug/actors/base").await;
    assert_eq!((none.status, none.json()), (404, json!({ "error": "no actor's path matches" })));
    server.stop().await;
}

#[actix_web::test]
async fn the_first_page_lists_the_others_and_other_paths_are_refused_in_json() {
    let server = started(desk());
    let index = get(&server, "/").await;
    for page in ["/live", "/ready", "/health", "/metrics", "/providers", "/debug/actors"] {
        assert!(index.body.contains(page), "{page}");
        assert_eq!(get(&server, page).await.headers["cache-control"], "no-store");
    }
    for path in ["/else", "/live/", "/metrics/x", "/debug"] {
        let answer = get(&server, path).await;
        assert_eq!((answer.status, answer.headers["content-type"].as_str()), (404, "application/json"));
        assert!(answer.json()["error"].is_string());
    }
    server.stop().await;
}

#[actix_web::test]
async fn a_request_under_a_strange_name_is_misdirected() {
    let server = started(desk());
    let port = server.address().port();
    for known in ["localhost".to_owned(), format!("localhost:{port}"), "[::1]".into(), "127.0.0.1".into()] {
        let request = format!("GET /live HTTP/1.1\r\nhost: {known}\r\n\r\n");
        assert_eq!(say(server.address(), &request).await.status, 200, "{known}");
    }
    for forged in [
        "GET /metrics HTTP/1.1\r\nhost: evil.example\r\n\r\n".to_owned(),
        format!("GET /live HTTP/1.1\r\nhost: evil.example:{port}\r\n\r\n"),
        "GET http://evil.example/live HTTP/1.1\r\nhost: localhost\r\n\r\n".into(),
        "GET /live HTTP/1.0\r\n\r\n".into(),
    ] {
        let answer = say(server.address(), &forged).await;
        assert_eq!(answer.status, 421, "{forged}");
        assert!(answer.json()["error"].is_string());
    }
    server.stop().await;
}

#[actix_web::test]
async fn names_can_be_added() {
    let server = started(Desk { hosts: vec!["blocktap.internal".into()], ..desk() });
    let request = "GET /live HTTP/1.1\r\nhost: blocktap.internal:80\r\n\r\n";
    assert_eq!(say(server.address(), request).await.status, 200);
    server.stop().await;
}

#[actix_web::test]
async fn only_reading_is_possible_and_no_other_site_may_read() {
    let server = started(desk());
    for method in ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"] {
        let request =
            format!("{method} /ready HTTP/1.1\r\nhost: localhost\r\norigin: https://evil.example\r\n\r\n");
        let answer = say(server.address(), &request).await;
        assert_eq!((answer.status, answer.headers["allow"].as_str()), (405, "GET, HEAD"), "{method}");
        assert!(answer.headers.keys().all(|name| !name.starts_with("access-control")), "{method}");
    }
    let head = say(server.address(), "HEAD /live HTTP/1.1\r\nhost: localhost\r\n\r\n").await;
    assert_eq!((head.status, &*head.body, head.headers["content-length"].as_str()), (200, "", "5"));
    server.stop().await;
}

async fn order(server: &Server, chain: &str, body: &str) -> Answer {
    let length = body.len();
    let head =
        format!("POST /commands/{chain} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json");
    say(server.address(), &format!("{head}\r\ncontent-length: {length}\r\n\r\n{body}")).await
}

#[actix_web::test]
async fn orders_are_carried_out_or_answered_with_the_reason_why_not() {
    let server = started(desk());
    let uncordon = r#"{"command":"uncordon","provider":"a"}"#;
    let done = order(&server, "ethereum", uncordon).await;
    assert_eq!((done.status, &done.json()["done"]), (200, &json!(r#"Uncordon { provider: "a" }"#)));
    let elsewhere = order(&server, "base", uncordon).await;
    assert_eq!((elsewhere.status, &elsewhere.json()["known"]), (404, &json!(["ethereum"])));
    for malformed in ["", "{}", r#"{"command":"explode"}"#, &format!("{{\"x\":\"{}\"}}", "x".repeat(5000))] {
        let answer = order(&server, "ethereum", malformed).await;
        assert_eq!(answer.status, 400, "{malformed}");
        assert!(answer.json()["error"].as_str().unwrap().starts_with("this is no order"));
    }
    server.stop().await;
}

#[actix_web::test]
async fn a_token_is_asked_for_where_there_is_one() {
    let server = started(Desk { token: Some(TOKEN.to_owned().into()), ..desk() });
    for (path, status) in [("/", 200), ("/live", 200), ("/ready", 503)] {
        assert_eq!(get(&server, path).await.status, status, "{path}");
    }
    for path in ["/health", "/metrics", "/debug/actors", "/debug/actors/ethereum", "/debug/%61ctors"] {
        let request = |token: &str| {
            format!("GET {path} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {token}\r\n\r\n")
        };
        let closed = get(&server, path).await;
        assert_eq!((closed.status, closed.headers["www-authenticate"].as_str()), (401, "Bearer"), "{path}");
        assert_eq!(say(server.address(), &request("a token for the test")).await.status, 401, "{path}");
        assert_eq!(say(server.address(), &request(TOKEN)).await.status, 200, "{path}");
        assert!(!closed.body.contains(TOKEN));
    }
    server.stop().await;
}

#[actix_web::test]
async fn nothing_but_loopback_is_listened_on_without_a_token() {
    for open in ["0.0.0.0:0", "[::]:0", "192.0.2.1:0"] {
        let refused = serve(open.parse().unwrap(), desk()).unwrap_err();
        assert!(matches!(refused, HttpError::TokenMissing { .. }), "{refused}");
        assert!(refused.to_string().contains("127.0.0.1"), "{refused}");
    }
    let empty = Desk { token: Some(" ".to_owned().into()), ..desk() };
    let refused = serve("127.0.0.1:0".parse().unwrap(), empty).unwrap_err();
    assert!(matches!(refused, HttpError::TokenEmpty), "{refused}");
    let server =
        serve("0.0.0.0:0".parse().unwrap(), Desk { token: Some(TOKEN.to_owned().into()), ..desk() }).unwrap();
    let local = SocketAddr::from(([127, 0, 0, 1], server.address().port()));
    assert_eq!(say(local, "GET /live HTTP/1.1\r\nhost: localhost\r\n\r\n").await.status, 200);
    server.stop().await;
}

#[actix_web::test]
async fn a_port_in_use_is_named_and_free_again_after_a_stop() {
    let server = started(desk());
    let address = server.address();
    let refused = serve(address, desk()).unwrap_err();
    assert!(matches!(refused, HttpError::InUse { listen } if listen == address), "{refused}");
    assert!(refused.to_string().contains(&address.to_string()) && refused.to_string().contains("`listen`"));
    server.stop().await;
    let again = serve(address, desk()).unwrap();
    assert_eq!(get(&again, "/live").await.status, 200);
    again.stop().await;
}

#[actix_web::test]
async fn an_address_of_another_machine_cannot_be_listened_on() {
    let elsewhere = Desk { token: Some(TOKEN.to_owned().into()), ..desk() };
    let refused = serve("192.0.2.1:1".parse().unwrap(), elsewhere).unwrap_err();
    assert!(matches!(refused, HttpError::Unusable { .. }), "{refused}");
}

async fn silent(to: SocketAddr, count: usize) -> Vec<TcpStream> {
    let mut streams = Vec::with_capacity(count);
    for _ in 0..count {
        let mut stream = TcpStream::connect(to).await.unwrap();
        stream.write_all(b"GET /live HTTP/1.1\r\nhost: loc").await.unwrap();
        streams.push(stream);
    }
    streams
}

#[actix_web::test]
async fn a_hundred_connections_that_say_nothing_hold_up_nobody() {
    let server = started(desk());
    let mut held = silent(server.address(), 100).await;
    assert_eq!(get(&server, "/live").await.status, 200);
    // None of them was cut off to make room.
    let finished = held.first_mut().unwrap();
    finished.write_all(b"alhost\r\n\r\n").await.unwrap();
    let mut answer = String::new();
    finished.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    server.stop().await;
}

#[actix_web::test]
async fn more_silent_connections_than_there_are_places_are_cut_off_in_time() {
    let server = started(desk());
    let mut held = silent(server.address(), CONNECTIONS + 20).await;
    assert_eq!(get(&server, "/live").await.status, 200);
    let mut answer = String::new();
    held.first_mut().unwrap().read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 408"), "{answer}");
    server.stop().await;
}

#[actix_web::test]
async fn a_request_under_way_is_answered_before_the_server_stops() {
    let (begun, observing) = tokio::sync::oneshot::channel();
    let begun = Arc::new(std::sync::Mutex::new(Some(begun)));
    let observe = move |_| {
        let begun = begun.lock().unwrap().take();
        let answer = async {
            begun.map(|begun| begun.send(()));
            tokio::time::sleep(std::time::Duration::from_millis(300)).await;
            vec![json!("done")]
        };
        Box::pin(answer) as futures_util::future::BoxFuture<'static, Vec<Value>>
    };
    let server = started(Desk { observe: Arc::new(observe), ..desk() });
    let request = format!("GET /debug/actors HTTP/1.1\r\nhost: {}\r\n\r\n", server.address());
    let address = server.address();
    let asked = rt::spawn(async move { say(address, &request).await });
    observing.await.unwrap();
    server.stop().await;
    assert_eq!(asked.await.unwrap().json(), json!(["done"]));
}
