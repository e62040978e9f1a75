//! The rows of one block.

use std::collections::HashMap;

use serde_json::value::RawValue;

use super::cell::{Cell, Shape};
use super::object::Object;
use super::table::{BLOCKS, LOGS, Row, TRANSACTIONS};
use crate::core::event::{Body, Event};

/// The rows of one block.
#[derive(Debug, Default)]
pub struct Rows {
    /// Its own, one.
    pub blocks: Vec<Row>,
    /// One for each transaction.
    pub transactions: Vec<Row>,
    /// One for each log; none without receipts.
    pub logs: Vec<Row>,
}

/// What every row of a block begins with.
struct Place {
    chain: Cell,
    number: Cell,
    hash: Cell,
    timestamp: Cell,
}

impl Place {
    fn row(&self, index: usize) -> Row {
        let index = Cell::count(index as u64);
        vec![self.chain.clone(), self.number.clone(), self.hash.clone(), self.timestamp.clone(), index]
    }
}

impl Rows {
    /// Reads the rows of a block that joins the chain. What the envelope says counts more than the body; a body without
    /// the usual fields leaves columns empty, never a block out.
    pub fn of(event: &Event) -> Self {
        let header = event.header();
        let place = Place {
            chain: Cell::text(&event.envelope.stream),
            number: Cell::count(header.height.0),
            hash: Cell::text(header.hash),
            timestamp: Cell::count(header.time_s),
        };
        let Some(body) = &event.body else {
            return Self { blocks: vec![block(event, &place, &Object::default(), None)], ..Self::default() };
        };
        let object = Object::read(&body.block);
        let listed = object.list("transactions");
        let receipts = receipts(body);
        Self {
            blocks: vec![block(event, &place, &object, listed.as_ref().map(Vec::len))],
            transactions: transactions(&place, &listed.unwrap_or_default(), &receipts),
            logs: logs(&place, &receipts),
        }
    }
}

fn block(event: &Event, place: &Place, object: &Object<'_>, count: Option<usize>) -> Row {
    let parent = Cell::text(event.envelope.parent_hash);
    let count = count.map_or(Cell::Null, |count| Cell::count(count as u64));
    let own = [&place.chain, &place.number, &place.hash, &parent, &place.timestamp, &count];
    let fields = BLOCKS.fields.iter().map(|column| column.read(object));
    own.into_iter().cloned().chain(fields).collect()
}

fn transactions(place: &Place, listed: &[&RawValue], receipts: &[Object<'_>]) -> Vec<Row> {
    let hash = |object: &Object<'_>, field| Cell::read(object.get(field), Shape::Text);
    let key = |cell| match cell {
        Cell::Text(text) => Some(text.to_ascii_lowercase()),
        _ => None,
    };
    let by_hash: HashMap<String, &Object<'_>> = receipts
        .iter()
        .filter_map(|receipt| Some((key(hash(receipt, "transactionHash"))?, receipt)))
        .collect();
    let none = Object::default();
    let row = |(index, raw): (usize, &&RawValue)| {
        let transaction = transaction(raw);
        let receipt =
            key(hash(&transaction, "hash")).and_then(|hash| by_hash.get(&hash)).copied().unwrap_or(&none);
        let mut row = place.row(index);
        row.extend(TRANSACTIONS.fields.iter().map(|column| column.read(&transaction)));
        row.extend(TRANSACTIONS.joined.iter().map(|column| column.read(receipt)));
        row
    };
    listed.iter().enumerate().map(row).collect()
}

/// A transaction; one that is listed by its hash alone has no other field.
fn transaction(raw: &RawValue) -> Object<'_> {
    if raw.get().starts_with('"') { Object::of("hash", raw) } else { Object::read(raw.get().as_bytes()) }
}

fn receipts(body: &Body) -> Vec<Object<'_>> {
    let receipts = body.receipts.as_ref();
    receipts.and_then(|receipts| serde_json::from_slice(receipts).ok()).unwrap_or_default()
}

/// Logs are numbered through the block in their order: some nodes number them wrongly, and the number is the key.
fn logs(place: &Place, receipts: &[Object<'_>]) -> Vec<Row> {
    let listed = receipts.iter().flat_map(|receipt| receipt.list("logs").unwrap_or_default());
    let row = |(index, raw): (usize, &RawValue)| {
        let log = Object::read(raw.get().as_bytes());
        let mut row = place.row(index);
        row.extend(LOGS.fields.iter().map(|column| column.read(&log)));
        row
    };
    listed.enumerate().map(row).collect()
}
