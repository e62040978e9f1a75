//! The one page that changes something: orders to a chain, as JSON.
//!
//! *Why no web page can send one.* A browser tells where a request comes from (`Origin`, `Sec-Fetch-Site`), and whatever tells
//! that is refused; and it does not send JSON elsewhere without asking first, which is refused too.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use serde_json::json;

use super::pages::Source;
use super::refusal::Refusal;
use crate::core::command::{Command, Declined};

/// Where orders go; the chain's name follows.
pub(super) const PATH: &str = "/commands/";

/// No order is longer.
pub(super) const LONGEST_BYTES: usize = 4096;

/// Carries an order out, and answers when it is done.
pub(super) async fn command(
    source: web::Data<Source>,
    chain: web::Path<String>,
    order: Result<web::Json<Command>, actix_web::Error>,
) -> HttpResponse {
    let command = match order {
        Ok(order) => order.into_inner(),
        Err(error) => return Refusal::NoOrder(error.to_string()).response(),
    };
    match (source.desk().command)(chain.into_inner(), command).await {
        Ok(done) => HttpResponse::Ok().json(done),
        Err(declined) => answer(&declined),
    }
}

fn answer(declined: &Declined) -> HttpResponse {
    let mut body = json!({ "error": declined.to_string() });
    let status = match declined {
        Declined::Malformed(_) => StatusCode::BAD_REQUEST,
        Declined::Unknown { name, known, .. } => {
            (body["name"], body["known"]) = (json!(name), json!(known));
            StatusCode::NOT_FOUND
        }
        Declined::Unwise(_) => StatusCode::CONFLICT,
        Declined::Unanswered => StatusCode::SERVICE_UNAVAILABLE,
    };
    HttpResponse::build(status).json(body)
}
