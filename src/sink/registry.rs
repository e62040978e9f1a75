//! The kinds of sinks, by the word that the configuration uses.
//!
//! Inside the crate a sink is one file that implements [`Kind`] and one word in [`Registry::standard`]. Outside it, a user's
//! own sink is either a [`Kind`] too ([`Registry::with_kind`]) or a closure ([`Registry::with`]).

use std::collections::BTreeMap;
use std::marker::PhantomData;
use std::sync::Arc;

use async_trait::async_trait;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::verify::{Summary, VerifyError};
use super::{Context, Sink};

/// What a kind of sink promises about an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Promise {
    /// The sink holds its own position together with its rows: nothing is lost, nothing comes twice.
    ExactlyOnce,
    /// After a crash the last batch may come again, with the same ids.
    AtLeastOnce,
}

/// Why a sink could not be made from its configuration.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct BuildError {
    /// What is wrong, for a person.
    pub message: String,
    /// The dotted key of the sink's table that it is about, if it is about one.
    pub key: Option<String>,
}

impl BuildError {
    /// An error about the sink as a whole.
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), key: None }
    }

    /// An error about one key.
    pub fn at(key: impl Into<String>, message: impl Into<String>) -> Self {
        Self { message: message.into(), key: Some(key.into()) }
    }
}

/// One kind of sink.
#[async_trait]
pub trait Kind: Send + 'static {
    /// Its part of a `[[sinks]]` table; `deny_unknown_fields` belongs on it.
    type Config: DeserializeOwned + Send;

    /// Its word in the configuration.
    const NAME: &'static str;

    /// What it promises.
    const PROMISE: Promise;

    /// Makes the sink for one stream. Touches nothing yet: the first look at the world is [`Sink::position`].
    ///
    /// # Errors
    /// When the configuration cannot work.
    fn build(config: Self::Config, context: Context) -> Result<Box<dyn Sink>, BuildError>;

    /// Walks everything that the sink holds of one stream, also beside a running daemon.
    ///
    /// # Errors
    /// The first fault; or that there is nothing to walk.
    async fn verify(config: Self::Config, context: Context) -> Result<Summary, VerifyError> {
        let _ = (config, context);
        Err(VerifyError::NothingKept { kind: Self::NAME.into() })
    }
}

/// A kind whose configuration is still a table.
#[async_trait]
trait Entry: Send + Sync {
    fn promise(&self) -> Promise;
    fn check(&self, table: &toml::Table) -> Result<(), BuildError>;
    fn build(&self, table: toml::Table, context: Context) -> Result<Box<dyn Sink>, BuildError>;
    async fn verify(&self, table: toml::Table, context: Context) -> Result<Summary, VerifyError>;
}

/// The kinds that are known.
#[derive(Clone, Default)]
pub struct Registry {
    entries: BTreeMap<String, Arc<dyn Entry>>,
}

impl Registry {
    /// The kinds that blocktap brings along.
    pub fn standard() -> Self {
        let registry =
            Self::default().with_kind::<super::console::Console>().with_kind::<super::file::JsonLines>();
        #[cfg(feature = "sqlite")]
        let registry = registry.with_kind::<super::sqlite::Sqlite>();
        registry
    }

    /// With one more kind.
    #[must_use]
    pub fn with_kind<K: Kind>(mut self) -> Self {
        self.entries.insert(K::NAME.into(), Arc::new(Typed::<K>(PhantomData)));
        self
    }

    /// With one more kind, made by `builder` from the sink's table without the common keys. It promises at least once,
    /// checks its table only when it is built, and cannot be verified.
    #[must_use]
    pub fn with<B>(mut self, kind: &str, builder: B) -> Self
    where
        B: Fn(toml::Table, Context) -> Result<Box<dyn Sink>, BuildError> + Send + Sync + 'static,
    {
        self.entries.insert(kind.into(), Arc::new(Closure { kind: kind.into(), builder }));
        self
    }

    /// The words that are known, in order.
    pub fn kinds(&self) -> Vec<&str> {
        self.entries.keys().map(String::as_str).collect()
    }

    /// What a kind promises; `None` if it is not known.
    pub fn promise(&self, kind: &str) -> Option<Promise> {
        self.entries.get(kind).map(|entry| entry.promise())
    }

    /// Reads a sink's table (without the common keys) and makes nothing.
    ///
    /// # Errors
    /// When the kind is not known or its table cannot be read.
    pub fn check(&self, kind: &str, table: &toml::Table) -> Result<(), BuildError> {
        self.entry(kind)?.check(table)
    }

    /// Makes a sink for one stream from its table (without the common keys).
    ///
    /// # Errors
    /// When the kind is not known or its table cannot be read.
    pub fn build(
        &self,
        kind: &str,
        table: toml::Table,
        context: Context,
    ) -> Result<Box<dyn Sink>, BuildError> {
        self.entry(kind)?.build(table, context)
    }

