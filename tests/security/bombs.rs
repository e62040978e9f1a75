//! Answers that are small on the wire, or never end, and are meant to fill the memory. Each test measures the whole process, so they
//! wait for each other.

use std::io::Write;
use std::net::{SocketAddr, TcpListener};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use blocktap::chain::error::ChainError;
use blocktap::chain::evm::verify::verify_json;
use blocktap::chain::jsonrpc::batch;
use blocktap::chain::network::{Compression, NetworkConnector, PlainHttp};
use blocktap::chain::transport::{Connector, Limits};
use blocktap::core::chain_id::ChainId;
use blocktap::core::class::Class;
use bytes::Bytes;
use flate2::write::GzEncoder;

use crate::listener::head;

const MIB: usize = 1 << 20;
/// The largest answer that blocktap ever takes.
const CAP: usize = 64 * MIB;
const SOON: Duration = Duration::from_secs(120);

static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

/// Held by a test from before it makes its bomb.
fn alone() -> MutexGuard<'static, ()> {
    ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What `work` gives, and by how many bytes the memory of this process rose above where it was, at its highest.
fn peak<T>(work: impl FnOnce() -> T) -> (T, usize) {
    // Writing 5 sets the high-water mark back to what is used now: proc(5).
    std::fs::write("/proc/self/clear_refs", "5").unwrap();
    let before = status("VmRSS:");
    let given = work();
    (given, status("VmHWM:").saturating_sub(before))
}

fn status(field: &str) -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix(field)).unwrap();
    line.trim().trim_end_matches(" kB").parse::<usize>().unwrap() * 1024
}

/// A header that passes, so that what follows it is read.
fn block(transactions: &str) -> String {
    let hash = format!("0x{}", "11".repeat(32));
    format!(
        "{{\"number\":\"0x1\",\"timestamp\":\"0x1\",\"hash\":\"{hash}\",\"parentHash\":\"{hash}\",\"transactions\":{transactions}}}"
    )
}

fn refused(block: &str, receipts: Option<&str>) -> (Option<Class>, usize) {
    let ethereum = ChainId::evm(1);
    let (verdict, peak) = peak(|| verify_json(block.as_bytes(), receipts.map(str::as_bytes), &ethereum));
    (verdict.err().map(|error| error.class), peak)
}

#[test]
fn a_block_of_empty_transactions_takes_no_more_memory_than_it_has_bytes() {
    let _alone = alone();
    let bomb = block(&format!("[{}{{}}]", "{},".repeat(CAP / 3)));
    let (class, peak) = refused(&bomb, None);
    assert_eq!(class, Some(Class::Bad));
    // One copy is the test's own way in.
    assert!(peak < 2 * CAP, "{} MiB", peak / MIB);
}

#[test]
fn a_batch_of_empty_answers_takes_none() {
    let _alone = alone();
    let bomb = Bytes::from(format!("[{}{{}}]", "{},".repeat(CAP / 3)));
    let (answers, peak) = peak(|| batch::decode(&bomb, 1, 2));
    assert_eq!(answers.unwrap_err().class, Class::Transient);
    assert!(peak < 8 * MIB, "{} MiB", peak / MIB);
}

/// A server that answers every request with what `write` writes, and counts the bytes that it got rid of.
fn flooding(
    write: impl Fn(&mut dyn FnMut(&[u8]) -> bool) + Send + 'static,
) -> (SocketAddr, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let sent = Arc::new(AtomicUsize::new(0));
    let counted = sent.clone();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().map_while(Result::ok) {
            head(&mut stream);
            write(&mut |bytes| {
                counted.fetch_add(bytes.len(), Ordering::Relaxed);
                stream.write_all(bytes).is_ok()
            });
        }
    });
    (address, sent)
}

fn post(server: SocketAddr) -> Result<Bytes, ChainError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let connector = NetworkConnector::new(PlainHttp::Refused, Compression::Gzip);
    let limits = Limits { deadline: SOON, max_bytes: CAP };
    let url = format!("http://{server}/").parse().unwrap();
    runtime.block_on(async { connector.http(&url).unwrap().post(Bytes::from_static(b"{}"), limits).await })
}

fn connect(server: SocketAddr) -> Result<(), ChainError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let url = format!("ws://{server}/").parse().unwrap();
    let socket = NetworkConnector::default().socket(&url).unwrap();
    runtime.block_on(async { socket.connect(SOON).await.map(drop) })
}

#[test]
fn a_gzip_bomb_takes_at_most_twice_the_cap() {
    let _alone = alone();
    let mut encoder = GzEncoder::new(Vec::new(), flate2::Compression::best());
    (0..300).for_each(|_| encoder.write_all(&vec![b' '; MIB]).unwrap());
    let bomb = encoder.finish().unwrap();
    assert!(bomb.len() < MIB);
    let (server, _) = flooding(move |write| {
        let head =
            format!("HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: {}\r\n\r\n", bomb.len());
        let _the_client_may_be_gone = write(head.as_bytes()) && write(&bomb);
    });
    let (answer, peak) = peak(|| post(server));
    assert_eq!(answer.unwrap_err().class, Class::Split);
    assert!(peak < 2 * CAP, "{} MiB", peak / MIB);
}

#[test]
fn headers_without_end_are_cut_off() {
    let _alone = alone();
    let (one, one_sent) = flooding(|write| {
        let line = vec![b'a'; 64 * 1024];
        let _head = write(b"HTTP/1.1 200 OK\r\nx: ");
        while write(&line) {}
    });
    let (many, many_sent) = flooding(|write| {
        let _head = write(b"HTTP/1.1 200 OK\r\n");
        while write(b"x-header: of many\r\n".repeat(1000).as_slice()) {}
    });
    for (server, sent) in [(one, one_sent), (many, many_sent)] {
        let ((http, ws), peak) = peak(|| (post(server), connect(server)));
        assert_eq!(http.unwrap_err().class, Class::Transient);
        assert_eq!(ws.unwrap_err().class, Class::Transient);
        // The rest is what the system had taken before anybody looked.
        assert!(sent.load(Ordering::Relaxed) < 32 * MIB && peak < 32 * MIB, "{} MiB", peak / MIB);
    }
}
