//! Opening a WebSocket.

use bytes::Bytes;
use reqwest::header::AUTHORIZATION;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Error;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::handshake::client::Request;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::{Connector, client_async_tls_with_config};

use super::{Greeting, MESSAGE_BYTES, Stream, gone};
use crate::chain::error::ChainError;
use crate::chain::http::failure::words;
use crate::chain::http::retry_after;
use crate::chain::http::status::Reply;
use crate::chain::secret_url::SecretUrl;
use crate::chain::{jsonrpc, tls};
use crate::core::class::Class;

/// Connects, TLS and upgrade included. A redirect is not followed.
pub(super) async fn open(url: &SecretUrl, greeting: &Greeting) -> Result<Stream, ChainError> {
    let request = request(url, greeting)?;
    let host = url.expose().host_str().unwrap_or_default().trim_matches(['[', ']']);
    let port = url.expose().port_or_known_default().unwrap_or_default();
    let unreachable =
        |error: std::io::Error| ChainError::transient(format!("cannot connect: {}", words(&error)));
    let wire = TcpStream::connect((host, port)).await.map_err(unreachable)?;
    wire.set_nodelay(true).map_err(unreachable)?;
    let config =
        WebSocketConfig::default().max_message_size(Some(MESSAGE_BYTES)).max_frame_size(Some(MESSAGE_BYTES));
    let tls = greeting.authority.as_ref().map(|authority| Connector::Rustls(authority.tls()));
    let opened = client_async_tls_with_config(request, wire, Some(config), tls).await;
    opened.map(|(stream, _)| stream).map_err(refused)
}

fn request(url: &SecretUrl, greeting: &Greeting) -> Result<Request, ChainError> {
    let unusable = |_| ChainError::new(Class::Config, "the address cannot be asked for");
    let mut request = url.expose().as_str().into_client_request().map_err(unusable)?;
    if let Some(value) = &greeting.authorization {
        request.headers_mut().insert(AUTHORIZATION, value.clone());
    }
    request.headers_mut().extend(greeting.headers.expose().clone());
    Ok(request)
}

/// What a failed opening means: the certificate, then the HTTP answer, then the wire.
fn refused(error: Error) -> ChainError {
    if let Some(refusal) = tls::refusal(&error) {
        return refusal;
    }
    if let Error::Capacity(_) = error {
        return ChainError::transient("the answer to the opening is too long");
    }
    let Error::Http(answer) = error else { return gone(&error) };
    let (head, body) = answer.into_parts();
    let reply = Reply {
        status: head.status,
        retry_after: retry_after::seconds(&head.headers),
        body: body.map(Bytes::from).unwrap_or_default(),
    };
    match reply.judge() {
        Err(error) => error,
        Ok(body) => jsonrpc::error(&body)
            .unwrap_or_else(|| ChainError::new(Class::Capability, "the endpoint speaks no WebSocket")),
    }
}
