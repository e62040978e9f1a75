//! What each chain does differently from Ethereum, and therefore what cannot be proved on it.
//!
//! A profile only ever lowers what is expected. A chain that is not listed is held to everything Ethereum does.

use alloy_primitives::{B256, keccak256};

use super::block::Block;
use super::transaction::Transaction;
use crate::chain::family::Verification;
use crate::core::chain_id::ChainId;

const OPTIMISM: &[u64] = &[
    10, 130, 185, 252, 360, 480, 690, 1135, 1301, 1750, 1868, 4801, 8453, 34443, 57073, 60808, 84531, 84532,
    7_777_777, 11_155_420,
];
const ARBITRUM: &[u64] = &[42161, 42170, 421_613, 421_614, 33139, 660_279];
const BOR: &[u64] = &[137, 80002, 109];
const CELO: &[u64] = &[42220, 44787, 11_142_220];
const AVALANCHE: &[u64] = &[43113, 43114];

/// Chains known to hash as Ethereum does: itself and its testnets, BNB Smart Chain, Gnosis.
const ETHEREUM: &[u64] = &[1, 11_155_111, 17_000, 560_048, 56, 100];

/// Chains of which nothing can be recomputed from Ethereum's JSON, and why.
const FOREIGN: &[(&[u64], &str)] = &[
    (&[324, 300, 2741, 11124, 232, 388, 50104], "the ZK Stack hashes its blocks in its own way"),
    (&[728_126_428, 3_448_148_188, 2_494_104_990], "a Tron block's hash is its BlockId"),
    (&[295, 296, 297], "Hedera has no Ethereum blocks underneath"),
    (&[314, 314_159], "a Filecoin block's hash is its tipset's"),
    (&[999, 998], "Hyperliquid adds system transactions that stand in no root"),
    (&[4217], "Tempo nests the header in another"),
    (&[988], "Stable adds unsigned system transactions"),
    (&[25], "Cronos served transactions that stand in no root"),
];

/// What a chain is built with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stack {
    /// Ethereum, and whoever does the same.
    Ethereum,
    /// OP stack: deposits, and since Isthmus a storage root in `withdrawalsRoot`.
    Optimism,
    /// Arbitrum Nitro: transactions of its own, most of which cannot be rebuilt from JSON.
    Arbitrum,
    /// Polygon's Bor: state-sync transactions outside every root.
    Bor,
    /// Celo: OP stack, with transactions of its own and an older life with other headers.
    Celo,
    /// Avalanche's C-chain: more header fields.
    Avalanche,
    /// Nothing can be recomputed; the reason is for people.
    Foreign(&'static str),
}

/// What can be proved on one chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Profile {
    stack: Stack,
    verification: Verification,
}

impl Profile {
    /// Whether the chain's profile was written for it; any other chain is taken to be like Ethereum until it shows otherwise.
    pub fn is_known(chain: &ChainId) -> bool {
        chain
            .evm_number()
            .is_some_and(|number| ETHEREUM.contains(&number) || stack(number) != Stack::Ethereum)
    }

    /// The profile of a chain, lowered to links if `verification` says so.
    pub fn of(chain: &ChainId, verification: Verification) -> Self {
        Self { stack: chain.evm_number().map_or(Stack::Ethereum, stack), verification }
    }

    /// What the chain is built with.
    pub const fn stack(&self) -> Stack {
        self.stack
    }

    /// Why nothing is recomputed, if nothing is.
    pub const fn link_only(&self) -> Option<&'static str> {
        match (self.stack, self.verification) {
            (Stack::Foreign(reason), _) => Some(reason),
            (_, Verification::LinkOnly) => Some("only links are checked on this chain"),
            (_, Verification::Full) => None,
        }
    }

    /// Why a header may fail to hash to its hash, if it may.
    pub const fn foreign_header(&self) -> Option<&'static str> {
        match self.stack {
            Stack::Celo => Some("headers from before the move to the OP stack differ"),
            Stack::Avalanche => Some("the C-chain's header has fields of its own"),
            _ => None,
        }
    }

    /// Whether the chain is known for transactions of this type, which cannot be rebuilt from JSON.
    pub const fn has_opaque(&self, kind: u8) -> bool {
        match self.stack {
            Stack::Arbitrum => matches!(kind, 0x64..=0x69 | 0x78),
            Stack::Bor => kind == 0x7f, // PIP-74
            Stack::Celo => matches!(kind, 0x7a..=0x7c),
            _ => false,
        }
    }

    /// Whether `withdrawalsRoot` may be something else than a root of withdrawals: OP stack since Isthmus.
    pub const fn has_storage_root_for_withdrawals(&self) -> bool {
        matches!(self.stack, Stack::Optimism | Stack::Celo)
    }

    /// Divides a block's transactions into those that its header binds, and the one that Bor adds at the end.
    pub fn divide<'a>(&self, block: &'a Block) -> (&'a [Transaction], Option<&'a Transaction>) {
        match block.transactions.split_last() {
            Some((last, bound)) if self.stack == Stack::Bor && last.hash == state_sync_hash(block) => {
                (bound, Some(last))
            }
            _ => (&block.transactions, None),
        }
    }
}

/// The hash of the state-sync transaction that a Bor block may end with. Source: `GetDerivedBorTxHash` in maticnetwork/bor,
/// `core/types/bor_receipt.go`.
fn state_sync_hash(block: &Block) -> B256 {
    let number = block.header.number.to_be_bytes();
    keccak256([&b"matic-bor-receipt-"[..], &number, block.hash.as_slice()].concat())
}

fn stack(chain: u64) -> Stack {
    let foreign = FOREIGN.iter().find(|(chains, _)| chains.contains(&chain));
    match chain {
        _ if OPTIMISM.contains(&chain) => Stack::Optimism,
        _ if ARBITRUM.contains(&chain) => Stack::Arbitrum,
        _ if BOR.contains(&chain) => Stack::Bor,
        _ if CELO.contains(&chain) => Stack::Celo,
        _ if AVALANCHE.contains(&chain) => Stack::Avalanche,
        _ => foreign.map_or(Stack::Ethereum, |(_, reason)| Stack::Foreign(reason)),
    }
}

#[cfg(test)]
mod tests {
    use super::{Profile, Stack};
    use crate::chain::family::Verification;
    use crate::core::chain_id::ChainId;

    fn profile(chain: u64) -> Profile {
        Profile::of(&ChainId::evm(chain), Verification::Full)
    }

    #[test]
    fn an_unlisted_chain_is_held_to_what_ethereum_does() {
        assert_eq!(profile(123_456), profile(1));
        assert_eq!(profile(1).stack(), Stack::Ethereum);
        assert!((0..=255).all(|kind| !profile(1).has_opaque(kind)));
    }

    #[test]
    fn opaque_types_are_expected_only_where_they_belong() {
        assert!(profile(42161).has_opaque(0x69) && !profile(42161).has_opaque(0x6a));
        assert!(profile(137).has_opaque(0x7f) && !profile(137).has_opaque(0x64));
        assert!(profile(42220).has_opaque(0x7b) && !profile(8453).has_opaque(0x7b));
    }

    #[test]
    fn a_foreign_chain_is_link_only_whatever_is_asked() {
        assert!(profile(324).link_only().is_some());
        assert!(profile(1).link_only().is_none());
        let lowered = Profile::of(&ChainId::evm(1), Verification::LinkOnly);
        assert!(lowered.link_only().is_some());
    }
}
