//! The counters that must never be mixed up: a height is not a sequence number, and neither is a term.

use std::fmt;

use serde::{Deserialize, Serialize};

macro_rules! counter {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(
            Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
        )]
        #[serde(transparent)]
        pub struct $name(pub u64);

        impl $name {
            /// The one that follows.
            #[must_use]
            pub const fn next(self) -> Self {
                Self(self.0.saturating_add(1))
            }

            /// The one before, if there is one.
            pub const fn previous(self) -> Option<Self> {
                match self.0.checked_sub(1) {
                    Some(value) => Some(Self(value)),
                    None => None,
                }
            }

            /// How far this lies beyond `other`; zero if it does not.
            pub const fn beyond(self, other: Self) -> u64 {
                self.0.saturating_sub(other.0)
            }

            /// This, `count` further on.
            #[must_use]
            pub const fn plus(self, count: u64) -> Self {
                Self(self.0.saturating_add(count))
            }

            /// This, `count` back, at the least zero.
            #[must_use]
            pub const fn minus(self, count: u64) -> Self {
                Self(self.0.saturating_sub(count))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(out)
            }
        }
    };
}

counter! {
    /// The number of a block on its chain.
    Height
}

counter! {
    /// The place of an event in its stream: it grows by exactly one an event, undo included.
    Seq
}

counter! {
    /// The period of one elected provider: an answer that carries an older term comes too late.
    Term
}
