use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::breach::Invariant;
use super::terms::{Account, LoneWord, Terms};
use super::{Memory, Oracle};
use crate::core::chain_id::ChainId;
use crate::core::event::{Body, Draft, Event, Finality, Mode, Source, Step, Tail};
use crate::core::header::Header;
use crate::core::numbers::Height;
use crate::sim::genesis::Genesis;
use crate::sim::reply::{HttpAnswer, Reply};
use crate::sim::watch::Watcher;
use crate::sim::world::World;

fn terms() -> Terms {
    let account = |operator: &str| Account { operator: operator.into(), rate_per_s: 10.0, burst: 10.0 };
    Terms {
        stream: ChainId::evm(1337),
        providers: BTreeMap::from([("a".into(), account("north")), ("b".into(), account("south"))]),
        lone_word: LoneWord::WhileAlone,
        lag_threshold: Duration::from_secs(30),
        checks: vec!["hash"],
        with_receipts: false,
        most_bytes: 1_000,
        final_depth: 4,
        start: None,
    }
}

fn grown() -> World {
    let world = World::grown_from(Genesis { final_depth: 4, ..Genesis::default() });
    world.mine(12);
    world
}

fn draft(world: &World, step: Step, height: u64) -> Draft {
    let block = world.block_at(Height(height)).unwrap();
    let source = Source {
        served_by: "a".into(),
        agreed: vec!["north".into(), "south".into()],
        asked: 2,
        verified: vec!["hash".into()],
        mode: Mode::Live,
    };
    Draft {
        step,
        header: block.header(),
        finality: Finality::Latest,
        safe: None,
        finalized: None,
        reorg: None,
        source: (step != Step::Final).then_some(source),
        body: (step != Step::Final).then(|| Body { block: block.full_json(), receipts: None }),
    }
}

