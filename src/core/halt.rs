//! Why a chain stands still, and what ends that: in words for somebody who was just woken up.

mod explanation;

use serde::Serialize;

pub use self::explanation::Scene;
use super::at::At;
use super::canonical::Fixed;
use super::consensus::ruling::Claim;
use super::consensus::votes::Operator;
use super::hash::Hash;
use super::header::BlockRef;
use super::numbers::Height;

/// A chain that stands still.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Halt {
    /// Why.
    pub cause: Cause,
    /// Since when.
    pub since: At,
}

/// Why nothing more is delivered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// Operators name different blocks, and no side has a majority.
    Tie(Vec<Claim>),
    /// Most operators hold to a history that does not contain what was delivered and is never undone.
    FixedLeft {
        /// The block that is never undone.
        ours: Fixed,
        /// Their newest blocks.
        theirs: Vec<Claim>,
    },
    /// The branch that operators agree on leaves the chain below a block that is never undone.
    FixedContradicted {
        /// That block.
        ours: Fixed,
        /// The block that they agree on, and who they are.
        theirs: Claim,
    },
    /// The first block is not the one that the configuration names.
    WrongStart {
        /// What the configuration says.
        start: String,
        /// What operators have there.
        found: Hash,
    },
}

/// How a halt ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum End {
    /// When operators agree, or by hand.
    ByItself,
    /// Only by hand.
    ByHand,
}

/// Whether a person is to be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum News {
    /// It is the same halt as before.
    Old,
    /// It is another.
    New,
}

// === impl Cause ===

impl Cause {
    /// How it ends.
    pub const fn end(&self) -> End {
        match self {
            Self::Tie(_) => End::ByItself,
            Self::FixedLeft { .. } | Self::FixedContradicted { .. } | Self::WrongStart { .. } => End::ByHand,
        }
    }

    /// Whether whoever knows this learns nothing from `other`: the same, or a contradiction that follows from this one above it.
    fn covers(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Tie(_), Self::Tie(_)) => self.lowest() <= other.lowest(),
            _ => self == other,
        }
    }

    /// Where a tie begins.
    fn lowest(&self) -> Option<Height> {
        match self {
            Self::Tie(claims) => claims.iter().map(|claim| claim.block.height).min(),
            Self::FixedLeft { .. } | Self::FixedContradicted { .. } | Self::WrongStart { .. } => None,
        }
    }

    /// On one line.
    pub fn headline(&self) -> String {
        match self {
            Self::Tie(claims) => {
                let table = table(claims);
                format!("operators contradict each other and no side has a majority: {table}")
            }
            Self::FixedLeft { ours, theirs } => {
                let (names, block) = (operators(theirs), full(&ours.block));
                format!("{names} hold to a history without block {block}, {}", ours.because.clause())
            }
            Self::FixedContradicted { ours, theirs } => format!(
                "the branch of {} at block {} does not contain block {}, {}",
                theirs.operators.join(", "),
                full(&theirs.block),
                full(&ours.block),
                ours.because.clause()
            ),
            Self::WrongStart { start, found } => {
                format!("start = \"{start}\": operators have {found} at that height; correct chains.start")
            }
        }
    }

    /// Who says what.
    fn claims(&self) -> Vec<Claim> {
        match self {
            Self::Tie(claims) | Self::FixedLeft { theirs: claims, .. } => claims.clone(),
            Self::FixedContradicted { theirs, .. } => vec![theirs.clone()],
            Self::WrongStart { .. } => Vec::new(),
        }
    }

    /// Whom one could follow.
    pub fn sides(&self) -> Vec<Operator> {
        match self {
            Self::Tie(claims) => claims.iter().flat_map(|claim| claim.operators.clone()).collect(),
            Self::FixedLeft { .. } | Self::FixedContradicted { .. } | Self::WrongStart { .. } => Vec::new(),
        }
    }
}

// === impl Halt ===

impl Halt {
    /// Takes what is known of it now: who changes sides or joins one is shown, and can be followed. The same halt is no news.
    pub fn learn(&mut self, cause: Cause) -> News {
        let (was, is) = (self.cause.lowest(), cause.lowest());
        match self.cause.covers(&cause) {
            // What lies higher up follows from this one, and tells less.
            true if was < is => News::Old,
            true => {
                self.cause = cause;
                News::Old
            }
            false => {
                self.cause = cause;
                News::New
            }
        }
    }
}

/// Who says which hash, on one line.
pub fn table(claims: &[Claim]) -> String {
    let row = |claim: &Claim| format!("block {} by {}", full(&claim.block), claim.operators.join(", "));
    claims.iter().map(row).collect::<Vec<_>>().join("; ")
}

/// A block with its whole hash: to be looked up elsewhere.
fn full(block: &BlockRef) -> String {
    format!("{} {}", block.height, block.hash)
}

fn operators(claims: &[Claim]) -> String {
    claims.iter().flat_map(|claim| claim.operators.clone()).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::canonical::Because;

    fn claim(height: u64, tag: u8, operators: &[&str]) -> Claim {
        let block = BlockRef { height: Height(height), hash: Hash([tag; 32]) };
        Claim { block, operators: operators.iter().map(|name| (*name).to_owned()).collect() }
    }

    fn tie(height: u64, sides: [&[&str]; 2]) -> Cause {
        Cause::Tie(vec![claim(height, 1, sides[0]), claim(height, 2, sides[1])])
    }

    fn halt(cause: Cause) -> Halt {
        Halt { cause, since: At::from_secs(40) }
    }

    #[test]
    fn who_joins_a_tie_or_changes_sides_is_shown_and_is_no_news() {
        let mut halt = halt(tie(105, [&["north"], &["south"]]));
        assert_eq!(halt.learn(tie(105, [&["north"], &["south", "west"]])), News::Old);
        assert_eq!(halt.cause.sides(), ["north", "south", "west"]);
        assert_eq!(halt.learn(tie(105, [&["north", "south"], &["west"]])), News::Old);
        assert!(halt.cause.headline().contains("by north, south; "), "{}", halt.cause.headline());
        assert_eq!(halt.since, At::from_secs(40));
    }

    #[test]
    fn a_tie_further_up_tells_nothing_and_one_below_is_news() {
        let mut halt = halt(tie(105, [&["north"], &["south"]]));
        assert_eq!(halt.learn(tie(137, [&["north"], &["west"]])), News::Old);
        assert_eq!(halt.cause, tie(105, [&["north"], &["south"]]));
        assert_eq!(halt.learn(tie(100, [&["north"], &["south"]])), News::New);
        assert_eq!(halt.cause, tie(100, [&["north"], &["south"]]));
    }

    #[test]
    fn a_contradicted_final_block_takes_the_place_of_a_tie() {
        let ours = Fixed { block: claim(90, 9, &[]).block, because: Because::Final };
        let cause = Cause::FixedContradicted { ours, theirs: claim(105, 2, &["west"]) };
        assert_eq!((cause.end(), cause.sides().len()), (End::ByHand, 0));
        let mut halt = halt(tie(105, [&["north"], &["south"]]));
        assert_eq!(halt.learn(cause.clone()), News::New);
        assert_eq!((halt.cause, halt.since), (cause, At::from_secs(40)));
    }
}
