//! Everything that tells whether a row keeps what it promises: what was shown, delivered, and asked while it lasted.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use blocktap::core::at::At;
use blocktap::core::event::{Event, Step};
use blocktap::sim::fault::{Fault, Form};
use serde_json::Value;

use crate::sightings::Sightings;
use crate::stage::Stage;

/// Gathered from just before a fault begins.
pub struct Evidence {
    pub fault: Fault,
    pub form: Form,
    pub victims: BTreeSet<String>,
    pub sightings: Sightings,
    /// Events delivered before.
    delivered: usize,
}

/// One request.
#[derive(Debug)]
pub struct Asked {
    pub at: At,
    pub method: String,
    pub params: Value,
}

impl Evidence {
    /// All is well so far.
    pub async fn begin(fault: Fault, form: &Form, victims: &BTreeSet<String>, stage: &Stage) -> Self {
        stage.fleet.trace().start();
        let (form, victims, delivered) = (form.clone(), victims.clone(), stage.record.events().len());
        let mut sightings = Sightings::default();
        sightings.look(stage).await;
        Self { fault, form, victims, sightings, delivered }
    }

    /// Looks once more.
    pub async fn look(&mut self, stage: &Stage) {
        self.sightings.look(stage).await;
    }

    /// What was delivered since the fault began.
    pub fn events(&self, stage: &Stage) -> Vec<Arc<Event>> {
        stage.record.events().split_off(self.delivered)
    }

    /// How many of them took this step.
    pub fn count(&self, stage: &Stage, step: Step) -> usize {
        self.events(stage).iter().filter(|event| event.envelope.step == step).count()
    }

    /// The classes that a provider failed in since the fault began.
    pub fn failed(&self, provider: &str) -> BTreeSet<String> {
        let before = self.sightings.first().errors(provider);
        let now = self.sightings.last().errors(provider).into_iter();
        let grown = now.filter(|(class, count)| *count > before.get(class).copied().unwrap_or_default());
        grown.map(|(class, _)| class).collect()
    }

    /// What a provider was asked over HTTP since the fault began, in order; each request of a batch.
    pub fn asked(&self, stage: &Stage, provider: &str) -> Vec<Asked> {
        let began = self.sightings.first().at;
        let text = stage.fleet.trace().text();
        let asked = text.lines().flat_map(|line| requests(line, provider).unwrap_or_default());
        asked.filter(|asked| asked.at >= began).collect()
    }
}

/// The requests on one line of a trace, if it is this provider's.
fn requests(line: &str, provider: &str) -> Option<Vec<Asked>> {
    let (at_s, rest) = line.split_once(' ')?;
    let (name, rest) = rest.split_once(' ')?;
    let (body, _outcome) = rest.rsplit_once(" -> ")?;
    let at = At::after_epoch(Duration::from_secs_f64(at_s.parse().ok()?));
    let one = |request: &Value| Asked {
        at,
        method: request["method"].as_str().unwrap_or_default().to_owned(),
        params: request["params"].clone(),
    };
    let body: Value = serde_json::from_str(body).ok().filter(|_| name == provider)?;
    Some(match body.as_array() {
        Some(batch) => batch.iter().map(one).collect(),
        None => vec![one(&body)],
    })
}
