//! A front of TLS and HTTP/2 before a simulated provider, as a content network is before a real one.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use blocktap::chain::authority::Authority;
use blocktap::chain::http::client::install_crypto;
use blocktap::sim::provider::Provider;
use blocktap::sim::reply::Reply;
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::server::conn::http2;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::{TokioExecutor, TokioIo};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair, date_time_ymd};
use rustls::ServerConfig;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio_rustls::TlsAcceptor;

/// What the front shows for itself.
#[derive(Clone, Copy, Debug)]
pub struct Shown {
    /// Whom the certificate is for.
    pub name: &'static str,
    /// The years in which it is valid.
    pub years: (i32, i32),
    /// Whether the authority that is trusted made it.
    pub issuer: Issuer,
}

/// Who made a certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Issuer {
    Trusted,
    Other,
}

impl Default for Shown {
    fn default() -> Self {
        Self { name: "localhost", years: (2020, 2090), issuer: Issuer::Trusted }
    }
}

/// A front that listens until its runtime ends.
#[derive(Clone)]
pub struct Front {
    address: SocketAddr,
    /// Whose word proves it.
    pub authority: Authority,
    accepted: Arc<AtomicUsize>,
    swallow: Arc<watch::Sender<()>>,
}

impl Front {
    /// Opens one before this provider.
    pub fn open(provider: Provider, shown: Shown) -> Self {
        let (trusted, other) = (issuer(), issuer());
        let signer = if shown.issuer == Issuer::Trusted { &trusted } else { &other };
        let acceptor = TlsAcceptor::from(config(shown, signer));
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let front = Self {
            address: listener.local_addr().unwrap(),
            authority: Authority::from_pem(trusted.pem().as_bytes()).unwrap(),
            accepted: Arc::default(),
            swallow: Arc::new(watch::Sender::new(())),
        };
        let listener = TcpListener::from_std(listener).unwrap();
        let (accepted, swallow) = (front.accepted.clone(), front.swallow.clone());
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                accepted.fetch_add(1, Ordering::Relaxed);
                tokio::spawn(serve(stream, acceptor.clone(), provider.clone(), swallow.subscribe()));
            }
        });
        front
    }

    /// Where it is.
    pub fn url(&self) -> String {
        format!("https://localhost:{}/", self.address.port())
    }

    /// Connections so far.
    pub fn accepted(&self) -> usize {
        self.accepted.load(Ordering::Relaxed)
    }

    /// Lets every connection that is open swallow whatever comes, for ever. New ones are served.
    pub fn swallow(&self) {
        self.swallow.send_replace(());
    }
}

type Authorities = CertifiedIssuer<'static, KeyPair>;

fn issuer() -> Authorities {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

fn config(shown: Shown, signer: &Authorities) -> Arc<ServerConfig> {
    install_crypto();
    let mut params = CertificateParams::new([shown.name.to_owned()]).unwrap();
    (params.not_before, params.not_after) =
        (date_time_ymd(shown.years.0, 1, 1), date_time_ymd(shown.years.1, 1, 1));
    let key = KeyPair::generate().unwrap();
    let certificate = params.signed_by(&key, signer).unwrap();
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let config = ServerConfig::builder().with_no_client_auth();
    let mut config = config.with_single_cert(vec![certificate.der().clone()], key).unwrap();
    config.alpn_protocols = vec![b"h2".to_vec()];
    Arc::new(config)
}

async fn serve(
    stream: TcpStream,
    acceptor: TlsAcceptor,
    provider: Provider,
    mut swallow: watch::Receiver<()>,
) {
    let Ok(tls) = acceptor.accept(stream).await else { return };
    let service = service_fn(move |request| answer(provider.clone(), request));
    let connection = http2::Builder::new(TokioExecutor::new()).serve_connection(TokioIo::new(tls), service);
    tokio::pin!(connection);
    tokio::select! {
        _ = &mut connection => {}
        // The connection stays open, and nobody looks at it any more.
        Ok(()) = swallow.changed() => std::future::pending().await,
    }
}

async fn answer(provider: Provider, request: Request<Incoming>) -> hyper::Result<Response<Full<Bytes>>> {
    let body = request.into_body().collect().await?.to_bytes();
    let served = provider.serve(&body);
    tokio::time::sleep(served.after).await;
    match served.reply {
        Reply::Answer(answer) => Ok(Response::new(Full::new(answer.body))),
        _ => std::future::pending().await,
    }
}
