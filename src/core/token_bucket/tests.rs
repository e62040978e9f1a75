use proptest::prelude::*;

use super::*;

const QUOTA: Quota = Quota { rate_per_s: 10.0, burst: 20.0 };

fn at(milliseconds: u64) -> At {
    At::from_millis(milliseconds)
}

fn full() -> TokenBucket {
    TokenBucket::new(QUOTA, At::ZERO)
}

/// How many requests of one credit are granted at once.
fn grants(bucket: &mut TokenBucket, priority: Priority, now: At) -> usize {
    (0..1000).take_while(|_| bucket.take(1, priority, now) == Taken::Granted).count()
}

fn refuse(bucket: &mut TokenBucket, retry_after: Option<Duration>, now: At) {
    bucket.on_rate_limited(retry_after, now, 0.5);
}

fn rate_after(retry_after: Option<Duration>, times: u64) -> f64 {
    let mut bucket = full();
    (0..times).for_each(|n| refuse(&mut bucket, retry_after, At::from_secs(n * 1000)));
    bucket.rate_per_s()
}

#[test]
fn the_tip_may_take_the_last_credit_and_the_others_leave_some() {
    assert_eq!(grants(&mut full(), Priority::Tip, At::ZERO), 20);
    assert_eq!(grants(&mut full(), Priority::Verify, At::ZERO), 10);
    assert_eq!(grants(&mut full(), Priority::CatchUp, At::ZERO), 5);
}

#[test]
fn catch_up_that_takes_all_it_can_leaves_the_tip_three_quarters_of_a_burst() {
    let mut bucket = full();
    let taken: usize = (0..100).map(|n| grants(&mut bucket, Priority::CatchUp, at(n * 100))).sum();
    assert!(taken >= 100, "catch-up gets all that flows in, not {taken}");
    assert!(grants(&mut bucket, Priority::Tip, at(9_900)) >= 15);
}

#[test]
fn probes_stay_within_a_twentieth_of_the_rate() {
    let mut bucket = full();
    let taken: usize = (0..1000).map(|n| grants(&mut bucket, Priority::Probe, at(n * 100))).sum();
    assert!((49..=52).contains(&taken), "{taken}");
}

#[test]
fn a_wait_is_long_enough() {
    let mut bucket = full();
    assert_eq!(bucket.take(20, Priority::Tip, At::ZERO), Taken::Granted);
    let Taken::WaitFor(wait) = bucket.take(5, Priority::CatchUp, At::ZERO) else { panic!() };
    assert_eq!(wait, Duration::from_millis(2001));
    assert_eq!(bucket.take(5, Priority::CatchUp, At::ZERO + wait), Taken::Granted);
}

#[test]
fn a_request_dearer_than_the_bucket_is_granted_once_it_is_full_and_paid_off() {
    let mut bucket = full();
    assert_eq!(bucket.take(50, Priority::CatchUp, At::ZERO), Taken::Granted);
    assert_eq!(bucket.take(1, Priority::Tip, at(3_000)), Taken::WaitFor(Duration::from_millis(101)));
}

#[test]
fn nothing_is_granted_before_retry_after_and_no_burst_after_it() {
    let mut bucket = full();
    let pause = bucket.on_rate_limited(Some(Duration::from_secs(7)), At::ZERO, 0.0);
    assert_eq!(pause, Pause { until: At::from_secs(7), reason: PauseReason::Burst });
    assert_eq!(bucket.paused_until(at(6_999)), Some(At::from_secs(7)));
    assert_eq!(grants(&mut bucket, Priority::Tip, at(6_999)), 0);
    assert_eq!(grants(&mut bucket, Priority::Tip, at(7_000)), 0);
    assert_eq!(grants(&mut bucket, Priority::Tip, at(8_000)), 7);
}

#[test]
fn retry_after_is_kept_within_reason() {
    let until = |wait| full().on_rate_limited(Some(wait), At::ZERO, 0.0).until;
    assert_eq!(until(Duration::ZERO), at(250));
    assert_eq!(until(Duration::from_secs(86_400)), At::from_secs(300));
}

