//! What a test builds: the process dies where it was told to.

use std::sync::LazyLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use rustix::process::{Signal, getpid, kill_process};

use super::{Part, Point};

/// Names the moment, and how often it must have come: `file-half-written:3`.
const VARIABLE: &str = "BLOCKTAP_CRASH_AT";

static FATE: LazyLock<Option<Fate>> = LazyLock::new(|| {
    let told = std::env::var(VARIABLE).ok()?;
    let fate = Fate::parse(&told);
    if fate.is_none() {
        // A test that asks for what does not exist must not pass.
        tracing::error!(told, "{VARIABLE} names no crash point");
        std::process::abort();
    }
    fate
});

static MET: AtomicUsize = AtomicUsize::new(0);

struct Fate {
    point: Point,
    nth: usize,
}

impl Fate {
    fn parse(told: &str) -> Option<Self> {
        let (name, nth) = told.split_once(':').unwrap_or((told, "1"));
        let point = Point::ALL.iter().copied().find(|point| point.name() == name)?;
        nth.parse().ok().map(|nth| Self { point, nth })
    }
}

/// The process dies here, if it was told to.
pub fn point(point: Point) {
    point_after(point, |_| ());
}

/// The process dies here after a last deed, if it was told to. What the deed comes to does not matter any more.
pub fn point_after<T>(point: Point, deed: impl FnOnce(Part) -> T) {
    let Some(fate) = FATE.as_ref().filter(|fate| fate.point == point) else { return };
    if MET.fetch_add(1, Ordering::SeqCst) + 1 != fate.nth {
        return;
    }
    // Another share each time, spread over the whole.
    drop(deed(Part { percent: fate.nth * 37 % 100 }));
    loop {
        // The signal is there before the call returns; should the system refuse it, nothing may go on either.
        let _ = kill_process(getpid(), Signal::KILL);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_named_with_its_number_or_without() {
        let parsed = |told| Fate::parse(told).map(|fate| (fate.point, fate.nth));
        assert_eq!(parsed("fetched"), Some((Point::Fetched, 1)));
        assert_eq!(parsed("draining:4"), Some((Point::Draining, 4)));
        assert_eq!(parsed("fetched:often"), None);
        assert_eq!(parsed("somewhere"), None);
    }
}
