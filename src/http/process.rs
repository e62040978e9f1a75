//! What the process uses, as the kernel says: Linux only, elsewhere it is left out.
//!
//! Names and units are those that all Prometheus clients agree on
//! (<https://prometheus.io/docs/instrumenting/writing_clientlibs/#process-metrics>), so that common dashboards find them.

use std::fmt;
use std::fs;

/// Units of processor time in a second, as `/proc` counts it: `USER_HZ`, 100 on every architecture that Rust runs on
/// (time(7)).
const TICKS_PER_S: f64 = 100.0;

/// What the process uses at one moment.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Usage {
    /// Processor time, in user and kernel mode.
    pub cpu_s: f64,
    /// Memory in RAM.
    pub resident_bytes: u64,
    /// Address space.
    pub virtual_bytes: u64,
    /// Open file descriptors, sockets among them.
    pub open_fds: u64,
    /// How many there may be.
    pub max_fds: Option<u64>,
    /// Threads.
    pub threads: u64,
    /// When the process began, seconds since 1970.
    pub started_s: f64,
}

impl Usage {
    /// What is used now; `None` where there is no `/proc`.
    pub fn now() -> Option<Self> {
        let read = |path: &str| fs::read_to_string(path).ok();
        // The listing has itself open while it counts.
        let open_fds = fs::read_dir("/proc/self/fd").ok()?.count().saturating_sub(1);
        let files = Files {
            stat: &read("/proc/self/stat")?,
            status: &read("/proc/self/status")?,
            limits: &read("/proc/self/limits").unwrap_or_default(),
            system: &read("/proc/stat")?,
        };
        files.usage(u64::try_from(open_fds).unwrap_or(u64::MAX))
    }
}

/// The texts that the kernel offers; see proc_pid_stat(5) and its neighbours.
struct Files<'a> {
    stat: &'a str,
    status: &'a str,
    limits: &'a str,
    system: &'a str,
}

impl Files<'_> {
    fn usage(&self, open_fds: u64) -> Option<Usage> {
        // The process's name comes second, in parentheses, and may itself hold spaces and parentheses.
        let (_, fields) = self.stat.rsplit_once(") ")?;
        let ticks = |number: usize| fields.split(' ').nth(number - 3)?.trim().parse::<f64>().ok();
        let (user, kernel, started) = (ticks(14)?, ticks(15)?, ticks(22)?);
        let booted_s: f64 = after(self.system, "btime ")?.trim().parse().ok()?;
        let limit = after(self.limits, "Max open files");
        Some(Usage {
            cpu_s: (user + kernel) / TICKS_PER_S,
            resident_bytes: number(self.status, "VmRSS:")?.saturating_mul(1024),
            virtual_bytes: number(self.status, "VmSize:")?.saturating_mul(1024),
            open_fds,
            max_fds: limit.and_then(|limit| limit.split_whitespace().next()?.parse().ok()),
            threads: number(self.status, "Threads:")?,
            started_s: booted_s + started / TICKS_PER_S,
        })
    }
}

/// What follows the word at the beginning of its line.
fn after<'a>(text: &'a str, word: &str) -> Option<&'a str> {
    text.lines().find_map(|line| line.strip_prefix(word))
}

fn number(text: &str, word: &str) -> Option<u64> {
    after(text, word)?.split_whitespace().next()?.parse().ok()
}

impl fmt::Display for Usage {
    /// In Prometheus' text format.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut metric = |name: &str, kind: &str, help: &str, value: &dyn fmt::Display| {
            writeln!(out, "# HELP {name} {help}\n# TYPE {name} {kind}\n{name} {value}")
        };
        metric("process_cpu_seconds_total", "counter", "Processor time used, user and kernel", &self.cpu_s)?;
        metric("process_resident_memory_bytes", "gauge", "Memory in RAM", &self.resident_bytes)?;
        metric("process_virtual_memory_bytes", "gauge", "Address space", &self.virtual_bytes)?;
        metric("process_open_fds", "gauge", "Open file descriptors", &self.open_fds)?;
        if let Some(most) = self.max_fds {
            metric("process_max_fds", "gauge", "Most open file descriptors", &most)?;
        }
        metric("process_threads", "gauge", "Threads", &self.threads)?;
        metric("process_start_time_seconds", "gauge", "When the process began, since 1970", &self.started_s)
    }
}

#[cfg(test)]
mod tests {
    use super::{Files, Usage};

    const FILES: Files<'_> = Files {
        stat: "77 (a (b) c) S 1 77 77 0 -1 4194560 9 0 0 0 250 50 0 0 20 0 7 0 1234 1000 10 18446744073709551615\n",
        status: "Name:\ta (b) c\nVmSize:\t   2048 kB\nVmRSS:\t     512 kB\nThreads:\t7\n",
        limits: "Limit  Soft Limit  Hard Limit  Units\nMax open files            1024                 4096     files\n",
        system: "cpu  1 2 3\nbtime 1700000000\nprocesses 5\n",
    };

    #[test]
    fn the_kernel_s_texts_are_read() {
        let usage = FILES.usage(9).unwrap();
        let expected = Usage {
            cpu_s: 3.0,
            resident_bytes: 512 * 1024,
            virtual_bytes: 2048 * 1024,
            open_fds: 9,
            max_fds: Some(1024),
            threads: 7,
            started_s: 1_700_000_012.34,
        };
        assert_eq!(usage, expected);
    }

    #[test]
    fn texts_that_say_something_else_are_left_out() {
        assert_eq!(Files { stat: "77 (a", ..FILES }.usage(9), None);
        assert_eq!(Files { stat: "77 (a) S 1", ..FILES }.usage(9), None);
        assert_eq!(Files { status: "VmRSS: many kB", ..FILES }.usage(9), None);
        assert_eq!(Files { system: "", ..FILES }.usage(9), None);
        let unlimited = "Max open files            unlimited            unlimited            files\n";
        assert_eq!(Files { limits: unlimited, ..FILES }.usage(9).unwrap().max_fds, None);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn this_very_process_uses_something() {
        let usage = Usage::now().unwrap();
        assert!(usage.resident_bytes > 0 && usage.resident_bytes <= usage.virtual_bytes);
        assert!(usage.open_fds > 0 && usage.threads > 0 && usage.started_s > 1e9);
    }
}
