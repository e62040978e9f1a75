//! One thing that happens in a play.

use std::fmt;
use std::time::Duration;

use humantime::format_duration;

use super::troubles::Trouble;
use crate::sim::fault::Fault;
use crate::sim::symptom::Symptom;

/// Something that happens, and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Since the beginning.
    pub at: Duration,
    /// What.
    pub deed: Deed,
}

/// What happens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Deed {
    /// The chain grows.
    Grow {
        /// Blocks, all at once.
        blocks: u64,
    },
    /// The newest blocks are replaced, as far as they are not final.
    Reorg {
        /// How many.
        depth: u64,
    },
    /// The newest blocks go away and come again.
    RollBack {
        /// How many.
        count: u64,
    },
    /// A provider begins to fail.
    Fail {
        /// Its name.
        provider: String,
        /// The trouble.
        trouble: Trouble,
        /// The form of it.
        ailment: Ailment,
    },
    /// A provider is well again.
    Heal {
        /// Its name.
        provider: String,
    },
    /// A sink behaves otherwise from now on.
    Sink {
        /// Its name.
        name: &'static str,
        /// How.
        manner: Manner,
    },
    /// The log's disk refuses the next append.
    DiskRefuses,
    /// The log's disk takes the next append, and says that it failed.
    DiskErrs,
    /// An actor panics at the next chance.
    Panic(Victim),
    /// The daemon is killed, and started again.
    Kill {
        /// How long it is gone.
        down: Duration,
    },
    /// Everything is healed: from here on nothing fails.
    HealAll,
    /// Everything must be caught up.
    Review,
}

/// What is wrong with a provider; heights are known only when it begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ailment {
    /// A form of a row of the matrix, by its number.
    Row {
        /// The row.
        fault: Fault,
        /// Which of its forms.
        form: usize,
    },
    /// This very symptom.
    Own(Symptom),
    /// It follows a fork from the next block on, with everybody whose fork has this number.
    Fork(u64),
    /// It invents a chain from so many blocks below the head on.
    Lie {
        /// How many.
        back: u64,
    },
}

/// How a sink behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Manner {
    /// It takes everything at once.
    Well,
    /// Each batch takes so long.
    Slow(Duration),
    /// It takes a batch and never answers.
    Stuck,
    /// It refuses every batch.
    Refusing,
    /// It takes a batch and then says that it failed.
    Forgetful,
}

/// Who panics.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Victim {
    /// The manager, as it shows where it stands.
    Manager,
    /// The manager, as it counts a block.
    ManagerCounting,
    /// The fetcher.
    Fetcher,
    /// The validator, over a block.
    Validator,
    /// The journal, before a group is on disk.
    JournalBefore,
    /// The journal, when a group is on disk and nobody was told.
    JournalAfter,
    /// A sink, before it took a batch.
    SinkBefore(&'static str),
    /// A sink, when it took a batch and nobody was told.
    SinkAfter(&'static str),
    /// A provider.
    Provider(String),
}

impl Victim {
    /// The path of the actor, below its chain.
    pub fn path(&self) -> String {
        match self {
            Self::Manager | Self::ManagerCounting => "manager".into(),
            Self::Fetcher => "fetcher".into(),
            Self::Validator => "validator".into(),
            Self::JournalBefore | Self::JournalAfter => "journal".into(),
            Self::SinkBefore(name) | Self::SinkAfter(name) => format!("sinks/{name}"),
            Self::Provider(name) => format!("providers/{name}"),
        }
    }
}

impl fmt::Display for Deed {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Grow { blocks } => write!(out, "the chain grows by {blocks}"),
            Self::Reorg { depth } => write!(out, "the chain replaces its newest {depth} blocks"),
            Self::RollBack { count } => write!(out, "the chain goes back by {count} blocks"),
            Self::Fail { provider, trouble, ailment } => write!(out, "{provider}: {trouble}, {ailment}"),
            Self::Heal { provider } => write!(out, "{provider} is well again"),
            Self::Sink { name, manner } => write!(out, "sink {name} {manner}"),
            Self::DiskRefuses => out.write_str("the disk refuses the next append"),
            Self::DiskErrs => out.write_str("the disk takes the next append and says that it failed"),
            Self::Panic(victim) => write!(out, "{victim:?} is to panic"),
            Self::Kill { down } => write!(out, "the daemon is killed for {}", format_duration(*down)),
            Self::HealAll => out.write_str("everything is healed"),
            Self::Review => out.write_str("everything must be caught up"),
        }
    }
}

impl fmt::Display for Ailment {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Row { form, .. } => write!(out, "form {form}"),
            Self::Own(symptom) => symptom.fmt(out),
            Self::Fork(number) => write!(out, "fork {number}"),
            Self::Lie { back } => write!(out, "from {back} blocks back"),
        }
    }
}

impl fmt::Display for Manner {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Well => out.write_str("is well"),
            Self::Slow(time) => write!(out, "takes {} for each batch", format_duration(*time)),
            Self::Stuck => out.write_str("is stuck"),
            Self::Refusing => out.write_str("refuses"),
            Self::Forgetful => out.write_str("takes batches and says that it failed"),
        }
    }
}
