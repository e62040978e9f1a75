//! Real sockets on loopback, with servers that misbehave.

use std::io::Write;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use flate2::Compression;
use flate2::write::GzEncoder;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use wiremock::matchers::{body_string, header, method, path, query_param};
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::*;
use crate::chain::jsonrpc::response;
use crate::chain::network::{self, NetworkConnector, PlainHttp};
use crate::chain::transport::Connector;
use crate::core::class::Class;

const ANSWER: &[u8] = br#"{"jsonrpc":"2.0","id":1,"result":"0x1"}"#;
const KEY: &str = "CANARY_9f86d081884c7d65";

fn limits() -> Limits {
    Limits { deadline: Duration::from_secs(20), max_bytes: 1 << 20 }
}

/// The address of a server, with a key wherever an address can hold one.
fn keyed(server: SocketAddr) -> SecretUrl {
    format!("http://{KEY}:{KEY}@{server}/{KEY}?key={KEY}").parse().unwrap()
}

async fn post(server: SocketAddr, limits: Limits) -> Result<Bytes, ChainError> {
    let connector = NetworkConnector::new(PlainHttp::Refused, network::Compression::Gzip);
    let transport = connector.http(&keyed(server)).unwrap();
    let answer = transport.post(Bytes::from_static(b"{}"), limits).await;
    let told = format!("{answer:?} {transport:?}");
    assert!(!told.contains("CANARY"), "{told}");
    answer
}

/// A server that answers every connection with these bytes and closes it.
async fn raw(answer: Vec<u8>) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            read_request(&mut socket).await;
            let _the_client_may_be_gone = socket.write_all(&answer).await;
        }
    });
    address
}

/// Reads a request whose body is `{}`.
async fn read_request(socket: &mut TcpStream) {
    let mut request = Vec::new();
    while !request.ends_with(b"\r\n\r\n{}") {
        if socket.read_buf(&mut request).await.unwrap_or(0) == 0 {
            return;
        }
    }
}

async fn answered(template: ResponseTemplate) -> Result<Bytes, ChainError> {
    let server = MockServer::start().await;
    Mock::given(method("POST")).respond_with(template).mount(&server).await;
    post(*server.address(), limits()).await
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[tokio::test]
async fn the_whole_address_is_asked_and_none_of_it_is_told() {
    let server = MockServer::start().await;
    let asked = Mock::given(method("POST")).and(path(format!("/{KEY}"))).and(query_param("key", KEY));
    let asked = asked.and(header("content-type", "application/json")).and(body_string("{}"));
    asked
        .respond_with(ResponseTemplate::new(200).set_body_raw(ANSWER, "application/json"))
        .mount(&server)
        .await;
    assert_eq!(post(*server.address(), limits()).await.unwrap(), ANSWER);
    let requests = server.received_requests().await.unwrap();
    assert!(requests[0].headers["authorization"].to_str().unwrap().starts_with("Basic "));
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let elsewhere = MockServer::start().await;
    for status in [301, 302, 303, 307, 308] {
        let template = ResponseTemplate::new(status).insert_header("location", elsewhere.uri());
        assert_eq!(answered(template).await.unwrap_err().class, Class::Config, "{status}");
    }
    assert!(elsewhere.received_requests().await.unwrap().is_empty());
}

#[tokio::test]
async fn a_bomb_is_stopped_at_the_limit() {
    let bomb = gzip(&vec![b' '; 64 << 20]);
    assert!(bomb.len() < 1 << 20);
    let template = ResponseTemplate::new(200).insert_header("content-encoding", "gzip").set_body_bytes(bomb);
    assert_eq!(answered(template).await.unwrap_err().class, Class::Split);
}

#[tokio::test]
async fn what_compresses_like_a_bomb_is_asked_for_uncompressed() {
    let server = MockServer::start().await;
    let zeros = format!("[{}1]", "0, ".repeat(1 << 20)).into_bytes();
    let bomb = ResponseTemplate::new(200).insert_header("content-encoding", "gzip");
    let bomb = bomb.set_body_bytes(gzip(&zeros));
    let plain = ResponseTemplate::new(200).set_body_bytes(zeros.clone());
    Mock::given(header("accept-encoding", "gzip")).respond_with(bomb).mount(&server).await;
    Mock::given(header("accept-encoding", "identity")).respond_with(plain).mount(&server).await;
    let answer = post(*server.address(), Limits { max_bytes: 8 << 20, ..limits() }).await;
    assert_eq!(answer.unwrap().len(), zeros.len());
}

#[tokio::test]
async fn an_encoding_that_nobody_asked_for_is_not_read() {
    for encoding in ["br", "zstd", "deflate", "gzip, gzip"] {
        let template = ResponseTemplate::new(200).insert_header("content-encoding", encoding);
        assert_eq!(answered(template.set_body_bytes(ANSWER)).await.unwrap_err().class, Class::Transient);
    }
}

#[tokio::test]
async fn a_plain_answer_that_says_it_is_compressed_is_transient() {
    let template = ResponseTemplate::new(200).insert_header("content-encoding", "gzip");
    assert_eq!(answered(template.set_body_bytes(ANSWER)).await.unwrap_err().class, Class::Transient);
}

#[tokio::test]
async fn headers_without_end_are_refused() {
    for headers in ["x: y\r\n".repeat(1000), format!("x: {}\r\n", "y".repeat(1 << 20))] {
        let answer = format!("HTTP/1.1 200 OK\r\n{headers}content-length: 2\r\n\r\n{{}}");
        let error = post(raw(answer.into_bytes()).await, limits()).await.unwrap_err();
        assert_eq!(error.class, Class::Transient);
    }
}

/// A server that keeps a connection for one answer, and closes it when it is asked for another.
async fn closing_at_the_second_request(answers: usize) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        for _ in 0..answers {
            let (mut socket, _) = listener.accept().await.unwrap();
            read_request(&mut socket).await;
            let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", ANSWER.len());
            socket.write_all(&[head.as_bytes(), ANSWER].concat()).await.unwrap();
            read_request(&mut socket).await;
        }
    });
    address
}

