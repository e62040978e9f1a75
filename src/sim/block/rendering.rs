//! A block in JSON, as the Ethereum execution API has it.
//!
//! Source: <https://ethereum.github.io/execution-apis/>.

use alloy_consensus::{EthereumTxEnvelope, Header as EvmHeader, Transaction as _, TxEip4844};
use alloy_eips::eip4895::Withdrawal;
use alloy_primitives::{Address, B256, Bloom, Log};
use bytes::Bytes;
use serde::{Serialize, Serializer};

use super::Block;
use crate::sim::receipts::{DEPOSIT_RECEIPT_VERSION, Receipt};
use crate::sim::transactions::{Body, Deposit, Transaction};

/// With whole transactions.
pub fn full(block: &Block) -> Bytes {
    let transactions = block.body().transactions.iter().zip(0..);
    json(&RpcBlock::new(
        block,
        transactions.map(|(one, place)| RpcTransaction::new(block, one, place)).collect(),
    ))
}

/// With the hashes of its transactions.
pub fn hashes(block: &Block) -> Bytes {
    json(&RpcBlock::new(block, block.body().transactions.iter().map(|one| one.hash).collect()))
}

/// The header alone.
pub fn head(block: &Block) -> Bytes {
    json(&RpcHeader { header: block.evm(), hash: block.evm_hash() })
}

/// The receipts.
pub fn receipts(block: &Block) -> Bytes {
    let mut place = Place { transaction: 0, first_log: 0 };
    let mut rendered = Vec::new();
    for (transaction, receipt) in block.body().transactions.iter().zip(&block.body().receipts) {
        rendered.push(RpcReceipt::new(block, transaction, receipt, place));
        place.transaction += 1;
        place.first_log += receipt.logs.len() as u64;
    }
    json(&rendered)
}

fn json(value: &impl Serialize) -> Bytes {
    serde_json::to_vec(value).unwrap_or_default().into()
}

/// A number as the protocol writes it: `0x` and digits, without leading zeros.
struct Quantity(u128);

impl Serialize for Quantity {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("{:#x}", self.0))
    }
}

impl From<u64> for Quantity {
    fn from(number: u64) -> Self {
        Self(number.into())
    }
}

#[derive(Serialize)]
struct RpcHeader<'a> {
    #[serde(flatten)]
    header: &'a EvmHeader,
    hash: B256,
}

#[derive(Serialize)]
struct RpcBlock<'a, T> {
    #[serde(flatten)]
    header: RpcHeader<'a>,
    uncles: [B256; 0],
    transactions: Vec<T>,
    withdrawals: &'a [Withdrawal],
}

