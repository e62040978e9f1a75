//! What a provider itself finds wrong with its headers: nobody else sees an answer that was refused on the way.

use super::Provider;
use crate::actors::link::Link;
use crate::actors::messages::Accused;
use crate::chain::error::ChainError;
use crate::chain::family::Key;
use crate::core::case::{Exhibit, Fate};
use crate::core::class::Class;
use crate::core::strikes::Offence;

/// Accuses one provider; outlives its actor with the requests under way.
#[derive(Clone, Debug)]
pub(super) struct Accuser {
    provider: String,
    accused: Link<Accused>,
}

impl Accuser {
    /// Tells of an answer about `key` that is provably wrong. Other errors are nobody's guilt.
    pub(super) fn accuse(&self, key: Key, error: &ChainError) {
        if error.class == Class::Bad {
            let (provider, evidence) = (self.provider.clone(), error.message.clone());
            let exhibit = Exhibit::bare(Offence::Corrupt);
            // Of what was asked for as the newest, only the answer says which block it is.
            let block = error.claimed.unwrap_or_else(|| key.named());
            self.accused.tell(Accused { provider, block, evidence, exhibit, fate: Fate::Refused });
        }
    }
}

impl Provider {
    pub(super) fn accuser(&self) -> Accuser {
        Accuser { provider: self.profile.name.clone(), accused: self.links.accused.clone() }
    }

    /// Takes an answer that is provably wrong: it may even be of another chain.
    pub(super) fn on_refuted(&mut self, key: Key, error: &ChainError) {
        if error.class == Class::Bad {
            self.accuser().accuse(key, error);
            self.identified.doubted = true;
        }
    }
}
