//! What is agreed, what stands in the way, and what the Fetcher is to get meanwhile.

use std::time::Duration;

use actix::Context;

use super::Manager;
use super::asking::Whom;
use crate::actors::messages::{Agreed, Begin, ChainMoved, HeadAdvanced, Plan};
use crate::actors::notice::Notice;
use crate::core::at::At;
use crate::core::canonical::{Anchor, Canonical};
use crate::core::catch_up::{self, Settled};
use crate::core::consensus::ruling::{Agreement, Claim, Newcomers, Obstacle};
use crate::core::crossing::Crossing;
use crate::core::event::Mode;
use crate::core::halt::{Cause, Halt, table};
use crate::core::header::{BlockRef, Header};
use crate::core::numbers::Height;
use crate::core::start::{Opening, Start};

/// Most blocks asked for ahead of agreement.
const AHEAD_OF_AGREEMENT: usize = 32;

/// Where the stream stands between two blocks.
#[derive(Clone, Debug)]
pub struct Progress {
    started: At,
    pub(super) obstacle: Option<Obstacle>,
    /// During the catch-up: the end of a span that one operator alone names so far.
    pub(super) alone: Option<Claim>,
    /// Why nothing is delivered, if so.
    pub halt: Option<Halt>,
    /// Since when operators contradict each other about the end of a span, or the first block.
    pub split_since: Option<At>,
    /// Since when most operators hold to a history without our final block.
    pub left_since: Option<At>,
    agreed: Option<Agreement>,
    /// What is agreed and not delivered yet.
    pub pending: Option<BlockRef>,
    /// During the catch-up: what lies on the way to the end of a span.
    pub(super) crossing: Option<Crossing>,
}

// === impl Progress ===

impl Progress {
    /// A stream that begins at `now`.
    pub fn begun(now: At) -> Self {
        Self {
            started: now,
            obstacle: None,
            alone: None,
            halt: None,
            split_since: None,
            left_since: None,
            agreed: None,
            pending: None,
            crossing: None,
        }
    }

    /// A Manager that begins at `now`, and takes over what its predecessor left.
    pub fn taken_over(self, now: At) -> Self {
        Self { started: now, agreed: None, pending: None, crossing: None, ..self }
    }

    /// When the Manager was started.
    pub fn started(&self) -> At {
        self.started
    }

    /// Whether the next block waits for operators.
    pub fn is_waiting(&self) -> bool {
        self.obstacle.is_some()
    }

    /// What was agreed may not have been heard: it is told again.
    pub fn agree_anew(&mut self) {
        self.agreed = None;
    }

    /// What the next block waits for, in words.
    pub fn waiting_for(&self) -> Option<String> {
        let lonely = |claim: &Claim| {
            format!("a second operator for block {}: so far {}", claim.block, claim.operators.join(", "))
        };
        let alone = || self.alone.as_ref().map(lonely);
        let obstructed = self.obstacle.as_ref().map(|obstacle| match obstacle {
            Obstacle::Held(claim) => lonely(claim),
            Obstacle::Split(claims) | Obstacle::Halted(claims) => {
                format!("operators to agree: {}", table(claims))
            }
        });
        obstructed.or_else(alone)
    }
}

impl Manager {
    /// Rules on the votes as they stand.
    pub(super) fn rule(&mut self, ctx: &mut Context<Self>) {
        if self.is_latched() {
            return;
        }
        match self.chain.as_ref().map(|chain| chain.anchor().next) {
            None => self.open(ctx),
            Some(next) if self.behind() > catch_up::NEAR && !self.is_disputed() => {
                self.rule_on_spans(next, ctx);
            }
            Some(_) => self.rule_on_heads(ctx),
        }
    }

    /// Whether operators are known to contradict each other at the tip, or did and a person chose a side: however far they go on,
    /// there it is decided.
    pub(super) fn is_disputed(&self) -> bool {
        self.is_undecided() || self.consensus.favoured().is_some()
    }

    /// Whether operators contradict each other, and no side has won.
    pub(super) fn is_undecided(&self) -> bool {
        matches!(self.state.obstacle, Some(Obstacle::Split(_) | Obstacle::Halted(_)))
    }

    /// Finds the first block: its hash must be agreed on like any other's.
    fn open(&mut self, ctx: &mut Context<Self>) {
        let now = self.now();
        let Some(attainable) = self.consensus.attainable(now) else { return };
        if self.newcomers() == Newcomers::Expected && self.consensus.votes().len() < 2 {
            return;
        }
        for settled in self.catch_up.settle(self.consensus.favoured(), now) {
            match settled {
                Settled::Agreed(_, header) => return self.begin_at(header),
                Settled::Single(agreement, header) if self.may_go_alone(&agreement) => {
                    return self.begin_at(header);
                }
                Settled::Single(..) => {}
                Settled::Split(claims) => self.note_split(&claims),
            }
        }
        let opening = self.mandate.start.opening(attainable, self.finality.agreed_height());
        let Opening::At(height) = opening else { return };
        if self.catch_up.open_votes() == 0 && !self.catch_up.rests(now) {
            self.poll_span_end(height, ctx);
        }
    }

    fn begin_at(&mut self, header: Header) {
        if let Start::Exactly(_, hash) = self.mandate.start
            && header.hash != hash
        {
            let start = self.mandate.start.to_string();
            return self.halt(Cause::WrongStart { start, found: header.hash });
        }
        self.go_on();
        self.links.begin.tell(Begin(Anchor::under(&header)));
    }

