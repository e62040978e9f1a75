//! What happens in one play, drawn from its seed: the chain's shape, the fleet, and everything that goes wrong, and when.
//!
//! *Acts.* A play is a row of acts. In each, providers, sinks, disk and actors fail and the chain is unruly; then all of it is
//! healed, and after a while everything must be caught up before the next act begins.
//! *What is arranged.* No more liars than the promises allow: operators that lie are a minority that leaves two honest ones
//! where there are three or more, and no two liars tell the same lie. Forks may have any number of followers, but end before they could
//! become final. Apart from that everybody may fail at once.

pub mod cast;
pub mod deed;
pub mod draw;
pub mod shape;
pub mod troubles;

use std::time::Duration;

use self::cast::Member;
use self::deed::{Deed, Entry};
use self::shape::Shape;
use super::random::Random;

/// What is asked of a schedule.
#[derive(Clone, Debug)]
pub struct Request {
    /// Decides everything.
    pub seed: u64,
    /// Blocks that the chain grows by, about; it goes on until the last act is over.
    pub blocks: u64,
    /// How many providers there are; drawn if nobody says.
    pub providers: Option<usize>,
    /// The troubles that providers may have.
    pub troubles: Vec<troubles::Trouble>,
    /// The fleet and the chain as a user has configured them, instead of drawn ones.
    pub given: Option<Given>,
}

/// What a user's configuration says.
#[derive(Clone, Debug)]
pub struct Given {
    /// The number of the EVM chain.
    pub chain: u64,
    /// From block to block.
    pub block_time: Option<Duration>,
    /// Blocks below the head that the user calls final.
    pub final_depth: Option<u64>,
    /// Name, operator and requests a second of each provider, and whether it announces heads.
    pub members: Vec<Member>,
}

/// One play.
#[derive(Clone, Debug)]
pub struct Schedule {
    /// The chain and the daemon in front of it.
    pub shape: Shape,
    /// The fleet.
    pub cast: Vec<Member>,
    /// What happens, in order of time.
    pub entries: Vec<Entry>,
}

/// How long an act lasts.
const ACT: (u64, u64) = (40, 160);
/// How long nothing fails after it: the minute within which all must be caught up, and a wait that a provider may have asked for.
const CALM: Duration = Duration::from_secs(110);

impl Schedule {
    /// Draws one.
    pub fn drawn(request: &Request) -> Self {
        let mut random = Random::derived(&[request.seed, 0x5c4e]);
        let mut shape = shape::draw(request, &mut random);
        let cast = match &request.given {
            Some(given) => cast::from_given(&given.members, &mut random),
            None => cast::draw(request.providers, &shape, &mut random),
        };
        shape.suit(&cast);
        let mut entries = Vec::new();
        let (least, mut from) = (shape.block_time.mul_f64(request.blocks as f64), Duration::ZERO);
        while from.is_zero() || from < least {
            let length = Duration::from_secs(random.within(&(ACT.0..=ACT.1))).max(shape.block_time * 12);
            let act = draw::Act { shape: &shape, cast: &cast, troubles: &request.troubles, from, length };
            act.draw(&mut random, &mut entries);
            from = from + length + CALM;
            entries.push(Entry { at: from, deed: Deed::Review });
        }
        growth(&shape, from, &mut random, &mut entries);
        entries.sort_by_key(|entry| entry.at);
        Self { shape, cast, entries }
    }
}

/// Blocks come in their time, more or less, at times several at once, at times none for long.
fn growth(shape: &Shape, until: Duration, random: &mut Random, entries: &mut Vec<Entry>) {
    let mut at = Duration::ZERO;
    loop {
        let permille = match random.below(200) {
            0 => random.within(&(5_000..=20_000)),
            1..=40 => random.within(&(300..=2_000)),
            _ => 1_000,
        };
        at += shape.block_time.mul_f64(permille as f64 / 1_000.0);
        if at >= until {
            return;
        }
        let blocks = if random.once_in(60) { random.within(&(2..=6)) } else { 1 };
        entries.push(Entry { at, deed: Deed::Grow { blocks } });
    }
}

#[cfg(test)]
mod tests;
