//! What happened that a person would want to be told: elections, reorgs, accusations, halts.
//!
//! Logs tell it, the demo shows it; whoever comes later to send alerts listens here.

use std::collections::BTreeSet;
use std::time::Duration;

use tokio::sync::broadcast;

use crate::core::consensus::votes::Operator;
use crate::core::excuse::CheckName;
use crate::core::footing::Weakness;
use crate::core::header::BlockRef;
use crate::core::numbers::Term;

/// One thing that happened on one chain.
#[derive(Clone, Debug, PartialEq)]
pub enum Notice {
    /// Another provider leads.
    Elected {
        /// Who led before.
        from: Option<String>,
        /// Who leads now.
        to: String,
        /// Why.
        reason: String,
        /// The new term.
        term: Term,
    },
    /// The first block after an election was delivered.
    WentOn {
        /// Who leads.
        leader: String,
        /// From the last block before the election to the first one after it.
        gap: Duration,
    },
    /// Nobody may lead.
    LeaderLost {
        /// Why not.
        why: String,
    },
    /// Blocks were undone.
    Reorged {
        /// How many.
        depth: u64,
        /// The tip that was left.
        old_tip: BlockRef,
    },
    /// A provider served something false and is not used for a while.
    Quarantined {
        /// The provider.
        provider: String,
        /// The block.
        block: BlockRef,
        /// The proof.
        evidence: String,
        /// For how long.
        pause: Duration,
    },
    /// The catch-up waits for a second operator.
    Held {
        /// The end of the span.
        block: BlockRef,
        /// Who has it.
        operators: Vec<Operator>,
    },
    /// A block was passed on though it fails: every operator that has it fails alike.
    Excused {
        /// The checks that fail.
        checks: Vec<CheckName>,
        /// The block.
        block: BlockRef,
        /// Who served it like this.
        operators: BTreeSet<Operator>,
    },
    /// An operator holds to a branch that lost.
    Forked {
        /// The operator.
        operator: String,
    },
    /// Nothing is delivered until operators agree, or a person decides.
    Halted {
        /// Who says what.
        why: String,
    },
    /// It goes on.
    Resumed,
    /// The stream goes on, but has stood on too little for a minute.
    Degraded(Weakness),
    /// That is over.
    Mended(Weakness),
    /// Every provider serves another chain than the configuration says.
    Misfit {
        /// What they serve.
        why: String,
    },
    /// The chain was given up: an actor died too often.
    GivenUp {
        /// Which.
        actor: String,
    },
}

/// Where notices are given out.
#[derive(Clone, Debug)]
pub struct Notices(broadcast::Sender<(String, Notice)>);

impl Default for Notices {
    fn default() -> Self {
        Self(broadcast::channel(256).0)
    }
}

impl Notices {
    /// Gives out a notice of the chain called `chain`.
    pub fn give(&self, chain: &str, notice: Notice) {
        // Nobody listening is fine: the log has it.
        let _ = self.0.send((chain.into(), notice));
    }

    /// Listens from now on.
    pub fn listen(&self) -> broadcast::Receiver<(String, Notice)> {
        self.0.subscribe()
    }
}
