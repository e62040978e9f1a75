//! A soak from its first block to its last, and what was seen meanwhile.

use std::fmt;
use std::ops::RangeInclusive;
use std::process::Stdio;
use std::thread::sleep;
use std::time::Duration;

use blocktap::core::numbers::Height;
use blocktap::sim::genesis::Genesis;

use crate::daemon::Daemon;
use crate::fleet::{Living, Plan};
use crate::samples::{Sample, peak_mib};
use crate::trend::{median, slope};

/// From look to look.
const LOOK_EVERY: Duration = Duration::from_millis(100);
/// Looks without a new block after which the stream is taken to stand still: five minutes.
const PATIENCE: usize = 3_000;
/// The part of the blocks after which caches are full and pools are grown.
const WARM: f64 = 0.25;
/// Its providers.
const NAMES: &[&str] = &["alpha", "bravo", "charlie", "delta", "echo", "foxtrot"];
/// Looks at rest: 15 s. Unused connections are kept for 4 s.
const LOOKS_AT_REST: usize = 150;
/// Probes go on at rest: where one was slow, a second connection is kept for a while.
const SPARE_CONNECTIONS: f64 = NAMES.len() as f64;
/// Jobs that the runtime's pool ever has at once, besides one a processor: a commit, a case, what is remembered, the chain
/// read back, and for each of the three sinks a batch and a mark.
const POOLED_JOBS: usize = 4 + 3 * 2;
/// Blocks that are there before the first rest.
const PREMINED: u64 = 200;
/// What the journal may take: its budget, and the segments at its ends,
const JOURNAL_MIB: f64 = 32.0 + 2.0 * 8.0;
/// and each block that is not final yet, with its events. Who fails for some seconds, misses a thousand blocks here: what most call
/// final may lag far behind.
const BLOCK_MIB: f64 = 5_000.0 / 1_048_576.0;

const SETTINGS: &str = r#"
journal.budget_bytes = "32MiB"
journal.segment_bytes = "8MiB"
[[sinks]]
name = "console"
kind = "console"
[[sinks]]
name = "archive"
kind = "sqlite"
path = "blocks.db"
[[sinks]]
name = "lines"
kind = "file"
path = "blocks.jsonl"
[[chains]]
name = "soak"
chain_id = "eip155:1337"
start = 1
receipts = true
block_time = "250ms"
health.probe_interval = "2s"
"#;

/// What is run.
pub struct Course {
    /// So far.
    pub blocks: Height,
    /// Decides the blocks and the faults.
    pub seed: u64,
    /// Blocks from one fault to the next.
    pub pauses: RangeInclusive<u64>,
}

/// What was seen.
pub struct Endured {
    samples: Vec<Sample>,
    before: Rest,
    after: Rest,
    peak_mib: f64,
    restarts: f64,
    undone: f64,
    switches: f64,
}

/// The least that is held while nothing happens.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Rest {
    descriptors: f64,
    own_threads: f64,
    pooled_threads: f64,
    actors: usize,
}

/// Runs a course, and fails when the stream does not arrive whole.
pub fn run(course: &Course) -> Endured {
    let (living, last) = Living::listen(Plan {
        genesis: Genesis {
            seed: course.seed,
            block_time: Duration::from_millis(250),
            premined: PREMINED,
            transactions_per_block: 0..=1,
            safe_depth: 32,
            final_depth: 64,
            ..Genesis::default()
        },
        last: course.blocks,
        names: NAMES,
        faults: Some((course.seed, course.pauses.clone())),
    });
    let mut daemon = Daemon::start(living.addresses(), SETTINGS, Stdio::null());
    follow(&mut daemon, |tip, _| tip == PREMINED);
    let before = rest(&daemon);
    living.grow();
    let mut head = None;
    let samples = follow(&mut daemon, |tip, behind| {
        // The chain waits for the slowest sink as well: on a busy disk it would be left behind.
        living.delivered(tip.saturating_sub(behind));
        head = head.or(last.try_recv().ok());
        head.is_some_and(|head| head.height.0 == tip)
    });
    let endured = Endured {
        samples,
        before,
        after: rest(&daemon),
        peak_mib: peak_mib(daemon.id()),
        restarts: daemon.metric("blocktap_actor_restarts_total"),
        undone: daemon.metric("blocktap_blocks_undone_total"),
        switches: daemon.metric("blocktap_provider_switches_total"),
    };
    assert!(daemon.stop().success());
    verify(&daemon, &endured);
    endured
}

/// Looks at the process until `there` says so, which is told how high the stream is and how many events its sinks are behind.
fn follow(daemon: &mut Daemon, mut there: impl FnMut(u64, u64) -> bool) -> Vec<Sample> {
    let mut samples: Vec<Sample> = Vec::new();
    let mut standing = 0;
    loop {
        sleep(LOOK_EVERY);
        assert!(daemon.runs(), "it ended: {}", daemon.log());
        let tip = daemon.metric("blocktap_tip_height") as u64;
        standing = if samples.last().is_some_and(|sample| sample.blocks == tip) { standing + 1 } else { 0 };
        assert!(standing < PATIENCE, "no block after {tip}: {}", daemon.log());
        let not_final = tip.saturating_sub(daemon.metric("blocktap_final_height") as u64);
        samples.push(Sample::of(daemon.id(), &daemon.path("data"), tip, not_final));
        if there(tip, daemon.metric("blocktap_sink_events_behind") as u64) {
            return samples;
        }
    }
}

