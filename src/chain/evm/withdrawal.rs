//! What validators withdraw in a block, since Shanghai (EIP-4895).

use alloy_primitives::Address;
use alloy_rlp::Encodable;
use serde::{Deserialize, Serialize};

use super::{quantity, rlp};

/// One withdrawal.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Withdrawal {
    /// Its place among all withdrawals ever.
    #[serde(with = "quantity")]
    pub index: u64,
    /// Whose stake it is.
    #[serde(with = "quantity")]
    pub validator_index: u64,
    /// Who receives it.
    pub address: Address,
    /// In gwei.
    #[serde(with = "quantity")]
    pub amount: u64,
}

impl Withdrawal {
    /// Appends the withdrawal as it stands in the trie.
    pub fn encode(&self, out: &mut Vec<u8>) {
        rlp::list(out, |out| {
            self.index.encode(out);
            self.validator_index.encode(out);
            self.address.encode(out);
            self.amount.encode(out);
        });
    }
}