/// An oracle before which both providers have shown every block.
fn informed(world: &World) -> Oracle {
    let oracle = Oracle::new(world.clone(), terms());
    for Header { height, .. } in world.canonical() {
        let block = world.block_at(height).unwrap().full_json();
        let answer = [br#"{"id":1,"result":"#.as_slice(), &block, b"}"].concat();
        for provider in ["a", "b"] {
            let reply = Reply::Answer(HttpAnswer::json(answer.clone()));
            oracle.answered(provider, br#"{"id":1,"params":["0x1",true]}"#, &reply, world.now());
        }
    }
    oracle
}

fn sealed(drafts: Vec<Draft>) -> Vec<Arc<Event>> {
    let stream = ChainId::evm(1337);
    let mut tail = Tail::genesis(&stream, drafts[0].header.height);
    let mut events = Vec::new();
    for draft in drafts {
        let event = draft.seal(&stream, 1, &tail);
        tail = event.tail();
        events.push(Arc::new(event));
    }
    events
}

fn judged(world: &World, events: &[Arc<Event>]) -> Option<Invariant> {
    let oracle = informed(world);
    oracle.appended(events);
    oracle.breach().map(|breach| breach.invariant)
}

fn applied(world: &World, heights: impl IntoIterator<Item = u64>) -> Vec<Draft> {
    heights.into_iter().map(|height| draft(world, Step::Apply, height)).collect()
}

#[tokio::test]
async fn a_true_stream_is_left_alone() {
    let world = grown();
    let mut drafts = applied(&world, 3..=8);
    drafts.push(draft(&world, Step::Final, 5));
    drafts.extend(applied(&world, [9]));
    assert_eq!(judged(&world, &sealed(drafts)), None);
}

#[tokio::test]
async fn lost_doubled_and_swapped_events_are_found() {
    let world = grown();
    let events = sealed(applied(&world, 3..=6));
    let chosen = |places: [usize; 3]| judged(&world, &places.map(|place| events[place].clone()));
    assert_eq!(chosen([0, 1, 3]), Some(Invariant::Sequence));
    assert_eq!(chosen([0, 1, 1]), Some(Invariant::Sequence));
    assert_eq!(chosen([0, 2, 1]), Some(Invariant::Sequence));
    assert_eq!(judged(&world, &sealed(applied(&world, [3, 5]))), Some(Invariant::Fold));
}

#[tokio::test]
async fn an_undo_below_final_and_a_final_too_early_are_found() {
    let world = grown();
    let early = [applied(&world, 3..=10), vec![draft(&world, Step::Final, 9)]].concat();
    assert_eq!(judged(&world, &sealed(early)), Some(Invariant::Finality));
    let mut below = applied(&world, 3..=4);
    below.push(draft(&world, Step::Final, 4));
    below.push(draft(&world, Step::Undo, 4));
    assert_eq!(judged(&world, &sealed(below)), Some(Invariant::Fold));
}

#[tokio::test]
async fn an_undo_without_a_replacement_is_found() {
    let world = grown();
    let mut drafts = applied(&world, 3..=4);
    drafts.push(draft(&world, Step::Undo, 4));
    assert_eq!(judged(&world, &sealed(drafts)), Some(Invariant::Fold));
}

#[tokio::test]
async fn false_content_and_missing_checks_are_found() {
    let world = grown();
    let mut other = applied(&world, [3]);
    other[0].body = Some(Body { block: world.block_at(Height(4)).unwrap().full_json(), receipts: None });
    assert_eq!(judged(&world, &sealed(other)), Some(Invariant::Content));
    let mut unchecked = applied(&world, [3]);
    unchecked[0].source.as_mut().unwrap().verified.clear();
    assert_eq!(judged(&world, &sealed(unchecked)), Some(Invariant::Content));
}

#[tokio::test]
async fn votes_that_nobody_gave_are_found() {
    let world = grown();
    let events = sealed(applied(&world, [3]));
    let oracle = Oracle::new(world.clone(), terms());
    oracle.appended(&events);
    assert_eq!(oracle.breach().unwrap().invariant, Invariant::Votes);
}

#[tokio::test]
async fn a_request_before_the_wait_is_over_is_found() {
    let world = grown();
    let oracle = informed(&world);
    let refused = HttpAnswer { retry_after: Some(Duration::from_secs(5)), ..HttpAnswer::text(429, "no") };
    oracle.answered("a", b"{}", &Reply::Answer(refused), world.now());
    oracle.asked("b", br#"{"method":"x"}"#, world.now());
    assert_eq!(oracle.breach(), None);
    oracle.asked("a", br#"{"method":"x"}"#, world.now());
    assert_eq!(oracle.breach().unwrap().invariant, Invariant::RetryAfter);
}

#[tokio::test]
async fn more_requests_than_the_account_allows_are_found() {
    let world = grown();
    let oracle = informed(&world);
    (0..10).for_each(|_| oracle.asked("a", br#"{"method":"x"}"#, world.now()));
    assert_eq!(oracle.breach(), None);
    oracle.asked("a", br#"{"method":"x"}"#, world.now());
    assert_eq!(oracle.breach().unwrap().invariant, Invariant::RateLimit);
}

#[tokio::test(start_paused = true)]
async fn a_sink_that_is_late_or_gets_something_else_is_found() {
    let world = grown();
    let events = sealed(applied(&world, 3..=4));
    let oracle = informed(&world);
    oracle.enrol("s", Memory::Exact);
    oracle.appended(&events);
    oracle.delivered("s", &events[..1]);
    assert_eq!(oracle.breach(), None);
    tokio::time::advance(Duration::from_secs(5)).await;
    oracle.delivered("s", &events[1..]);
    assert_eq!(oracle.breach().unwrap().invariant, Invariant::Sinks);
}

#[tokio::test(start_paused = true)]
async fn a_sink_may_still_be_busy_with_what_the_log_had_only_now() {
    let world = grown();
    let mut drafts = applied(&world, 3..=8);
    drafts.push(draft(&world, Step::Final, 4));
    drafts.extend(applied(&world, [9]));
    let events = sealed(drafts);
    let oracle = informed(&world);
    tokio::time::advance(Duration::from_secs(5)).await;
    oracle.enrol("s", Memory::Exact);
    oracle.appended(&events[..7]);
    oracle.delivered("s", &events[..7]);
    oracle.appended(&events[7..]);
    let eighth = world.block_at(Height(8)).unwrap().header().block();
    oracle.caught_up(&eighth);
    assert_eq!(oracle.breach(), None);
    tokio::time::advance(Duration::from_secs(5)).await;
    oracle.caught_up(&eighth);
    assert_eq!(oracle.breach().unwrap().invariant, Invariant::CatchUp);
}

#[tokio::test]
async fn a_lone_word_is_held_against_nobody_while_the_other_is_quarantined() {
    let applied_alone = |sentence: Option<Duration>| async move {
        let world = grown();
        let oracle = informed(&world);
        let hear = |provider: &str| {
            let answer = br#"{"id":1,"result":"0x539"}"#.to_vec();
            let reply = Reply::Answer(HttpAnswer::json(answer));
            oracle.answered(provider, br#"{"id":1,"method":"eth_chainId"}"#, &reply, world.now());
        };
        ["a", "b"].into_iter().for_each(hear);
        tokio::time::sleep(Duration::from_secs(20)).await;
        oracle.ails("b");
        if let Some(sentence) = sentence {
            oracle.quarantined("b", sentence);
        }
        world.mine(1);
        let newest = world.head().height;
        let json = world.block_at(newest).unwrap().head_json();
        let announced =
            [br#"{"method":"eth_subscription","params":{"result":"#.as_slice(), &json, b"}}"].concat();
        oracle.announced("b", &announced, world.now());
        tokio::time::sleep(Duration::from_secs(20)).await;
        let mut drafts = applied(&world, 3..=4);
        if let Some(source) = &mut drafts[1].source {
            source.agreed = vec!["north".into()];
        }
        oracle.appended(&sealed(drafts));
        oracle.breach().map(|breach| breach.invariant)
    };
    tokio::time::pause();
    let minute = Duration::from_secs(60);
    assert_eq!(applied_alone(None).await, Some(Invariant::Corroboration));
    assert_eq!(applied_alone(Some(minute)).await, None);
}

#[tokio::test]
async fn a_quarantine_of_one_who_never_failed_is_found() {
    let oracle = informed(&grown());
    oracle.ails("a");
    oracle.quarantined("a", Duration::from_secs(60));
    assert_eq!(oracle.breach(), None);
    oracle.quarantined("b", Duration::from_secs(60));
    assert_eq!(oracle.breach().map(|breach| breach.invariant), Some(Invariant::Innocence));
}

#[tokio::test(start_paused = true)]
async fn a_sink_without_a_memory_may_get_again_what_it_acknowledged_to_a_dead_journal() {
    let world = grown();
    let events = sealed(applied(&world, 3..=5));
    let oracle = informed(&world);
    oracle.enrol("forgetting", Memory::None);
    oracle.appended(&events);
    oracle.delivered("forgetting", &events[..1]);
    oracle.actor_died("sim/journal");
    oracle.delivered("forgetting", &events[1..2]);
    oracle.delivered("forgetting", &events[1..2]);
    assert_eq!(oracle.breach(), None);
    tokio::time::sleep(Duration::from_secs(3)).await;
    oracle.delivered("forgetting", &events[2..]);
    oracle.delivered("forgetting", &events[2..]);
    assert_eq!(oracle.breach().map(|breach| breach.invariant), Some(Invariant::Sinks));
}
