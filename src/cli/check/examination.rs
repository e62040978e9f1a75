//! What one endpoint can do, asked of the endpoint itself.

use std::time::Duration;

use futures_util::future::{join, join_all};

use crate::chain::error::ChainError;
use crate::chain::evm::family::Evm;
use crate::chain::family::{Family, Identity, Key, Receipts};
use crate::chain::network::NetworkConnector;
use crate::chain::secret_url::SecretUrl;
use crate::chain::transport::Connector;
use crate::core::header::Header;
use crate::settings::Settings;
use crate::settings::chain::Chain;
use crate::settings::provider::Provider;

/// How long each question may take.
const DEADLINE: Duration = Duration::from_secs(5);

/// Blocks below the head that are asked for.
const SETTLED_DEPTH: u64 = 3;

/// What came of one question; `None` when it was not asked.
pub type Answer<T> = Option<Result<T, ChainError>>;

/// One endpoint, examined.
#[derive(Debug)]
pub struct Examined {
    /// The chain's name.
    pub chain: String,
    /// The provider's name.
    pub provider: String,
    /// Who runs it.
    pub operator: String,
    /// The endpoint.
    pub endpoint: SecretUrl,
    /// Whether the provider announces heads; told with its first endpoint.
    pub socket: Answer<()>,
    /// What the endpoint answered.
    pub facts: Facts,
}

/// What one endpoint answered.
#[derive(Debug, Default)]
pub struct Facts {
    /// Chain id and genesis.
    pub identity: Answer<Identity>,
    /// The newest block.
    pub head: Answer<Header>,
    /// Whether it answers several questions at once.
    pub batches: Answer<()>,
    /// Whether it has receipts.
    pub receipts: Answer<()>,
}

/// Asks every endpoint of every provider, all at once.
pub async fn examine_all(settings: &Settings) -> Vec<Examined> {
    let connector = NetworkConnector::default();
    let pairs = settings.chains.iter().flat_map(|chain| chain.providers.iter().map(move |one| (chain, one)));
    let each: Vec<_> = pairs.map(|(chain, provider)| examine_provider(&connector, chain, provider)).collect();
    join_all(each).await.into_iter().flatten().collect()
}

async fn examine_provider(connector: &NetworkConnector, chain: &Chain, provider: &Provider) -> Vec<Examined> {
    let connector = provider.over(connector);
    let family = Evm::new(&chain.chain_id, chain.verification);
    let endpoints = join_all(provider.endpoints.iter().map(|url| examine(&connector, &family, url)));
    let sockets = join_all(provider.ws.iter().map(|url| listen(&connector, &family, url)));
    let (facts, sockets) = join(endpoints, sockets).await;
    let mut socket = sockets.into_iter().reduce(Result::and);
    let named = facts.into_iter().zip(&provider.endpoints).map(|(facts, url)| Examined {
        chain: chain.name.clone(),
        provider: provider.name.clone(),
        operator: provider.operator.clone(),
        endpoint: url.clone(),
        socket: socket.take(),
        facts,
    });
    named.collect()
}

async fn listen(connector: &NetworkConnector, family: &Evm, url: &SecretUrl) -> Result<(), ChainError> {
    let transport = connector.socket(url)?;
    family.heads(transport.as_ref(), DEADLINE).await.map(drop)
}

async fn examine(connector: &NetworkConnector, family: &Evm, url: &SecretUrl) -> Facts {
    let client = match connector.http(url) {
        Ok(transport) => family.client(transport),
        Err(error) => return Facts { identity: Some(Err(error)), ..Facts::default() },
    };
    let (identity, head) = join(client.identity(DEADLINE), client.header(Key::Latest, DEADLINE)).await;
    // A little below the head, so that every replica behind a balancer has it.
    let settled = head.as_ref().ok().map(|head| head.height.minus(SETTLED_DEPTH));
    let mut facts = Facts { identity: Some(identity), head: Some(head), ..Facts::default() };
    if let Some(height) = settled {
        let keys = [Key::Number(height), Key::Number(height.minus(1))];
        let batch = client.blocks(&keys, Receipts::Without, DEADLINE);
        let (batch, whole) = join(batch, client.block(keys[0], Receipts::With, DEADLINE)).await;
        facts.batches =
            Some(batch.and_then(|blocks| blocks.into_iter().try_for_each(|block| block.map(drop))));
        facts.receipts = Some(whole.map(drop));
    }
    facts
}