impl<'a, T> RpcBlock<'a, T> {
    fn new(block: &'a Block, transactions: Vec<T>) -> Self {
        let header = RpcHeader { header: block.evm(), hash: block.evm_hash() };
        Self { header, uncles: [], transactions, withdrawals: &block.body().withdrawals }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct RpcTransaction<'a> {
    #[serde(flatten)]
    body: RpcBody<'a>,
    block_hash: B256,
    block_number: Quantity,
    transaction_index: Quantity,
    from: Address,
    #[serde(skip_serializing_if = "Option::is_none")]
    gas_price: Option<Quantity>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum RpcBody<'a> {
    Signed(&'a EthereumTxEnvelope<TxEip4844>),
    Deposit(Box<RpcDeposit<'a>>),
}

impl<'a> RpcTransaction<'a> {
    fn new(block: &Block, transaction: &'a Transaction, place: u64) -> Self {
        let (body, gas_price) = match &transaction.body {
            // Those with a price of their own render it themselves.
            Body::Signed(signed) if signed.is_dynamic_fee() => {
                (RpcBody::Signed(signed), Some(price(block, signed)))
            }
            Body::Signed(signed) => (RpcBody::Signed(signed), None),
            Body::Deposit(deposit) => {
                (RpcBody::Deposit(Box::new(RpcDeposit::new(transaction.hash, deposit))), None)
            }
        };
        Self {
            body,
            block_hash: block.evm_hash(),
            block_number: block.number().into(),
            transaction_index: place.into(),
            from: transaction.from,
            gas_price,
        }
    }
}

fn price(block: &Block, signed: &EthereumTxEnvelope<TxEip4844>) -> Quantity {
    Quantity(signed.effective_gas_price(block.evm().base_fee_per_gas))
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct RpcDeposit<'a> {
    r#type: &'static str,
    hash: B256,
    source_hash: B256,
    to: Address,
    mint: Quantity,
    value: alloy_primitives::U256,
    gas: Quantity,
    is_system_tx: bool,
    input: &'a alloy_primitives::Bytes,
    nonce: &'static str,
    gas_price: &'static str,
    v: &'static str,
    r: &'static str,
    s: &'static str,
}

impl<'a> RpcDeposit<'a> {
    /// Nodes give a deposit, which nobody signed, a signature of zeros.
    fn new(hash: B256, deposit: &'a Deposit) -> Self {
        Self {
            r#type: "0x7e",
            hash,
            source_hash: deposit.source_hash,
            to: deposit.to,
            mint: Quantity(deposit.mint),
            value: deposit.value,
            gas: deposit.gas.into(),
            is_system_tx: deposit.is_system_tx,
            input: &deposit.input,
            nonce: "0x0",
            gas_price: "0x0",
            v: "0x0",
            r: "0x0",
            s: "0x0",
        }
    }
}

/// Where in the block a receipt stands.
#[derive(Clone, Copy)]
struct Place {
    transaction: u64,
    first_log: u64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct RpcReceipt<'a> {
    r#type: Quantity,
    status: Quantity,
    transaction_hash: B256,
    transaction_index: Quantity,
    block_hash: B256,
    block_number: Quantity,
    from: Address,
    to: Option<Address>,
    contract_address: Option<Address>,
    cumulative_gas_used: Quantity,
    gas_used: Quantity,
    effective_gas_price: Quantity,
    logs: Vec<RpcLog<'a>>,
    logs_bloom: &'a Bloom,
    #[serde(flatten)]
    deposit: Option<DepositReceipt>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct DepositReceipt {
    deposit_nonce: Quantity,
    deposit_receipt_version: Quantity,
}

impl<'a> RpcReceipt<'a> {
    fn new(block: &Block, transaction: &Transaction, receipt: &'a Receipt, place: Place) -> Self {
        let log = |(log, offset): (&'a Log, u64)| RpcLog {
            address: log.address,
            topics: log.topics(),
            data: &log.data.data,
            block_hash: block.evm_hash(),
            block_number: block.number().into(),
            transaction_hash: transaction.hash,
            transaction_index: place.transaction.into(),
            log_index: (place.first_log + offset).into(),
            removed: false,
        };
        let (to, effective_gas_price, deposit) = match &transaction.body {
            Body::Signed(signed) => (signed.to(), price(block, signed), None),
            Body::Deposit(deposit) => (Some(deposit.to), Quantity(0), Some(DepositReceipt::new(receipt))),
        };
        Self {
            r#type: u64::from(receipt.kind).into(),
            status: u64::from(receipt.success).into(),
            transaction_hash: transaction.hash,
            transaction_index: place.transaction.into(),
            block_hash: block.evm_hash(),
            block_number: block.number().into(),
            from: transaction.from,
            to,
            contract_address: None,
            cumulative_gas_used: receipt.cumulative_gas_used.into(),
            gas_used: receipt.gas_used.into(),
            effective_gas_price,
            logs: receipt.logs.iter().zip(0..).map(log).collect(),
            logs_bloom: &receipt.bloom,
            deposit,
        }
    }
}

impl DepositReceipt {
    fn new(receipt: &Receipt) -> Self {
        Self {
            deposit_nonce: receipt.deposit_nonce.into(),
            deposit_receipt_version: DEPOSIT_RECEIPT_VERSION.into(),
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct RpcLog<'a> {
    address: Address,
    topics: &'a [B256],
    data: &'a alloy_primitives::Bytes,
    block_hash: B256,
    block_number: Quantity,
    transaction_hash: B256,
    transaction_index: Quantity,
    log_index: Quantity,
    removed: bool,
}
