//! Whatever level is logged, and however an exchange ends, no key is told. In a process of its own, because it listens to all
//! that is logged in it.

#![expect(clippy::unwrap_used, reason = "a test may panic; clippy sees only functions marked as tests")]

use std::io::Write;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use blocktap::chain::network::{NetworkConnector, TARGETS_THAT_TELL};
use blocktap::chain::secret_url::SecretUrl;
use blocktap::chain::transport::{Connector, Limits};
use bytes::Bytes;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

const KEY: &str = "CANARY_9f86d081884c7d65";
const SOON: Duration = Duration::from_secs(5);

#[derive(Clone, Default)]
struct Told(Arc<Mutex<Vec<u8>>>);

impl Write for Told {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Everything that is logged from now on.
fn listen() -> Told {
    let told = Told::default();
    let writer = told.clone();
    let layer = tracing_subscriber::fmt::layer().with_ansi(false).with_writer(move || writer.clone());
    let quiet = TARGETS_THAT_TELL.map(|target| (target, LevelFilter::OFF));
    let filter = Targets::new().with_default(LevelFilter::TRACE).with_targets(quiet);
    tracing_subscriber::registry().with(layer).with(filter).init();
    told
}

/// A server that gives every connection this answer.
async fn server(answer: String) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            let mut request = [0; 4096];
            let _either_way = socket.read(&mut request).await;
            let _the_client_may_be_gone = socket.write_all(answer.as_bytes()).await;
        }
    });
    address
}

async fn nobody() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    listener.local_addr().unwrap()
}

fn url(scheme: &str, server: SocketAddr) -> SecretUrl {
    format!("{scheme}://{KEY}:{KEY}@{server}/{KEY}?key={KEY}").parse().unwrap()
}

#[tokio::test]
async fn a_key_is_told_at_no_level_and_in_no_error() {
    let told = listen();
    let connector = NetworkConnector::default();
    let limits = Limits { deadline: SOON, max_bytes: 1 << 20 };
    let mut errors = String::new();
    for address in [
        server("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}".into()).await,
        server(format!("HTTP/1.1 401 No\r\nx: {KEY}\r\ncontent-length: 23\r\n\r\n{KEY}")).await,
        server(format!("HTTP/1.1 302 Go\r\nlocation: http://127.0.0.1/{KEY}\r\ncontent-length: 0\r\n\r\n"))
            .await,
        server("nonsense\r\n\r\n".into()).await,
        nobody().await,
    ] {
        let transport = connector.http(&url("http", address)).unwrap();
        errors += &format!("{transport:?} {:?}\n", transport.post(Bytes::from_static(b"{}"), limits).await);
        let socket = connector.socket(&url("ws", address)).unwrap();
        errors += &format!("{socket:?} {:?}\n", socket.connect(SOON).await.err());
    }
    assert!(!errors.contains("CANARY"), "{errors}");
    let told = String::from_utf8_lossy(&told.0.lock().unwrap()).into_owned();
    assert!(told.contains("TRACE"), "nothing was listened to");
    let leaks: Vec<&str> = told.lines().filter(|line| line.contains("CANARY")).collect();
    assert_eq!(leaks, Vec::<&str>::new());
}
