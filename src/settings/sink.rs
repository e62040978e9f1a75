//! A sink, as it was asked for.

use super::raw::sink::RawSink;

/// A sink, as it was asked for.
#[derive(Clone, Debug)]
pub struct Sink {
    /// What people call it; unique.
    pub name: String,
    /// Which kind it is: a word of the sink registry.
    pub kind: String,
    /// The names of the chains that it takes.
    pub chains: Vec<String>,
    /// Whether its chains pause rather than let go of what it has not taken.
    pub required: bool,
    /// The keys of its kind, for the registry.
    pub table: toml::Table,
}

/// What is wrong with the keys of a sink's kind, in the registry's words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SinkFault {
    /// What is wrong.
    pub message: String,
    /// The dotted key that it is about; `"kind"` when the kind is not known.
    pub key: Option<String>,
}

/// Looks at a sink's kind and the keys of that kind. Settings do not know the kinds; the caller does.
pub type CheckSink<'c> = &'c dyn Fn(&str, &toml::Table) -> Result<(), SinkFault>;

impl Sink {
    pub(super) fn from_raw(raw: RawSink, all: &[String]) -> Option<Self> {
        let named = raw.chains.map(|chains| {
            chains.into_inner().into_iter().map(|chain| chain.into_inner().0).collect::<Vec<_>>()
        });
        Some(Self {
            name: raw.name?.into_inner().0,
            kind: raw.kind?.into_inner(),
            chains: named.unwrap_or_else(|| all.to_vec()),
            required: raw.required.into_inner(),
            table: raw.table,
        })
    }
}
