//! When each head was first seen.
//!
//! *Bounds.* So many heads are remembered; what lies farthest from where the operators are goes first. Heights are easily made up,
//! and those that are must push out nothing that is true.

use std::collections::BTreeMap;
use std::time::Duration;

use super::at::At;
use super::hash::Hash;
use super::header::BlockRef;
use super::numbers::Height;

/// The first sights of the newest heads.
#[derive(Clone, Debug, Default)]
pub struct Sightings {
    first: BTreeMap<(Height, Hash), At>,
}

impl Sightings {
    /// First sights that are remembered.
    pub const CAPACITY: usize = 512;

    /// `head` is seen at `now`, while operators are at about the height `near`: how long after its first sight that is.
    pub fn see(&mut self, head: BlockRef, near: Height, now: At) -> Duration {
        let first = *self.first.entry((head.height, head.hash)).or_insert(now);
        if self.first.len() > Self::CAPACITY {
            self.drop_farthest(near);
        }
        now.since(first)
    }

    /// When `head` was first seen, if that is remembered.
    pub fn first(&self, head: &BlockRef) -> Option<At> {
        self.first.get(&(head.height, head.hash)).copied()
    }

    fn drop_farthest(&mut self, near: Height) {
        let below = self.first.first_key_value().map(|((lowest, _), _)| near.beyond(*lowest));
        let above = self.first.last_key_value().map(|((highest, _), _)| highest.beyond(near));
        let _ = if above > below { self.first.pop_last() } else { self.first.pop_first() };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(height: u64) -> BlockRef {
        BlockRef { height: Height(height), hash: Hash([7; 32]) }
    }

    #[test]
    fn a_head_that_is_seen_again_is_as_late_as_its_first_sight_is_old() {
        let mut sightings = Sightings::default();
        assert_eq!(sightings.see(head(9), Height(9), At::from_secs(5)), Duration::ZERO);
        assert_eq!(sightings.see(head(9), Height(9), At::from_secs(7)), Duration::from_secs(2));
        assert_eq!(sightings.first(&head(9)), Some(At::from_secs(5)));
    }

    #[test]
    fn made_up_heads_push_out_none_that_is_near() {
        let mut sightings = Sightings::default();
        for count in 0..2 * Sightings::CAPACITY as u64 {
            sightings.see(head(1_000_000 + count), Height(100), At::ZERO);
        }
        sightings.see(head(100), Height(100), At::from_secs(1));
        assert_eq!(sightings.see(head(100), Height(100), At::from_secs(3)), Duration::from_secs(2));
        assert_eq!(sightings.first.len(), Sightings::CAPACITY);
    }

    #[test]
    fn as_the_chain_goes_on_the_oldest_are_forgotten() {
        let mut sightings = Sightings::default();
        for height in 0..=Sightings::CAPACITY as u64 {
            sightings.see(head(height), Height(height), At::ZERO);
        }
        assert_eq!(sightings.first(&head(0)), None);
        assert!(sightings.first(&head(1)).is_some());
    }
}
