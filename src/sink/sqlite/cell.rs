//! One value of a row.

use std::borrow::Cow;

use alloy_primitives::U256;
use serde_json::value::RawValue;
use sqlx::Sqlite;
use sqlx::query::Query;
use sqlx::sqlite::SqliteArguments;

/// One value of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cell {
    /// Nothing.
    Null,
    /// A number that SQLite can hold.
    Integer(i64),
    /// Anything else.
    Text(String),
}

/// How a JSON value is written into its column. Whatever does not have the shape is kept as the text it came as: a block
/// is never refused for one field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// A text, such as a hash.
    Text,
    /// A quantity that fits into 63 bits; a larger one stays hexadecimal text, since SQLite would round it.
    Integer,
    /// A quantity of up to 256 bits, as decimal text.
    Amount,
    /// An array or object, as JSON.
    Json,
}

impl Cell {
    /// A text.
    pub fn text(value: impl ToString) -> Self {
        Self::Text(value.to_string())
    }

    /// A count; text if SQLite would round it.
    pub fn count(value: u64) -> Self {
        i64::try_from(value).map_or_else(|_| Self::Text(format!("{value:#x}")), Self::Integer)
    }

    /// A value that may be absent, as JSON.
    pub fn json(value: Option<&impl serde::Serialize>) -> Self {
        value.and_then(|value| serde_json::to_string(value).ok()).map_or(Self::Null, Self::Text)
    }

    /// A JSON value in the shape of its column.
    pub fn read(raw: Option<&RawValue>, shape: Shape) -> Self {
        let Some(raw) = raw.map(RawValue::get).filter(|raw| *raw != "null") else { return Self::Null };
        let text: Cow<'_, str> = serde_json::from_str::<String>(raw).map_or(Cow::Borrowed(raw), Cow::Owned);
        let shaped = match shape {
            Shape::Text => None,
            Shape::Json => Some(Self::text(raw)),
            Shape::Integer => quantity(&text).and_then(|value| i64::try_from(value).ok()).map(Self::Integer),
            Shape::Amount => quantity(&text).map(Self::text),
        };
        shaped.unwrap_or_else(|| Self::Text(text.into_owned()))
    }

    /// Hands the value to a query.
    pub fn bind(self, query: Query<'_, Sqlite, SqliteArguments>) -> Query<'_, Sqlite, SqliteArguments> {
        match self {
            Self::Null => query.bind(None::<i64>),
            Self::Integer(value) => query.bind(value),
            Self::Text(text) => query.bind(text),
        }
    }
}

fn quantity(text: &str) -> Option<U256> {
    match text.strip_prefix("0x") {
        Some(digits) if !digits.is_empty() => U256::from_str_radix(digits, 16).ok(),
        Some(_) => None,
        None => U256::from_str_radix(text, 10).ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str, shape: Shape) -> Cell {
        let raw: Box<RawValue> = serde_json::from_str(json).unwrap();
        Cell::read(Some(&raw), shape)
    }

    #[test]
    fn quantities_stay_exact_at_any_size() {
        assert_eq!(read(r#""0x7fffffffffffffff""#, Shape::Integer), Cell::Integer(i64::MAX));
        assert_eq!(read(r#""0x8000000000000000""#, Shape::Integer), Cell::text("0x8000000000000000"));
        assert_eq!(read(r#""0xc70d815d562d3cfa955""#, Shape::Amount), Cell::text("58750003716598352816469"));
        assert_eq!(read("12", Shape::Integer), Cell::Integer(12));
        assert_eq!(Cell::count(u64::MAX), Cell::text("0xffffffffffffffff"));
    }

    #[test]
    fn what_has_another_shape_is_kept_as_it_came() {
        assert_eq!(read(r#""0x""#, Shape::Integer), Cell::text("0x"));
        assert_eq!(read(r#""many""#, Shape::Amount), Cell::text("many"));
        assert_eq!(read("{\"a\":1}", Shape::Integer), Cell::text("{\"a\":1}"));
        assert_eq!(read("null", Shape::Json), Cell::Null);
        assert_eq!(Cell::read(None, Shape::Text), Cell::Null);
        assert_eq!(read(r#"["0x1"]"#, Shape::Json), Cell::text("[\"0x1\"]"));
    }
}
