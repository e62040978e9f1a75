//! Whose work goes first.

use serde::Serialize;

/// The share of the rate that probes may take, and of the bucket that is kept for them.
pub(super) const PROBE_SHARE: f64 = 0.05;

/// How important a request is, most important first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Priority {
    /// The next block at the tip, and votes on it.
    Tip,
    /// Checks of what was delivered or is about to be.
    Verify,
    /// Whether an idle provider still works.
    Probe,
    /// Blocks far behind the tip.
    CatchUp,
}

impl Priority {
    /// The share of the bucket that is left to those above: half is the tip's, a fifth the checks', a twentieth the probes'.
    pub(super) const fn leaves(self) -> f64 {
        match self {
            Self::Tip => 0.0,
            Self::Verify => 0.5,
            Self::Probe => 0.5 + 0.2,
            Self::CatchUp => 0.5 + 0.2 + PROBE_SHARE,
        }
    }
}