#[tokio::test]
async fn a_kept_connection_that_is_closed_under_a_request_costs_nothing() {
    let server = closing_at_the_second_request(3).await;
    let connector = NetworkConnector::default();
    let transport = connector.http(&keyed(server)).unwrap();
    for _ in 0..3 {
        assert_eq!(transport.post(Bytes::from_static(b"{}"), limits()).await.unwrap(), ANSWER);
    }
    let error = transport.post(Bytes::from_static(b"{}"), limits()).await.unwrap_err();
    assert_eq!(error.class, Class::Transient);
}

#[tokio::test]
async fn kept_connections_that_are_closed_under_requests_at_once_cost_nothing() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let transport = NetworkConnector::default().http(&keyed(listener.local_addr().unwrap())).unwrap();
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            tokio::spawn(async move {
                read_request(&mut socket).await;
                // Others come meanwhile, and find no connection that is free.
                tokio::time::sleep(Duration::from_millis(50)).await;
                let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", ANSWER.len());
                socket.write_all(&[head.as_bytes(), ANSWER].concat()).await.unwrap();
                read_request(&mut socket).await;
            });
        }
    });
    let ask = || transport.post(Bytes::from_static(b"{}"), limits());
    for _ in 0..3 {
        let (one, two, three) = tokio::join!(ask(), ask(), ask());
        assert!([one, two, three].into_iter().all(|answer| answer.unwrap() == ANSWER));
    }
}

#[tokio::test]
async fn a_renewed_transport_makes_another_connection() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let accepted = Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let counted = Arc::clone(&accepted);
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            counted.fetch_add(1, Ordering::Relaxed);
            tokio::spawn(async move {
                loop {
                    read_request(&mut socket).await;
                    let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", ANSWER.len());
                    if socket.write_all(&[head.as_bytes(), ANSWER].concat()).await.is_err() {
                        return;
                    }
                }
            });
        }
    });
    let transport = NetworkConnector::default().http(&keyed(address)).unwrap();
    let ask = async || transport.post(Bytes::from_static(b"{}"), limits()).await.unwrap();
    for (connections, renewed) in [(1, false), (1, false), (2, true), (2, false)] {
        if renewed {
            transport.renew();
        }
        ask().await;
        assert_eq!(accepted.load(Ordering::Relaxed), connections);
    }
}

#[tokio::test]
async fn who_closes_every_connection_is_asked_once() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let asked = tokio::spawn(async move {
        let (mut socket, _) = listener.accept().await.unwrap();
        read_request(&mut socket).await;
        drop(socket);
        tokio::time::timeout(Duration::from_millis(300), listener.accept()).await.is_ok()
    });
    assert_eq!(post(address, limits()).await.unwrap_err().class, Class::Transient);
    assert!(!asked.await.unwrap(), "it was asked again");
}

#[tokio::test]
async fn a_compressed_answer_is_inflated() {
    let template = ResponseTemplate::new(200).insert_header("content-encoding", "gzip");
    assert_eq!(answered(template.set_body_bytes(gzip(ANSWER))).await.unwrap(), ANSWER);
}

#[tokio::test]
async fn an_answer_in_many_pieces_is_joined() {
    let long = format!("[{}1]", "1, ".repeat(300_000)).into_bytes();
    let template = ResponseTemplate::new(200).set_body_bytes(long.clone());
    assert_eq!(answered(template).await.unwrap(), long);
}