#[test]
fn untold_waits_double_while_refusals_go_on_and_start_anew_after_a_quiet_time() {
    let mut bucket = full();
    let mut now = At::ZERO;
    let mut pause_s = |quiet_s| {
        let start = now + Duration::from_secs(quiet_s);
        now = bucket.on_rate_limited(None, start, 0.5).until;
        now.since(start).as_secs()
    };
    assert_eq!([pause_s(0), pause_s(15), pause_s(15), pause_s(15)], [1, 2, 4, 8]);
    assert_eq!(pause_s(30), 1);
}

#[test]
fn refusals_right_after_two_resumptions_mean_a_used_up_quota() {
    let mut bucket = full();
    let first = bucket.on_rate_limited(None, At::ZERO, 0.5);
    let second = bucket.on_rate_limited(None, first.until + Duration::from_secs(2), 0.5);
    assert_eq!(second.reason, PauseReason::Burst);
    let third_at = second.until + Duration::from_secs(2);
    let third = bucket.on_rate_limited(None, third_at, 0.5);
    assert_eq!(third, Pause { until: third_at + Duration::from_secs(900), reason: PauseReason::Quota });
}

#[test]
fn a_rest_that_nobody_asked_for_is_cut_while_nobody_else_can_take_over() {
    let mut bucket = full();
    let first = bucket.on_rate_limited(None, At::ZERO, 0.5);
    let second = bucket.on_rate_limited(None, first.until, 0.5);
    let third = bucket.on_rate_limited(None, second.until, 0.5);
    assert_eq!(third.reason, PauseReason::Quota);
    bucket.hasten(second.until);
    let soon = second.until + Duration::from_secs(10);
    assert_eq!(bucket.paused_until(second.until), Some(soon));
    assert_eq!(bucket.take(1, Priority::Tip, soon + Duration::from_secs(1)), Taken::Granted);
}

#[test]
fn a_wait_that_was_asked_for_is_never_cut() {
    let mut bucket = full();
    let pause = bucket.on_rate_limited(Some(Duration::from_secs(60)), At::ZERO, 0.0);
    bucket.hasten(At::ZERO);
    assert_eq!(bucket.paused_until(At::ZERO), Some(pause.until));
}

#[test]
fn refusals_of_one_burst_lower_the_rate_once() {
    let mut bucket = full();
    (0..10).for_each(|_| refuse(&mut bucket, None, At::ZERO));
    assert!((bucket.rate_per_s() - 7.0).abs() < 1e-9);
    assert!((rate_after(None, 2) - 4.9).abs() < 1e-9);
}

#[test]
fn the_rate_never_falls_below_one_request_a_second() {
    assert!((rate_after(None, 50) - 1.0).abs() < 1e-9);
    let mut bucket = full();
    assert_eq!(bucket.take(4, Priority::Tip, At::ZERO), Taken::Granted);
    (0..50).for_each(|n| refuse(&mut bucket, None, At::from_secs(n * 1000)));
    assert!((bucket.rate_per_s() - 4.0).abs() < 1e-9);
}

#[test]
fn the_rate_grows_only_while_it_is_used_and_never_beyond_the_configured_one() {
    let mut bucket = full();
    refuse(&mut bucket, None, At::ZERO);
    assert_eq!(bucket.take(1, Priority::Tip, at(60_000)), Taken::Granted);
    assert!((bucket.rate_per_s() - 7.0).abs() < 1e-9, "an idle account proves nothing");
    let spend = |bucket: &mut TokenBucket, tenths: std::ops::Range<u64>| {
        for tenth in tenths {
            grants(bucket, Priority::CatchUp, at(tenth * 100));
        }
    };
    spend(&mut bucket, 600..901);
    assert!((bucket.rate_per_s() - 7.35).abs() < 1e-9);
    spend(&mut bucket, 901..10_000);
    assert!((bucket.rate_per_s() - QUOTA.rate_per_s).abs() < 1e-9);
}

