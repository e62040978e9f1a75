//! What single rows promise beyond a class and a true stream.

use std::sync::Arc;
use std::time::Duration;

use blocktap::core::event::{Event, Step};
use blocktap::sim::fault::{Expected, Fault, Reach};
use blocktap::sim::symptom::Symptom;

use crate::evidence::Evidence;
use crate::stage::Stage;

/// What was under way when a refusal came may arrive after it.
const UNDER_WAY: Duration = Duration::from_secs(1);
/// How long at least whoever has to be mended is left alone at first; the pauses grow.
const LEFT_ALONE: Duration = Duration::from_secs(90);
/// Blocks that tell a provider that serves from one that happened to.
const SERVES: usize = 3;
/// Requests that a promise about them must have met.
const ENOUGH: usize = 5;

// === What comes in its time ===

/// What the row promises and is not so yet, in words; to be asked again while the fault lasts.
pub fn missing(evidence: &Evidence, stage: &Stage) -> Option<String> {
    let fault = evidence.fault;
    let found = match fault {
        Fault::OrphanServed => (evidence.count(stage, Step::Undo) == 0).then(|| "no block is undone".into()),
        Fault::FinalityUnknown => not_all_incapable(evidence),
        Fault::FinalityMovesBack if is_everybody(evidence) => nobody_says_that_finality_receded(evidence),
        Fault::PooledClosed => too_few_asked(evidence, stage),
        _ => None,
    };
    let still_leads = || deposes(fault).then(|| leading_victim(evidence)).flatten();
    let serves_no_more = || is_oddly_written(evidence).then(|| idle_victim(evidence, stage)).flatten();
    let stands = || is_of_subscriptions(fault).then(|| standing_victim(evidence)).flatten();
    found.or_else(still_leads).or_else(serves_no_more).or_else(stands)
}

/// Whether its victim may not lead for long.
pub const fn deposes(fault: Fault) -> bool {
    use Fault::{ChainSwitched, FarBehind, FrozenHead, StaleMember, Syncing};
    is_of_limits(fault)
        || is_for_people(fault)
        || matches!(fault, ChainSwitched | FarBehind | FrozenHead | StaleMember | Syncing)
}

const fn is_of_limits(fault: Fault) -> bool {
    matches!(fault, Fault::RateLimitInBody | Fault::RateLimitStatus | Fault::RateLimitElsewhere)
}

/// Whether only a person can mend it.
const fn is_for_people(fault: Fault) -> bool {
    matches!(fault, Fault::QuotaUsedUp | Fault::KeyRefused | Fault::Redirect)
}

const fn is_of_subscriptions(fault: Fault) -> bool {
    Fault::SilentSocket.row() <= fault.row() && fault.row() <= Fault::SubscribeRefused.row()
}

fn is_everybody(evidence: &Evidence) -> bool {
    matches!(evidence.form.reach, Reach::Everybody(_))
}

/// Whether its victim tells the truth in an unusual way.
fn is_oddly_written(evidence: &Evidence) -> bool {
    let odd = |symptoms: &[Symptom]| matches!(symptoms, [Symptom::Odd(_)]);
    evidence.form.expected == Expected::Tolerated
        && matches!(&evidence.form.reach, Reach::Provider(symptoms) if odd(symptoms))
}

fn leading_victim(evidence: &Evidence) -> Option<String> {
    let leader = evidence.sightings.last().leader()?;
    evidence.victims.contains(leader).then(|| format!("{leader} leads still"))
}

fn idle_victim(evidence: &Evidence, stage: &Stage) -> Option<String> {
    let events = evidence.events(stage);
    let serves =
        |victim: &String| events.iter().filter(|event| is_served_by(event, victim)).count() >= SERVES;
    evidence.victims.iter().find(|victim| !serves(victim)).map(|victim| format!("{victim} serves nothing"))
}

fn is_served_by(event: &Arc<Event>, provider: &str) -> bool {
    event.envelope.source.as_ref().is_some_and(|source| source.served_by == provider)
}

/// Heads are seen all the same: by polls, or announced again.
fn standing_victim(evidence: &Evidence) -> Option<String> {
    let (began, last) = (evidence.sightings.first().world, evidence.sightings.last());
    let stands = |victim: &&String| last.head(victim).is_none_or(|head| head <= began.plus(2));
    evidence.victims.iter().find(stands).map(|victim| format!("the head of {victim} stands still"))
}

fn not_all_incapable(evidence: &Evidence) -> Option<String> {
    let grown = |victim: &&String| evidence.failed(victim).contains("capability");
    let other = evidence.victims.iter().find(|victim| !grown(victim));
    other.map(|victim| format!("nobody noticed that {victim} knows no finality"))
}

fn nobody_says_that_finality_receded(evidence: &Evidence) -> Option<String> {
    let told = evidence.sightings.last().degraded().contains("finality_receded");
    (!told).then(|| "nobody says that finality receded".into())
}

fn too_few_asked(evidence: &Evidence, stage: &Stage) -> Option<String> {
    let few = |victim: &&String| evidence.asked(stage, victim).len() < ENOUGH;
    evidence.victims.iter().find(few).map(|victim| format!("{victim} was hardly asked"))
}

// === What holds all the time ===

