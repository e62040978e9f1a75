//! Transactions of every type, with random content and real encodings.

use alloy_consensus::{EthereumTxEnvelope, Signed, TxEip1559, TxEip2930, TxEip4844, TxEip7702, TxLegacy};
use alloy_eips::eip2718::Encodable2718;
use alloy_eips::eip2930::{AccessList, AccessListItem};
use alloy_eips::eip7702::{Authorization, SignedAuthorization};
use alloy_primitives::{Address, B256, Bytes, Signature, TxKind, U256, keccak256};
use alloy_rlp::Encodable;

use super::genesis::{Flavour, Genesis};
use super::random::Random;

/// The type byte of an OP-stack deposit. Source: <https://specs.optimism.io/protocol/deposits.html>.
pub const DEPOSIT_TYPE: u8 = 0x7e;
/// The most blobs in a block, one a transaction. Source: EIP-7691.
const MOST_BLOBS: u64 = 9;

/// A transaction with its encoding.
#[derive(Clone, Debug)]
pub struct Transaction {
    /// What it says.
    pub body: Body,
    /// Who it claims to be from: no signature proves it.
    pub from: Address,
    /// Its EIP-2718 encoding, as the transactions root takes it.
    pub encoded: Vec<u8>,
    /// The hash of that encoding.
    pub hash: B256,
}

/// What a transaction says.
#[derive(Clone, Debug)]
pub enum Body {
    /// One of types 0 to 4.
    Signed(EthereumTxEnvelope<TxEip4844>),
    /// An OP-stack deposit.
    Deposit(Deposit),
}

/// An OP-stack deposit, its fields in the order of their encoding.
#[derive(Clone, Debug)]
pub struct Deposit {
    /// Names where on the other chain it comes from.
    pub source_hash: B256,
    /// The sender.
    pub from: Address,
    /// The recipient.
    pub to: Address,
    /// Wei to mint.
    pub mint: u128,
    /// Wei to move.
    pub value: U256,
    /// The gas limit.
    pub gas: u64,
    /// Always false since the Regolith upgrade.
    pub is_system_tx: bool,
    /// The input.
    pub input: Bytes,
}

impl Deposit {
    fn encoded(&self) -> Vec<u8> {
        let fields: [&dyn Encodable; 8] = [
            &self.source_hash,
            &self.from,
            &self.to,
            &self.mint,
            &self.value,
            &self.gas,
            &self.is_system_tx,
            &self.input,
        ];
        let mut encoded = vec![DEPOSIT_TYPE];
        alloy_rlp::encode_list::<_, dyn Encodable>(&fields, &mut encoded);
        encoded
    }
}

impl Transaction {
    /// Its type byte.
    pub fn kind(&self) -> u8 {
        match &self.body {
            Body::Signed(signed) => signed.tx_type().into(),
            Body::Deposit(_) => DEPOSIT_TYPE,
        }
    }

    /// How many blobs it carries.
    pub fn blobs(&self) -> u64 {
        match &self.body {
            Body::Signed(EthereumTxEnvelope::Eip4844(signed)) => {
                signed.tx().blob_versioned_hashes.len() as u64
            }
            _ => 0,
        }
    }

    fn new(body: Body, from: Address, encoded: Vec<u8>) -> Self {
        let hash = keccak256(&encoded);
        Self { body, from, encoded, hash }
    }
}

/// Makes the transactions of one block, in order.
#[derive(Debug)]
pub struct Writer<'a> {
    genesis: &'a Genesis,
    random: &'a mut Random,
    base_fee: u128,
    blobs_left: u64,
}

impl<'a> Writer<'a> {
    /// A writer for a block of this base fee.
    pub fn new(genesis: &'a Genesis, random: &'a mut Random, base_fee: u64) -> Self {
        let blobs_left = match genesis.flavour {
            Flavour::Ethereum => MOST_BLOBS,
            Flavour::Optimism => 0,
        };
        Self { genesis, random, base_fee: base_fee.into(), blobs_left }
    }

    /// As many as the genesis allows, of every type of its flavour.
    pub fn write(mut self) -> Vec<Transaction> {
        let count = self.random.within(&self.genesis.transactions_per_block);
        match self.genesis.flavour {
            Flavour::Ethereum => (0..count).map(|_| self.signed()).collect(),
            Flavour::Optimism => {
                let deposit = self.deposit();
                std::iter::once(deposit).chain((0..count).map(|_| self.signed())).collect()
            }
        }
    }

    fn signed(&mut self) -> Transaction {
        let envelope: EthereumTxEnvelope<TxEip4844> = match self.random.below(10) {
            0 | 1 => self.legacy().into(),
            2 => self.eip2930().into(),
            3 if self.blobs_left > 0 => self.eip4844().into(),
            4 => self.eip7702().into(),
            _ => self.eip1559().into(),
        };
        let encoded = envelope.encoded_2718();
        Transaction::new(Body::Signed(envelope), self.address(), encoded)
    }