fn rest(daemon: &Daemon) -> Rest {
    let look = |_| {
        sleep(LOOK_EVERY);
        Sample::of(daemon.id(), &daemon.path("data"), 0, 0)
    };
    let looks: Vec<Sample> = (0..LOOKS_AT_REST).map(look).collect();
    let least = |of: fn(&Sample) -> f64| looks.iter().map(of).fold(f64::INFINITY, f64::min);
    Rest {
        descriptors: least(|sample| sample.descriptors),
        own_threads: least(|sample| sample.own_threads),
        pooled_threads: least(|sample| sample.pooled_threads),
        actors: daemon.actors(),
    }
}

/// What is held can be proved, to the last block.
fn verify(daemon: &Daemon, endured: &Endured) {
    daemon.also(&["verify", "journal"]);
    let tip = format!("tip {} ", endured.samples.last().unwrap().blocks);
    for sink in ["archive", "lines"] {
        let said = daemon.also(&["verify", "sink", sink]);
        assert!(said.contains("nothing lost or doubled") && said.contains(&tip), "{said}");
    }
}

impl Endured {
    /// The most that was resident.
    pub fn peak_memory_mib(&self) -> f64 {
        self.peak_mib
    }

    /// By how much resident memory grows in 100,000 blocks.
    pub fn memory_growth_mib(&self) -> f64 {
        let point = |sample: &Sample| (sample.blocks as f64 / 100_000.0, sample.resident_mib);
        slope(&self.warm().iter().map(point).collect::<Vec<_>>())
    }

    /// Fails if at rest more descriptors, threads or actors are held than before, but for a spare connection to each provider; or
    /// more pooled threads than ever have work at once. Fails if the journal took more of the disk than it may, or an actor died.
    pub fn assert_flat(&self) {
        let (before, after) = (self.before, self.after);
        assert!(
            after.descriptors <= before.descriptors + SPARE_CONNECTIONS,
            "file descriptors at rest: {before:?}, then {after:?}"
        );
        assert!(after.own_threads <= before.own_threads, "threads at rest: {before:?}, then {after:?}");
        assert!(after.pooled_threads <= most_pooled_threads(), "pooled threads at rest: {after:?}");
        assert_eq!(after.actors, before.actors, "actors");
        let is_large =
            |sample: &&Sample| sample.journal_mib > JOURNAL_MIB + sample.not_final as f64 * BLOCK_MIB;
        let large = self.samples.iter().find(is_large);
        assert!(large.is_none(), "the journal took too much: {large:?}");
        assert!(self.restarts == 0.0, "{} actors died", self.restarts);
        assert!(self.undone > 0.0, "the chain was reorganised, and nobody noticed");
    }

    fn warm(&self) -> &[Sample] {
        let last = self.samples.last().unwrap().blocks as f64;
        let cold = self.samples.partition_point(|sample| (sample.blocks as f64) < WARM * last);
        &self.samples[cold..]
    }

    /// The medians of the first and of the last tenth after the warm-up.
    fn ends(&self, of: fn(&Sample) -> f64) -> (f64, f64) {
        let warm = self.warm();
        let tenth = warm.len().div_ceil(10);
        let middle = |samples: &[Sample]| median(samples.iter().map(of).collect());
        (middle(&warm[..tenth]), middle(&warm[warm.len() - tenth..]))
    }
}

/// The pool hands its work round among idle threads, which end only after 10 s without any: the little that is done at rest keeps
/// as many alive as ever were busy at once. A thread that has just finished is not idle yet, so two may be made for each job.
fn most_pooled_threads() -> f64 {
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    (2 * (POOLED_JOBS + processors)) as f64
}

impl fmt::Display for Endured {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let both = |of: fn(&Sample) -> f64| {
            let (early, late) = self.ends(of);
            format!("{early:.0} early, {late:.0} late")
        };
        let last = self.samples.last().unwrap();
        writeln!(
            out,
            "blocks             {}, {} undone, {} elections",
            last.blocks, self.undone, self.switches
        )?;
        writeln!(out, "samples            {}, {} of them warm", self.samples.len(), self.warm().len())?;
        writeln!(
            out,
            "resident MiB       {}, peak {:.0}",
            both(|sample| sample.resident_mib),
            self.peak_mib
        )?;
        writeln!(out, "growth             {:+.3} MiB in 100,000 blocks", self.memory_growth_mib())?;
        writeln!(out, "file descriptors   {}", both(|sample| sample.descriptors))?;
        writeln!(out, "own threads        {}", both(|sample| sample.own_threads))?;
        writeln!(out, "pooled threads     {}", both(|sample| sample.pooled_threads))?;
        writeln!(out, "at rest, before    {:?}", self.before)?;
        writeln!(out, "at rest, after     {:?}, {} actors died", self.after, self.restarts)?;
        let most = |of: fn(&Sample) -> f64| self.samples.iter().map(of).fold(0.0, f64::max);
        writeln!(out, "blocks not final   at most {:.0}", most(|sample| sample.not_final as f64))?;
        write!(
            out,
            "journal MiB        {}, peak {:.0}",
            both(|sample| sample.journal_mib),
            most(|sample| sample.journal_mib)
        )
    }
}