    /// Walks everything that a sink holds of one stream.
    ///
    /// # Errors
    /// The first fault; or that the sink cannot be read or keeps nothing.
    pub async fn verify(
        &self,
        kind: &str,
        table: toml::Table,
        context: Context,
    ) -> Result<Summary, VerifyError> {
        let entry = self.entry(kind).map_err(unreadable)?;
        entry.verify(table, context).await
    }

    fn entry(&self, kind: &str) -> Result<&Arc<dyn Entry>, BuildError> {
        self.entries.get(kind).ok_or_else(|| {
            let known = self.kinds().join(", ");
            BuildError::at("kind", format!("{kind:?} is no kind of sink; there are {known}"))
        })
    }
}

// === impl Entry ===

struct Typed<K>(PhantomData<fn() -> K>);

#[async_trait]
impl<K: Kind> Entry for Typed<K> {
    fn promise(&self) -> Promise {
        K::PROMISE
    }

    fn check(&self, table: &toml::Table) -> Result<(), BuildError> {
        read::<K::Config>(table.clone()).map(drop)
    }

    fn build(&self, table: toml::Table, context: Context) -> Result<Box<dyn Sink>, BuildError> {
        K::build(read(table)?, context)
    }

    async fn verify(&self, table: toml::Table, context: Context) -> Result<Summary, VerifyError> {
        let config = read(table).map_err(unreadable)?;
        K::verify(config, context).await
    }
}

struct Closure<B> {
    kind: String,
    builder: B,
}

#[async_trait]
impl<B> Entry for Closure<B>
where
    B: Fn(toml::Table, Context) -> Result<Box<dyn Sink>, BuildError> + Send + Sync,
{
    fn promise(&self) -> Promise {
        Promise::AtLeastOnce
    }

    fn check(&self, _table: &toml::Table) -> Result<(), BuildError> {
        Ok(())
    }

    fn build(&self, table: toml::Table, context: Context) -> Result<Box<dyn Sink>, BuildError> {
        (self.builder)(table, context)
    }

    async fn verify(&self, _table: toml::Table, _context: Context) -> Result<Summary, VerifyError> {
        Err(VerifyError::NothingKept { kind: self.kind.clone() })
    }
}

fn unreadable(error: BuildError) -> VerifyError {
    VerifyError::Unreadable(error.message)
}

fn read<C: DeserializeOwned>(table: toml::Table) -> Result<C, BuildError> {
    let keys: Vec<String> = table.keys().cloned().collect();
    table.try_into().map_err(|error: toml::de::Error| BuildError {
        message: error.message().to_owned(),
        key: culprit(&error, &keys),
    })
}

/// The key that an error is about. toml tells it only in its text: as a last line "in `a.b`", or as "unknown field `a`".
fn culprit(error: &toml::de::Error, keys: &[String]) -> Option<String> {
    let text = error.to_string();
    let path =
        text.lines().last().and_then(|line| line.strip_prefix("in `")?.strip_suffix('`').map(str::to_owned));
    let unknown = || error.message().strip_prefix("unknown field `")?.split('`').next().map(str::to_owned);
    path.or_else(unknown).filter(|path| keys.iter().any(|key| path.split('.').next() == Some(key)))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::sink::console::Console;
    use crate::sink::story;

    fn table(text: &str) -> toml::Table {
        text.parse().unwrap()
    }

    #[test]
    fn an_unknown_kind_is_told_which_kinds_there_are() {
        let error = Registry::standard().check("consle", &table("")).unwrap_err();
        assert_eq!(error.key.as_deref(), Some("kind"));
        assert!(error.message.contains("console, file"), "{error}");
    }

    #[test]
    fn an_error_names_its_key() {
        let registry = Registry::standard();
        let unknown = registry.check("file", &table("path = 'a'\ncolour = 'auto'")).unwrap_err();
        assert_eq!(unknown.key.as_deref(), Some("colour"));
        let mistyped = registry.check("file", &table("path = 'a'\nrotate_bytes = 'many'")).unwrap_err();
        assert_eq!(mistyped.key.as_deref(), Some("rotate_bytes"));
        assert!(mistyped.message.contains("64MiB"), "{mistyped}");
        let missing = registry.check("file", &table("")).unwrap_err();
        assert_eq!((missing.key.as_deref(), missing.message.as_str()), (None, "missing field `path`"));
    }

    #[tokio::test]
    async fn a_sink_of_ones_own_is_built_from_its_table() {
        let registry = Registry::standard().with("mine", |table, context| {
            assert_eq!(table["depth"].as_integer(), Some(3));
            Console::build(Default::default(), context)
        });
        let context = story::context(Path::new("."));
        assert!(registry.kinds().contains(&"mine"));
        assert!(registry.build("mine", table("depth = 3"), context.clone()).is_ok());
        let walked = registry.verify("mine", table(""), context).await;
        assert_eq!(walked, Err(VerifyError::NothingKept { kind: "mine".into() }));
    }
}