    fn legacy(&mut self) -> Signed<TxLegacy> {
        let transaction = TxLegacy {
            // One in four predates EIP-155 and names no chain.
            chain_id: (!self.random.once_in(4)).then_some(self.genesis.chain),
            nonce: self.random.below(1 << 20),
            gas_price: self.base_fee + 1_000_000,
            gas_limit: self.gas_limit(),
            to: self.recipient(),
            value: self.value(),
            input: self.input(),
        };
        self.sign(transaction)
    }

    fn eip2930(&mut self) -> Signed<TxEip2930> {
        let transaction = TxEip2930 {
            chain_id: self.genesis.chain,
            nonce: self.random.below(1 << 20),
            gas_price: self.base_fee + 1_000_000,
            gas_limit: self.gas_limit(),
            to: self.recipient(),
            value: self.value(),
            access_list: self.access_list(),
            input: self.input(),
        };
        self.sign(transaction)
    }

    fn eip1559(&mut self) -> Signed<TxEip1559> {
        let transaction = TxEip1559 {
            chain_id: self.genesis.chain,
            nonce: self.random.below(1 << 20),
            gas_limit: self.gas_limit(),
            max_fee_per_gas: self.base_fee * 2,
            max_priority_fee_per_gas: u128::from(self.random.below(1_000_000)),
            to: self.recipient(),
            value: self.value(),
            access_list: AccessList::default(),
            input: self.input(),
        };
        self.sign(transaction)
    }

    fn eip4844(&mut self) -> Signed<TxEip4844> {
        self.blobs_left -= 1;
        let transaction = TxEip4844 {
            chain_id: self.genesis.chain,
            nonce: self.random.below(1 << 20),
            gas_limit: self.gas_limit(),
            max_fee_per_gas: self.base_fee * 2,
            max_priority_fee_per_gas: u128::from(self.random.below(1_000_000)),
            to: self.address(),
            value: self.value(),
            access_list: AccessList::default(),
            blob_versioned_hashes: vec![self.versioned_hash()],
            max_fee_per_blob_gas: 1_000_000,
            input: self.input(),
        };
        self.sign(transaction)
    }

    fn eip7702(&mut self) -> Signed<TxEip7702> {
        let transaction = TxEip7702 {
            chain_id: self.genesis.chain,
            nonce: self.random.below(1 << 20),
            gas_limit: self.gas_limit(),
            max_fee_per_gas: self.base_fee * 2,
            max_priority_fee_per_gas: u128::from(self.random.below(1_000_000)),
            to: self.address(),
            value: self.value(),
            access_list: self.access_list(),
            authorization_list: vec![self.authorization()],
            input: self.input(),
        };
        self.sign(transaction)
    }

    fn deposit(&mut self) -> Transaction {
        let deposit = Deposit {
            source_hash: self.word(),
            from: self.address(),
            to: self.address(),
            mint: u128::from(self.random.below(1 << 40)),
            value: self.value(),
            gas: 1_000_000,
            is_system_tx: false,
            input: self.input(),
        };
        let (from, encoded) = (deposit.from, deposit.encoded());
        Transaction::new(Body::Deposit(deposit), from, encoded)
    }

    fn sign<T>(&mut self, transaction: T) -> Signed<T> {
        let signature = Signature::new(self.scalar(), self.scalar(), self.random.once_in(2));
        Signed::new_unhashed(transaction, signature)
    }

    fn authorization(&mut self) -> SignedAuthorization {
        let inner = Authorization {
            chain_id: U256::from(self.genesis.chain),
            address: self.address(),
            nonce: self.random.below(1 << 20),
        };
        let parity = u8::from(self.random.once_in(2));
        SignedAuthorization::new_unchecked(inner, parity, self.scalar(), self.scalar())
    }

    fn access_list(&mut self) -> AccessList {
        let count = self.random.below(3);
        let item = |_| AccessListItem { address: self.address(), storage_keys: vec![self.word()] };
        AccessList((0..count).map(item).collect())
    }

    fn recipient(&mut self) -> TxKind {
        if self.random.once_in(8) { TxKind::Create } else { TxKind::Call(self.address()) }
    }

    fn input(&mut self) -> Bytes {
        let length = self.random.within(&self.genesis.input_bytes);
        self.random.bytes(usize::try_from(length).unwrap_or_default()).into()
    }

    fn gas_limit(&mut self) -> u64 {
        21_000 + self.random.below(60_000)
    }

    fn value(&mut self) -> U256 {
        U256::from(self.random.word())
    }

    fn address(&mut self) -> Address {
        Address::from(self.random.array())
    }

    fn word(&mut self) -> B256 {
        B256::from(self.random.array())
    }

    /// Its first byte is the version of KZG commitments. Source: EIP-4844.
    fn versioned_hash(&mut self) -> B256 {
        let mut bytes: [u8; 32] = self.random.array();
        bytes[0] = 1;
        B256::from(bytes)
    }

    /// Half of a signature: not zero, and below the curve's order.
    fn scalar(&mut self) -> U256 {
        let mut bytes: [u8; 32] = self.random.array();
        bytes[0] &= 0x7f;
        bytes[31] |= 1;
        U256::from_be_bytes(bytes)
    }
}
