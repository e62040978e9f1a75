//! A halt on one page: what is wrong since when, who says what, what was delivered, and what ends it.

use std::collections::BTreeMap;

use super::{Cause, End, Halt, full};
use crate::core::at::At;
use crate::core::canonical::{Because, Canonical, Fixed};
use crate::core::consensus::ruling::Claim;
use crate::core::consensus::votes::Operator;
use crate::core::header::BlockRef;
use crate::core::numbers::Height;
use crate::core::readable::{seconds, utc};
use crate::core::start::Start;
use crate::core::until::Now;

/// What else belongs into the explanation.
#[derive(Clone, Debug)]
pub struct Scene<'a> {
    /// The chain's name.
    pub chain: &'a str,
    /// What `chains.start` says.
    pub start: &'a Start,
    /// The first block of the stream, if that is known.
    pub first: Option<Height>,
    /// The last block delivered.
    pub delivered: Option<BlockRef>,
    /// When that was; `None` if it was before the last restart.
    pub delivered_at: Option<At>,
    /// Each operator's newest block, and when it was last heard.
    pub heard: BTreeMap<&'a Operator, (BlockRef, At)>,
    /// Each operator's providers.
    pub providers: BTreeMap<&'a Operator, Vec<&'a str>>,
    /// Now.
    pub now: Now,
}

// === impl Scene ===

impl Scene<'_> {
    /// A moment, for people of any time zone, and how long ago it was.
    fn moment(&self, at: At) -> String {
        let ago = self.now.at.since(at);
        format!("{}, {} ago", utc(self.now.unix_s.saturating_sub(ago.as_secs())), seconds(ago))
    }

    /// What an operator said, and says now: a contradiction of what is final is kept as it was found.
    fn said(&self, operator: &Operator, then: &BlockRef, end: End) -> String {
        let said = full(then);
        let Some((newest, at)) = self.heard.get(operator) else {
            return format!("{said}, not heard of lately");
        };
        let ago = seconds(self.now.at.since(*at));
        match end {
            End::ByHand if newest != then => format!("{said} then; {} now, heard {ago} ago", full(newest)),
            End::ByHand | End::ByItself => format!("{said}, heard {ago} ago"),
        }
    }

    fn providers_of(&self, claim: &Claim) -> String {
        let of = |operator| self.providers.get(operator).into_iter().flatten().copied();
        let providers: Vec<&str> = claim.operators.iter().flat_map(of).collect();
        match providers[..] {
            [] => "no provider".into(),
            [one] => format!("provider {one}"),
            _ => format!("providers {}", providers.join(", ")),
        }
    }

    /// What `start` must say for a stream that begins anew to begin where this one did: else it leaves a gap, and nothing tells.
    fn begin_again(&self) -> String {
        let start = self.start;
        match (start, self.first) {
            (Start::At(height), _) => {
                format!("start it again: it begins at block {height}, as chains.start says.")
            }
            (Start::Exactly(height, _), _) => {
                format!("correct the hash in chains.start, and start it again: it begins at block {height}.")
            }
            (Start::Latest | Start::Finalized | Start::Back(_), Some(first)) => format!(
                "set chains.start = \"{first}\" (the first\n  block of this stream; \"{start}\" would begin near today's head and leave \
                 a gap), and start it again."
            ),
            (Start::Latest | Start::Finalized | Start::Back(_), None) => format!(
                "set chains.start to the number of the\n  first block that your sinks hold (\"{start}\" would begin near today's head \
                 and leave a gap), and start it again."
            ),
        }
    }
}

// === impl Halt ===

impl Halt {
    /// Several lines; the first says what is wrong.
    pub fn explain(&self, scene: &Scene<'_>) -> String {
        let mut text = format!("{} stands still: {}\n", scene.chain, self.cause.headline());
        text.push_str(&format!("\n  {:<16} {}", "halted", scene.moment(self.since)));
        if let Some(at) = scene.delivered_at {
            text.push_str(&format!("\n  {:<16} {}", "last block", scene.moment(at)));
        }
        text.push('\n');
        for claim in self.cause.claims() {
            for operator in &claim.operators {
                let said = scene.said(operator, &claim.block, self.cause.end());
                text.push_str(&format!("\n  {operator:<16} block {said}"));
            }
        }
        if let Cause::FixedLeft { ours, .. } | Cause::FixedContradicted { ours, .. } = &self.cause {
            let (block, because) = (full(&ours.block), ours.because.word());
            text.push_str(&format!("\n  {:<16} block {block}, {because}", "delivered"));
        }
        let (delivered, ways_on) = (self.cause.delivered(scene), self.cause.ways_on(scene));
        text.push_str(&format!("\n\n{delivered}\n\n{ways_on}"));
        text
    }
}

// === impl Cause ===

