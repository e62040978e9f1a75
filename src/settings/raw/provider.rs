//! `[[chains.providers]]`

use std::path::PathBuf;

use secrecy::SecretString;
use toml::Spanned;

use crate::chain::network::{Compression, PlainHttp};
use crate::settings::table::Table;
use crate::settings::value::{HttpUrl, Name, SocketUrl};

/// `[[chains.providers]]`
#[derive(Debug)]
pub struct RawProvider {
    /// `name`
    pub name: Option<Spanned<Name>>,
    /// `operator`
    pub operator: Option<Spanned<String>>,
    /// `endpoints`
    pub endpoints: Spanned<Vec<Spanned<HttpUrl>>>,
    /// `ws`
    pub ws: Vec<Spanned<SocketUrl>>,
    /// `rate_limit`
    pub rate_limit: RawRateLimit,
    /// `weight`
    pub weight: Spanned<f64>,
    /// `compression`
    pub compression: Spanned<Compression>,
    /// `plain_http`
    pub plain_http: Spanned<PlainHttp>,
    /// `load_balanced`
    pub load_balanced: Spanned<bool>,
    /// `headers`
    pub headers: Vec<RawHeader>,
    /// `ca_file`
    pub ca_file: Option<Spanned<PathBuf>>,
}

/// One of `headers`.
#[derive(Debug)]
pub struct RawHeader {
    /// Its name.
    pub name: Spanned<String>,
    /// Its value.
    pub value: Spanned<SecretString>,
}

/// `rate_limit`
#[derive(Debug)]
pub struct RawRateLimit {
    /// `per_second`
    pub per_second: Spanned<f64>,
    /// `burst`
    pub burst: Option<Spanned<u64>>,
}

/// Requests a second when nothing is said: modest enough for most keyless endpoints.
const PER_SECOND: f64 = 10.0;

impl RawProvider {
    /// Reads one.
    pub fn read(mut table: Table<'_, '_>) -> Self {
        let read = Self {
            name: table.required("name", "\"alchemy\""),
            operator: table.optional("operator"),
            endpoints: table.filled_list("endpoints"),
            ws: table.list("ws").map(Spanned::into_inner).unwrap_or_default(),
            rate_limit: RawRateLimit::read(table.table("rate_limit")),
            weight: table.or("weight", 1.0),
            compression: table.or("compression", Compression::default()),
            plain_http: table.or("plain_http", PlainHttp::default()),
            load_balanced: table.or("load_balanced", false),
            headers: table.secrets("headers").into_iter().map(RawHeader::of).collect(),
            ca_file: table.optional("ca_file"),
        };
        table.finish();
        read
    }

    /// Who runs it: what was said, else the owner of the first endpoint's domain.
    pub fn operated_by(&self) -> Option<String> {
        let said = self.operator.as_ref().map(|operator| operator.get_ref().clone());
        said.or_else(|| self.endpoints.get_ref().first().map(|url| url.get_ref().0.operator()))
    }
}

impl RawHeader {
    fn of((name, value): (Spanned<String>, Spanned<SecretString>)) -> Self {
        Self { name, value }
    }
}

impl RawRateLimit {
    fn read(mut table: Table<'_, '_>) -> Self {
        let read = Self { per_second: table.or("per_second", PER_SECOND), burst: table.optional("burst") };
        table.finish();
        read
    }
}
