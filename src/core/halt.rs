//! Why a chain stands still, and what ends that: in words for somebody who was just woken up.

use std::collections::BTreeMap;

use serde::Serialize;

use super::at::At;
use super::canonical::{Because, Canonical, Fixed};
use super::consensus::ruling::Claim;
use super::consensus::votes::Operator;
use super::hash::Hash;
use super::header::BlockRef;
use super::readable::seconds;

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

/// What else belongs into the explanation.
#[derive(Clone, Debug)]
pub struct Scene<'a> {
    /// The chain's name.
    pub chain: &'a str,
    /// The last block delivered.
    pub delivered: Option<BlockRef>,
    /// When each operator was last heard.
    pub heard: BTreeMap<&'a Operator, At>,
    /// Now.
    pub now: At,
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
    pub fn covers(&self, other: &Self) -> bool {
        let lowest = |claims: &[Claim]| claims.iter().map(|claim| claim.block.height).min();
        match (self, other) {
            (Self::Tie(ours), Self::Tie(theirs)) => lowest(ours) <= lowest(theirs),
            _ => self == other,
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

    fn ways_on(&self, chain: &str) -> String {
        match self {
            Self::Tie(claims) => {
                let one =
                    claims.first().and_then(|claim| claim.operators.first()).map_or("OPERATOR", |name| name);
                format!(
                    "It goes on by itself as soon as more than half of them name the same block.\n\
                     By hand: find out which block is right (a block explorer, a node of your own), then one of\n  \
                     blocktap resume {chain} --with {one}     follow one of them, here {one}\n  \
                     blocktap cordon {chain}/PROVIDER       take every provider of the side that is wrong out of service"
                )
            }
            Self::FixedLeft { ours, .. } | Self::FixedContradicted { ours, .. } => format!(
                "It does not go on by itself: {}. Find out which history is right.\n\
                 If ours is: take their providers out of service, or wait until they are back on it, then\n  \
                 blocktap cordon {chain}/PROVIDER\n  \
                 blocktap resume {chain}\n\
                 If theirs is: stop blocktap, move data_dir and what the sinks hold away{}, and start anew.",
                ours.because.rule(),
                if ours.because == Because::Named { ", correct chains.start" } else { "" }
            ),
            Self::WrongStart { .. } => {
                "Correct chains.start, or the providers, and start blocktap again.".into()
            }
        }
    }
}

// === impl Because ===

impl Because {
    /// As what the block counts.
    const fn word(self) -> &'static str {
        match self {
            Self::Final => "final",
            Self::Named => "named by chains.start",
            Self::Deep => "past undoing",
        }
    }

    fn clause(self) -> String {
        match self {
            Self::Final => "which was delivered as final".into(),
            Self::Named => "which chains.start names".into(),
            Self::Deep => format!("which was delivered and lies {} blocks deep", Canonical::CAPACITY),
        }
    }

    fn rule(self) -> String {
        match self {
            Self::Final => "nothing is ever undone at or below a final block".into(),
            Self::Named => "the first block is the one that chains.start names, or none".into(),
            Self::Deep => format!("nothing is ever undone that is {} blocks deep", Canonical::CAPACITY),
        }
    }
}

// === impl Halt ===

impl Halt {
    /// Several lines: what is wrong, who says what, what was delivered, and what ends it.
    pub fn explain(&self, scene: &Scene<'_>) -> String {
        let standing = seconds(scene.now.since(self.since));
        let mut text = format!("{} stands still for {standing}: {}\n", scene.chain, self.cause.headline());
        for claim in self.cause.claims() {
            for operator in &claim.operators {
                let heard = scene.heard.get(operator).map_or_else(
                    || "not heard of lately".into(),
                    |at| format!("heard {} ago", seconds(scene.now.since(*at))),
                );
                text.push_str(&format!("\n  {operator:<16} block {}, {heard}", full(&claim.block)));
            }
        }
        if let Cause::FixedLeft { ours, .. } | Cause::FixedContradicted { ours, .. } = &self.cause {
            let (block, because) = (full(&ours.block), ours.because.word());
            text.push_str(&format!("\n  {:<16} block {block}, {because}", "delivered"));
        }
        let (delivered, ways_on) = (self.delivered(scene), self.cause.ways_on(scene.chain));
        text.push_str(&format!("\n\n{delivered}\n{ways_on}"));
        text
    }

