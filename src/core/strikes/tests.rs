use proptest::prelude::*;

use super::*;

const DAY_S: u64 = 24 * 3600;

fn offended(offence: Offence, seconds: &[u64]) -> (Strikes, Option<Sentence>) {
    let mut strikes = Strikes::default();
    let sentences: Vec<_> =
        seconds.iter().map(|second| strikes.on_offence(offence, At::from_secs(*second))).collect();
    (strikes, sentences.last().copied().flatten())
}

fn pause(sentence: Option<Sentence>) -> u64 {
    let Some(Sentence::Quarantine { pause, .. }) = sentence else { panic!("{sentence:?}") };
    pause.as_secs()
}

#[test]
fn corruption_quarantines_at_once_and_each_time_for_twice_as_long() {
    assert_eq!(pause(offended(Offence::Corrupt, &[0]).1), 600);
    assert_eq!(pause(offended(Offence::Corrupt, &[0, 600]).1), 1200);
    assert_eq!(pause(offended(Offence::Corrupt, &[0, 600, 1800]).1), 2400);
    let many: Vec<u64> = (0..12).map(|nr| nr * DAY_S).collect();
    let (strikes, _) = offended(Offence::Corrupt, &many[..1]);
    assert_eq!(strikes.quarantine(At::from_secs(599)).map(|served| served.until), Some(At::from_secs(600)));
    assert_eq!(strikes.quarantine(At::from_secs(600)), None);
}

#[test]
fn two_strikes_are_forgiven_and_the_third_within_ten_minutes_is_not() {
    assert_eq!(offended(Offence::LongFork, &[0, 60]).1, Some(Sentence::Strike { count: 2 }));
    assert_eq!(pause(offended(Offence::LongFork, &[0, 60, 599]).1), 600);
    assert_eq!(offended(Offence::LongFork, &[0, 60, 600]).1, Some(Sentence::Strike { count: 2 }));
}

#[test]
fn strikes_begin_anew_after_a_quarantine() {
    let (strikes, _) = offended(Offence::Regression, &[0, 1, 2]);
    assert_eq!(strikes.count(At::from_secs(602)), 0);
}

#[test]
fn who_is_quarantined_cannot_offend() {
    let (strikes, second) = offended(Offence::Corrupt, &[0, 10]);
    assert_eq!((second, strikes.unforgiven(At::from_secs(10))), (None, 1));
}

#[test]
fn an_acquittal_takes_back_the_quarantine_and_its_doubling() {
    let (mut strikes, _) = offended(Offence::Corrupt, &[0]);
    strikes.acquit();
    assert!(strikes.is_clean(At::from_secs(1)));
    assert_eq!(pause(strikes.on_offence(Offence::Corrupt, At::from_secs(1))), 600);
}

#[test]
fn a_pardon_ends_a_quarantine_and_keeps_it_on_record() {
    let (mut strikes, _) = offended(Offence::Corrupt, &[0]);
    assert!(strikes.pardon(At::from_secs(1)));
    assert!(!strikes.pardon(At::from_secs(1)));
    assert_eq!(pause(strikes.on_offence(Offence::Corrupt, At::from_secs(2))), 1200);
}

#[test]
fn each_day_in_good_standing_forgives_one_doubling() {
    let (mut strikes, _) = offended(Offence::Corrupt, &[0, 600, 1800]);
    let end_s = 1800 + 2400;
    assert_eq!(strikes.unforgiven(At::from_secs(end_s + DAY_S - 1)), 3);
    assert_eq!(strikes.unforgiven(At::from_secs(end_s + DAY_S)), 2);
    assert_eq!(strikes.unforgiven(At::from_secs(end_s + 5 * DAY_S)), 0);
    assert_eq!(pause(strikes.on_offence(Offence::Corrupt, At::from_secs(end_s + 2 * DAY_S))), 1200);
}

#[test]
fn all_of_it_is_recalled_after_a_restart() {
    let (mut strikes, _) = offended(Offence::Corrupt, &[0]);
    assert_eq!(strikes.on_offence(Offence::Partial, At::from_secs(650)), Some(Sentence::Strike { count: 1 }));
    let kept = strikes.kept(Now { at: At::from_secs(700), unix_s: 1_000_000 });
    let text = serde_json::to_string(&kept).unwrap();
    let read: Kept = serde_json::from_str(&text).unwrap();
    let mut recalled = Strikes::recalled(&read, Now { at: At::ZERO, unix_s: 1_000_100 });
    assert_eq!((recalled.count(At::ZERO), recalled.unforgiven(At::ZERO)), (1, 1));
    assert_eq!(pause(recalled.on_offence(Offence::Corrupt, At::ZERO)), 1200);
}

proptest! {
    #[test]
    fn a_restart_prolongs_no_quarantine_and_adds_none(
        offences in prop::collection::vec((0u64..100_000, prop::bool::ANY), 0..20),
        kept_after_s in 0u64..200_000,
        slept_s in 0i64..200_000,
        clock_s in -7200i64..7200,
    ) {
        let mut strikes = Strikes::default();
        let mut moments = offences;
        moments.sort_unstable();
        let last_s = moments.last().map_or(0, |(second, _)| *second);
        for (second, corrupt) in moments {
            let offence = if corrupt { Offence::Corrupt } else { Offence::Regression };
            let _ = strikes.on_offence(offence, At::from_secs(second));
        }
        let at = At::from_secs(last_s + kept_after_s);
        let unix_s = 1_000_000_000u64;
        let kept = strikes.kept(Now { at, unix_s });
        let later = Now { at: At::ZERO, unix_s: unix_s.saturating_add_signed(slept_s + clock_s) };
        let recalled = Strikes::recalled(&kept, later);
        let left = |strikes: &Strikes, now: At| strikes.quarantine(now).map_or(0, |served| served.until.since(now).as_secs());
        prop_assert!(left(&recalled, At::ZERO) <= left(&strikes, at));
        prop_assert!(recalled.count(At::ZERO) <= strikes.count(at));
        prop_assert!(recalled.unforgiven(At::ZERO) <= strikes.unforgiven(at));
    }

    #[test]
    fn no_quarantine_is_longer_than_a_day(seconds in prop::collection::vec(0u64..10_000_000, 1..40)) {
        let mut strikes = Strikes::default();
        let mut moments = seconds;
        moments.sort_unstable();
        for second in moments {
            if let Some(Sentence::Quarantine { pause, count }) = strikes.on_offence(Offence::Corrupt, At::from_secs(second)) {
                prop_assert!(pause <= LONGEST_QUARANTINE && count > 0);
            }
        }
    }
}
