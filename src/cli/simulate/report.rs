//! What all plays came to.

use std::time::Duration;

use crate::app::error::AppError;
use crate::app::simulate::{Played, Tally};
use crate::http::process::Usage;
use crate::sim::schedule::troubles::Trouble;

/// Adds plays up.
pub struct Report {
    cpu_before_s: Option<f64>,
    tally: Tally,
    played: u64,
    broken: Vec<u64>,
    refused: Vec<String>,
}

impl Report {
    /// Nothing was played yet.
    pub fn begun() -> Self {
        Self {
            cpu_before_s: Usage::now().map(|usage| usage.cpu_s),
            tally: Tally::default(),
            played: 0,
            broken: Vec::new(),
            refused: Vec::new(),
        }
    }

    /// One was played.
    pub fn add(&mut self, played: &Played) {
        self.played += 1;
        self.tally.add(&played.tally);
        if played.breach.is_some() {
            self.broken.push(played.seed);
        }
    }

    /// One could not be played.
    pub fn refused(&mut self, seed: u64, error: &AppError) {
        self.refused.push(format!("seed {seed} cannot be played: {error}"));
    }

    /// Whether every promise was kept.
    pub fn is_whole(&self) -> bool {
        self.broken.is_empty() && self.refused.is_empty()
    }

    /// The lines that tell it.
    pub fn lines(&self) -> Vec<String> {
        let tally = &self.tally;
        let mut lines = self.refused.clone();
        lines.push(format!("{} seeds, {} blocks, {}", self.played, tally.blocks, self.pace()));
        lines.push(format!(
            "the chain changed its mind {} times; the stream followed in {} reorgs that undid {} blocks, halted {} times",
            tally.upheavals, tally.reorgs, tally.undone, tally.halts
        ));
        let mut troubles: Vec<(&Trouble, &u64)> = tally.troubles.iter().collect();
        troubles.sort_by_key(|(_, count)| std::cmp::Reverse(**count));
        let troubles: Vec<String> =
            troubles.into_iter().map(|(name, count)| format!("{name} {count}")).collect();
        lines.push(format!(
            "faults: {}",
            if troubles.is_empty() { "none".into() } else { troubles.join(", ") }
        ));
        lines.push(format!(
            "{} failovers{}; {} quarantines, {} injected panics, {} kills",
            tally.failovers,
            self.gaps(),
            tally.quarantines,
            tally.panics,
            tally.kills
        ));
        lines.push(self.verdict());
        lines
    }

    fn pace(&self) -> String {
        let hours = self.tally.virtual_time.as_secs_f64() / 3600.0;
        let spent = self.cpu_before_s.zip(Usage::now()).map(|(before, now)| now.cpu_s - before);
        match spent.filter(|spent| *spent > 0.0) {
            Some(spent) => format!(
                "{hours:.2} virtual hours in {spent:.1} s of processor time: {:.2} hours and {:.0} blocks a second",
                hours / spent,
                self.tally.blocks as f64 / spent
            ),
            None => format!("{hours:.2} virtual hours"),
        }
    }

    fn gaps(&self) -> String {
        let ms = |percent| self.tally.gap(percent).map_or(0, |gap: Duration| gap.as_millis());
        if self.tally.gaps.is_empty() {
            return String::new();
        }
        let (half, most, nearly, longest) = (ms(50), ms(90), ms(99), ms(100));
        format!(", from block to block p50 {half} ms, p90 {most} ms, p99 {nearly} ms, at most {longest} ms")
    }

    fn verdict(&self) -> String {
        match self.broken.as_slice() {
            [] => format!(
                "every promise was kept, {} times of {} looked at",
                self.tally.reviews, self.tally.reviews
            ),
            broken => {
                let seeds: Vec<String> = broken.iter().map(u64::to_string).collect();
                format!("{} seeds broke a promise: {}", broken.len(), seeds.join(", "))
            }
        }
    }
}
