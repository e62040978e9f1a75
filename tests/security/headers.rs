//! Secret headers reach the provider's own addresses, and nobody else.

use std::time::Duration;

use blocktap::chain::network::NetworkConnector;
use blocktap::chain::secret_headers::SecretHeaders;
use blocktap::chain::transport::{Connector, Limits};
use bytes::Bytes;

use crate::listener::answering;

const KEY: &str = "CANARY_9f86d081884c7d65";
const SOON: Duration = Duration::from_secs(10);

fn connector() -> NetworkConnector {
    let mut headers = SecretHeaders::default();
    headers.add("x-api-key", KEY).unwrap();
    headers.add("authorization", &format!("Bearer {KEY}")).unwrap();
    NetworkConnector::default().saying(headers)
}

async fn ask(address: std::net::SocketAddr) -> String {
    let (connector, limits) = (connector(), Limits { deadline: SOON, max_bytes: 1 << 20 });
    let transport = connector.http(&format!("http://{address}/").parse().unwrap()).unwrap();
    let socket = connector.socket(&format!("ws://{address}/").parse().unwrap()).unwrap();
    let answer = transport.post(Bytes::from_static(b"{}"), limits).await;
    let opened = socket.connect(SOON).await.err();
    format!("{transport:?} {socket:?} {answer:?} {opened:?}")
}

#[tokio::test]
async fn every_request_carries_them_over_http_and_websocket() {
    let (address, heard) = answering("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}".into());
    let told = ask(address).await;
    let heard = heard.lock().unwrap().clone();
    assert_eq!(heard.len(), 2, "{heard:?}");
    for request in heard {
        let request = request.to_lowercase();
        assert_eq!(request.matches("\r\nx-api-key: canary_9f86d081884c7d65\r\n").count(), 1, "{request}");
        assert_eq!(request.matches("\r\nauthorization: bearer canary_").count(), 1, "{request}");
    }
    assert!(!told.contains("CANARY"), "{told}");
}

#[tokio::test]
async fn whoever_a_redirect_points_to_is_not_asked_at_all() {
    let (elsewhere, heard) = answering("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}".into());
    for status in [301, 302, 303, 307, 308] {
        for scheme in ["http", "ws"] {
            let head = format!(
                "HTTP/1.1 {status} Go\r\nlocation: {scheme}://{elsewhere}/{KEY}\r\ncontent-length: 0\r\n\r\n"
            );
            let told = ask(answering(head).0).await;
            assert!(told.contains("redirected") && !told.contains("CANARY"), "{told}");
        }
    }
    assert_eq!(*heard.lock().unwrap(), Vec::<String>::new());
}
