//! Where every request of one provider goes through: limiter, breaker, endpoint, and what is learned from the answer.

use std::cell::RefCell;
use std::future::Future;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use super::endpoints::{Endpoints, Health as EndpointHealth};
use crate::actors::clock::Clock;
use crate::chain::error::ChainError;
use crate::chain::family::{Client, Key, RawBlock, Receipts};
use crate::core::breaker::Supply;
use crate::core::class::Class;
use crate::core::conduct::{Admission, Conduct};
use crate::core::jitter::Jitter;
use crate::core::tally::{Counted, Tally};
use crate::core::token_bucket::Priority;

/// Shared by the provider's actor and its requests under way.
pub struct Desk {
    /// The provider's name, for metrics.
    pub name: String,
    /// What is remembered.
    pub conduct: Conduct,
    /// How often what went wrong.
    pub tally: Tally,
    /// Where requests go.
    pub endpoints: Endpoints,
    /// Whether the provider can be done without.
    pub supply: Supply,
    /// The clock.
    pub clock: Clock,
    /// Spreads waits.
    pub jitter: Jitter,
}

/// What one request may cost.
#[derive(Clone, Copy, Debug)]
pub struct Terms {
    /// Credits.
    pub cost: u32,
    /// What share of the rate limit it may use.
    pub priority: Priority,
    /// When its answer is no longer worth waiting for.
    pub deadline: Duration,
}

/// Sends one request when it may be sent, and learns from how it ends.
///
/// # Errors
/// The client's; `RateLimited` when the limiter would not let it go in time, `Transient` when the breaker is open.
pub async fn call<T, F>(
    desk: Rc<RefCell<Desk>>,
    terms: Terms,
    ask: impl FnOnce(Arc<dyn Client>, Duration) -> F,
) -> Result<T, ChainError>
where
    F: Future<Output = Result<T, ChainError>>,
{
    let waited = admitted(&desk, terms).await?;
    let chosen = desk.borrow_mut().endpoints.choose();
    let Some((endpoint, client)) = chosen else {
        return Err(ChainError::new(Class::Config, "the provider has no endpoint"));
    };
    let limit = terms.deadline.saturating_sub(waited);
    let began = desk.borrow().clock.now();
    let answer = ask(client, limit).await;
    let mut desk = desk.borrow_mut();
    let now = desk.clock.now();
    let took = now.since(began);
    let health = desk.learn(&answer, took, limit);
    desk.endpoints.returned(endpoint, health);
    answer
}

/// Fetches a block. What it costs is spent when it is asked for: where the receipts can only be asked for once the block's hash is
/// known, they are a request of their own, lest the provider counts them with what was spent meanwhile.
///
/// # Errors
/// As those of [`call`].
pub async fn fetch(
    desk: Rc<RefCell<Desk>>,
    key: Key,
    want: Receipts,
    priority: Priority,
    deadline: Duration,
) -> Result<RawBlock, ChainError> {
    let (at_once, cost) = match (want, key) {
        (Receipts::Without, _) => (want, 1),
        (Receipts::With, Key::Hash(_)) => (want, 2),
        (Receipts::With, _) => (Receipts::Without, 1),
    };
    let began = desk.borrow().clock.now();
    let terms = Terms { cost, priority, deadline };
    let block =
        call(desk.clone(), terms, move |client, left| async move { client.block(key, at_once, left).await });
    let block = block.await?;
    if at_once == want {
        return Ok(block);
    }
    let taken = desk.borrow().clock.now().since(began);
    let (terms, hash) =
        (Terms { cost: 1, priority, deadline: deadline.saturating_sub(taken) }, block.header.hash);
    let receipts = call(desk, terms, move |client, left| async move { client.receipts(hash, left).await });
    Ok(RawBlock { receipts: Some(receipts.await?), ..block })
}

/// What a request is told that was never sent.
pub const BREAKER_OPEN: &str = "the breaker is open";
/// At the tip another provider is asked sooner than a spent limiter is waited for.
const TIP_PATIENCE: Duration = Duration::from_millis(200);

/// Waits for the limiter; tells how long that took.
async fn admitted(desk: &Rc<RefCell<Desk>>, terms: Terms) -> Result<Duration, ChainError> {
    let patience = match terms.priority {
        Priority::Tip => terms.deadline.min(TIP_PATIENCE),
        Priority::Verify | Priority::Probe | Priority::CatchUp => terms.deadline,
    };
    let mut waited = Duration::ZERO;
    loop {
        let admission = {
            let mut desk = desk.borrow_mut();
            let (now, supply) = (desk.clock.now(), desk.supply);
            desk.conduct.admit(terms.cost, terms.priority, supply, now)
        };
        match admission {
            Admission::Now => return Ok(waited),
            Admission::Refused { .. } => return Err(ChainError::transient(BREAKER_OPEN)),
            Admission::After(wait) if waited + wait < patience => {
                if waited.is_zero() {
                    desk.borrow().throttled("limiter");
                }
                tokio::time::sleep(wait).await;
                waited += wait;
            }
            Admission::After(wait) => {
                desk.borrow().throttled("limiter");
                let class = Class::RateLimited { retry_after: Some(wait) };
                return Err(ChainError::new(class, "the rate limit is spent"));
            }
        }
    }
}

impl Desk {
    /// Counts a request that was held back, by our limiter or by the provider.
    fn throttled(&self, by: &'static str) {
        metrics::counter!("blocktap_provider_throttles_total", "provider" => self.name.clone(), "by" => by)
            .increment(1);
    }

    /// Counts what went wrong, on an exchange or on a socket.
    pub fn count(&mut self, error: &ChainError) {
        self.tally.failed(error.class);
        let labels = [("provider", self.name.clone()), ("class", error.class.name().into())];
        metrics::counter!("blocktap_provider_errors_total", &labels).increment(1);
        let Some(code) = error.unknown_code else { return };
        let code = match self.tally.unknown(code) {
            Counted::Alone(code) => code.to_string(),
            Counted::AmongOthers => "other".to_owned(),
        };
        let labels = [("provider", self.name.clone()), ("code", code)];
        metrics::counter!("blocktap_provider_unknown_codes_total", &labels).increment(1);
    }

    fn learn<T>(
        &mut self,
        answer: &Result<T, ChainError>,
        took: Duration,
        limit: Duration,
    ) -> EndpointHealth {
        let (now, name) = (self.clock.now(), self.name.clone());
        metrics::histogram!("blocktap_provider_response_seconds", "provider" => name)
            .record(took.as_secs_f64());
        match answer {
            Ok(_) => {
                self.conduct.succeeded(took, now);
                EndpointHealth::Works
            }
            Err(error) => {
                let jitter = self.jitter.draw();
                self.conduct.failed(error.class, took, limit, now, jitter);
                self.count(error);
                if matches!(error.class, Class::RateLimited { .. }) {
                    self.throttled("provider");
                }
                match error.class {
                    Class::Transient | Class::Config => EndpointHealth::Failed,
                    _ => EndpointHealth::Works,
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
