//! The probe at start: can this chain's blocks be recomputed the way we think?
//!
//! *Why.* On a chain that hashes differently every honest provider would look like a liar. *Decision.* One block whose hash and
//! roots come out right settles it. A block that two operators serve alike and that fails the same check with the same result
//! with both shows that our profile is wrong: then only links are checked, and the stream says so. One operator alone proves
//! nothing against the profile; for such a chain the configuration says `verification = "link-only"`.

use std::collections::BTreeSet;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;

use crate::actors::provider::Profile;
use crate::chain::family::{Family, Key, RawBlock, Receipts, Verification};
use crate::chain::verdict::{Outcome, Verdict};
use crate::core::chain_id::ChainId;
use crate::core::hash::Hash;

/// How long providers have to show a block.
const PATIENCE: Duration = Duration::from_secs(5);

/// A check that failed: on which block, which one, and what came out.
type Failure = (Hash, &'static str, String);

/// Finds out how much of a chain's blocks can be proved. What cannot be found out is answered with `Full`: strictness can halt a
/// stream, leniency can falsify it.
pub async fn verification(family: &dyn Family, chain: &ChainId, providers: &[Profile]) -> Verification {
    let verifier = family.verifier(chain, Verification::Full);
    let mut blocks: FuturesUnordered<_> = providers.iter().map(|provider| shown(family, provider)).collect();
    let deadline = tokio::time::sleep(PATIENCE);
    tokio::pin!(deadline);
    let mut failures: BTreeSet<(Failure, &str)> = BTreeSet::new();
    loop {
        let shown = tokio::select! {
            biased;
            shown = blocks.next() => shown,
            () = &mut deadline => None,
        };
        let Some((operator, block)) = shown else { return Verification::Full };
        let Some(verdict) = block.and_then(|block| verifier.verify(&block).ok()) else { continue };
        let Some(failure) = failure(&verdict) else { return Verification::Full };
        let twice = failures.iter().any(|(other, who)| *other == failure && *who != operator);
        if twice {
            let (block, check, _) = failure;
            tracing::error!(%chain, %block, check, "two operators' block fails alike: only links are checked on this chain");
            return Verification::LinkOnly;
        }
        failures.insert((failure, operator));
    }
}

/// The same block of everybody, as far as they agree on it: the newest final one, or on a chain without finality the first.
async fn shown<'p>(family: &dyn Family, provider: &'p Profile) -> (&'p str, Option<RawBlock>) {
    let Some(transport) = provider.http.first() else { return (&provider.operator, None) };
    let client = family.client(transport.clone());
    let block = match client.block(Key::Finalized, Receipts::Without, PATIENCE).await {
        Ok(block) => Some(block),
        Err(_) => client.block(Key::Latest, Receipts::Without, PATIENCE).await.ok(),
    };
    (&provider.operator, block)
}

fn failure(verdict: &Verdict) -> Option<Failure> {
    let check = verdict.refutation()?;
    match &check.outcome {
        Outcome::Invalid { computed, .. } => Some((verdict.header.hash, check.name, computed.clone())),
        Outcome::Valid | Outcome::Unverifiable { .. } => None,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::chain::evm::family::Evm;
    use crate::chain::transport::Connector;
    use crate::core::backends::Backends;
    use crate::core::health::Health;
    use crate::core::token_bucket::Quota;
    use crate::sim::corruption::Corruption;
    use crate::sim::fleet::Fleet;
    use crate::sim::genesis::Genesis;
    use crate::sim::memory::SimConnector;
    use crate::sim::symptom::Symptom;
    use crate::sim::world::World;

    /// What the probe finds when these providers of the fleet of five spoil their headers in the same way.
    async fn probed(spoilt: &[&str]) -> Verification {
        let fleet = Fleet::of_five(World::grown_from(Genesis { premined: 30, ..Genesis::default() }));
        spoilt
            .iter()
            .for_each(|name| fleet.inflict(name, Symptom::Corrupt(Corruption::HeaderField)).unwrap());
        let chain = ChainId::evm(1337);
        let family: Arc<dyn Family> = Arc::new(Evm::new(&chain, Verification::Full));
        let connector = SimConnector::new(fleet.clone());
        let profile = |provider: &crate::sim::provider::Provider| Profile {
            name: provider.profile().name.clone(),
            operator: provider.profile().operator.clone(),
            weight: 1.0,
            quota: Quota { rate_per_s: 100.0, burst: 100.0 },
            health: Health::default(),
            chain: chain.clone(),
            block_time: None,
            family: family.clone(),
            backends: Backends::default(),
            http: vec![connector.http(&provider.profile().http_url().parse().unwrap()).unwrap()],
            sockets: Vec::new(),
        };
        let profiles: Vec<Profile> = fleet.providers().map(profile).collect();
        verification(&*family, &chain, &profiles).await
    }

    #[tokio::test(start_paused = true)]
    async fn a_chain_that_hashes_as_we_think_is_proved_in_full() {
        assert_eq!(probed(&[]).await, Verification::Full);
    }

    #[tokio::test(start_paused = true)]
    async fn operators_that_fail_alike_show_that_the_profile_is_wrong() {
        assert_eq!(probed(&["alpha", "bravo", "charlie", "delta", "echo"]).await, Verification::LinkOnly);
    }

    #[tokio::test(start_paused = true)]
    async fn one_operator_alone_shows_nothing() {
        assert_eq!(probed(&["alpha", "bravo"]).await, Verification::Full);
    }
}
