//! A server of a few lines that keeps what it is asked.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::sync::{Arc, Mutex};

/// What came in, connection by connection.
pub type Heard = Arc<Mutex<Vec<String>>>;

/// A server that gives every connection this answer once a request's head is whole, and hangs up.
pub fn answering(answer: String) -> (SocketAddr, Heard) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let heard = Heard::default();
    let kept = heard.clone();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().map_while(Result::ok) {
            kept.lock().unwrap().push(head(&mut stream));
            let _the_client_may_be_gone = stream.write_all(answer.as_bytes());
        }
    });
    (address, heard)
}

/// All up to the blank line, or to where the client stops.
pub fn head(stream: &mut impl Read) -> String {
    let (mut read, mut byte) = (Vec::new(), [0]);
    while !read.ends_with(b"\r\n\r\n") && matches!(stream.read(&mut byte), Ok(1)) {
        read.push(byte[0]);
    }
    String::from_utf8_lossy(&read).into_owned()
}
