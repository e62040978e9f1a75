//! Real sockets on loopback, with servers that misbehave.

use std::future::Future;

use tokio::net::TcpListener;
use tokio_tungstenite::accept_async;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use wiremock::{Mock, MockServer, ResponseTemplate, matchers};

use super::*;
use crate::chain::http::client::install_crypto;

const KEY: &str = "CANARY_9f86d081884c7d65";
const PATIENT: Duration = Duration::from_secs(20);

fn transport(address: std::net::SocketAddr) -> WebSocketTransport {
    install_crypto();
    let url = format!("ws://{KEY}:{KEY}@{address}/{KEY}?key={KEY}").parse().unwrap();
    let quick = Duration::from_millis(100);
    WebSocketTransport::new(url, Greeting::default(), KeepAlive { ping_after: quick, gone_after: quick })
}

/// A connection to a server that does `talk` with it.
async fn connected<F>(talk: impl FnOnce(WebSocketStream<TcpStream>) -> F + Send + 'static) -> Box<dyn Socket>
where
    F: Future<Output = ()> + Send,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let transport = transport(listener.local_addr().unwrap());
    tokio::spawn(async move {
        let (socket, _) = listener.accept().await.unwrap();
        talk(accept_async(socket).await.unwrap()).await;
    });
    transport.connect(PATIENT).await.unwrap()
}

#[tokio::test]
async fn messages_go_both_ways() {
    let mut socket = connected(|mut server| async move {
        while let Some(Ok(message)) = server.next().await {
            server.send(message).await.unwrap();
        }
    })
    .await;
    socket.send(Bytes::from_static(b"{}")).await.unwrap();
    assert_eq!(socket.receive().await.unwrap(), "{}");
}

#[tokio::test]
async fn a_quiet_connection_that_answers_pings_stays() {
    let mut socket = connected(|mut server| async move {
        // Reading answers the pings; after a few of them there is news.
        for _ in 0..3 {
            while !server.next().await.unwrap().unwrap().is_ping() {}
        }
        server.send(Message::text("news")).await.unwrap();
        server.next().await;
    })
    .await;
    assert_eq!(socket.receive().await.unwrap(), "news");
}

#[tokio::test]
async fn a_silent_connection_is_given_up() {
    let mut socket = connected(|server| async move {
        tokio::time::sleep(PATIENT).await;
        drop(server);
    })
    .await;
    let error = socket.receive().await.unwrap_err();
    assert_eq!(error, ChainError::transient("the connection is silent, even to a ping"));
}

#[tokio::test]
async fn a_late_reader_still_gets_what_has_arrived() {
    let mut socket = connected(|mut server| async move {
        server.send(Message::text("news")).await.unwrap();
        server.next().await;
    })
    .await;
    tokio::time::sleep(Duration::from_millis(250)).await;
    assert_eq!(socket.receive().await.unwrap(), "news");
}

#[tokio::test]
async fn a_close_ends_the_connection() {
    let mut socket = connected(|mut server| async move {
        let frame = CloseFrame { code: CloseCode::Policy, reason: KEY.into() };
        server.close(Some(frame)).await.unwrap();
    })
    .await;
    let error = socket.receive().await.unwrap_err();
    assert_eq!(error.class, Class::Transient);
    assert!(!error.to_string().contains("CANARY"));
}

#[tokio::test]
async fn a_connection_that_vanishes_is_transient() {
    let mut socket = connected(|server| async move { drop(server) }).await;
    assert_eq!(socket.receive().await.unwrap_err().class, Class::Transient);
}

#[tokio::test]
async fn a_message_beyond_the_limit_is_refused() {
    let mut socket = connected(|mut server| async move {
        let _the_client_hangs_up = server.send(Message::text("x".repeat(MESSAGE_BYTES + 1))).await;
    })
    .await;
    assert_eq!(socket.receive().await.unwrap_err().class, Class::Split);
}

#[tokio::test]
async fn a_refused_opening_is_classified_by_its_answer() {
    for (status, body, class) in [
        (401, "", Class::Config),
        (302, "", Class::Config),
        (429, "", Class::RateLimited { retry_after: None }),
        (405, "", Class::Capability),
        (503, "<html>", Class::Transient),
        (200, "{}", Class::Capability),
        (400, r#"{"id":null,"error":{"code":-32000,"message":"invalid api key"}}"#, Class::Config),
    ] {
        let server = MockServer::start().await;
        let template = ResponseTemplate::new(status).set_body_string(body);
        Mock::given(matchers::any()).respond_with(template).mount(&server).await;
        let transport = transport(*server.address());
        let error = transport.connect(PATIENT).await.err().unwrap();
        assert_eq!(error.class, class, "{status}");
        assert!(!format!("{error:?} {transport:?}").contains("CANARY"));
    }
}

#[tokio::test]
async fn an_opening_that_hangs_meets_its_deadline() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let transport = transport(listener.local_addr().unwrap());
    let error = transport.connect(Duration::from_millis(100)).await.err().unwrap();
    assert_eq!(error, ChainError::transient("no connection within 100ms"));
}
