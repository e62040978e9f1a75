//! A subscriber on a real WebSocket.

use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::header::{CONNECTION, HeaderValue, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, UPGRADE};
use hyper::{Request, Response, StatusCode};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::Role;

use super::line::Shears;
use crate::sim::frames::Frames;
use crate::sim::provider::Provider;
use crate::sim::session::{Next, Session};

/// The answer to a request for a WebSocket. Source: RFC 6455, section 4.2.2.
pub fn accepted(request: &Request<Incoming>) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::default());
    let key = request.headers().get(SEC_WEBSOCKET_KEY).map(|key| derive_accept_key(key.as_bytes()));
    let Some(Ok(accept)) = key.map(HeaderValue::try_from) else {
        *response.status_mut() = StatusCode::BAD_REQUEST;
        return response;
    };
    *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    let headers = response.headers_mut();
    headers.insert(CONNECTION, HeaderValue::from_static("Upgrade"));
    headers.insert(UPGRADE, HeaderValue::from_static("websocket"));
    headers.insert(SEC_WEBSOCKET_ACCEPT, accept);
    response
}

/// Serves a subscriber until one side ends it.
pub async fn serve(stream: impl AsyncRead + AsyncWrite + Unpin, provider: Provider, shears: Shears) {
    let mut socket = WebSocketStream::from_raw_socket(stream, Role::Server, None).await;
    let mut session = Session::open(provider.clone());
    loop {
        // A library that reads answers pings by itself.
        let reads = provider.frames() != Some(Frames::NoPong) || !session.is_subscribed();
        let next = tokio::select! {
            biased;
            next = session.next() => next,
            received = socket.next(), if reads => match received {
                Some(Ok(Message::Text(text))) => {
                    session.accept(text.as_bytes());
                    continue;
                }
                Some(Ok(Message::Close(_)) | Err(_)) | None => return,
                Some(Ok(_)) => continue,
            },
        };
        match next {
            Next::Message(message) => {
                if socket.send(framed(message, provider.frames())).await.is_err() {
                    return;
                }
            }
            Next::Closed if provider.frames() == Some(Frames::Abrupt) => return,
            Next::Closed => return shears.cut(),
            // Nothing is read and nothing written while it lasts, and nothing of it is made up for afterwards.
            Next::Deaf => {
                provider.heard().await;
                return shears.cut();
            }
        }
    }
}

fn framed(message: Bytes, frames: Option<Frames>) -> Message {
    match frames {
        Some(Frames::Binary) => Message::binary(message),
        Some(Frames::Abrupt | Frames::NoPong) | None => {
            Message::text(String::from_utf8_lossy(&message).into_owned())
        }
    }
}