impl Cause {
    /// How far the stream went, and whether that is in dispute: whoever was the first may have been followed before the others
    /// spoke.
    fn delivered(&self, scene: &Scene<'_>) -> String {
        let all_below = |tip: BlockRef| format!("Block {}, and all below, was delivered", full(&tip));
        match (self, scene.delivered) {
            (Self::FixedLeft { ours, .. } | Self::FixedContradicted { ours, .. }, tip) => {
                delivered_for_good(ours, tip)
            }
            (_, None) => "Nothing was delivered.".into(),
            (Self::Tie(claims), Some(tip)) => match disputed(claims, tip) {
                Some(from) => format!(
                    "{} before they contradicted each other: from block {from} on that is in dispute, and is undone if the other \
                     side is right.",
                    all_below(tip)
                ),
                None => format!("{}; nothing of what is in dispute was.", all_below(tip)),
            },
            (Self::WrongStart { .. }, Some(tip)) => format!("{}.", all_below(tip)),
        }
    }

    fn ways_on(&self, scene: &Scene<'_>) -> String {
        match self {
            Self::Tie(claims) => choose_a_side(claims, scene),
            Self::FixedLeft { ours, .. } | Self::FixedContradicted { ours, .. } => {
                choose_a_history(ours, scene)
            }
            Self::WrongStart { .. } => {
                "Correct chains.start, or the providers, and start blocktap again.".into()
            }
        }
    }
}

/// Where what was delivered up to `tip` begins to be in dispute, if any of it is.
fn disputed(claims: &[Claim], tip: BlockRef) -> Option<Height> {
    claims.iter().map(|claim| claim.block.height).min().filter(|height| *height <= tip.height)
}

fn delivered_for_good(ours: &Fixed, tip: Option<BlockRef>) -> String {
    let (block, because) = (full(&ours.block), ours.because);
    let goes_on = tip.filter(|tip| *tip != ours.block);
    let goes_on = goes_on.map(|tip| format!(", and the stream goes on to block {}", full(&tip)));
    format!(
        "Block {block} {}{}. It is not part of their history. Nothing was undone.",
        because.delivered(),
        goes_on.unwrap_or_default()
    )
}

fn choose_a_side(claims: &[Claim], scene: &Scene<'_>) -> String {
    let chain = scene.chain;
    let longest = claims.iter().filter_map(|claim| claim.operators.first()).map(String::len).max();
    let width = longest.unwrap_or_default();
    let one_a_side = claims.iter().filter_map(|claim| {
        let (name, hash) = (claim.operators.first()?, claim.block.hash.to_string());
        let providers = scene.providers_of(claim);
        Some(format!(
            "\n  blocktap resume {chain} --with {name:<width$}   # {}…, {providers}",
            hash.get(..10)?
        ))
    });
    let commands: String = one_a_side.collect();
    let undone = match scene.delivered.and_then(|tip| disputed(claims, tip)) {
        Some(from) => format!(
            "If that is not the side that was delivered, what was delivered from block {from} on is undone and replaced."
        ),
        None => "Delivered blocks of the other side, if there are any, are undone and replaced.".into(),
    };
    format!(
        "It goes on by itself as soon as more than half of them name the same block.\n\
         By hand: find out which block is right (a block explorer, a node of your own), and follow whoever has it:{commands}\n\
         {undone} Or take every provider of the side that is wrong out of service:\n  \
         blocktap cordon {chain}/PROVIDER\n{SETTINGS}"
    )
}

fn choose_a_history(ours: &Fixed, scene: &Scene<'_>) -> String {
    let chain = scene.chain;
    format!(
        "It does not go on by itself: {}. Find out which history is right.\n\
         If ours is: take their providers out of service, or wait until they are back on it, then\n  \
         blocktap cordon {chain}/PROVIDER\n  \
         blocktap resume {chain}\n{SETTINGS}\n\
         If theirs is: stop blocktap, move data_dir and what the sinks hold away, {}",
        ours.because.rule(),
        scene.begin_again()
    )
}

/// Orders go to the daemon that a configuration describes.
const SETTINGS: &str = "Give --settings PATH too, as for run, unless it is ./Settings.toml.";

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

    /// In a headline.
    pub(super) fn clause(self) -> String {
        match self {
            Self::Final => "which was delivered as final".into(),
            Self::Named => "which chains.start names".into(),
            Self::Deep => format!("which was delivered and lies {} blocks deep", Canonical::CAPACITY),
        }
    }

    fn delivered(self) -> String {
        match self {
            Self::Final => "was delivered as final".into(),
            Self::Named => "was delivered first, as chains.start names it".into(),
            Self::Deep => format!("was delivered and lies {} blocks deep", Canonical::CAPACITY),
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

#[cfg(test)]
mod tests;
