//! What an HTTP answer means, before anybody reads it as JSON-RPC.
//!
//! Providers say "too many requests" with 429, 500, 503, 418 and 200, and "wrong key" with a JSON-RPC error inside a 400. So
//! the body speaks first, where it can be understood; the status only where it cannot.

use std::time::Duration;

use bytes::Bytes;
use reqwest::StatusCode;

use crate::chain::error::ChainError;
use crate::chain::jsonrpc::{self, retry_hint};
use crate::core::class::Class;

/// An HTTP answer.
pub(in crate::chain) struct Reply {
    /// Its status.
    pub status: StatusCode,
    /// The seconds it asks to be left alone.
    pub retry_after: Option<u64>,
    /// Its body, decompressed.
    pub body: Bytes,
}

/// What a body looks like from its first byte.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Look {
    Empty,
    Json,
    Page,
    Text,
}

impl Reply {
    /// The body, if it is for JSON-RPC to read; else what its status and words mean.
    pub(in crate::chain) fn judge(self) -> Result<Bytes, ChainError> {
        let look = look(&self.body);
        match (self.status.is_success(), look) {
            (true, Look::Json) => Ok(self.body),
            (true, Look::Empty) => Err(ChainError::transient("an empty answer")),
            (true, Look::Page) => Err(ChainError::transient("a web page instead of an answer")),
            (true, Look::Text) => Err(self.by_words().unwrap_or_else(|| ChainError::transient(self.says()))),
            (false, Look::Json) if jsonrpc::is_answer(&self.body) => self.judge_error(),
            (false, Look::Json | Look::Text) => Err(self.by_words().unwrap_or_else(|| self.by_status())),
            (false, Look::Page) if self.status == StatusCode::FORBIDDEN => Err(self.challenged()),
            (false, Look::Page | Look::Empty) => Err(self.by_status()),
        }
    }

    /// A JSON-RPC answer under an error's status: the body says more, unless nobody understands it. How long to wait stands
    /// in the headers if not in the body.
    fn judge_error(self) -> Result<Bytes, ChainError> {
        match (jsonrpc::recognised(&self.body), self.class()) {
            (Some(Class::RateLimited { retry_after: None }), _) => {
                Err(ChainError::new(self.limited(), self.says()))
            }
            (None, Some(_)) => Err(self.by_status()),
            _ => Ok(self.body),
        }
    }

    /// By what the body says in plain words about limits.
    fn by_words(&self) -> Option<ChainError> {
        let text = String::from_utf8_lossy(&self.body);
        jsonrpc::says_rate_limited(&text).then(|| ChainError::new(self.limited(), self.says()))
    }

    fn by_status(&self) -> ChainError {
        ChainError::new(self.class().unwrap_or(Class::Transient), self.says())
    }

    /// Guards against bots answer 403 with a page, and let the next request through.
    fn challenged(&self) -> ChainError {
        ChainError::transient("HTTP 403 with a web page: a guard against bots, or an outage")
    }

    fn limited(&self) -> Class {
        let wait = self.retry_after.map(Duration::from_secs);
        Class::RateLimited { retry_after: wait.map(retry_hint::bounded) }
    }

    /// The class of a status that leaves no doubt.
    fn class(&self) -> Option<Class> {
        match self.status.as_u16() {
            300..=399 | 401 | 402 | 403 | 404 | 407 | 410 | 451 => Some(Class::Config),
            405 | 415 => Some(Class::Capability),
            413 | 414 => Some(Class::Split),
            429 => Some(self.limited()),
            _ => None,
        }
    }

    /// The status, and the body if it is a short text. A page is never repeated, and neither is where a redirect points.
    fn says(&self) -> String {
        let status = self.status.as_u16();
        match (self.status.is_redirection(), look(&self.body)) {
            (true, _) => format!("HTTP {status}: redirected; put the final address into the settings"),
            (_, Look::Text | Look::Json) => format!("HTTP {status}: {}", String::from_utf8_lossy(&self.body)),
            (_, Look::Page | Look::Empty) => format!("HTTP {status}"),
        }
    }
}