/// Fails where the row broke what it promises, at any moment of its fault.
pub fn hold(evidence: &Evidence, stage: &Stage) {
    let fault = evidence.fault;
    assert_eq!(missing(evidence, stage), None, "{fault}");
    match fault {
        Fault::QuietChain => nobody_is_suspected(evidence),
        Fault::HeadLeaps => no_leap_is_the_reference(evidence),
        Fault::HeadsDisagree => nothing_rests_on_one_word(evidence, stage),
        Fault::WrongChain => the_victim_is_never_heard(evidence, stage),
        Fault::FinalityUnknown | Fault::SubscribeRefused => the_victims_are_free(evidence),
        _ => {}
    }
    if is_of_limits(fault) {
        no_breaker_trips(evidence);
        the_wait_is_kept(evidence, stage);
    }
    if is_for_people(fault) {
        is_left_alone_after(evidence, stage, UNDER_WAY, LEFT_ALONE);
    }
    if !matches!(evidence.form.reach, Reach::Chain(_)) || evidence.form.expected == Expected::Halted {
        assert_eq!(evidence.count(stage, Step::Undo), 0, "{fault}: what one provider does is no reorg");
    }
    if evidence.form.expected == Expected::Tolerated && matches!(evidence.form.reach, Reach::Provider(_)) {
        nothing_failed(evidence);
    }
}

/// What holds all the time where time is paused, so that nobody is ever late.
pub fn hold_in_memory(evidence: &Evidence, stage: &Stage) {
    hold(evidence, stage);
    nothing_rests_on_one_word(evidence, stage);
    if evidence.fault == Fault::TooLarge {
        nothing_is_asked_again(evidence, stage);
    }
}

/// Every block was delivered on the word of two operators.
fn nothing_rests_on_one_word(evidence: &Evidence, stage: &Stage) {
    for event in evidence.events(stage) {
        let agreed = event.envelope.source.as_ref().map(|source| &source.agreed);
        let is_lone = event.envelope.step == Step::Apply && agreed.is_none_or(|agreed| agreed.len() < 2);
        assert!(!is_lone, "{}: delivered on the word of {agreed:?}", evidence.fault);
    }
}

fn nobody_is_suspected(evidence: &Evidence) {
    let leader = evidence.sightings.first().leader();
    for sighting in evidence.sightings.all() {
        assert!(sighting.flagged().is_empty(), "{:?} flagged while it is quiet", sighting.flagged());
        assert_eq!(sighting.leader(), leader, "unseated while it is quiet");
    }
}

fn no_leap_is_the_reference(evidence: &Evidence) {
    for sighting in evidence.sightings.all() {
        assert!(sighting.reference() <= Some(sighting.world), "a reference of {:?}", sighting.reference());
    }
}

fn nothing_is_asked_again(evidence: &Evidence, stage: &Stage) {
    for victim in &evidence.victims {
        let mut asked = evidence.asked(stage, victim);
        asked.retain(|asked| asked.method == "eth_getBlockReceipts");
        let mut params: Vec<String> = asked.iter().map(|asked| asked.params.to_string()).collect();
        params.sort();
        assert!(params.windows(2).all(|pair| pair[0] != pair[1]), "asked again unchanged: {params:?}");
    }
}

fn the_victim_is_never_heard(evidence: &Evidence, stage: &Stage) {
    for victim in &evidence.victims {
        assert!(!stage.record.events().iter().any(|event| is_served_by(event, victim)), "{victim} served");
        for sighting in evidence.sightings.all() {
            assert!(!sighting.flags(victim).is_empty(), "{victim} was eligible");
            assert_ne!(sighting.leader(), Some(victim.as_str()));
        }
    }
}

fn the_victims_are_free(evidence: &Evidence) {
    for victim in &evidence.victims {
        for sighting in evidence.sightings.all() {
            let flags = sighting.flags(victim);
            assert!(flags.is_empty(), "{}: {victim} is flagged {flags:?}", evidence.fault);
        }
    }
}

fn no_breaker_trips(evidence: &Evidence) {
    for victim in &evidence.victims {
        let tripped = |flags: std::collections::BTreeSet<&str>| flags.contains("breaker_open");
        let mut all = evidence.sightings.all().iter();
        assert!(!all.any(|sighting| tripped(sighting.flags(victim))), "{}: a breaker trips", evidence.fault);
    }
}

/// Where the refusal names a time to wait, nothing is asked within it.
fn the_wait_is_kept(evidence: &Evidence, stage: &Stage) {
    let Reach::Provider(symptoms) = &evidence.form.reach else { return };
    if let [Symptom::RateLimit { retry_after: Some(wait), .. }] = symptoms.as_slice() {
        is_left_alone_after(evidence, stage, UNDER_WAY, *wait);
    }
}

/// From the first request on, all of which are refused, what comes after `grace` and before `end` is one too many.
fn is_left_alone_after(evidence: &Evidence, stage: &Stage, grace: Duration, end: Duration) {
    for victim in &evidence.victims {
        let asked = evidence.asked(stage, victim);
        let first = asked.first().unwrap().at;
        let meanwhile = |at: blocktap::core::at::At| (grace..end).contains(&at.since(first));
        let more: Vec<_> = asked.iter().filter(|asked| meanwhile(asked.at)).collect();
        assert!(more.is_empty(), "{}: {victim} was asked all the same: {more:?}", evidence.fault);
    }
}

fn nothing_failed(evidence: &Evidence) {
    for victim in &evidence.victims {
        let mut failed = evidence.failed(victim);
        failed.remove("not_yet");
        assert!(failed.is_empty(), "{}: {victim} failed {failed:?}", evidence.fault);
    }
}
