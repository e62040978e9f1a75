//! Somebody who reads every page, with the token, without it, and with a wrong one.

use std::io::{Read, Write};
use std::net::TcpStream;

use super::daemon::PATIENCE;
use super::keys::TOKEN;
use super::search::Tally;

/// Classes of errors: the variants of `Class`.
const CLASSES: usize = 7;

const PAGES: [&str; 8] = [
    "/",
    "/live",
    "/ready",
    "/health",
    "/metrics",
    "/providers",
    "/debug/actors",
    "/debug/actors/*/providers",
];

/// Reads every page once and searches it. Fails if a page that must be there is not.
pub fn read_all(address: &str, tally: &mut Tally) {
    for page in PAGES {
        for token in [Some(TOKEN), None, Some("of somebody else")] {
            let answer = ask(address, page, token);
            tally.search(page, answer.as_bytes());
            let closed = token != Some(TOKEN) && !["/", "/live", "/ready"].contains(&page);
            assert_eq!(answer.starts_with("HTTP/1.1 401"), closed, "{page}: {answer}");
        }
    }
}

/// Whatever codes and words the providers come up with: errors are counted by provider and class, and by nothing else.
pub fn counts_series(address: &str, providers: usize) {
    let metrics = ask(address, "/metrics", Some(TOKEN));
    let series = metrics.lines().filter(|line| line.starts_with("blocktap_provider_errors_total{")).count();
    assert!((1..=providers * CLASSES).contains(&series), "{series} series for {providers} providers");
    assert!(!metrics.contains("forged"));
}

fn ask(address: &str, page: &str, token: Option<&str>) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let token = token.map_or(String::new(), |token| format!("Authorization: Bearer {token}\r\n"));
    write!(stream, "GET {page} HTTP/1.1\r\nHost: localhost\r\n{token}\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}
