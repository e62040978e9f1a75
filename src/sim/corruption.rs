//! What a lying provider changes in what it hands out.

use std::fmt;

use bytes::Bytes;
use serde_json::{Value, json};

/// One change. A block that lacks what is to be changed stays as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Corruption {
    /// The value that the first transaction moves.
    TxField,
    /// The hash that the first transaction claims.
    TxHash,
    /// The last transaction is missing.
    TxMissing,
    /// The first two transactions have changed places.
    TxOrder,
    /// A header field that only the hash covers.
    HeaderField,
    /// The hash that the header claims, also in `newHeads`.
    HeaderHash,
    /// The amount of the first withdrawal.
    Withdrawal,
    /// An empty list instead of receipts.
    ReceiptsMissing,
    /// `null` instead of receipts.
    ReceiptsNull,
    /// The last receipt is missing.
    ReceiptMissing,
    /// The first two receipts have changed places.
    ReceiptOrder,
    /// The status of the first receipt.
    ReceiptStatus,
    /// The data of the first log, wherever it is.
    LogData,
    /// The block hash that the receipts claim.
    ReceiptsOfAnotherBlock,
}

/// What kind of answer a change is made to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// A block, or a header.
    Block,
    /// The receipts of a block.
    Receipts,
}

impl Corruption {
    /// Every one.
    pub const ALL: [Self; 14] = [
        Self::TxField,
        Self::TxHash,
        Self::TxMissing,
        Self::TxOrder,
        Self::HeaderField,
        Self::HeaderHash,
        Self::Withdrawal,
        Self::ReceiptsMissing,
        Self::ReceiptsNull,
        Self::ReceiptMissing,
        Self::ReceiptOrder,
        Self::ReceiptStatus,
        Self::LogData,
        Self::ReceiptsOfAnotherBlock,
    ];

    /// What it changes.
    pub const fn subject(self) -> Subject {
        match self {
            Self::TxField
            | Self::TxHash
            | Self::TxMissing
            | Self::TxOrder
            | Self::HeaderField
            | Self::HeaderHash
            | Self::Withdrawal => Subject::Block,
            Self::ReceiptsMissing
            | Self::ReceiptsNull
            | Self::ReceiptMissing
            | Self::ReceiptOrder
            | Self::ReceiptStatus
            | Self::LogData
            | Self::ReceiptsOfAnotherBlock => Subject::Receipts,
        }
    }

    /// The answer as the liar gives it.
    pub fn applied(self, subject: Subject, honest: Bytes) -> Bytes {
        if self.subject() != subject {
            return honest;
        }
        let Ok(value) = serde_json::from_slice::<Value>(&honest) else { return honest };
        let mut changed = value.clone();
        self.change(&mut changed);
        if changed == value {
            return honest;
        }
        serde_json::to_vec(&changed).map_or(honest, Bytes::from)
    }

    fn change(self, value: &mut Value) {
        match self {
            Self::TxField => replace(value.pointer_mut("/transactions/0/value"), "0xbad"),
            Self::TxHash => turn(value.pointer_mut("/transactions/0/hash")),
            Self::TxMissing => shorten(value.pointer_mut("/transactions")),
            Self::TxOrder => swap(value.pointer_mut("/transactions")),
            Self::HeaderField => turn(value.pointer_mut("/stateRoot")),
            Self::HeaderHash => turn(value.pointer_mut("/hash")),
            Self::Withdrawal => replace(value.pointer_mut("/withdrawals/0/amount"), "0xbad"),
            Self::ReceiptsMissing => *value = json!([]),
            Self::ReceiptsNull => *value = Value::Null,
            Self::ReceiptMissing => shorten(Some(value)),
            Self::ReceiptOrder => swap(Some(value)),
            Self::ReceiptStatus => turn(value.pointer_mut("/0/status")),
            Self::LogData => change_log(value),
            Self::ReceiptsOfAnotherBlock => {
                items(value).for_each(|receipt| turn(receipt.get_mut("blockHash")))
            }
        }
    }
}

fn items(value: &mut Value) -> impl Iterator<Item = &mut Value> {
    value.as_array_mut().into_iter().flatten()
}

fn replace(place: Option<&mut Value>, with: &str) {
    if let Some(place) = place {
        *place = json!(with);
    }
}

/// Turns the last digit of a hexadecimal text into another one: 0 and 1 swap, all others become 0.
fn turn(place: Option<&mut Value>) {
    let Some(Value::String(text)) = place else { return };
    let turned = if text.ends_with('0') { '1' } else { '0' };
    text.pop();
    text.push(turned);
}

fn shorten(place: Option<&mut Value>) {
    if let Some(Value::Array(items)) = place {
        items.pop();
    }
}

fn swap(place: Option<&mut Value>) {
    if let Some([first, second, ..]) = place.and_then(Value::as_array_mut).map(Vec::as_mut_slice) {
        std::mem::swap(first, second);
    }
}

fn change_log(receipts: &mut Value) {
    let logs = items(receipts).filter_map(|receipt| receipt.get_mut("logs"));
    if let Some(log) = logs.filter_map(|logs| logs.get_mut(0)).next() {
        replace(log.get_mut("data"), "0x0bad");
    }
}

impl fmt::Display for Corruption {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::TxField => "what a transaction pays",
            Self::TxHash => "the hash of a transaction",
            Self::TxMissing => "a transaction left out",
            Self::TxOrder => "transactions out of order",
            Self::HeaderField => "a field of the header",
            Self::HeaderHash => "the hash of the block",
            Self::Withdrawal => "what a withdrawal pays",
            Self::ReceiptsMissing => "no receipts for a block that has some",
            Self::ReceiptsNull => "null for receipts",
            Self::ReceiptMissing => "a receipt left out",
            Self::ReceiptOrder => "receipts out of order",
            Self::ReceiptStatus => "whether a transaction came through",
            Self::LogData => "what a transaction logged",
            Self::ReceiptsOfAnotherBlock => "receipts of another block",
        })
    }
}

#[cfg(test)]
mod tests;
