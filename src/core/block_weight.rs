//! How heavy a block is to be expected, and how many of them fit into memory.
//!
//! One heavy block is a warning, and many light ones are needed to forget it: too little asked for at once costs time, too much
//! costs memory.

/// More than most blocks weigh, in bytes: what is expected before the first one came.
const FIRST_GUESS_BYTES: usize = 512 << 10;
/// Each lighter block takes this part of the difference away.
const FORGETS: usize = 8;

/// What a block is expected to weigh.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BlockWeight {
    bytes: usize,
}

impl Default for BlockWeight {
    fn default() -> Self {
        Self { bytes: FIRST_GUESS_BYTES }
    }
}

impl BlockWeight {
    /// A block of `bytes` came.
    pub fn add(&mut self, bytes: usize) {
        let nearer = (self.bytes * (FORGETS - 1) + bytes) / FORGETS;
        self.bytes = nearer.max(bytes);
    }

    /// The expected weight, in bytes.
    pub const fn bytes(self) -> usize {
        self.bytes
    }

    /// How many blocks fit into `limit_bytes`, at least one. In powers of two, so that blocks which are now a little heavier, now a
    /// little lighter are no news.
    pub fn fit_into(self, limit_bytes: usize) -> u64 {
        let blocks = limit_bytes / self.bytes.max(1);
        blocks.checked_ilog2().map_or(1, |power| 1 << power)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_heavy_block_is_believed_at_once_and_forgotten_slowly() {
        let mut weight = BlockWeight::default();
        weight.add(1 << 20);
        assert_eq!(weight.bytes(), 1 << 20);
        weight.add(0);
        assert_eq!(weight.bytes(), 7 << 17);
        assert_eq!((weight.fit_into(1 << 22), weight.fit_into(1 << 10)), (4, 1));
    }

    proptest! {
        #[test]
        fn those_that_fit_do_and_twice_as_many_do_not(
            sizes in proptest::collection::vec(0usize..8 << 20, 1..40),
            limit in 0usize..1 << 30,
        ) {
            let mut weight = BlockWeight::default();
            sizes.iter().for_each(|bytes| weight.add(*bytes));
            let (blocks, bytes) = (weight.fit_into(limit), weight.bytes() as u64);
            prop_assert!(blocks.is_power_of_two());
            prop_assert!(blocks == 1 || blocks * bytes <= limit as u64);
            prop_assert!(bytes == 0 || 2 * blocks * bytes > limit as u64);
            prop_assert!(weight.bytes() >= *sizes.last().unwrap());
            prop_assert!(weight.bytes() <= sizes.iter().copied().fold(FIRST_GUESS_BYTES, usize::max));
        }
    }
}
