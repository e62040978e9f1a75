//! From the configuration of one chain to its blueprint.

use std::sync::Arc;
use std::time::Duration;

use super::App;
use super::chain::{Blueprint, Keeping, Outlet};
use super::error::AppError;
use super::profile_probe;
use crate::actors::manager::Mandate;
use crate::actors::provider::Profile;
use crate::chain::error::ChainError;
use crate::chain::evm::family::Evm;
use crate::chain::evm::profile::Profile as EvmProfile;
use crate::chain::family::{Family, Verification};
use crate::core::block_time::BlockTime;
use crate::core::consensus::ruling::Rules;
use crate::core::finality::Source;
use crate::core::health::Health;
use crate::core::numbers::Height;
use crate::core::start::Start;
use crate::journal::Journal as Log;
use crate::journal::error::JournalError;
use crate::journal::premises::Premises;
use crate::journal::retention::Options;
use crate::records::disk::DiskRecords;
use crate::records::{Found, Records};
use crate::settings::chain::Chain;
use crate::settings::provider::Provider;

/// Most bytes of one chain's blocks under way between providers and the journal.
const MEMORY_BYTES: usize = 64 << 20;
/// Blocks below the tip that count as final where no provider knows the tag: chainlink's fallback.
const FALLBACK_DEPTH: u64 = 50;

/// Makes the blueprint of one chain and opens its journal.
pub async fn blueprint(app: &App, chain: &Chain, sinks: Vec<Outlet>) -> Result<Blueprint, AppError> {
    let family: Arc<dyn Family> = Arc::new(Evm::new(&chain.chain_id, chain.verification));
    let mut providers = profiles(app, chain, &family)?;
    let (mut verification, mut trusted) = (chain.verification, family.clone());
    if verification == Verification::Full && !EvmProfile::is_known(&chain.chain_id) {
        verification = profile_probe::verification(&*family, &chain.chain_id, &providers).await;
        trusted = Arc::new(Evm::new(&chain.chain_id, verification));
        providers.iter_mut().for_each(|provider| provider.family = trusted.clone());
    }
    let premises = Premises::new(&app.settings.data_dir, &chain.chain_id, options(app, chain));
    let log: Arc<dyn Log> = Arc::new(premises.open().await?);
    begins_alike(chain, &*log)?;
    let keeping = keeping(app, chain).await;
    Ok(Blueprint {
        mandate: mandate(chain),
        providers,
        verifier: trusted.verifier(&chain.chain_id, verification),
        receipts: chain.receipts,
        memory_bytes: MEMORY_BYTES,
        log,
        open: Arc::new(move || Box::pin(reopen(premises.clone()))),
        sinks,
        keeping,
    })
}

/// What is remembered of the chain's providers; what is wrong with it is told.
async fn keeping(app: &App, chain: &Chain) -> Keeping {
    let records = DiskRecords::new(&app.settings.data_dir, &chain.chain_id, &chain.name);
    let Found { mut memory, warning } = records.recall().await;
    if let Some(warning) = warning {
        tracing::warn!(chain = chain.name, "{warning}");
    }
    let known: Vec<&str> = chain.providers.iter().map(|provider| provider.name.as_str()).collect();
    for provider in memory.keep_only(&known) {
        tracing::warn!(
            chain = chain.name,
            provider,
            "quarantine or cordon forgotten: the provider is no longer in the configuration"
        );
    }
    Keeping { records: Arc::new(records), memory }
}

async fn reopen(premises: Premises) -> Result<Arc<dyn Log>, JournalError> {
    Ok(Arc::new(premises.reopen().await?))
}

fn options(app: &App, chain: &Chain) -> Options {
    let required =
        app.settings.sinks.iter().filter(|sink| sink.required && sink.chains.contains(&chain.name));
    Options {
        segment_bytes: app.settings.journal.segment_bytes,
        budget_bytes: app.settings.journal.budget_bytes,
        required: required.map(|sink| sink.name.clone()).collect(),
        ..Options::default()
    }
}

/// A start that is written out must be the journal's own: the stream cannot begin twice.
fn begins_alike(chain: &Chain, log: &dyn Log) -> Result<(), AppError> {
    let wanted = match chain.start {
        Start::At(height) | Start::Exactly(height, _) => height,
        Start::Latest | Start::Finalized | Start::Back(_) => return Ok(()),
    };
    match log.extent().start {
        Some(began) if began != wanted => Err(AppError::StartContradicts(contradiction(chain, began))),
        _ => Ok(()),
    }
}

fn contradiction(chain: &Chain, began: Height) -> String {
    format!(
        "chain {}: start = \"{}\" contradicts the journal, whose stream began at block {began}; \
         set start = \"{began}\" to go on with it, or choose another data_dir to begin anew",
        chain.name, chain.start
    )
}

fn mandate(chain: &Chain) -> Mandate {
    let finality = match chain.finality_depth {
        Some(depth) => Source::Depth(depth),
        None => Source::Tag { fallback_depth: FALLBACK_DEPTH },
    };
    Mandate {
        chain: chain.name.clone(),
        start: chain.start,
        rules: Rules {
            corroboration: chain.corroboration,
            on_single: chain.on_single,
            block_time: chain.block_time.unwrap_or(BlockTime::DEFAULT),
            lag_threshold: chain.health.lag_threshold,
        },
        finality,
        block_time: chain.block_time,
        providers: Vec::new(),
        first: None,
    }
}

fn profiles(app: &App, chain: &Chain, family: &Arc<dyn Family>) -> Result<Vec<Profile>, AppError> {
    chain.providers.iter().map(|provider| profile(app, chain, provider, family)).collect()
}

fn profile(
    app: &App,
    chain: &Chain,
    provider: &Provider,
    family: &Arc<dyn Family>,
) -> Result<Profile, AppError> {
    let connector = (app.connector)(provider);
    let refused =
        |error: ChainError| AppError::Settings(format!("provider {}: {}", provider.name, error.message));
    let http = provider.endpoints.iter().map(|url| connector.http(url));
    let sockets = provider.ws.iter().map(|url| connector.socket(url));
    Ok(Profile {
        name: provider.name.clone(),
        operator: provider.operator.clone(),
        weight: provider.weight,
        quota: provider.rate_limit,
        health: health(chain),
        chain: chain.chain_id.clone(),
        block_time: chain.block_time,
        family: family.clone(),
        backends: provider.backends,
        http: http.collect::<Result<_, _>>().map_err(refused)?,
        sockets: sockets.collect::<Result<_, _>>().map_err(refused)?,
    })
}

fn health(chain: &Chain) -> Health {
    Health {
        score_halflife: chain.health.score_halflife,
        lag_threshold: chain.health.lag_threshold,
        failure_ratio: chain.health.failure_ratio,
        probe_interval: chain.health.probe_interval.max(Duration::from_millis(100)),
    }
}