    /// How far the stream went, and whether that is in dispute: whoever was the first may have been followed before the others
    /// spoke.
    fn delivered(&self, scene: &Scene<'_>) -> String {
        let Some(tip) = scene.delivered else { return "Nothing was delivered.".into() };
        let disputed = match &self.cause {
            Cause::Tie(claims) => claims.iter().map(|claim| claim.block.height).min(),
            Cause::FixedLeft { .. } | Cause::FixedContradicted { .. } | Cause::WrongStart { .. } => None,
        };
        let block = full(&tip);
        match disputed.filter(|disputed| *disputed <= tip.height) {
            Some(from) => format!(
                "Block {block}, and all below, was delivered before they contradicted each other: from block {from} on that is in \
                 dispute, and is undone if the other side is right."
            ),
            None => {
                format!("Block {block}, and all below, was delivered; nothing of what is in dispute was.")
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
    use crate::core::numbers::Height;

    fn claim(height: u64, tag: u8, operators: &[&str]) -> Claim {
        let block = BlockRef { height: Height(height), hash: Hash([tag; 32]) };
        Claim { block, operators: operators.iter().map(|name| (*name).to_owned()).collect() }
    }

    fn explained(cause: Cause) -> String {
        let names = ["north", "south"].map(String::from);
        let scene = Scene {
            chain: "ethereum",
            delivered: Some(claim(104, 4, &[]).block),
            heard: names.iter().map(|name| (name, At::from_secs(98))).collect(),
            now: At::from_secs(100),
        };
        Halt { cause, since: At::from_secs(40) }.explain(&scene)
    }

    #[test]
    fn a_tie_is_explained_with_who_says_what_and_how_it_ends() {
        let text = explained(Cause::Tie(vec![claim(105, 1, &["north"]), claim(105, 2, &["south"])]));
        let hashes = [Hash([1; 32]), Hash([2; 32])].map(|hash| hash.to_string());
        assert!(text.starts_with("ethereum stands still for 1m: "), "{text}");
        assert!(
            text.contains(&format!("\n  north            block 105 {}, heard 2s ago", hashes[0])),
            "{text}"
        );
        assert!(text.contains(&hashes[1]) && text.contains("goes on by itself"), "{text}");
        assert!(text.contains("\n  blocktap resume ethereum --with north "), "{text}");
        assert!(text.contains("nothing of what is in dispute was"), "{text}");
    }

    #[test]
    fn a_tie_about_what_was_delivered_does_not_say_that_nothing_of_it_was() {
        let text = explained(Cause::Tie(vec![claim(103, 1, &["north"]), claim(103, 2, &["south"])]));
        assert!(
            text.contains("from block 103 on that is in dispute") && !text.contains("nothing of"),
            "{text}"
        );
    }

    #[test]
    fn a_contradicted_final_block_is_never_said_to_end_by_itself() {
        let ours = Fixed { block: claim(90, 9, &[]).block, because: Because::Final };
        let cause = Cause::FixedContradicted { ours, theirs: claim(105, 2, &["west"]) };
        assert_eq!((cause.end(), cause.sides().len()), (End::ByHand, 0));
        let text = explained(cause);
        assert!(text.contains("does not go on by itself") && !text.contains("--with"), "{text}");
        assert!(
            text.contains("  west             block 105") && text.contains("not heard of lately"),
            "{text}"
        );
        assert!(text.contains("\n  delivered        block 90 "), "{text}");
    }

    #[test]
    fn what_is_not_final_is_not_said_to_be() {
        for (because, said) in
            [(Because::Named, "which chains.start names"), (Because::Deep, "10000 blocks deep")]
        {
            let ours = Fixed { block: claim(90, 9, &[]).block, because };
            let text = explained(Cause::FixedLeft { ours, theirs: vec![claim(105, 2, &["west"])] });
            assert!(text.contains(said) && !text.contains("final"), "{text}");
        }
    }
}
