//! The pages.

use std::collections::BTreeMap;

use actix_web::http::StatusCode;
use actix_web::http::header::{CONTENT_TYPE, ContentType};
use actix_web::{HttpResponse, web};
use serde::Serialize;
use tokio::sync::Semaphore;

use super::board::ChainStatus;
use super::commands;
use super::desk::Desk;
use super::refusal::Refusal;
use crate::core::plain;

/// Most observations under way at once: each one asks every actor it covers, and readers must not flood them.
const OBSERVERS: usize = 4;

/// The actors of all providers.
const PROVIDERS: &str = "*/providers/*";

/// The format that Prometheus reads.
const PROMETHEUS_TEXT: &str = "text/plain; version=0.0.4; charset=utf-8";

const INDEX: &str = "blocktap\n\n\
    /live           the process runs\n\
    /ready          every chain delivers, or why not\n\
    /health         each chain's head, lag and provider, in JSON\n\
    /metrics        for Prometheus\n\
    /providers      each provider: why it serves or not, score, breaker, quarantine, cordon, in JSON\n\
    /debug/actors   what each actor is doing, in JSON; /debug/actors/PATTERN for some of them\n\
    /commands/CHAIN orders to a chain, as JSON by POST\n";

/// What the pages are made from.
pub(super) struct Source {
    desk: Desk,
    observers: Semaphore,
}

#[derive(Serialize)]
struct Health {
    ready: bool,
    chains: BTreeMap<String, ChainHealth>,
}

#[derive(Serialize)]
struct ChainHealth {
    ready: bool,
    why_not_ready: Option<String>,
    #[serde(flatten)]
    status: ChainStatus,
}

impl Source {
    pub(super) fn new(desk: Desk) -> Self {
        Self { desk, observers: Semaphore::new(OBSERVERS) }
    }

    pub(super) const fn desk(&self) -> &Desk {
        &self.desk
    }
}

/// Which page is where.
pub(super) fn routes(config: &mut web::ServiceConfig) {
    let orders = web::JsonConfig::default().limit(commands::LONGEST_BYTES);
    config
        .service(
            web::resource(format!("{}{{chain}}", commands::PATH))
                .app_data(orders)
                .route(web::post().to(commands::command)),
        )
        .route("/", web::to(index))
        .route("/live", web::to(live))
        .route("/ready", web::to(ready))
        .route("/health", web::to(health))
        .route("/metrics", web::to(metrics))
        .route("/providers", web::to(providers))
        .route("/debug/actors", web::to(all_actors))
        .route("/debug/actors/{pattern:.*}", web::to(actors))
        .default_service(web::to(nothing));
}

async fn index() -> HttpResponse {
    text(StatusCode::OK, INDEX.into())
}

async fn live() -> HttpResponse {
    text(StatusCode::OK, "live\n".into())
}

async fn ready(source: web::Data<Source>) -> HttpResponse {
    let chains = source.desk.board.read();
    if chains.is_empty() {
        return text(StatusCode::SERVICE_UNAVAILABLE, "no chain has begun yet\n".into());
    }
    let all_ready = chains.values().all(ChainStatus::is_ready);
    let status = if all_ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    text(status, chains.iter().map(|(name, chain)| line(name, chain)).collect())
}

fn line(name: &str, chain: &ChainStatus) -> String {
    let said = chain.why_not_ready().map_or_else(|| "ready".to_owned(), |why| format!("not ready, {why}"));
    // What is said may repeat a provider's words: it stays one line.
    format!("{name}: {}\n", plain::line(&said))
}

async fn health(source: web::Data<Source>) -> HttpResponse {
    let chains: BTreeMap<_, _> =
        source.desk.board.read().into_iter().map(|(name, status)| (name, ChainHealth::of(status))).collect();
    let ready = !chains.is_empty() && chains.values().all(|chain| chain.ready);
    HttpResponse::Ok().json(Health { ready, chains })
}

impl ChainHealth {
    fn of(status: ChainStatus) -> Self {
        Self { ready: status.is_ready(), why_not_ready: status.why_not_ready(), status }
    }
}

async fn metrics(source: web::Data<Source>) -> HttpResponse {
    HttpResponse::Ok().insert_header((CONTENT_TYPE, PROMETHEUS_TEXT)).body((source.desk.metrics)())
}

async fn all_actors(source: web::Data<Source>) -> HttpResponse {
    observe(&source, String::new()).await
}

async fn providers(source: web::Data<Source>) -> HttpResponse {
    observe(&source, PROVIDERS.into()).await
}

async fn actors(source: web::Data<Source>, pattern: web::Path<String>) -> HttpResponse {
    observe(&source, pattern.into_inner()).await
}

async fn observe(source: &Source, pattern: String) -> HttpResponse {
    // Nobody closes the semaphore; if it were closed, observing would merely not be held back.
    let _turn = source.observers.acquire().await;
    let asked_for_all = pattern.is_empty();
    let observations = (source.desk.observe)(pattern).await;
    if observations.is_empty() && !asked_for_all {
        return Refusal::NoSuchActor.response();
    }
    HttpResponse::Ok().json(observations)
}

async fn nothing() -> HttpResponse {
    Refusal::NoSuchPage.response()
}

fn text(status: StatusCode, body: String) -> HttpResponse {
    HttpResponse::build(status).content_type(ContentType::plaintext()).body(body)
}
