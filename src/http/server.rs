//! The server: one thread that answers whoever asks, and can be overwhelmed without harm to anybody else.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use actix_web::dev::ServerHandle;
use actix_web::http::KeepAlive;
use actix_web::http::header::{CACHE_CONTROL, X_CONTENT_TYPE_OPTIONS};
use actix_web::middleware::{DefaultHeaders, from_fn};
use actix_web::{App, HttpServer, web};
use secrecy::ExposeSecret;
use tokio::task::JoinHandle;

use super::desk::Desk;
use super::gate::{self, Gate};
use super::hosts::Hosts;
use super::pages::{self, Source};

/// Connections answered at once; more wait to be accepted. Each one costs a file descriptor, and the journal and the
/// providers need theirs out of as few as 1024.
pub const CONNECTIONS: usize = 256;

/// How long a request may take to arrive. Whoever sends nothing, or a header byte now and then, is cut off after this.
pub const REQUEST_WITHIN: Duration = Duration::from_secs(3);

/// How long requests under way are waited for when the server stops, in seconds.
const STOP_WITHIN_S: u64 = 2;

/// Why there is no server.
#[derive(Debug, thiserror::Error)]
pub enum HttpError {
    /// Others could reach it, and nothing would keep them out.
    #[error(
        "{listen} can be reached from other machines and [http] has no token: set one, or listen on 127.0.0.1"
    )]
    TokenMissing {
        /// The address.
        listen: SocketAddr,
    },
    /// A token that anybody has.
    #[error("the token of [http] is empty: set one that cannot be guessed, or leave the key out")]
    TokenEmpty,
    /// Somebody listens there.
    #[error("{listen} is in use, by another blocktap perhaps: end it, or set another `listen` in [http]")]
    InUse {
        /// The address.
        listen: SocketAddr,
    },
    /// The address is not for us.
    #[error("{listen} cannot be listened on ({error}): set another `listen` in [http]")]
    Unusable {
        /// The address.
        listen: SocketAddr,
        /// What the system says.
        error: io::Error,
    },
}

/// A server that runs until it is stopped.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    handle: ServerHandle,
    ended: JoinHandle<()>,
}

/// Listens on `listen` and serves what is on the `desk`. Must be called within a runtime, which carries the server.
///
/// # Errors
/// [`HttpError`], each with what to do about it.
pub fn serve(listen: SocketAddr, desk: Desk) -> Result<Server, HttpError> {
    match &desk.token {
        None if !listen.ip().to_canonical().is_loopback() => return Err(HttpError::TokenMissing { listen }),
        Some(token) if token.expose_secret().trim().is_empty() => return Err(HttpError::TokenEmpty),
        _ => {}
    }
    let gate = web::Data::new(Gate::new(Hosts::new(listen.ip(), &desk.hosts), desk.token.as_ref()));
    let source = web::Data::new(Source::new(desk));
    let app = move || {
        let headers = DefaultHeaders::new().add((CACHE_CONTROL, "no-store"));
        App::new()
            .app_data(gate.clone())
            .app_data(source.clone())
            .wrap(from_fn(gate::guard))
            .wrap(headers.add((X_CONTENT_TYPE_OPTIONS, "nosniff")))
            .configure(pages::routes)
    };
    let server = HttpServer::new(app)
        .workers(1)
        .disable_signals()
        .keep_alive(KeepAlive::Disabled)
        .max_connections(CONNECTIONS)
        .client_request_timeout(REQUEST_WITHIN)
        .client_disconnect_timeout(REQUEST_WITHIN)
        .shutdown_timeout(STOP_WITHIN_S)
        .bind(listen)
        .map_err(|error| unusable(listen, error))?;
    let address = server.addrs().first().copied().unwrap_or(listen);
    let server = server.run();
    let handle = server.handle();
    let ended = tokio::spawn(async {
        if let Err(error) = server.await {
            tracing::error!(%error, "the http server ended");
        }
    });
    Ok(Server { address, handle, ended })
}

fn unusable(listen: SocketAddr, error: io::Error) -> HttpError {
    match error.kind() {
        io::ErrorKind::AddrInUse => HttpError::InUse { listen },
        _ => HttpError::Unusable { listen, error },
    }
}

impl Server {
    /// Where it listens: the port that the system chose, if it was to choose one.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Stops: takes no more connections, and gives requests under way two seconds.
    pub async fn stop(self) {
        self.handle.stop(true).await;
        if self.ended.await.is_err() {
            tracing::warn!("the http server did not end well");
        }
    }
}
