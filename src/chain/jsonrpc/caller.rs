//! Calls methods of one endpoint.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::request::{Call, encode_batch};
use super::response::Answer;
use super::{batch, response};
use crate::chain::error::ChainError;
use crate::chain::transport::{Limits, Transport};

/// Gives every request an id of its own, and takes only the answer to it.
#[derive(Debug)]
pub struct Caller {
    transport: Arc<dyn Transport>,
    next_id: AtomicU64,
}

impl Caller {
    /// Calls over `transport`.
    pub fn new(transport: Arc<dyn Transport>) -> Self {
        Self { transport, next_id: AtomicU64::new(1) }
    }

    /// One call in one exchange.
    ///
    /// # Errors
    /// The transport's or the provider's, classified.
    pub async fn call(&self, call: &Call, limits: Limits) -> Result<Answer, ChainError> {
        let id = self.take_ids(1);
        let body = self.transport.post(call.encode(id), limits).await?;
        response::decode(&body, id)
    }

    /// Several calls in one exchange, each with its own result, in their order. One call alone goes as it is: some providers
    /// know no batches.
    ///
    /// # Errors
    /// What befell the exchange as a whole; `Split` if it was too much for the provider.
    pub async fn batch(
        &self,
        calls: &[Call],
        limits: Limits,
    ) -> Result<Vec<Result<Answer, ChainError>>, ChainError> {
        match calls {
            [] => Ok(Vec::new()),
            [call] => self.call(call, limits).await.map(|answer| vec![Ok(answer)]),
            _ => {
                let first_id = self.take_ids(calls.len() as u64);
                let body = self.transport.post(encode_batch(calls, first_id), limits).await?;
                batch::decode(&body, first_id, calls.len())
            }
        }
    }

    fn take_ids(&self, count: u64) -> u64 {
        self.next_id.fetch_add(count, Ordering::Relaxed)
    }
}
