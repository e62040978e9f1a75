//! Over TLS, real on both sides: whom a client believes to be its provider, and that nobody else gets a byte of a request.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use blocktap::chain::authority::Authority;
use blocktap::chain::http::client::install_crypto;
use blocktap::chain::network::NetworkConnector;
use blocktap::chain::secret_url::SecretUrl;
use blocktap::chain::transport::{Connector, Limits};
use blocktap::core::class::Class;
use bytes::Bytes;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, date_time_ymd};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use crate::listener::{Heard, head};

const KEY: &str = "CANARY_9f86d081884c7d65";
const SOON: Duration = Duration::from_secs(10);

type Issuer = CertifiedIssuer<'static, KeyPair>;

fn issuer(name: &str) -> Issuer {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

/// What a server shows for itself.
struct Shown<'i> {
    name: &'static str,
    years: (i32, i32),
    issuer: &'i Issuer,
}

impl Shown<'_> {
    fn config(&self) -> Arc<ServerConfig> {
        install_crypto();
        let mut params = CertificateParams::new([self.name.to_owned()]).unwrap();
        (params.not_before, params.not_after) =
            (date_time_ymd(self.years.0, 1, 1), date_time_ymd(self.years.1, 1, 1));
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, self.issuer).unwrap();
        let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let config = ServerConfig::builder().with_no_client_auth();
        Arc::new(config.with_single_cert(vec![certificate.der().clone()], key).unwrap())
    }

    /// A server that answers `{}`, and what of it came through the encryption.
    fn serve(&self) -> (SocketAddr, Heard) {
        let config = self.config();
        accept(move |stream, heard| {
            let connection = ServerConnection::new(config.clone()).unwrap();
            let mut tls = StreamOwned::new(connection, stream);
            let request = head(&mut tls);
            if !request.is_empty() {
                heard.lock().unwrap().push(request);
            }
            let _the_client_may_be_gone = tls.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}");
        })
    }
}

fn accept(serve: impl Fn(TcpStream, &Heard) + Send + 'static) -> (SocketAddr, Heard) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let heard = Heard::default();
    let kept = heard.clone();
    std::thread::spawn(move || {
        listener.incoming().map_while(Result::ok).for_each(|stream| serve(stream, &kept));
    });
    (address, heard)
}

/// What asking over HTTP and over WebSocket comes to: classes, and all that is told.
async fn ask(server: SocketAddr, authority: Option<Authority>) -> ([Option<Class>; 2], String) {
    let connector = NetworkConnector::default().trusting(authority);
    let url = |scheme: &str| -> SecretUrl {
        format!("{scheme}://{KEY}:{KEY}@localhost:{}/{KEY}?key={KEY}", server.port()).parse().unwrap()
    };
    let limits = Limits { deadline: SOON, max_bytes: 1 << 20 };
    let answer = connector.http(&url("https")).unwrap().post(Bytes::from_static(b"{}"), limits).await;
    let opened = connector.socket(&url("wss")).unwrap().connect(SOON).await.map(drop);
    let told = format!("{answer:?} {opened:?}");
    assert!(!told.contains("CANARY"), "{told}");
    ([answer.err().map(|error| error.class), opened.err().map(|error| error.class)], told)
}

fn pinned(issuer: &Issuer) -> Option<Authority> {
    Some(Authority::from_pem(issuer.pem().as_bytes()).unwrap())
}

#[tokio::test]
async fn a_provider_of_the_pinned_authority_is_believed() {
    let issuer = issuer("ours");
    let (server, heard) = Shown { name: "localhost", years: (2020, 4000), issuer: &issuer }.serve();
    let (classes, told) = ask(server, pinned(&issuer)).await;
    // It speaks no WebSocket, but it was asked.
    assert_eq!(classes, [None, Some(Class::Capability)], "{told}");
    assert_eq!(heard.lock().unwrap().len(), 2);
}

#[tokio::test]
async fn whoever_is_not_the_provider_is_refused_and_hears_nothing() {
    let (ours, other) = (issuer("ours"), issuer("another"));
    for (years, name, issuer, authority, why) in [
        ((2020, 4000), "localhost", &other, pinned(&ours), "the certificate's issuer is unknown"),
        ((2020, 4000), "localhost", &ours, None, "the certificate's issuer is unknown"),
        ((2020, 2021), "localhost", &ours, pinned(&ours), "the certificate has expired"),
        ((3000, 4000), "localhost", &ours, pinned(&ours), "the certificate is not valid yet"),
        ((2020, 4000), "rpc.example", &ours, pinned(&ours), "the certificate is for another name"),
    ] {
        let (server, heard) = Shown { name, years, issuer }.serve();
        let (classes, told) = ask(server, authority).await;
        assert_eq!(classes, [Some(Class::Config); 2], "{why}: {told}");
        assert_eq!(told.matches(why).count(), 2, "{told}");
        assert_eq!(*heard.lock().unwrap(), Vec::<String>::new(), "{why}");
    }
}

/// A handshake that settles on TLS 1.0: record and message of a ServerHello (RFC 2246, 7.4.1.3).
fn server_hello_of_tls_1_0() -> Vec<u8> {
    let body = [&[3, 1][..], &[7; 32], &[0, 0xc0, 0x13, 0]].concat();
    let message = [&[2, 0, 0, u8::try_from(body.len()).unwrap()][..], &body].concat();
    [&[22, 3, 1, 0, u8::try_from(message.len()).unwrap()][..], &message].concat()
}

#[tokio::test]
async fn tls_before_version_1_2_is_refused() {
    let (server, _) = accept(|mut stream, _| {
        let mut hello = [0; 4096];
        let _either_way = stream.read(&mut hello);
        let _the_client_may_be_gone = stream.write_all(&server_hello_of_tls_1_0());
        let _until_it_hangs_up = stream.read(&mut hello);
    });
    let (classes, told) = ask(server, pinned(&issuer("ours"))).await;
    assert_eq!(classes, [Some(Class::Config); 2], "{told}");
    assert_eq!(told.matches("no TLS of version 1.2 or later").count(), 2, "{told}");
}