    /// At the tip: votes on heads decide.
    fn rule_on_heads(&mut self, ctx: &mut Context<Self>) {
        let (now, newcomers) = (self.now(), self.newcomers());
        let leader = self.election.leader().map(|leader| leader.name.clone());
        let leading = leader.and_then(|name| self.roster.seat(&name).map(|seat| seat.ways.operator.clone()));
        let Some(chain) = &self.chain else { return };
        let ruling = self.consensus.rule(chain, leading.as_deref(), newcomers, now);
        let ahead = leading.map(|operator| self.consensus.branch_of(&operator, chain)).unwrap_or_default();
        let wanted = ahead.iter().take(AHEAD_OF_AGREEMENT).map(Header::block).collect();
        self.links.advanced.tell(HeadAdvanced(Plan::Tip(wanted)));
        for operator in self.consensus.forked().difference(&self.forked) {
            tracing::warn!(chain = self.mandate.chain, operator, "operator holds to a branch that lost");
            self.notices.give(&self.mandate.chain, Notice::Forked { operator: operator.clone() });
        }
        self.note_foreign(&ruling.foreign);
        self.find_links(&ruling.missing, ctx);
        self.state.pending = None;
        if let Some(agreement) = ruling.agreed {
            self.agree(agreement, Mode::Live);
        }
        self.face(ruling.obstacle, ctx);
    }

    pub(super) fn agree(&mut self, agreement: Agreement, mode: Mode) {
        self.state.alone = None;
        self.state.pending = Some(agreement.block);
        if mode == Mode::CatchUp {
            // Heads are not ruled on meanwhile, so nobody else would tell.
            self.consensus.rejoin(&agreement.operators);
        }
        if mode == Mode::CatchUp || self.state.agreed.as_ref() != Some(&agreement) {
            self.links.agreed.tell(Agreed { agreement: agreement.clone(), mode });
            self.state.agreed = Some(agreement);
        }
    }

    fn face(&mut self, obstacle: Option<Obstacle>, ctx: &mut Context<Self>) {
        match &obstacle {
            Some(Obstacle::Held(claim)) => self.canvass(claim.block.height, Whom::All, ctx),
            Some(Obstacle::Split(claims)) => {
                if let Some(claim) = claims.first() {
                    self.canvass(claim.block.height, Whom::All, ctx);
                }
            }
            Some(Obstacle::Halted(claims)) => self.halt(Cause::Tie(claims.clone())),
            None => {}
        }
        if !matches!(obstacle, Some(Obstacle::Halted(_))) {
            self.go_on();
        }
        self.state.obstacle = obstacle;
    }

    /// The chain moved: keep the mirror in step.
    pub(super) fn follow(&mut self, moved: ChainMoved) {
        let now = self.now();
        if moved.undone > 0 {
            self.last_reorg = Some(now);
            if let Some(old_tip) = self.chain.as_ref().and_then(|chain| chain.tip()).map(Header::block) {
                self.notices.give(&self.mandate.chain, Notice::Reorged { depth: moved.undone, old_tip });
            }
        }
        let Some(chain) = self.chain.as_mut().filter(|chain| chain.anchor() == moved.from) else {
            self.chain = None;
            return self.links.restore.tell(crate::actors::messages::RestoreChain);
        };
        if chain.is_empty() && !moved.applied.is_empty() {
            self.first.get_or_insert(chain.anchor().next);
        }
        let undone = (0..moved.undone).all(|_| chain.undo().is_ok());
        let applied = moved.applied.iter().all(|block| chain.apply(*block).is_ok());
        if !(undone && applied) {
            self.chain = None;
            return self.links.restore.tell(crate::actors::messages::RestoreChain);
        }
        let next = chain.anchor().next;
        if let Some(finalized) = moved.finalized {
            self.finalize(finalized);
        }
        self.measure(&moved.applied);
        if !moved.applied.is_empty() {
            self.catch_up.delivered(next, now);
            self.go_on();
            self.went_on(now);
        }
        self.count(&moved);
    }

    /// What lies below the last final block is forgotten: whoever calls another block final there is noted before.
    fn finalize(&mut self, finalized: Height) {
        self.note_false_finals(finalized);
        let _ = self.chain.as_mut().and_then(|chain| chain.finalize(finalized));
    }

    /// The chain was read back: so is its block time.
    pub(super) fn measure_chain(&mut self) {
        let held: Vec<Header> = self.chain.iter().flat_map(Canonical::blocks).copied().collect();
        self.measure(&held);
    }

    /// Measures the block time by blocks that were agreed on: a head is one operator's word.
    fn measure(&mut self, blocks: &[Header]) {
        blocks.iter().for_each(|block| self.block_time.add(block.height, Duration::from_secs(block.time_s)));
        self.consensus.rules.block_time = self.block_time.get();
    }

    fn went_on(&mut self, now: At) {
        if let Some(gap) = self.swaps.on_emitted(now) {
            let leader = self.election.leader().map(|leader| leader.name.clone()).unwrap_or_default();
            self.notices.give(&self.mandate.chain, Notice::WentOn { leader, gap });
        }
        self.last_applied = Some(now);
    }

    fn count(&self, moved: &ChainMoved) {
        let label = self.mandate.chain.clone();
        metrics::counter!("blocktap_blocks_total", "chain" => label.clone())
            .increment(moved.applied.len() as u64);
        metrics::counter!("blocktap_blocks_undone_total", "chain" => label.clone()).increment(moved.undone);
        if let (Mode::Live, Some(block)) = (moved.mode, moved.applied.last()) {
            let seen = self.sightings.first(&block.block());
            let latency = seen.map_or(Duration::ZERO, |seen| self.now().since(seen));
            metrics::histogram!("blocktap_processing_seconds", "chain" => label)
                .record(latency.as_secs_f64());
        }
    }
}
