//! EVM chains: what their blocks look like, and how everything in them is recomputed.
//!
//! # Why
//! A provider's block is only a claim. Its header, transactions, withdrawals and receipts are bound together by hashes, so a
//! claim can be taken apart and recomputed without asking anybody else. Nothing that the JSON calls a hash is believed.
//!
//! # Reading
//! - [`verify::EvmVerifier`] recomputes a [`RawBlock`](super::family::RawBlock); [`verify::verify_json`] does it for files.
//! - [`scan::scan`] reads a block's place in its chain and nothing else; [`scan::parse_header`] also recomputes its hash, for
//!   announced heads and for answers without transactions.
//! - [`profile::Profile`] says what a chain does differently, and therefore what cannot be proved on it.
//!
//! # Asking
//! - [`client::EvmClient`] asks one endpoint; [`heads::NewHeads`] listens to one. Both come from [`family::Evm`].
//!
//! # Making
//! True blocks are made with the same code:
//! - [`header::Header::hash`], [`transaction::Transaction::encode`] and [`transaction::Transaction::hash`],
//!   [`receipt::Receipt::encode`], [`withdrawal::Withdrawal::encode`];
//! - [`roots::ordered`] over encoded items, [`roots::of_transactions`], [`roots::of_receipts`], [`roots::of_withdrawals`];
//! - [`bloom::bloom`] over logs;
//! - [`seal::seal`] fills in everything that follows from a header's and a body's free fields.
//!
//! All of these structs are JSON-RPC objects under serde: [`block::Block`] is what `eth_getBlockByNumber` answers,
//! `Vec<`[`receipt::Receipt`]`>` what `eth_getBlockReceipts` does. Quantities are read leniently and written canonically.
//!
//! # Not promised
//! Some fields stand in no hash and stay claims: a transaction's `from` (recovering it costs a signature check each), the
//! effective `gasPrice` of a dynamic-fee transaction, a legacy transaction's `chainId`, `totalDifficulty`, `size`, and a
//! receipt's `from`, `to`, `contractAddress` and `effectiveGasPrice`. Where a profile knows of a type that cannot be encoded, a
//! block with such a transaction has its transactions taken on agreement: an operator of such a chain wants a quorum.

pub mod block;
pub mod bloom;
mod bounded;
pub mod client;
pub mod family;
pub mod fields;
pub mod header;
pub mod heads;
pub mod malformed;
pub mod profile;
pub mod prove;
pub mod quantity;
mod question;
pub mod receipt;
pub mod rlp;
pub mod roots;
pub mod scan;
pub mod seal;
pub mod transaction;
pub mod verify;
pub mod withdrawal;

#[cfg(test)]
mod tests;
