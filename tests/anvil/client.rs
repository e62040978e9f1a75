//! Asks a node over one connection that is kept.

use std::io::BufReader;
use std::net::{SocketAddr, TcpStream};

use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::message::Message;

/// A connection to a node.
pub struct Client {
    stream: BufReader<TcpStream>,
}

#[derive(serde::Deserialize)]
struct Answer<'a> {
    #[serde(borrow)]
    result: &'a RawValue,
}

impl Client {
    /// Connects.
    pub fn connect(node: SocketAddr) -> Self {
        let stream = TcpStream::connect(node).expect("a node listens");
        stream.set_nodelay(true).expect("a socket takes options");
        Self { stream: BufReader::new(stream) }
    }

    /// Sends one body and gives the answer's.
    pub fn post(&mut self, body: Vec<u8>) -> Vec<u8> {
        let request = Message { line: "POST / HTTP/1.1".into(), body };
        request.write(self.stream.get_mut()).expect("a node reads");
        Message::read(&mut self.stream).expect("a node answers").expect("a node stays").body
    }

    /// Calls a method and gives its result as the node wrote it.
    pub fn raw(&mut self, method: &str, parameters: &Value) -> Box<RawValue> {
        let body = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": parameters});
        let bytes = self.post(body.to_string().into_bytes());
        let text = String::from_utf8_lossy(&bytes);
        let answer: Answer =
            serde_json::from_str(&text).unwrap_or_else(|_| panic!("{body} was answered with {text}"));
        answer.result.to_owned()
    }

    /// Calls a method.
    pub fn call(&mut self, method: &str, parameters: &Value) -> Value {
        serde_json::from_str(self.raw(method, parameters).get()).expect("a result is JSON")
    }
}
