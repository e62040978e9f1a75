//! CAIP-2 chain identifiers: `namespace:reference`, as in `eip155:1`.
//!
//! Source: <https://chainagnostic.org/CAIPs/caip-2>.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use super::text_form::travels_as_text;

/// The name of a chain, in CAIP-2 form. It is also the name of its stream of events.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ChainId(Arc<str>);

/// Why a text is not a CAIP-2 chain id.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} is not a CAIP-2 chain id such as \"eip155:1\" (namespace of 3 to 8, reference of 1 to 32 characters)"
)]
pub struct NotAChainId(String);

impl ChainId {
    /// The id of the EVM chain with this number.
    pub fn evm(number: u64) -> Self {
        Self(format!("eip155:{number}").into())
    }

    /// The whole text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The family: `eip155` for every EVM chain.
    pub fn namespace(&self) -> &str {
        self.0.split(':').next().unwrap_or_default()
    }

    /// The chain within its family.
    pub fn reference(&self) -> &str {
        self.0.split(':').nth(1).unwrap_or_default()
    }

    /// The number of an EVM chain; `None` for any other family.
    pub fn evm_number(&self) -> Option<u64> {
        (self.namespace() == "eip155").then(|| self.reference().parse().ok()).flatten()
    }
}

impl FromStr for ChainId {
    type Err = NotAChainId;

    fn from_str(text: &str) -> Result<Self, NotAChainId> {
        let wrong = || NotAChainId(text.into());
        let (namespace, reference) = text.split_once(':').ok_or_else(wrong)?;
        let lower = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        let any = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        let named = (3..=8).contains(&namespace.len()) && namespace.chars().all(lower);
        let referred = (1..=32).contains(&reference.len()) && reference.chars().all(any);
        let numbered = namespace != "eip155" || reference.parse::<u64>().is_ok();
        if named && referred && numbered { Ok(Self(text.into())) } else { Err(wrong()) }
    }
}

impl fmt::Display for ChainId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

impl fmt::Debug for ChainId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

travels_as_text!(ChainId);

#[cfg(test)]
mod tests {
    use super::ChainId;

    #[test]
    fn evm_chains_are_known_by_number() {
        assert_eq!(ChainId::evm(1).evm_number(), Some(1));
        assert_eq!("eip155:8453".parse(), Ok(ChainId::evm(8453)));
        for wrong in ["1", "eip155:", "eip155:one", "EIP155:1", ":1"] {
            assert!(wrong.parse::<ChainId>().is_err(), "{wrong}");
        }
    }
}
