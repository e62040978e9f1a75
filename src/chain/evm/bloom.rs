//! The filter over a block's logs.

use std::collections::HashMap;

use alloy_primitives::{Address, B256, Bloom, BloomInput, keccak256};

use super::receipt::Log;

/// The bloom filter of logs.
pub fn bloom<'a>(logs: impl IntoIterator<Item = &'a Log>) -> Bloom {
    Filter::default().of(logs)
}

/// Computes bloom filters, and remembers what it hashed: a block's logs repeat few addresses and topics many times.
#[derive(Debug, Default)]
pub struct Filter {
    addresses: HashMap<Address, B256>,
    topics: HashMap<B256, B256>,
}

impl Filter {
    /// The bloom filter of logs.
    pub fn of<'a>(&mut self, logs: impl IntoIterator<Item = &'a Log>) -> Bloom {
        let mut bloom = Bloom::ZERO;
        for log in logs {
            let address = self.addresses.entry(log.address).or_insert_with(|| keccak256(log.address));
            bloom.accrue(BloomInput::Hash(*address));
            for topic in &log.topics {
                let hash = self.topics.entry(*topic).or_insert_with(|| keccak256(topic));
                bloom.accrue(BloomInput::Hash(*hash));
            }
        }
        bloom
    }
}

#[cfg(test)]
mod tests {
    use alloy_primitives::{Address, B256, Bloom};
    use proptest::prelude::*;

    use super::{Log, bloom};

    proptest! {
        #[test]
        fn a_bloom_is_what_alloy_computes(logs: Vec<([u8; 20], Vec<[u8; 32]>)>) {
            let log = |(address, topics): &([u8; 20], Vec<[u8; 32]>)| Log {
                address: Address::from(*address),
                topics: topics.iter().map(B256::from).collect(),
                ..Log::default()
            };
            let logs: Vec<Log> = logs.iter().map(log).collect();
            let mut expected = Bloom::ZERO;
            for log in &logs {
                expected.accrue_raw_log(log.address, &log.topics);
            }
            prop_assert_eq!(bloom(&logs), expected);
        }
    }
}
