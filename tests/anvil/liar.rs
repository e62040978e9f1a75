//! A provider that lies: it passes everything on to a real node and changes one field of one transaction in every block.

use std::io::{BufReader, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use serde_json::{Value, json};

use super::client::Client;
use super::message::Message;

/// The liar. It serves as long as the test's process lives.
pub struct Liar {
    /// Where it listens.
    pub address: SocketAddr,
    told: Arc<AtomicU64>,
}

impl Liar {
    /// Begins to lie about a node's blocks.
    pub fn about(node: SocketAddr) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        let liar = Self { address: listener.local_addr().expect("it is bound"), told: Arc::default() };
        let told = liar.told.clone();
        thread::spawn(move || {
            for victim in listener.incoming().flatten() {
                let told = told.clone();
                thread::spawn(move || serve(victim, node, &told));
            }
        });
        liar
    }

    /// How many lies it has told.
    pub fn told(&self) -> u64 {
        self.told.load(Ordering::Relaxed)
    }
}

fn serve(victim: TcpStream, node: SocketAddr, told: &AtomicU64) {
    let (mut node, mut victim) = (Client::connect(node), BufReader::new(victim));
    while let Ok(Some(request)) = Message::read(&mut victim) {
        let honest = node.post(request.body);
        let mut answer: Value = serde_json::from_slice(&honest).expect("an answer is JSON");
        let lies = match &mut answer {
            Value::Array(answers) => answers.iter_mut().map(lie).sum(),
            answer => lie(answer),
        };
        told.fetch_add(lies, Ordering::Relaxed);
        // What holds no lie is passed on byte for byte: it may well be delivered.
        let body = if lies == 0 { honest.to_vec() } else { answer.to_string().into_bytes() };
        let answer = Message { line: "HTTP/1.1 200 OK".into(), body };
        if answer.write(victim.get_mut()).and_then(|()| victim.get_mut().flush()).is_err() {
            return;
        }
    }
}

/// Somebody else was paid.
fn lie(answer: &mut Value) -> u64 {
    match answer.pointer_mut("/result/transactions/0/to") {
        Some(paid) => {
            *paid = json!("0x00000000000000000000000000000000deadbeef");
            1
        }
        None => 0,
    }
}
