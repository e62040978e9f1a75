//! A user's chain and providers, as a schedule takes them.

use crate::app::error::AppError;
use crate::settings::chain::Chain;
use crate::settings::provider::Provider;
use crate::sim::profile::Profile;
use crate::sim::schedule::Given;
use crate::sim::schedule::cast::{Character, Member};

/// What `chain` says; addresses and keys are not looked at.
///
/// # Errors
/// When the chain is of a family that cannot be simulated.
pub fn of(chain: &Chain) -> Result<Given, AppError> {
    let number = chain.chain_id.evm_number();
    let number = number
        .ok_or_else(|| AppError::Settings(format!("{}: only EVM chains can be simulated", chain.chain_id)))?;
    Ok(Given {
        chain: number,
        block_time: chain.block_time,
        final_depth: chain.finality_depth,
        members: chain.providers.iter().map(member).collect(),
    })
}

fn member(provider: &Provider) -> Member {
    let (rate_per_s, burst) = (provider.rate_limit.rate_per_s, provider.rate_limit.burst);
    Member {
        profile: Profile::of(&provider.name, &provider.operator),
        announces: !provider.ws.is_empty(),
        rate_per_s,
        burst,
        weight: provider.weight,
        character: Character::Honest,
    }
}
