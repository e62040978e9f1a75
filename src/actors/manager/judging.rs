//! What is held against providers: proofs at once, lesser offences by strikes.

use std::time::Duration;

use actix::{Context, Handler};

use super::Manager;
use super::roster::{Fall, FalseFinal, Seat, Verdict};
use crate::actors::messages::{Accused, Acquitted, FileCase, Struck};
use crate::actors::notice::Notice;
use crate::actors::observe::Observable;
use crate::core::at::At;
use crate::core::case::{Case, Exhibit, Fate, Left, Testimony};
use crate::core::consensus::ruling::OnSingle;
use crate::core::consensus::votes::Operator;
use crate::core::header::{BlockRef, Header};
use crate::core::numbers::Height;
use crate::core::strikes::{Offence, Sentence};

/// A head may fall back by so many blocks without offence: replicas behind one address drift apart.
const DRIFT_BLOCKS: u64 = 2;
/// On a fast chain, by as many as it makes in this time.
const DRIFT: Duration = Duration::from_secs(10);

/// How long a provider that seems to be on another chain has to show whether it is.
const SECOND_LOOK: Duration = Duration::from_secs(30);

impl Manager {
    /// Holds an offence against a provider, and keeps the evidence.
    fn hold_against(
        &mut self,
        provider: &str,
        block: BlockRef,
        finding: String,
        exhibit: Exhibit,
        fate: Fate,
    ) {
        let now = self.now();
        let offence = exhibit.offence;
        let Some(seat) = self.roster.seat(provider) else { return };
        let Some(sentence) = seat.strikes.on_offence(offence, now) else { return };
        seat.ways.struck.tell(Struck);
        let operator = seat.ways.operator.clone();
        let labels = [("provider", provider.to_owned())];
        match offence {
            Offence::Corrupt | Offence::FalseFinal => {
                metrics::counter!("blocktap_bad_content_total", &labels).increment(1);
            }
            Offence::Partial | Offence::LongFork | Offence::Regression => {
                metrics::counter!("blocktap_provider_strikes_total", &labels).increment(1);
            }
        }
        self.file(provider, block, &finding, exhibit, fate, sentence);
        match sentence {
            Sentence::Strike { count } => {
                tracing::warn!(chain = self.mandate.chain, provider, %block, %offence, finding, count, "strike against provider");
            }
            Sentence::Quarantine { pause, .. } => self.banish(provider, &operator, block, finding, pause),
        }
    }

    fn banish(&mut self, provider: &str, operator: &str, block: BlockRef, evidence: String, pause: Duration) {
        tracing::error!(chain = self.mandate.chain, provider, %block, evidence, ?pause, "provider quarantined");
        self.consensus.revoke(operator);
        self.finality.revoke(operator);
        let provider = provider.to_owned();
        self.notices.give(&self.mandate.chain, Notice::Quarantined { provider, block, evidence, pause });
    }

    fn file(
        &mut self,
        provider: &str,
        block: BlockRef,
        finding: &str,
        exhibit: Exhibit,
        fate: Fate,
        sentence: Sentence,
    ) {
        let left = self.left_without(provider);
        let unix_s = self.vitals.clock().unix_s(self.now());
        let Some(seat) = self.roster.seat(provider) else { return };
        let (operator, hosts) = (seat.ways.operator.clone(), seat.ways.hosts.clone());
        let testimony = self.testimony(&operator, block);
        self.links.file.tell(FileCase(Case {
            unix_s,
            chain: self.mandate.chain.clone(),
            provider: provider.into(),
            operator,
            hosts,
            block,
            finding: finding.into(),
            exhibit,
            testimony,
            sentence,
            fate,
            left,
        }));
    }

    /// Whether the stream goes on without a provider.
    fn left_without(&self, provider: &str) -> Left {
        match (self.operators_left_without(provider), self.consensus.rules.on_single) {
            (0, _) => Left::Nobody,
            (1, OnSingle::Hold) => Left::OneOnHold,
            _ => Left::Enough,
        }
    }

