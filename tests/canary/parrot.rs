//! A provider that repeats every word of its requests, keys included, in every way that an answer can be refused, broken or
//! adorned; and in between passes them on to a good one, so that it is asked again.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::json;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::{Message, accept};

/// What would be a line of the log, a cleared screen, a title and a reversed line, if it were let through.
pub const FORGED: &str = "\n2030-01-01T00:00:00.000000Z ERROR blocktap: forged\r\x1b[2J\x1b]0;title\x07\u{9b}2J\u{202e}desrever\u{2028}";

/// Requests that are passed on before the first is repeated: by then it counts as a provider of the chain.
const MODEST: usize = 12;

/// A parrot.
struct Parrot {
    /// Whom it passes requests on to.
    good: SocketAddr,
    /// How many requests it has had.
    asked: AtomicUsize,
    /// With which way to repeat it begins.
    first: usize,
}

/// A parrot that repeats until the process ends; the `n`th begins in the `n`th way.
pub fn listen(n: usize, good: SocketAddr) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let parrot = Arc::new(Parrot { good, asked: AtomicUsize::new(0), first: n });
    std::thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let parrot = parrot.clone();
            std::thread::spawn(move || parrot.repeat(stream));
        }
    });
    address
}

impl Parrot {
    fn repeat(&self, mut stream: TcpStream) {
        stream.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
        let asked = self.asked.fetch_add(1, Ordering::Relaxed);
        let turn = self.first + asked / 2;
        let mut glimpse = [0; 4096];
        let seen = stream.peek(&mut glimpse).unwrap_or_default();
        if glimpse[..seen].to_ascii_lowercase().windows(9).any(|word| word == b"websocket")
            && asked.is_multiple_of(2)
        {
            return talk(stream, &words(turn, &String::from_utf8_lossy(&glimpse[..seen])));
        }
        let Some(request) = read(&mut stream) else { return };
        let answer = match asked < MODEST || asked.is_multiple_of(2) {
            true => self.pass_on(&request).unwrap_or_default(),
            false => answer(turn, &request).into_bytes(),
        };
        let _the_client_may_be_gone = stream.write_all(&answer);
    }

    fn pass_on(&self, request: &str) -> io::Result<Vec<u8>> {
        let mut good = TcpStream::connect(self.good)?;
        good.set_read_timeout(Some(Duration::from_secs(5)))?;
        good.write_all(request.replacen("\r\n", "\r\nconnection: close\r\n", 1).as_bytes())?;
        let mut answer = Vec::new();
        good.read_to_end(&mut answer)?;
        Ok(answer)
    }
}

/// All that a request says, beginning with another part of it each time: only the first words of an error are ever kept.
fn words(turn: usize, request: &str) -> String {
    let mut parts: Vec<&str> = [FORGED].into_iter().chain(request.split("\r\n")).collect();
    let first = turn % 4;
    parts.rotate_left(first);
    parts.join(" | ")
}

/// Over a WebSocket: in messages of all kinds, and as the reason to hang up.
fn talk(stream: TcpStream, words: &str) {
    let Ok(mut socket) = accept(stream) else { return };
    let error = json!({"jsonrpc": "2.0", "id": 1, "error": {"code": -32000, "message": words}});
    let head = json!({"jsonrpc": "2.0", "method": words, "params": {"subscription": words, "result": words}});
    let reason = words.chars().filter(char::is_ascii).take(120).collect::<String>();
    let frame = CloseFrame { code: CloseCode::Policy, reason: reason.into() };
    for message in [
        Message::text(head.to_string()),
        Message::text(words),
        Message::binary(words.as_bytes().to_vec()),
        Message::text(error.to_string()),
        Message::Close(Some(frame)),
    ] {
        let _the_client_may_be_gone = socket.send(message);
    }
}

/// A whole request: head, and as much body as the head says.
fn read(stream: &mut TcpStream) -> Option<String> {
    let (mut read, mut byte) = (Vec::new(), [0]);
    while !read.ends_with(b"\r\n\r\n") {
        stream.read_exact(&mut byte).ok()?;
        read.push(byte[0]);
    }
    let head = String::from_utf8_lossy(&read).into_owned();
    let length =
        head.lines().find_map(|line| line.to_lowercase().strip_prefix("content-length: ")?.parse().ok());
    let mut body = vec![0; length.unwrap_or(0)];
    stream.read_exact(&mut body).ok()?;
    Some(head + &String::from_utf8_lossy(&body))
}

fn answer(turn: usize, request: &str) -> String {
    let (line, words) = (request.lines().next().unwrap_or_default(), words(turn, request));
    let path = line.split(' ').nth(1).unwrap_or_default();
    let id = request.split("\"id\":").nth(1).and_then(|rest| rest.split([',', '}']).next()).unwrap_or("1");
    let error = |code: i64, message: &str| {
        let error = json!({"code": code, "message": message, "data": {"request": words, "message": message}});
        format!("{{\"jsonrpc\":\"2.0\",\"id\":{id},\"error\":{error}}}")
    };
    let result =
        |result: serde_json::Value| format!("{{\"jsonrpc\":\"2.0\",\"id\":{id},\"result\":{result}}}");
    let (status, body) = match turn % 16 {
        0 => ("200 OK", error(-32000, &format!("invalid api key in {words}"))),
        1 => ("200 OK", error(-40_000 - i64::try_from(turn).unwrap(), &words)),
        2 => ("401 Unauthorized", words.clone()),
        3 => ("403 Forbidden", format!("<html>{words}</html>")),
        4 => ("429 Too Many Requests", format!("rate limit for http://127.0.0.1{path}")),
        5 => ("500 Internal Server Error", error(-32603, &words)),
        6 => ("200 OK", words.clone()),
        7 => ("200 OK", format!("{{\"{words}\":")),
        8 => ("200 OK", result(json!(words))),
        9 => (
            "200 OK",
            result(json!({"number": "0x1", "hash": words, "parentHash": words, "timestamp": "0x1"})),
        ),
        10 => ("302 Found", String::new()),
        11 => ("404 Not Found", json!({"error": words}).to_string()),
        12 => {
            ("200 OK", error(-32005, &format!("project {path} exceeded its rate limit, see http://x{path}")))
        }
        13 => ("200 OK", json!([{"id": words, "error": words}]).to_string()),
        14 => ("400 Bad Request", error(-32602, &request.chars().rev().collect::<String>())),
        _ => (
            "200 OK",
            result(json!({"number": "0x1", "transactions": [words.clone()], words.clone(): "0x1"})),
        ),
    };
    let echo: String = words.chars().filter(|sign| sign.is_ascii_graphic()).collect();
    format!(
        "HTTP/1.1 {status}\r\ncontent-length: {}\r\nlocation: http://127.0.0.1:1{path}\r\nx-request: {echo}\r\n\
         www-authenticate: Basic realm=\"{echo}\"\r\nset-cookie: key={echo}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    )
}
