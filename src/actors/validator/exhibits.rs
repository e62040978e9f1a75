//! What refuted and doubted copies show, until another copy tells whether they were false.
//!
//! *Invariant.* Nobody is accused twice of one copy: once at sight, or once another copy passes; again only after an acquittal.

use std::collections::BTreeMap;

use crate::core::case::Exhibit;
use crate::core::header::BlockRef;
use crate::core::strikes::Offence;

/// Exhibits remembered; there are few, unless somebody makes them up.
const MOST: usize = 64;

/// What copies show, by block and provider.
#[derive(Debug, Default)]
pub struct Exhibits(BTreeMap<(BlockRef, String), (Exhibit, Use)>);

/// Whether an exhibit was held against its provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Use {
    /// Not yet.
    Open,
    /// It was.
    Shown,
}

impl Exhibits {
    /// Keeps what a provider's copy shows. The lowest blocks make room.
    pub fn keep(&mut self, block: BlockRef, provider: &str, exhibit: Exhibit, used: Use) {
        self.0.insert((block, provider.into()), (exhibit, used));
        while self.0.len() > MOST {
            self.0.pop_first();
        }
    }

    /// What a provider's copy shows, to hold it against it now; `None` if that was done.
    pub fn show(&mut self, block: BlockRef, provider: &str) -> Option<Exhibit> {
        let fresh = || (Exhibit::bare(Offence::Corrupt), Use::Open);
        let (exhibit, used) = self.0.entry((block, provider.into())).or_insert_with(fresh);
        let before = std::mem::replace(used, Use::Shown);
        (before == Use::Open).then(|| exhibit.clone())
    }

    /// The provider is held guilty no longer; if its copy turns out to be false after all, it may be accused again.
    pub fn reopen(&mut self, block: BlockRef, provider: &str) {
        if let Some((_, used)) = self.0.get_mut(&(block, provider.to_owned())) {
            *used = Use::Open;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::hash::Hash;
    use crate::core::numbers::Height;

    fn block(height: u64) -> BlockRef {
        BlockRef { height: Height(height), hash: Hash([1; 32]) }
    }

    #[test]
    fn nobody_is_accused_twice_of_one_copy_unless_it_was_acquitted() {
        let mut exhibits = Exhibits::default();
        exhibits.keep(block(1), "at sight", Exhibit::bare(Offence::Partial), Use::Shown);
        assert_eq!(exhibits.show(block(1), "at sight"), None);
        exhibits.keep(block(1), "doubted", Exhibit::bare(Offence::Partial), Use::Open);
        assert_eq!(exhibits.show(block(1), "doubted"), Some(Exhibit::bare(Offence::Partial)));
        assert_eq!(exhibits.show(block(1), "doubted"), None);
        exhibits.reopen(block(1), "doubted");
        assert!(exhibits.show(block(1), "doubted").is_some());
    }

    #[test]
    fn no_more_are_kept_than_the_bound() {
        let mut exhibits = Exhibits::default();
        for height in 0..100 {
            exhibits.keep(block(height), "a", Exhibit::bare(Offence::Partial), Use::Open);
        }
        assert_eq!(exhibits.0.len(), MOST);
        assert_eq!(exhibits.show(block(99), "a"), Some(Exhibit::bare(Offence::Partial)));
    }
}