    /// What the others say of a block.
    fn testimony(&self, accused: &str, block: BlockRef) -> Vec<Testimony> {
        let others = self.consensus.votes().iter().filter(|(operator, _)| *operator != accused);
        let says = |operator: &String, head: BlockRef| match () {
            () if self.consensus.holds(operator, &block) => {
                format!("holds this very block; its head is {head}")
            }
            () if head.height < block.height => format!("has not shown that height; its head is {head}"),
            () => format!("its head is {head}; whether that descends from this block is not known"),
        };
        let said = others.map(|(operator, vote)| (operator, says(operator, vote.head.block())));
        said.map(|(operator, says)| Testimony { operator: operator.clone(), says }).collect()
    }

    /// Notes what providers call final where our block is final by the word of most operators.
    pub(super) fn note_false_finals(&mut self, final_up_to: Height) {
        let Some(chain) = &self.chain else { return };
        let (now, genesis) = (self.now(), self.roster.genesis());
        let refuted = |seat: &Seat| {
            let theirs = seat.report.as_ref().and_then(|report| report.finality.finalized())?;
            let (ours, by) = self.finality.refutation(chain, &theirs, final_up_to)?;
            let (theirs, by) = (theirs.block(), by.join(", "));
            let finding =
                format!("it calls block {theirs} final; at that height {ours} is, by the word of {by}");
            let shown = FalseFinal { theirs, finding, since: now };
            seat.is_heard(genesis, now).then(|| (seat.ways.name.clone(), shown))
        };
        for (provider, shown) in self.roster.iter().filter_map(refuted).collect::<Vec<_>>() {
            if let Some(seat) = self.roster.seat(&provider) {
                seat.false_final.get_or_insert(shown);
            }
        }
    }

    /// Holds them against those that serve our chain: another chain behind the same address has other final blocks.
    fn judge_false_finals(&mut self) {
        let (now, genesis) = (self.now(), self.roster.genesis());
        let due = |shown: &mut FalseFinal| now.since(shown.since) >= SECOND_LOOK;
        let judged = |seat: &mut Seat| {
            let shown = seat.false_final.take_if(due)?;
            seat.is_heard(genesis, now).then(|| (seat.ways.name.clone(), shown))
        };
        for (provider, shown) in self.roster.iter_mut().filter_map(judged).collect::<Vec<_>>() {
            let exhibit = Exhibit::bare(Offence::FalseFinal);
            self.hold_against(&provider, shown.theirs, shown.finding, exhibit, Fate::Refused);
        }
    }

    /// Holds long forks, heads that went back, and false finality against those that show them.
    pub(super) fn judge_conduct(&mut self) {
        self.judge_falls();
        if let Some(finalized) = self.chain.as_ref().and_then(|chain| chain.finalized()) {
            self.note_false_finals(finalized);
        }
        self.judge_false_finals();
        let (now, block_time) = (self.now(), self.block_time.get());
        let forking = self.roster.iter_mut().filter_map(|seat| {
            let head = seat.report.as_ref().and_then(|report| report.head)?.0;
            seat.forks_for_long(block_time, now).then(|| (seat.ways.name.clone(), head))
        });
        for (provider, head) in forking.collect::<Vec<(String, Header)>>() {
            let ours = self.chain.as_ref().and_then(|chain| chain.at(head.height)).map(Header::block);
            let ours = ours.map(|ours| format!("; ours is {ours}")).unwrap_or_default();
            let finding = format!(
                "its head {} lies on a branch that lost, for more than six block times{ours}",
                head.block()
            );
            self.hold_against(
                &provider,
                head.block(),
                finding,
                Exhibit::bare(Offence::LongFork),
                Fate::Refused,
            );
        }
    }

