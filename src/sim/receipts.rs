//! What the transactions of a block did: receipts with logs, blooms and real encodings.

use alloy_primitives::{Address, B256, Bloom, Log};
use alloy_rlp::Encodable;

use super::random::Random;
use super::transactions::{DEPOSIT_TYPE, Transaction};

/// The version that OP-stack deposit receipts carry since the Canyon upgrade.
pub const DEPOSIT_RECEIPT_VERSION: u64 = 1;

/// What one transaction did.
#[derive(Clone, Debug)]
pub struct Receipt {
    /// The transaction's type byte.
    pub kind: u8,
    /// Whether it came through.
    pub success: bool,
    /// Gas of this transaction alone.
    pub gas_used: u64,
    /// Gas of the block so far, this transaction included.
    pub cumulative_gas_used: u64,
    /// What it logged.
    pub logs: Vec<Log>,
    /// The bloom of those logs.
    pub bloom: Bloom,
    /// The sender's nonce, in a deposit's receipt.
    pub deposit_nonce: u64,
}

impl Receipt {
    /// Its EIP-2718 encoding, as the receipts root takes it.
    pub fn encoded(&self) -> Vec<u8> {
        let mut fields: Vec<&dyn Encodable> =
            vec![&self.success, &self.cumulative_gas_used, &self.bloom, &self.logs];
        if self.kind == DEPOSIT_TYPE {
            fields.extend([&self.deposit_nonce as &dyn Encodable, &DEPOSIT_RECEIPT_VERSION]);
        }
        let mut encoded = if self.kind == 0 { Vec::new() } else { vec![self.kind] };
        alloy_rlp::encode_list::<_, dyn Encodable>(&fields, &mut encoded);
        encoded
    }
}

/// Receipts for `transactions`, in their order.
pub fn write(transactions: &[Transaction], random: &mut Random) -> Vec<Receipt> {
    let mut cumulative_gas_used = 0;
    let receipt = |transaction: &Transaction| {
        let gas_used = 21_000 + random.below(60_000);
        cumulative_gas_used += gas_used;
        let success = !random.once_in(10);
        let count = if success { random.below(4) } else { 0 };
        let logs: Vec<Log> = (0..count).map(|_| log(random)).collect();
        let bloom = logs.iter().collect();
        let deposit_nonce = random.below(1 << 20);
        Receipt {
            kind: transaction.kind(),
            success,
            gas_used,
            cumulative_gas_used,
            logs,
            bloom,
            deposit_nonce,
        }
    };
    transactions.iter().map(receipt).collect()
}

fn log(random: &mut Random) -> Log {
    let topics = (0..random.below(5)).map(|_| B256::from(random.array())).collect();
    let length = usize::try_from(32 * random.below(3)).unwrap_or_default();
    Log::new_unchecked(Address::from(random.array()), topics, random.bytes(length).into())
}
