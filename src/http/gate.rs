//! Who is let in: every request passes here before any page sees it.

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::http::header::{AUTHORIZATION, HOST};
use actix_web::middleware::Next;
use actix_web::{Error, HttpRequest, web};
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use super::hosts::Hosts;
use super::refusal::Refusal;

/// Pages that need no token. Every other path does, known or not.
const OPEN: [&str; 3] = ["/", "/live", "/ready"];

/// The rules of one server.
pub(super) struct Gate {
    hosts: Hosts,
    token: Option<[u8; 32]>,
}

/// What of a request decides whether it is let in.
struct Visitor<'a> {
    hosts: Vec<Option<&'a str>>,
    method: &'a Method,
    path: &'a str,
    authorization: Option<&'a str>,
}

// === impl Gate ===

impl Gate {
    pub(super) fn new(hosts: Hosts, token: Option<&SecretString>) -> Self {
        Self { hosts, token: token.map(|token| digest(token.expose_secret())) }
    }

    fn judge(&self, visitor: &Visitor<'_>) -> Result<(), Refusal> {
        let known = |host: &Option<&str>| host.is_some_and(|host| self.hosts.knows(host));
        if visitor.hosts.is_empty() || !visitor.hosts.iter().all(known) {
            return Err(Refusal::StrangeHost);
        }
        if *visitor.method != Method::GET && *visitor.method != Method::HEAD {
            return Err(Refusal::Method);
        }
        match &self.token {
            Some(token) if !OPEN.contains(&visitor.path) && !shown(token, visitor.authorization) => {
                Err(Refusal::Token)
            }
            _ => Ok(()),
        }
    }
}

/// Lets a request through to its page, or answers why not.
pub(super) async fn guard(
    gate: web::Data<Gate>,
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let judged = gate.judge(&Visitor::of(request.request()));
    match judged {
        Ok(()) => next.call(request).await.map(ServiceResponse::map_into_boxed_body),
        Err(refusal) => Ok(request.into_response(refusal.response())),
    }
}

impl<'a> Visitor<'a> {
    fn of(request: &'a HttpRequest) -> Self {
        let headers = request.headers();
        let named = headers.get_all(HOST).map(|host| host.to_str().ok());
        let addressed = request.uri().authority().map(|authority| Some(authority.as_str()));
        let mut tokens = headers.get_all(AUTHORIZATION);
        let authorization = tokens.next().and_then(|token| token.to_str().ok());
        Self {
            hosts: named.chain(addressed).collect(),
            method: request.method(),
            path: request.uri().path(),
            authorization,
        }
    }
}

fn shown(token: &[u8; 32], authorization: Option<&str>) -> bool {
    let Some((scheme, offered)) = authorization.and_then(|value| value.split_once(' ')) else { return false };
    scheme.eq_ignore_ascii_case("bearer") && bool::from(digest(offered.trim()).ct_eq(token))
}

/// Digests are compared in place of tokens, so that not even a token's length can be measured.
fn digest(token: &str) -> [u8; 32] {
    Sha256::digest(token).into()
}

#[cfg(test)]
mod tests {
    use actix_web::http::Method;
    use actix_web::test::TestRequest;

    use super::{Gate, Hosts, Refusal, Visitor};

    const TOKEN: &str = "correct horse battery staple";

    fn gate(token: Option<&str>) -> Gate {
        let token = token.map(|token| token.to_owned().into());
        Gate::new(Hosts::new("127.0.0.1".parse().unwrap(), &[]), token.as_ref())
    }

    fn judge(gate: &Gate, path: &str, authorization: Option<&str>) -> Result<(), Refusal> {
        let mut request = TestRequest::with_uri(path).insert_header(("host", "localhost"));
        if let Some(value) = authorization {
            request = request.insert_header(("authorization", value));
        }
        gate.judge(&Visitor::of(&request.to_http_request()))
    }

    #[test]
    fn without_a_token_every_page_is_open() {
        for path in ["/", "/live", "/metrics", "/debug/actors"] {
            assert_eq!(judge(&gate(None), path, None), Ok(()), "{path}");
        }
    }

    #[test]
    fn with_a_token_only_liveness_and_readiness_are_open() {
        let gate = gate(Some(TOKEN));
        for path in ["/", "/live", "/ready"] {
            assert_eq!(judge(&gate, path, None), Ok(()), "{path}");
        }
        for path in ["/health", "/metrics", "/debug/actors", "/live/", "//live", "/live/../metrics", "/else"]
        {
            assert_eq!(judge(&gate, path, None), Err(Refusal::Token), "{path}");
            assert_eq!(judge(&gate, path, Some(&format!("bearer  {TOKEN}"))), Ok(()), "{path}");
        }
    }

    #[test]
    fn nothing_but_the_whole_token_opens() {
        let gate = gate(Some(TOKEN));
        let (shorter, longer) = (&TOKEN[1..], format!("{TOKEN}e"));
        for wrong in ["", shorter, &longer, "Bearer"] {
            let header = format!("Bearer {wrong}");
            assert_eq!(judge(&gate, "/metrics", Some(&header)), Err(Refusal::Token), "{header}");
        }
        assert_eq!(judge(&gate, "/metrics", Some(TOKEN)), Err(Refusal::Token));
        assert_eq!(judge(&gate, "/metrics", Some(&format!("Basic {TOKEN}"))), Err(Refusal::Token));
    }

    #[test]
    fn one_strange_host_among_several_is_enough_to_refuse() {
        let ours = TestRequest::with_uri("/live").insert_header(("host", "localhost"));
        let two = ours.append_header(("host", "evil.example")).to_http_request();
        assert_eq!(gate(None).judge(&Visitor::of(&two)), Err(Refusal::StrangeHost));
        let addressed =
            TestRequest::with_uri("http://evil.example/live").insert_header(("host", "localhost"));
        assert_eq!(gate(None).judge(&Visitor::of(&addressed.to_http_request())), Err(Refusal::StrangeHost));
        let none = TestRequest::with_uri("/live").to_http_request();
        assert_eq!(gate(None).judge(&Visitor::of(&none)), Err(Refusal::StrangeHost));
    }

    #[test]
    fn nothing_can_be_changed() {
        for method in [Method::POST, Method::PUT, Method::DELETE, Method::OPTIONS, Method::TRACE] {
            let request = TestRequest::with_uri("/live").method(method).insert_header(("host", "localhost"));
            assert_eq!(gate(None).judge(&Visitor::of(&request.to_http_request())), Err(Refusal::Method));
        }
    }
}
