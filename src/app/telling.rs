//! The way in for whoever asks over HTTP.

use std::sync::Arc;

use super::chain::Estate;
use super::error::AppError;
use crate::actors::link::{Handle, Link};
use crate::actors::observer::{ObserveAll, Observer};
use crate::http::desk::Desk;
use crate::http::metrics::Exporter;
use crate::http::server::{Server, serve};
use crate::settings::Http;

/// Starts the actor that asks all others.
pub fn observer(estate: &Estate) -> Link<ObserveAll> {
    let (post, registry) = (Handle::vacant(), estate.house.registry.clone());
    estate.house.employ("observer", &post, move |birth| Observer::new(birth, registry.clone()));
    post.link()
}

/// Serves the estate's board, actors and metrics as `http` says. Called before anything else starts: what is measured before that
/// is not kept.
///
/// # Errors
/// When the address cannot be listened on.
pub fn tell(http: Http, estate: &Estate, observer: Link<ObserveAll>) -> Result<Server, AppError> {
    let exporter = Exporter::install().map_err(|error| AppError::Http(error.to_string()))?;
    let observe = move |pattern: String| {
        let observer = observer.clone();
        let observed = async move {
            let observations = observer.ask(ObserveAll { pattern }).await.unwrap_or_default();
            observations.iter().filter_map(|observation| serde_json::to_value(observation).ok()).collect()
        };
        Box::pin(observed) as futures_util::future::BoxFuture<'static, Vec<serde_json::Value>>
    };
    let orders = estate.orders.clone();
    let command = move |chain: String, command| {
        let orders = orders.clone();
        let given = async move { orders.give(&chain, command).await };
        Box::pin(given) as futures_util::future::BoxFuture<'static, _>
    };
    let desk = Desk {
        board: estate.board.clone(),
        observe: Arc::new(observe),
        command: Arc::new(command),
        metrics: Arc::new(move || exporter.render()),
        token: http.token,
        hosts: http.hosts,
    };
    serve(http.listen, desk).map_err(|error| AppError::Http(format!("http: {error}")))
}
