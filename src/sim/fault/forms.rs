//! In which forms a fault shows.

use super::{Expected, Fault};
use crate::core::numbers::Height;
use crate::sim::script::Verb;
use crate::sim::symptom::Symptom;

mod answers;
mod content;
mod heads;
mod sockets;

/// One way in which a fault shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Form {
    /// Whom it befalls, and what happens to them.
    pub reach: Reach,
    /// What blocktap records of it: the class of the row, unless this form of it is milder.
    pub expected: Expected,
}

/// Whom a fault befalls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reach {
    /// One provider.
    Provider(Vec<Symptom>),
    /// One provider, before anybody asked it anything.
    Newcomer(Vec<Symptom>),
    /// Every provider of one operator.
    Operator(Vec<Symptom>),
    /// Every provider.
    Everybody(Vec<Symptom>),
    /// Every provider, each its own, in the order of their names.
    Each(Vec<Symptom>),
    /// Not a provider: the chain itself.
    Chain(Verb),
    /// Not a provider: the clock of this machine, to be set to so many seconds since 1970.
    Clock(u64),
}

impl Form {
    fn expecting(self, expected: Expected) -> Self {
        Self { expected, ..self }
    }
}

/// The forms of one fault, as it is written down in the tables below.
#[derive(Debug)]
struct Forms(Vec<(Reach, Option<Expected>)>);

impl Forms {
    fn reaching(reach: Reach) -> Self {
        Self(vec![(reach, None)])
    }

    /// One provider with one symptom, in several ways.
    fn of(symptoms: impl IntoIterator<Item = Symptom>) -> Self {
        Self(symptoms.into_iter().map(|symptom| (Reach::Provider(vec![symptom]), None)).collect())
    }

    fn and(mut self, reach: Reach) -> Self {
        self.0.push((reach, None));
        self
    }

    /// Another form, that is recorded as something else than the row is.
    fn and_milder(mut self, reach: Reach, expected: Expected) -> Self {
        self.0.push((reach, Some(expected)));
        self
    }
}

/// Every form of `fault`, at a chain of this `head`.
pub(super) fn of(fault: Fault, head: Height) -> Vec<Form> {
    let written = heads::of(fault, head)
        .or_else(|| content::of(fault))
        .or_else(|| answers::of(fault))
        .or_else(|| sockets::of(fault, head));
    let form = |(reach, expected): (Reach, Option<Expected>)| {
        let form = Form { reach, expected: fault.class() };
        expected.map_or(form.clone(), |expected| form.expecting(expected))
    };
    written.map(|forms| forms.0.into_iter().map(form).collect()).unwrap_or_default()
}