#[tokio::test]
async fn a_dripping_answer_meets_the_deadline() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let (mut socket, _) = listener.accept().await.unwrap();
        read_request(&mut socket).await;
        socket.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 1000000\r\n\r\n[").await.unwrap();
        while socket.write_all(b"1").await.is_ok() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    });
    let error = post(address, Limits { deadline: Duration::from_millis(300), ..limits() }).await.unwrap_err();
    assert_eq!(error, ChainError::transient("no whole answer within 300ms"));
}

#[tokio::test]
async fn a_drip_is_given_up_long_before_a_long_deadline() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let (mut socket, _) = listener.accept().await.unwrap();
        read_request(&mut socket).await;
        socket.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 1000000\r\n\r\n[").await.unwrap();
        while socket.write_all(b"1").await.is_ok() {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    });
    let error = post(address, Limits { deadline: Duration::from_secs(600), ..limits() }).await.unwrap_err();
    assert_eq!(error, ChainError::transient("the answer comes too slowly to wait for its end"));
}

#[tokio::test]
async fn a_server_that_never_answers_meets_the_deadline() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let limits = Limits { deadline: Duration::from_millis(200), ..limits() };
    let error = post(listener.local_addr().unwrap(), limits).await.unwrap_err();
    assert_eq!(error.class, Class::Transient);
}

#[tokio::test]
async fn truncated_answers_are_transient() {
    let mut cut = gzip(ANSWER);
    cut.truncate(cut.len() - 8);
    let head = format!("HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: {}\r\n\r\n", cut.len());
    let answers = [
        b"HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n{\"id\":1".to_vec(),
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n7\r\n{\"id\":1\r\n".to_vec(),
        [head.as_bytes(), &cut].concat(),
        b"HTTP/1.1 200".to_vec(),
        Vec::new(),
    ];
    for answer in answers {
        let told = String::from_utf8_lossy(&answer).into_owned();
        let error = post(raw(answer).await, limits()).await.unwrap_err();
        assert_eq!(error.class, Class::Transient, "{told}");
    }
}

#[tokio::test]
async fn an_answer_that_is_cut_where_it_may_end_is_found_out_by_its_json() {
    let body = post(raw(b"HTTP/1.1 200 OK\r\n\r\n{\"id\":1,\"resu".to_vec()).await, limits()).await.unwrap();
    assert_eq!(response::decode(&body, 1).unwrap_err().class, Class::Transient);
}

#[tokio::test]
async fn nobody_there_is_transient() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let error = post(address, limits()).await.unwrap_err();
    assert_eq!(error, ChainError::transient("cannot connect: connection refused"));
}

#[tokio::test]
async fn a_limit_says_how_long_to_wait() {
    let template = ResponseTemplate::new(429).insert_header("retry-after", "7");
    let retry_after = Some(Duration::from_secs(7));
    assert_eq!(answered(template).await.unwrap_err().class, Class::RateLimited { retry_after });
    let template = ResponseTemplate::new(429).insert_header("date", "Wed, 21 Oct 2015 07:27:53 GMT");
    let template = template.insert_header("retry-after", "Wed, 21 Oct 2015 07:28:00 GMT");
    assert_eq!(answered(template).await.unwrap_err().class, Class::RateLimited { retry_after });
}

#[tokio::test]
async fn a_provider_that_quotes_the_key_is_not_quoted() {
    for status in [200, 401, 500] {
        let template = ResponseTemplate::new(status).set_body_string(format!("no such key: {KEY}"));
        answered(template).await.unwrap_err();
    }
}

#[tokio::test]
async fn an_unknown_issuer_is_the_operators_to_see_to() {
    let address = self_signed_server();
    let url: SecretUrl = format!("https://localhost:{}/{KEY}", address.port()).parse().unwrap();
    let trusting_nobody = build(Wire::Plain, None).unwrap();
    let transport = HttpTransport::new(trusting_nobody, url, SecretHeaders::default(), Encoding::Identity);
    let error = transport.post(Bytes::from_static(b"{}"), limits()).await.unwrap_err();
    assert_eq!(error, ChainError::new(Class::Config, "the certificate's issuer is unknown"));
}

/// A TLS server whose certificate nobody vouches for.
fn self_signed_server() -> SocketAddr {
    super::client::install_crypto();
    let signed = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let key = rustls::pki_types::PrivateKeyDer::try_from(signed.signing_key.serialize_der()).unwrap();
    let config = rustls::ServerConfig::builder().with_no_client_auth();
    let config = Arc::new(config.with_single_cert(vec![signed.cert.der().clone()], key).unwrap());
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        while let Ok((mut socket, _)) = listener.accept() {
            let mut tls = rustls::ServerConnection::new(Arc::clone(&config)).unwrap();
            let _the_client_refuses = tls.complete_io(&mut socket);
        }
    });
    address
}