fn look(body: &[u8]) -> Look {
    let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    match body.iter().find(|byte| !byte.is_ascii_whitespace()) {
        None => Look::Empty,
        Some(b'{' | b'[') => Look::Json,
        Some(b'<') => Look::Page,
        Some(_) => Look::Text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn class(status: u16, retry_after: Option<u64>, body: &'static str) -> Option<Class> {
        let status = StatusCode::from_u16(status).unwrap();
        Reply { status, retry_after, body: body.into() }.judge().err().map(|error| error.class)
    }

    const fn limited(seconds: Option<u64>) -> Class {
        let retry_after = match seconds {
            Some(seconds) => Some(Duration::from_secs(seconds)),
            None => None,
        };
        Class::RateLimited { retry_after }
    }

    #[test]
    fn a_status_without_words_speaks_for_itself() {
        for (status, expected) in [
            (204, Class::Transient),
            (301, Class::Config),
            (307, Class::Config),
            (401, Class::Config),
            (402, Class::Config),
            (403, Class::Config),
            (404, Class::Config),
            (405, Class::Capability),
            (413, Class::Split),
            (415, Class::Capability),
            (418, Class::Transient),
            (429, limited(None)),
            (500, Class::Transient),
            (503, Class::Transient),
        ] {
            assert_eq!(class(status, None, ""), Some(expected), "{status}");
        }
    }

    #[test]
    fn a_rate_limit_is_understood_under_any_status() {
        for status in [200, 400, 418, 500, 503] {
            assert_eq!(class(status, None, "Too many requests"), Some(limited(None)), "{status}");
        }
        let json = r#"{"jsonrpc":"2.0","id":1,"error":{"code":-32005,"message":"rate limit"}}"#;
        assert_eq!(class(503, Some(7), json), Some(limited(Some(7))));
        assert_eq!(class(503, Some(7), r#"{"message":"API rate limit exceeded"}"#), Some(limited(Some(7))));
    }

    #[test]
    fn the_wait_that_a_provider_may_impose_is_bounded() {
        assert_eq!(class(429, Some(7), "x"), Some(limited(Some(7))));
        assert_eq!(class(429, Some(u64::MAX), "<html>"), Some(limited(Some(3600))));
    }

    #[test]
    fn an_answer_speaks_before_its_status() {
        assert_eq!(
            class(500, None, r#"{"id":1,"error":{"code":-32000,"message":"header not found"}}"#),
            None
        );
        assert_eq!(
            class(
                429,
                None,
                r#"{"id":1,"error":{"code":-32005,"message":"monthly capacity limit exceeded"}}"#
            ),
            None
        );
        assert_eq!(class(400, None, r#"[{"id":1,"result":null}]"#), None);
    }

    #[test]
    fn a_status_speaks_where_nobody_understands_the_answer() {
        assert_eq!(
            class(401, None, r#"{"id":1,"error":{"code":-1,"message":"go away"}}"#),
            Some(Class::Config)
        );
        assert_eq!(class(500, None, r#"{"id":1,"error":{"code":-1,"message":"go away"}}"#), None);
        assert_eq!(class(403, None, r#"{"error":"no such project"}"#), Some(Class::Config));
    }

    #[test]
    fn a_page_is_an_outage_and_is_not_repeated() {
        for status in [200, 403, 502] {
            let body = Bytes::from_static(b"\n<!doctype html>CANARY");
            let reply = Reply { status: StatusCode::from_u16(status).unwrap(), retry_after: None, body };
            let error = reply.judge().unwrap_err();
            assert_eq!(error.class, Class::Transient);
            assert!(!error.message.contains("CANARY"));
        }
    }

    #[test]
    fn plain_text_is_this_exchange_s_fault_only() {
        assert_eq!(class(200, None, "invalid host specified"), Some(Class::Transient));
    }
}
