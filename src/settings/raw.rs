//! What was typed: every key with the place where it stands, before anything is held against anything else.

pub mod chain;
pub mod provider;
pub mod sink;

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use secrecy::{ExposeSecret, SecretString};
use toml::Spanned;

use self::chain::RawChain;
use self::sink::RawSink;
use super::DEFAULT_PORT;
use super::sources::Span;
use super::table::Table;
use super::value::LogFormat;
use crate::core::byte_size::ByteSize;

/// A whole file.
#[derive(Debug)]
pub struct RawSettings {
    /// `data_dir`
    pub data_dir: Spanned<PathBuf>,
    /// `[http]`
    pub http: RawHttp,
    /// `[log]`
    pub log: RawLog,
    /// `[journal]`
    pub journal: RawJournal,
    /// `[[chains]]`
    pub chains: Vec<RawChain>,
    /// `[[sinks]]`
    pub sinks: Vec<RawSink>,
    /// The whole file.
    pub span: Span,
}

/// `[http]`
#[derive(Debug)]
pub struct RawHttp {
    /// `listen`
    pub listen: Spanned<SocketAddr>,
    /// `token`
    pub token: Option<Spanned<SecretString>>,
    /// `hosts`
    pub hosts: Vec<Spanned<String>>,
}

/// `[log]`
#[derive(Debug)]
pub struct RawLog {
    /// `format`
    pub format: Spanned<LogFormat>,
    /// `level`
    pub level: Spanned<String>,
}

/// `[journal]`
#[derive(Debug)]
pub struct RawJournal {
    /// `segment_bytes`
    pub segment_bytes: Spanned<ByteSize>,
    /// `budget_bytes`
    pub budget_bytes: Spanned<ByteSize>,
}

impl RawSettings {
    /// Reads the whole file.
    pub fn read(mut table: Table<'_, '_>) -> Self {
        let read = Self {
            data_dir: table.or("data_dir", "data".into()),
            http: RawHttp::read(table.table("http")),
            log: RawLog::read(table.table("log")),
            journal: RawJournal::read(table.table("journal")),
            chains: table.tables("chains").into_iter().map(RawChain::read).collect(),
            sinks: table.tables("sinks").into_iter().map(RawSink::read).collect(),
            span: table.span(),
        };
        table.finish();
        read
    }
}

impl RawHttp {
    fn read(mut table: Table<'_, '_>) -> Self {
        let read = Self {
            listen: table.or("listen", SocketAddr::from((Ipv4Addr::LOCALHOST, DEFAULT_PORT))),
            token: table.optional("token"),
            hosts: table.list("hosts").map(Spanned::into_inner).unwrap_or_default(),
        };
        if let Some(token) = &read.token {
            table.notes().secret(token.get_ref().expose_secret());
        }
        table.finish();
        read
    }
}

impl RawLog {
    fn read(mut table: Table<'_, '_>) -> Self {
        let read = Self {
            format: table.or("format", LogFormat::default()),
            level: table.or("level", "info".into()),
        };
        table.finish();
        read
    }
}

impl RawJournal {
    fn read(mut table: Table<'_, '_>) -> Self {
        let read = Self {
            segment_bytes: table.or("segment_bytes", ByteSize(64 << 20)),
            budget_bytes: table.or("budget_bytes", ByteSize(16 << 30)),
        };
        table.finish();
        read
    }
}
