//! `[[chains]]`

use std::time::Duration;

use toml::Spanned;

use super::provider::RawProvider;
use crate::chain::family::{Receipts, Verification};
use crate::core::chain_id::ChainId;
use crate::core::consensus::ruling::{Corroboration, OnSingle};
use crate::core::start::Start;
use crate::settings::sources::Span;
use crate::settings::table::Table;
use crate::settings::value::Name;

/// `[[chains]]`
#[derive(Debug)]
pub struct RawChain {
    /// The header.
    pub span: Span,
    /// `name`
    pub name: Option<Spanned<Name>>,
    /// `chain_id`
    pub chain_id: Option<Spanned<ChainId>>,
    /// `start`
    pub start: Spanned<Start>,
    /// `receipts`
    pub receipts: Spanned<Receipts>,
    /// `corroboration`
    pub corroboration: Spanned<Corroboration>,
    /// `on_single`
    pub on_single: Spanned<OnSingle>,
    /// `verification`
    pub verification: Spanned<Verification>,
    /// `finality_depth`
    pub finality_depth: Option<Spanned<u64>>,
    /// `block_time`
    pub block_time: Option<Spanned<Duration>>,
    /// `[chains.health]`
    pub health: RawHealth,
    /// `[[chains.providers]]`
    pub providers: Vec<RawProvider>,
}

/// `[chains.health]`
#[derive(Debug)]
pub struct RawHealth {
    /// `lag_threshold`
    pub lag_threshold: Spanned<Duration>,
    /// `failure_ratio`
    pub failure_ratio: Spanned<f64>,
    /// `score_halflife`
    pub score_halflife: Spanned<Duration>,
    /// `probe_interval`
    pub probe_interval: Spanned<Duration>,
}

impl RawChain {
    /// Reads one.
    pub fn read(mut table: Table<'_, '_>) -> Self {
        let read = Self {
            span: table.span(),
            name: table.required("name", "\"ethereum\""),
            chain_id: table.required("chain_id", "\"eip155:1\""),
            start: table.or("start", Start::Latest),
            receipts: table.or("receipts", Receipts::default()),
            corroboration: table.or("corroboration", Corroboration::default()),
            on_single: table.or("on_single", OnSingle::default()),
            verification: table.or("verification", Verification::default()),
            finality_depth: table.optional("finality_depth"),
            block_time: table.optional("block_time"),
            health: RawHealth::read(table.table("health")),
            providers: table.tables("providers").into_iter().map(RawProvider::read).collect(),
        };
        table.finish();
        read
    }

    /// How the chain is called in a message.
    pub fn called(&self) -> &str {
        self.name.as_ref().map_or("the chain", |name| &name.get_ref().0)
    }
}

impl RawHealth {
    fn read(mut table: Table<'_, '_>) -> Self {
        let read = Self {
            lag_threshold: table.or("lag_threshold", Duration::from_secs(30)),
            failure_ratio: table.or("failure_ratio", 0.2),
            score_halflife: table.or("score_halflife", Duration::from_secs(60)),
            probe_interval: table.or("probe_interval", Duration::from_secs(15)),
        };
        table.finish();
        read
    }
}
