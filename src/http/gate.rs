//! Who is let in: every request passes here before any page sees it.

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::http::header::{AUTHORIZATION, CONTENT_TYPE, HOST, ORIGIN};
use actix_web::middleware::Next;
use actix_web::{Error, HttpRequest, web};
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use super::commands;
use super::hosts::Hosts;
use super::refusal::Refusal;

/// Pages that need no token. Every other path does, known or not.
const OPEN: [&str; 3] = ["/", "/live", "/ready"];

/// What a browser sends along with whatever a page makes it ask (<https://www.w3.org/TR/fetch-metadata/>).
const SENT_BY_BROWSERS: &str = "sec-fetch-site";

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
    content_type: Option<&'a str>,
    sender: Sender,
}

/// What made the request, as far as it shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sender {
    Program,
    WebPage,
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
        visitor.method_fits()?;
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
            content_type: headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()),
            sender: match headers.contains_key(ORIGIN) || headers.contains_key(SENT_BY_BROWSERS) {
                true => Sender::WebPage,
                false => Sender::Program,
            },
        }
    }

    /// Reading is done with GET, ordering with POST, and nothing else at all.
    fn method_fits(&self) -> Result<(), Refusal> {
        let orders = self.path.starts_with(commands::PATH);
        match *self.method {
            Method::POST if orders => self.may_order(),
            _ if orders => Err(Refusal::NoReading),
            Method::GET | Method::HEAD => Ok(()),
            _ => Err(Refusal::Method),
        }
    }

    fn may_order(&self) -> Result<(), Refusal> {
        let kind = self.content_type.and_then(|kind| kind.split(';').next()).unwrap_or_default();
        match self.sender {
            Sender::WebPage => Err(Refusal::WebPage),
            Sender::Program if !kind.trim().eq_ignore_ascii_case("application/json") => Err(Refusal::NotJson),
            Sender::Program => Ok(()),
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

    fn order(method: Method, headers: &[(&'static str, &'static str)]) -> Result<(), Refusal> {
        let bare = TestRequest::with_uri("/commands/sim").method(method).insert_header(("host", "localhost"));
        let request = headers.iter().fold(bare, |request, header| request.append_header(*header));
        gate(None).judge(&Visitor::of(&request.to_http_request()))
    }

    #[test]
    fn orders_are_taken_from_programs_and_never_from_web_pages() {
        const JSON: (&str, &str) = ("content-type", "application/json; charset=utf-8");
        assert_eq!(order(Method::POST, &[JSON]), Ok(()));
        for origin in ["https://evil.example", "http://localhost", "null"] {
            assert_eq!(order(Method::POST, &[JSON, ("origin", origin)]), Err(Refusal::WebPage), "{origin}");
        }
        let fetched = ("sec-fetch-site", "same-origin");
        assert_eq!(order(Method::POST, &[JSON, fetched]), Err(Refusal::WebPage));
        for simple in ["text/plain", "application/x-www-form-urlencoded", "text/plain; application/json"] {
            assert_eq!(order(Method::POST, &[("content-type", simple)]), Err(Refusal::NotJson), "{simple}");
        }
        assert_eq!(order(Method::POST, &[]), Err(Refusal::NotJson));
        for method in [Method::GET, Method::HEAD, Method::OPTIONS, Method::PUT, Method::DELETE] {
            assert_eq!(order(method, &[JSON]), Err(Refusal::NoReading));
        }
    }

    #[test]
    fn orders_need_the_token_too() {
        let request = TestRequest::with_uri("/commands/sim").method(Method::POST);
        let request = request.insert_header(("host", "localhost"));
        let request = request.insert_header(("content-type", "application/json")).to_http_request();
        assert_eq!(gate(Some(TOKEN)).judge(&Visitor::of(&request)), Err(Refusal::Token));
    }

    #[test]
    fn no_other_page_can_change_anything() {
        for method in [Method::POST, Method::PUT, Method::DELETE, Method::OPTIONS, Method::TRACE] {
            let request = TestRequest::with_uri("/live").method(method).insert_header(("host", "localhost"));
            assert_eq!(gate(None).judge(&Visitor::of(&request.to_http_request())), Err(Refusal::Method));
        }
    }
}