    /// Notes that a provider's head went back along our own chain, further than replicas drift apart.
    pub(super) fn note_step(&mut self, provider: &str, from: Header, to: Header, since: At) {
        let (now, block_time) = (self.now(), self.block_time.get());
        let Some(chain) = &self.chain else { return };
        let drift = (DRIFT.as_secs_f64() / block_time.as_secs_f64()) as u64;
        let Some(seat) = self.roster.seat(provider) else { return };
        let allowed = seat.ways.backends.drift(drift.max(DRIFT_BLOCKS));
        if from.height.beyond(to.height) > allowed && chain.contains(&to.block()) {
            seat.fall = Some(Fall { from, to, since, at: now, verdict: Verdict::Pending });
        }
    }

    /// Holds falls against those that fell alone. What several operators show is the chain's own way back.
    fn judge_falls(&mut self) {
        let now = self.now();
        let due = |fall: &Fall| fall.verdict == Verdict::Pending && now.since(fall.at) >= DRIFT;
        let mut alone = Vec::new();
        for seat in self.roster.iter() {
            let Some(fall) = seat.fall.filter(due) else { continue };
            let reorged = self.last_reorg.is_some_and(|reorg| reorg >= fall.since);
            // A message that came late, or another node behind the same address.
            let returned = seat.head().is_some_and(|head| head >= fall.from.height);
            if !reorged && !returned && !self.is_shared(&seat.ways.operator, &fall) {
                alone.push((seat.ways.name.clone(), fall));
            }
        }
        for fall in self.roster.iter_mut().filter_map(|seat| seat.fall.as_mut()).filter(|fall| due(fall)) {
            fall.verdict = Verdict::Given;
        }
        for (provider, Fall { from, to, .. }) in alone {
            let fell = from.height.beyond(to.height);
            let (from, to) = (from.block(), to.block());
            let finding =
                format!("its head went back by {fell} blocks, from {from} to {to}, without a reorg");
            self.hold_against(&provider, to, finding, Exhibit::bare(Offence::Regression), Fate::Refused);
        }
    }

    fn acquit(&mut self, provider: &str, block: BlockRef) {
        let now = self.now();
        let Some(seat) = self.roster.seat(provider) else { return };
        let was_quarantined = seat.is_quarantined(now);
        seat.strikes.acquit();
        if was_quarantined && !seat.is_quarantined(now) {
            tracing::warn!(chain = self.mandate.chain, provider, %block, "quarantine lifted: others fail the same check alike");
        }
    }

    /// Whether another operator's head went back at about the same time, or nobody else is there to tell.
    fn is_shared(&self, operator: &Operator, fall: &Fall) -> bool {
        let near = |other: &Fall| other.at.since(fall.at).max(fall.at.since(other.at)) <= DRIFT;
        let mut others = self.roster.iter().filter(|seat| seat.ways.operator != *operator);
        let alone = self.consensus.votes().len() < 2;
        alone || others.any(|seat| seat.fall.as_ref().is_some_and(near))
    }
}

impl Handler<Accused> for Manager {
    type Result = ();

    fn handle(&mut self, accused: Accused, ctx: &mut Context<Self>) {
        self.vitals().received("Accused");
        let Accused { provider, block, evidence, exhibit, fate } = accused;
        self.hold_against(&provider, block, evidence, exhibit, fate);
        self.deliberate(ctx);
    }
}

impl Handler<Acquitted> for Manager {
    type Result = ();

    fn handle(&mut self, acquitted: Acquitted, ctx: &mut Context<Self>) {
        self.vitals().received("Acquitted");
        let Acquitted { servers, checks, block } = acquitted;
        for served in &servers {
            self.acquit(&served.provider, block);
        }
        let operators = servers.into_iter().map(|served| served.operator).collect();
        self.notices.give(&self.mandate.chain, Notice::Excused { checks, block, operators });
        self.deliberate(ctx);
    }
}
