//! One connection to a provider: HTTP/1.1 that keeps alive, until the client asks for a WebSocket.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use hyper::header::{CONTENT_TYPE, RETRY_AFTER, UPGRADE};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::upgrade::OnUpgrade;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::time::sleep;

use super::line::{Line, Shears};
use super::{raw, websocket};
use crate::sim::provider::Provider;
use crate::sim::reply::{HttpAnswer, Reply};

/// Of a request's body: far above any batch.
const LARGEST_REQUEST_BYTES: usize = 16 * 1024 * 1024;

/// The library is to let go of the connection without a word.
#[derive(Debug, thiserror::Error)]
#[error("the provider does not answer as it should")]
struct Cut;

/// What a connection's requests share.
#[derive(Clone)]
struct Desk {
    provider: Provider,
    shears: Shears,
    upgrade: Arc<Mutex<Option<OnUpgrade>>>,
}

/// Serves a connection to its end.
pub async fn serve(stream: TcpStream, provider: Provider) {
    let shears = Shears::default();
    let desk = Desk { provider: provider.clone(), shears: shears.clone(), upgrade: Arc::default() };
    let Ok((stream, again)) = doubled(stream) else { return };
    let line = Line::new(stream, shears.clone());
    let talk = async {
        talk(line, desk).await;
        if let Some(script) = shears.kept()
            && let Ok(stream) = TcpStream::from_std(again)
        {
            raw::play(stream, script).await;
        }
    };
    tokio::select! {
        biased;
        () = provider.down() => shears.cut(),
        () = talk => {}
    }
}

/// A connection, and a second hold on it: it ends when both are let go.
fn doubled(stream: TcpStream) -> io::Result<(TcpStream, std::net::TcpStream)> {
    let stream = stream.into_std()?;
    let again = stream.try_clone()?;
    Ok((TcpStream::from_std(stream)?, again))
}

async fn talk(line: Line, desk: Desk) {
    // Small answers must not wait for the acknowledgement of the one before.
    let service = service_fn(|request| desk.clone().answer(request));
    let connection = http1::Builder::new().serve_connection(TokioIo::new(line), service).with_upgrades();
    if connection.await.is_err() {
        return;
    }
    let upgrade = desk.upgrade.lock().unwrap_or_else(PoisonError::into_inner).take();
    if let Some(upgrade) = upgrade
        && let Ok(upgraded) = upgrade.await
    {
        websocket::serve(TokioIo::new(upgraded), desk.provider, desk.shears).await;
    }
}

impl Desk {
    async fn answer(self, mut request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Cut> {
        if request.headers().contains_key(UPGRADE) {
            let response = websocket::accepted(&request);
            let upgrade = hyper::upgrade::on(&mut request);
            *self.upgrade.lock().unwrap_or_else(PoisonError::into_inner) = Some(upgrade);
            return Ok(response);
        }
        if request.method() != Method::POST {
            return Ok(render(HttpAnswer::text(405, "POST JSON-RPC here")));
        }
        let Ok(body) = Limited::new(request.into_body(), LARGEST_REQUEST_BYTES).collect().await else {
            return Ok(render(HttpAnswer::text(413, "too large")));
        };
        self.serve(&body.to_bytes()).await
    }

    async fn serve(self, body: &[u8]) -> Result<Response<Full<Bytes>>, Cut> {
        let served = self.provider.serve(body);
        sleep(served.after).await;
        match served.reply {
            Reply::Answer(answer) => Ok(render(answer)),
            Reply::Mangled(answer, wire) => {
                self.shears.keep(raw::compose(&wire, &answer));
                Err(Cut)
            }
            Reply::Silence => std::future::pending().await,
            Reply::Reset => {
                self.shears.cut();
                Err(Cut)
            }
        }
    }
}

fn render(answer: HttpAnswer) -> Response<Full<Bytes>> {
    let retry_after_s = answer.retry_after_s();
    let mut response = Response::new(Full::new(answer.body));
    *response.status_mut() = StatusCode::from_u16(answer.status).unwrap_or_default();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, hyper::header::HeaderValue::from_static(answer.content_type));
    if let Some(seconds) = retry_after_s {
        headers.insert(RETRY_AFTER, seconds.into());
    }
    response
}
