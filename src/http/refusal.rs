//! Why a request is not answered, said in JSON.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{ALLOW, WWW_AUTHENTICATE};
use serde_json::json;

/// Why a request is not answered.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Refusal {
    #[error("this server does not answer under that host name; names can be added in [http] hosts")]
    StrangeHost,
    #[error("there is nothing to change here: ask with GET or HEAD")]
    Method,
    #[error("orders are given with POST")]
    NoReading,
    #[error("orders are not taken from web pages")]
    WebPage,
    #[error("orders are given as JSON: `Content-Type: application/json`")]
    NotJson,
    #[error("this is no order: {0}")]
    NoOrder(String),
    #[error("the token of [http] is needed: `Authorization: Bearer TOKEN`")]
    Token,
    #[error("no such page; / lists them")]
    NoSuchPage,
    #[error("no actor's path matches")]
    NoSuchActor,
}

impl Refusal {
    pub(super) const fn status(&self) -> StatusCode {
        match self {
            Self::StrangeHost => StatusCode::MISDIRECTED_REQUEST,
            Self::Method | Self::NoReading => StatusCode::METHOD_NOT_ALLOWED,
            Self::WebPage => StatusCode::FORBIDDEN,
            Self::NotJson => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::NoOrder(_) => StatusCode::BAD_REQUEST,
            Self::Token => StatusCode::UNAUTHORIZED,
            Self::NoSuchPage | Self::NoSuchActor => StatusCode::NOT_FOUND,
        }
    }

    pub(super) fn response(&self) -> HttpResponse {
        let mut response = HttpResponse::build(self.status());
        match self {
            Self::Method => response.insert_header((ALLOW, "GET, HEAD")),
            Self::NoReading => response.insert_header((ALLOW, "POST")),
            Self::Token => response.insert_header((WWW_AUTHENTICATE, "Bearer")),
            _ => &mut response,
        };
        response.json(json!({ "error": self.to_string() }))
    }
}
