//! What the Manager shows: to the debug message, to the status board, to metrics.

use std::collections::BTreeMap;

use serde::Serialize;

use super::Manager;
use crate::core::catch_up;
use crate::core::election;
use crate::core::election::swap::Swap;
use crate::core::footing::Weakness;
use crate::core::header::BlockRef;
use crate::core::numbers::Height;
use crate::http::board::{ChainStatus, Pace};

#[derive(Serialize)]
struct State {
    chain: String,
    pace: Pace,
    election: election::State,
    tip: Option<BlockRef>,
    head: Option<Height>,
    block_time_s: f64,
    votes: BTreeMap<String, BlockRef>,
    forked: Vec<String>,
    headers_held: usize,
    halted: Option<String>,
    waiting_for: Option<String>,
    degraded: Vec<Weakness>,
    finality_receded_to: Option<Height>,
    providers: BTreeMap<String, String>,
    swaps: Vec<Swap>,
}

impl Manager {
    fn pace(&self) -> Pace {
        match &self.chain {
            _ if self.state.halt.is_some() => Pace::Halted,
            _ if self.held.is_some() => Pace::Paused,
            None => Pace::Starting,
            Some(_) if !self.roster.any_answers(self.now()) => Pace::Cut,
            Some(_) if self.behind() > catch_up::NEAR => Pace::CatchingUp,
            Some(_) => Pace::Live,
        }
    }

    fn waiting_for(&self) -> Option<String> {
        let is_alone = self.chain.is_none() && !self.roster.any_answers(self.now());
        self.held
            .clone()
            .or_else(|| self.state.waiting_for())
            .or_else(|| is_alone.then(|| "a provider that answers".into()))
    }

    /// Puts the chain's status on the board and into metrics.
    pub(super) fn show(&self) {
        let tip = self.chain.as_ref().and_then(|chain| chain.tip()).map(|tip| tip.block());
        let head = self.consensus.reference(self.chain.as_ref());
        let lag_blocks = head.zip(tip).map(|(head, tip)| head.beyond(tip.height));
        let clock = self.vitals.clock();
        let status = ChainStatus {
            pace: self.pace(),
            head,
            tip,
            lag_blocks,
            finalized: self.chain.as_ref().and_then(|chain| chain.finalized()),
            active_provider: self.election.leader().map(|leader| leader.name.clone()),
            term: self.election.term(),
            operators_heard: self.consensus.votes().len(),
            halted: self.halted(),
            waiting_for: self.waiting_for(),
            degraded: self.footing.weak(),
            delivered_at_s: self.last_applied.map(|at| clock.unix_s(at)),
        };
        let label = self.mandate.chain.clone();
        if let Some(head) = head {
            metrics::gauge!("blocktap_head_height", "chain" => label.clone()).set(head.0 as f64);
        }
        if let Some(tip) = tip {
            metrics::gauge!("blocktap_tip_height", "chain" => label.clone()).set(tip.height.0 as f64);
        }
        if let Some(finalized) = status.finalized {
            metrics::gauge!("blocktap_final_height", "chain" => label.clone()).set(finalized.0 as f64);
        }
        metrics::gauge!("blocktap_blocks_missing", "chain" => label.clone())
            .set(lag_blocks.unwrap_or_default() as f64);
        for weakness in Weakness::ALL {
            let weak = status.degraded.contains(&weakness);
            metrics::gauge!("blocktap_degraded", "chain" => label.clone(), "reason" => weakness.name())
                .set(f64::from(u8::from(weak)));
        }
        for seat in self.roster.iter() {
            let active = status.active_provider.as_ref() == Some(&seat.ways.name);
            let labels = [("chain", label.clone()), ("provider", seat.ways.name.clone())];
            metrics::gauge!("blocktap_provider_active", &labels).set(f64::from(u8::from(active)));
        }
        self.board.put(&self.mandate.chain, status);
    }

    /// The state for the debug message.
    pub(super) fn describe(&self) -> serde_json::Value {
        let now = self.now();
        let why = |seat: &super::roster::Seat| match &seat.report {
            None => seat.why_excluded(now).unwrap_or_else(|| "it has not reported yet".into()),
            Some(report) => report.eligibility.why_not(now).unwrap_or_else(|| "eligible".into()),
        };
        let votes = self.consensus.votes().iter();
        let state = State {
            chain: self.mandate.chain.clone(),
            pace: self.pace(),
            election: self.election.state(now),
            tip: self.chain.as_ref().and_then(|chain| chain.tip()).map(|tip| tip.block()),
            head: self.consensus.reference(self.chain.as_ref()),
            block_time_s: self.block_time.get().as_secs_f64(),
            votes: votes.map(|(operator, vote)| (operator.clone(), vote.head.block())).collect(),
            forked: self.forked.iter().cloned().collect(),
            headers_held: self.consensus.headers(),
            halted: self.halted(),
            waiting_for: self.waiting_for(),
            degraded: self.footing.weak(),
            finality_receded_to: self.finality_receded_to,
            providers: self.roster.iter().map(|seat| (seat.ways.name.clone(), why(seat))).collect(),
            swaps: self.swaps.iter().cloned().collect(),
        };
        serde_json::to_value(state).unwrap_or_default()
    }
}
