//! The tables: which column is filled from which field.

use super::cell::{Cell, Shape};
use super::object::Object;

/// The values of one row, in the order of its table's columns.
pub type Row = Vec<Cell>;

/// A column that is filled from a field of the provider's JSON.
#[derive(Clone, Copy, Debug)]
pub struct Column {
    name: &'static str,
    field: &'static str,
    shape: Shape,
}

impl Column {
    /// The field's value for this column.
    pub fn read(&self, object: &Object<'_>) -> Cell {
        Cell::read(object.get(self.field), self.shape)
    }
}

/// A table.
#[derive(Clone, Copy, Debug)]
pub struct Table {
    /// Its name.
    pub name: &'static str,
    /// The columns that blocktap fills from what it knows itself.
    pub own: &'static [&'static str],
    /// The columns from the object itself.
    pub fields: &'static [Column],
    /// The columns from what is joined to it.
    pub joined: &'static [Column],
}

impl Table {
    /// The columns in the order of a row's values.
    pub fn columns(&self) -> impl Iterator<Item = &'static str> {
        let fields = self.fields.iter().chain(self.joined).map(|column| column.name);
        self.own.iter().copied().chain(fields)
    }

    /// The statement that inserts `count` rows.
    pub fn insert(&self, count: usize) -> String {
        let columns: Vec<&str> = self.columns().collect();
        let row = format!("({})", vec!["?"; columns.len()].join(","));
        format!("INSERT INTO {} ({}) VALUES {}", self.name, columns.join(","), vec![row; count].join(","))
    }
}

const fn column(name: &'static str, field: &'static str, shape: Shape) -> Column {
    Column { name, field, shape }
}

/// Every event, without its body.
pub const EVENTS: Table = Table {
    name: "events",
    own: &[
        "stream",
        "seq",
        "id",
        "prev_id",
        "epoch",
        "step",
        "block_number",
        "block_hash",
        "parent_hash",
        "block_time",
        "finality",
        "safe_number",
        "finalized_number",
        "reorg",
        "source",
    ],
    fields: &[],
    joined: &[],
};

/// The canonical blocks.
pub const BLOCKS: Table = Table {
    name: "blocks",
    own: &["chain", "number", "hash", "parent_hash", "timestamp", "transaction_count"],
    fields: &[
        column("nonce", "nonce", Shape::Text),
        column("sha3_uncles", "sha3Uncles", Shape::Text),
        column("logs_bloom", "logsBloom", Shape::Text),
        column("transactions_root", "transactionsRoot", Shape::Text),
        column("state_root", "stateRoot", Shape::Text),
        column("receipts_root", "receiptsRoot", Shape::Text),
        column("miner", "miner", Shape::Text),
        column("difficulty", "difficulty", Shape::Amount),
        column("total_difficulty", "totalDifficulty", Shape::Amount),
        column("size", "size", Shape::Integer),
        column("extra_data", "extraData", Shape::Text),
        column("gas_limit", "gasLimit", Shape::Integer),
        column("gas_used", "gasUsed", Shape::Integer),
        column("base_fee_per_gas", "baseFeePerGas", Shape::Integer),
        column("withdrawals_root", "withdrawalsRoot", Shape::Text),
        column("withdrawals", "withdrawals", Shape::Json),
        column("blob_gas_used", "blobGasUsed", Shape::Integer),
        column("excess_blob_gas", "excessBlobGas", Shape::Integer),
    ],
    joined: &[],
};

/// Their transactions, each with its receipt where there is one.
pub const TRANSACTIONS: Table = Table {
    name: "transactions",
    own: &["chain", "block_number", "block_hash", "block_timestamp", "transaction_index"],
    fields: &[
        column("hash", "hash", Shape::Text),
        column("nonce", "nonce", Shape::Integer),
        column("from_address", "from", Shape::Text),
        column("to_address", "to", Shape::Text),
        column("value", "value", Shape::Amount),
        column("gas", "gas", Shape::Integer),
        column("gas_price", "gasPrice", Shape::Integer),
        column("input", "input", Shape::Text),
        column("max_fee_per_gas", "maxFeePerGas", Shape::Integer),
        column("max_priority_fee_per_gas", "maxPriorityFeePerGas", Shape::Integer),
        column("transaction_type", "type", Shape::Integer),
        column("max_fee_per_blob_gas", "maxFeePerBlobGas", Shape::Integer),
        column("blob_versioned_hashes", "blobVersionedHashes", Shape::Json),
    ],
    joined: &[
        column("receipt_cumulative_gas_used", "cumulativeGasUsed", Shape::Integer),
        column("receipt_gas_used", "gasUsed", Shape::Integer),
        column("receipt_contract_address", "contractAddress", Shape::Text),
        column("receipt_root", "root", Shape::Text),
        column("receipt_status", "status", Shape::Integer),
        column("receipt_effective_gas_price", "effectiveGasPrice", Shape::Integer),
        column("receipt_blob_gas_price", "blobGasPrice", Shape::Integer),
        column("receipt_blob_gas_used", "blobGasUsed", Shape::Integer),
        column("receipt_l1_fee", "l1Fee", Shape::Amount),
    ],
};

/// The logs of their receipts.
pub const LOGS: Table = Table {
    name: "logs",
    own: &["chain", "block_number", "block_hash", "block_timestamp", "log_index"],
    fields: &[
        column("transaction_hash", "transactionHash", Shape::Text),
        column("transaction_index", "transactionIndex", Shape::Integer),
        column("address", "address", Shape::Text),
        column("data", "data", Shape::Text),
        column("topics", "topics", Shape::Json),
    ],
    joined: &[],
};
