//! What a probe asks: who are you, where is your head? And, now and then, apart from it: what is final?

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use super::desk::{self, Desk, Terms};
use crate::chain::error::ChainError;
use crate::chain::family::{Identity, Key};
use crate::core::chain_id::ChainId;
use crate::core::class::Class;
use crate::core::finality::Word;
use crate::core::hash::Hash;
use crate::core::header::Header;
use crate::core::token_bucket::Priority;

/// How long a probe's answer is worth waiting for.
pub const DEADLINE: Duration = Duration::from_secs(5);

/// What one probe is to find out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Questions {
    /// Whether its identity is to be verified first.
    pub identity: Ask,
    /// The share of the rate limit: a leader's head is the tip's business.
    pub priority: Priority,
}

/// Whether to ask for the identity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ask {
    /// It was never shown: without it, nothing else is asked.
    First,
    /// It was shown. That it cannot be told this time means nothing.
    Again,
    /// No.
    Not,
}

/// What it found out.
#[derive(Debug, Default)]
pub struct Findings {
    /// The hash of the first block, if the identity was asked for and is right.
    pub genesis: Option<Hash>,
    /// The head, or why it is not known.
    pub head: Option<Result<Header, ChainError>>,
    /// It serves another chain: in words. A refused key is no such thing, it may be accepted again.
    pub misfit: Option<String>,
}

/// Asks, in order; the first failure ends the probe.
pub async fn run(desk: Rc<RefCell<Desk>>, chain: ChainId, questions: Questions) -> Findings {
    let mut findings = Findings::default();
    if questions.identity != Ask::Not {
        match (identity(&desk, &chain).await, questions.identity) {
            (Ok(genesis), _) => findings.genesis = Some(genesis),
            (Err(NotOurs::Unknown(_)), Ask::Again | Ask::Not) => {}
            (Err(NotOurs::Unknown(error)), Ask::First) => {
                findings.head = Some(Err(error));
                return findings;
            }
            (Err(NotOurs::Misfit(why)), _) => {
                let error = ChainError::new(Class::Config, &why);
                desk.borrow_mut().count(&error);
                findings.misfit = Some(why);
                findings.head = Some(Err(error));
                return findings;
            }
        }
    }
    findings.head = Some(header(&desk, Key::Latest, questions.priority).await);
    findings
}

/// Asks what is final. Only whoever *cannot* tell does not know the tag: any other error says nothing of it.
pub async fn finality(desk: Rc<RefCell<Desk>>, priority: Priority) -> Word {
    match header(&desk, Key::Finalized, priority).await {
        Ok(finalized) => {
            let safe = header(&desk, Key::Safe, priority).await.ok();
            Word::Known { finalized, safe }
        }
        Err(error) if error.class == Class::Capability => Word::Unknown,
        Err(_) => Word::Failed,
    }
}

async fn header(desk: &Rc<RefCell<Desk>>, key: Key, priority: Priority) -> Result<Header, ChainError> {
    let terms = Terms { cost: 1, priority, deadline: DEADLINE };
    desk::call(desk.clone(), terms, |client, left| async move { client.header(key, left).await }).await
}

/// Why an identity is not the one that is wanted.
enum NotOurs {
    /// It was shown, and is another.
    Misfit(String),
    /// It could not be asked for.
    Unknown(ChainError),
}

impl From<ChainError> for NotOurs {
    fn from(error: ChainError) -> Self {
        Self::Unknown(error)
    }
}

/// Every endpoint of the account must be of the right chain: one that is not would answer any request wrongly.
async fn identity(desk: &Rc<RefCell<Desk>>, chain: &ChainId) -> Result<Hash, NotOurs> {
    let endpoints = desk.borrow().endpoints.count();
    let mut genesis = None;
    for _ in 0..endpoints {
        let terms = Terms { cost: 2, priority: Priority::Verify, deadline: DEADLINE };
        let ask = |client: std::sync::Arc<dyn crate::chain::family::Client>, left| async move {
            client.identity(left).await
        };
        let Identity { chain_id, genesis: found } = desk::call(desk.clone(), terms, ask).await?;
        if chain_id != *chain {
            return Err(NotOurs::Misfit(format!("it serves {chain_id}, not {chain}")));
        }
        if genesis.is_some_and(|genesis| genesis != found) {
            return Err(NotOurs::Misfit("its endpoints serve different chains".into()));
        }
        genesis = Some(found);
    }
    genesis.ok_or_else(|| ChainError::new(Class::Config, "the provider has no endpoint").into())
}
