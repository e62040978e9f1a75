//! The fleet of one play.

use std::time::Duration;

use super::shape::Shape;
use crate::sim::profile::Profile;
use crate::sim::random::Random;

/// One provider, as the world has it and as the daemon is told of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Member {
    /// On a good day.
    pub profile: Profile,
    /// Whether it announces heads.
    pub announces: bool,
    /// Requests a second that the daemon is told.
    pub rate_per_s: f64,
    /// Requests at once that the daemon is told.
    pub burst: f64,
    /// How much it is preferred.
    pub weight: f64,
    /// Whether it may lie.
    pub character: Character,
}

/// What a provider is capable of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Character {
    /// It fails, but never lies.
    Honest,
    /// It may say anything.
    Liar,
    /// It may say anything, and hand out content that is not what it says.
    Forger,
}

const NAMES: [&str; 12] = [
    "alpha", "bravo", "charlie", "delta", "echo", "foxtrot", "golf", "hotel", "india", "juliett", "kilo",
    "lima",
];
const OPERATORS: [&str; 6] = ["northwind", "quayside", "lumen", "homestead", "saltmarsh", "orchard"];

/// Draws a fleet.
pub(super) fn draw(count: Option<usize>, shape: &Shape, random: &mut Random) -> Vec<Member> {
    let count = count.unwrap_or_else(|| pick(random, &[1, 2, 3, 3, 4, 4, 5, 5, 5, 6, 7, 8]));
    let operators = match count {
        0..=2 => count,
        _ if random.once_in(6) => 2,
        _ => count.min(3 + usize::try_from(random.below(3)).unwrap_or_default()),
    };
    let sockets = random.below(4);
    let members = (0..count).map(|place| {
        let operator = OPERATORS[place % operators.clamp(1, OPERATORS.len())];
        let profile = profile(&name(place), operator, random);
        let announces = match sockets {
            0 => false,
            1 => random.once_in(2),
            _ => true,
        };
        let rate = needed(shape) * random.within(&(2..=12)) as f64;
        member(profile, announces, rate, random)
    });
    let mut members: Vec<Member> = members.collect();
    give_characters(&mut members, random);
    members
}

/// The fleet of a user's configuration, with views and delays drawn.
pub(super) fn from_given(given: &[Member], random: &mut Random) -> Vec<Member> {
    let mut members: Vec<Member> = given.to_vec();
    for member in &mut members {
        let Profile { name, operator, .. } = &member.profile;
        let drawn = profile(name, operator, random);
        member.profile = Profile { requests_per_second: member.profile.requests_per_second, ..drawn };
    }
    give_characters(&mut members, random);
    members
}

fn member(profile: Profile, announces: bool, rate: f64, random: &mut Random) -> Member {
    let weight = [0.5, 1.0, 1.0, 1.0, 1.5][usize::try_from(random.below(5)).unwrap_or_default()];
    // The world's providers hold one second's worth, and so does the daemon's limiter.
    let requests_per_second = random.once_in(2).then_some((rate * 1.5).ceil() as u32);
    let profile = Profile { requests_per_second, ..profile };
    Member { profile, announces, rate_per_s: rate, burst: rate, weight, character: Character::Honest }
}

/// Requests a second that following the tip with receipts may take.
fn needed(shape: &Shape) -> f64 {
    10.0 + 5.0 / shape.block_time.as_secs_f64()
}

fn profile(name: &str, operator: &str, random: &mut Random) -> Profile {
    let ms = |random: &mut Random, range| Duration::from_millis(random.within(&range));
    Profile {
        latency: if random.once_in(8) { ms(random, 200..=600) } else { ms(random, 5..=120) },
        jitter: ms(random, 0..=30),
        propagation: if random.once_in(8) { ms(random, 500..=2_000) } else { ms(random, 10..=400) },
        ..Profile::of(name, operator)
    }
}

/// Two operators at the least never lie, where there are so many; of two, one; a single one never does. Only one operator
/// forges content: two that did so alike would prove a check wrong.
fn give_characters(members: &mut [Member], random: &mut Random) {
    let mut operators: Vec<String> = members.iter().map(|member| member.profile.operator.clone()).collect();
    operators.sort();
    operators.dedup();
    let spared = if operators.len() > 2 { 2 } else { 1 };
    let liars = random.below(operators.len().saturating_sub(spared) as u64 + 1);
    for place in 0..usize::try_from(liars).unwrap_or_default() {
        let chosen =
            place + usize::try_from(random.below((operators.len() - place) as u64)).unwrap_or_default();
        operators.swap(place, chosen);
        let character = if place == 0 { Character::Forger } else { Character::Liar };
        let own = members.iter_mut().filter(|member| member.profile.operator == operators[place]);
        own.for_each(|member| member.character = character);
    }
}

fn name(place: usize) -> String {
    match NAMES.get(place) {
        Some(name) => (*name).to_owned(),
        None => format!("p{place}"),
    }
}

fn pick(random: &mut Random, from: &[usize]) -> usize {
    from[usize::try_from(random.below(from.len() as u64)).unwrap_or_default()]
}