#[test]
fn nonsense_in_the_quota_grants_little_but_breaks_nothing() {
    for number in [f64::NAN, f64::INFINITY, 0.0, -5.0] {
        let mut bucket = TokenBucket::new(Quota { rate_per_s: number, burst: number }, At::ZERO);
        let _ = bucket.take(1, Priority::Tip, at(10));
        let _ = bucket.take(1, Priority::Tip, at(20));
    }
}

/// One step of a random life: time passes, then somebody asks, or the provider refuses.
#[derive(Clone, Debug)]
enum Step {
    Take(u32, Priority),
    Refused(Option<u64>),
}

fn steps() -> impl Strategy<Value = Vec<(u64, Step)>> {
    let priority = prop_oneof![
        Just(Priority::Tip),
        Just(Priority::Verify),
        Just(Priority::Probe),
        Just(Priority::CatchUp)
    ];
    let step = prop_oneof![
        20 => (1u32..20, priority).prop_map(|(cost, priority)| Step::Take(cost, priority)),
        1 => prop::option::of(0u64..400_000).prop_map(Step::Refused),
    ];
    prop::collection::vec((0u64..2_000, step), 1..200)
}

proptest! {
    #[test]
    fn no_window_gets_more_than_a_burst_and_what_flows_in(steps in steps(), jitter in 0.0..1.0f64) {
        let (mut bucket, mut now, mut grants) = (full(), 0, Vec::new());
        for (gap, step) in steps {
            now += gap;
            match step {
                Step::Take(cost, priority) => {
                    if bucket.take(cost, priority, at(now)) == Taken::Granted {
                        grants.push((now, f64::from(cost)));
                    }
                }
                Step::Refused(wait) => {
                    bucket.on_rate_limited(wait.map(Duration::from_millis), at(now), jitter);
                }
            }
        }
        for (first, (start, _)) in grants.iter().enumerate() {
            let mut spent = 0.0;
            for (end, cost) in &grants[first..] {
                spent += cost;
                let allowed = QUOTA.burst + QUOTA.rate_per_s * (end - start) as f64 / 1000.0;
                prop_assert!(spent <= allowed + 1e-6, "{spent} > {allowed}");
            }
        }
    }

    #[test]
    fn nothing_is_ever_granted_in_a_pause(steps in steps(), jitter in 0.0..1.0f64) {
        let (mut bucket, mut now) = (full(), 0);
        let mut resumes = At::ZERO;
        for (gap, step) in steps {
            now += gap;
            match step {
                Step::Take(cost, priority) => {
                    let taken = bucket.take(cost, priority, at(now));
                    prop_assert!(at(now) >= resumes || taken != Taken::Granted);
                }
                Step::Refused(wait) => {
                    let asked = wait.map_or(Duration::ZERO, Duration::from_millis);
                    let earliest = at(now) + asked.min(Duration::from_secs(300));
                    let pause = bucket.on_rate_limited(wait.map(Duration::from_millis), at(now), jitter);
                    prop_assert!(pause.until >= earliest && pause.until >= resumes);
                    resumes = pause.until;
                }
            }
        }
    }

    #[test]
    fn who_waits_as_told_is_served(steps in steps(), cost in 1u32..40) {
        let (mut bucket, mut now) = (full(), 0);
        for (gap, step) in steps {
            now += gap;
            match step {
                Step::Take(cost, priority) => drop(bucket.take(cost, priority, at(now))),
                Step::Refused(_) => refuse(&mut bucket, None, at(now)),
            }
        }
        for priority in [Priority::Tip, Priority::Verify, Priority::Probe, Priority::CatchUp] {
            let mut bucket = bucket.clone();
            if let Taken::WaitFor(wait) = bucket.take(cost, priority, at(now)) {
                prop_assert_eq!(bucket.take(cost, priority, at(now) + wait), Taken::Granted);
            }
        }
    }
}
