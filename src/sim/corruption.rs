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
    /// Hashes in place of transactions.
    TxHashesOnly,
    /// No transactions at all.
    TxNone,
    /// A header field that only the hash covers.
    HeaderField,
    /// The hash that the header claims, also in `newHeads`.
    HeaderHash,
    /// A bloom of nothing but ones, logs or not.
    BloomFull,
    /// `0x` for a bloom.
    BloomEmpty,
    /// `0x0` for a bloom.
    BloomZero,
    /// The block as it stood before it was one: without hash, nonce and miner.
    Pending,
    /// `0x` for a quantity that is not zero.
    EmptyQuantity,
    /// Data with half a byte at its end.
    OddData,
    /// The amount of the first withdrawal.
    Withdrawal,
    /// An empty list instead of receipts.
    ReceiptsMissing,
    /// `null` instead of receipts.
    ReceiptsNull,
    /// `null` in place of the last receipt.
    ReceiptNull,
    /// The last receipt is missing.
    ReceiptMissing,
    /// The receipt of another transaction at the end.
    ReceiptForeign,
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
    pub const ALL: [Self; 24] = [
        Self::TxField,
        Self::TxHash,
        Self::TxMissing,
        Self::TxOrder,
        Self::TxHashesOnly,
        Self::TxNone,
        Self::HeaderField,
        Self::HeaderHash,
        Self::BloomFull,
        Self::BloomEmpty,
        Self::BloomZero,
        Self::Pending,
        Self::EmptyQuantity,
        Self::OddData,
        Self::Withdrawal,
        Self::ReceiptsMissing,
        Self::ReceiptsNull,
        Self::ReceiptNull,
        Self::ReceiptMissing,
        Self::ReceiptForeign,
        Self::ReceiptOrder,
        Self::ReceiptStatus,
        Self::LogData,
        Self::ReceiptsOfAnotherBlock,
    ];

    /// What a play calls it in which nothing else is forged.
    pub const fn trouble(self) -> &'static str {
        match self {
            Self::TxField => "forged-transaction",
            Self::TxHash => "forged-transaction-hash",
            Self::TxMissing => "forged-transaction-missing",
            Self::TxOrder => "forged-transaction-order",
            Self::TxHashesOnly => "forged-transaction-hashes-only",
            Self::TxNone => "forged-transaction-none",
            Self::HeaderField => "forged-header-field",
            Self::HeaderHash => "forged-header-hash",
            Self::BloomFull => "forged-bloom-full",
            Self::BloomEmpty => "forged-bloom-empty",
            Self::BloomZero => "forged-bloom-zero",
            Self::Pending => "forged-pending",
            Self::EmptyQuantity => "forged-empty-quantity",
            Self::OddData => "forged-odd-data",
            Self::Withdrawal => "forged-withdrawal",
            Self::ReceiptsMissing => "forged-receipts-missing",
            Self::ReceiptsNull => "forged-receipts-null",
            Self::ReceiptNull => "forged-receipt-null",
            Self::ReceiptMissing => "forged-receipt-missing",
            Self::ReceiptForeign => "forged-receipt-foreign",
            Self::ReceiptOrder => "forged-receipt-order",
            Self::ReceiptStatus => "forged-receipt-status",
            Self::LogData => "forged-log-data",
            Self::ReceiptsOfAnotherBlock => "forged-receipts-of-another-block",
        }
    }

    /// What it changes.
    pub const fn subject(self) -> Subject {
        match self {
            Self::ReceiptsMissing
            | Self::ReceiptsNull
            | Self::ReceiptNull
            | Self::ReceiptMissing
            | Self::ReceiptForeign
            | Self::ReceiptOrder
            | Self::ReceiptStatus
            | Self::LogData
            | Self::ReceiptsOfAnotherBlock => Subject::Receipts,
            _ => Subject::Block,
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
            Self::TxHashesOnly => name_only(value.pointer_mut("/transactions")),
            Self::TxNone => replace_with(value.pointer_mut("/transactions"), json!([])),
            Self::HeaderField => turn(value.pointer_mut("/stateRoot")),
            Self::HeaderHash => turn(value.pointer_mut("/hash")),
            Self::BloomFull => replace(value.get_mut("logsBloom"), &format!("0x{}", "f".repeat(512))),
            Self::BloomEmpty => replace(value.get_mut("logsBloom"), "0x"),
            Self::BloomZero => replace(value.get_mut("logsBloom"), "0x0"),
            Self::Pending => {
                let unknown = ["hash", "nonce", "miner"];
                unknown.iter().for_each(|field| replace_with(value.get_mut(field), Value::Null));
            }
            Self::EmptyQuantity => replace(value.get_mut("gasLimit"), "0x"),
            Self::OddData => lengthen(value.get_mut("extraData")),
            Self::Withdrawal => replace(value.pointer_mut("/withdrawals/0/amount"), "0xbad"),
            Self::ReceiptsMissing => *value = json!([]),
            Self::ReceiptsNull => *value = Value::Null,
            Self::ReceiptNull => {
                replace_with(value.as_array_mut().and_then(|receipts| receipts.last_mut()), Value::Null);
            }
            Self::ReceiptMissing => shorten(Some(value)),
            Self::ReceiptForeign => add_foreign(value),
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
    replace_with(place, json!(with));
}

fn replace_with(place: Option<&mut Value>, with: Value) {
    if let Some(place) = place {
        *place = with;
    }
}

fn name_only(transactions: Option<&mut Value>) {
    for transaction in transactions.and_then(Value::as_array_mut).into_iter().flatten() {
        // Where only names were asked for, there is nothing to take away.
        if let Some(hash) = transaction.get_mut("hash").map(Value::take) {
            *transaction = hash;
        }
    }
}

fn lengthen(place: Option<&mut Value>) {
    if let Some(Value::String(text)) = place {
        text.push('0');
    }
}

fn add_foreign(receipts: &mut Value) {
    let Some(receipts) = receipts.as_array_mut() else { return };
    if let Some(mut foreign) = receipts.last().cloned() {
        turn(foreign.get_mut("transactionHash"));
        receipts.push(foreign);
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
            Self::TxHashesOnly => "hashes for transactions",
            Self::TxNone => "no transactions for a block that has some",
            Self::HeaderField => "a field of the header",
            Self::HeaderHash => "the hash of the block",
            Self::BloomFull => "a bloom of ones",
            Self::BloomEmpty => "an empty bloom",
            Self::BloomZero => "a zero for a bloom",
            Self::Pending => "a pending block for the newest",
            Self::EmptyQuantity => "an empty quantity",
            Self::OddData => "half a byte too much",
            Self::Withdrawal => "what a withdrawal pays",
            Self::ReceiptsMissing => "no receipts for a block that has some",
            Self::ReceiptsNull => "null for receipts",
            Self::ReceiptNull => "null for a receipt",
            Self::ReceiptForeign => "the receipt of another transaction",
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
