//! The encoding of every known type, field by field.

use alloy_primitives::B256;
use alloy_rlp::Encodable;

use super::super::rlp;
use super::{Transaction, Unencodable, kind};

impl Transaction {
    /// The signature's `v` carries the chain id since EIP-155 and not before: as it is, it serves both.
    pub(super) fn encode_legacy(&self, out: &mut Vec<u8>) -> Result<(), Unencodable> {
        let gas_price = self.need(self.gas_price, "gasPrice")?;
        let v = self.need(self.v, "v")?;
        rlp::list(out, |out| {
            self.nonce.encode(out);
            gas_price.encode(out);
            self.gas.encode(out);
            self.encode_call(out);
            v.encode(out);
            self.r.encode(out);
            self.s.encode(out);
        });
        Ok(())
    }

    /// EIP-2930.
    pub(super) fn encode_access_list(&self, out: &mut Vec<u8>) -> Result<(), Unencodable> {
        let chain_id = self.need(self.chain_id, "chainId")?;
        let gas_price = self.need(self.gas_price, "gasPrice")?;
        let accesses = self.need(self.access_list.as_ref(), "accessList")?;
        let parity = self.parity()?;
        out.push(self.kind);
        rlp::list(out, |out| {
            chain_id.encode(out);
            self.nonce.encode(out);
            gas_price.encode(out);
            self.gas.encode(out);
            self.encode_call(out);
            rlp::list_of(out, accesses);
            self.encode_signature(parity, out);
        });
        Ok(())
    }

    /// EIP-1559.
    pub(super) fn encode_dynamic_fee(&self, out: &mut Vec<u8>) -> Result<(), Unencodable> {
        self.encode_with_fees(out, |_| {})
    }

    /// EIP-4844.
    pub(super) fn encode_blob(&self, out: &mut Vec<u8>) -> Result<(), Unencodable> {
        let fee = self.need(self.max_fee_per_blob_gas, "maxFeePerBlobGas")?;
        let blobs: &Vec<B256> = self.need(self.blob_versioned_hashes.as_ref(), "blobVersionedHashes")?;
        self.encode_with_fees(out, |out| {
            fee.encode(out);
            rlp::list_of(out, blobs);
        })
    }

    /// EIP-7702.
    pub(super) fn encode_set_code(&self, out: &mut Vec<u8>) -> Result<(), Unencodable> {
        let authorizations = self.need(self.authorization_list.as_ref(), "authorizationList")?;
        self.encode_with_fees(out, |out| rlp::list_of(out, authorizations))
    }

    /// Source: `ArbitrumInternalTx` in OffchainLabs/go-ethereum, `core/types/arb_types.go`.
    pub(super) fn encode_arbitrum_internal(&self, out: &mut Vec<u8>) -> Result<(), Unencodable> {
        let chain_id = self.need(self.chain_id, "chainId")?;
        out.push(kind::ARBITRUM_INTERNAL);
        rlp::list(out, |out| {
            chain_id.encode(out);
            self.input.encode(out);
        });
        Ok(())
    }

    /// Unsigned. Source: the OP stack's specification of deposits.
    pub(super) fn encode_deposit(&self, out: &mut Vec<u8>) -> Result<(), Unencodable> {
        let source = self.need(self.source_hash, "sourceHash")?;
        let from = self.need(self.from, "from")?;
        out.push(kind::DEPOSIT);
        rlp::list(out, |out| {
            source.encode(out);
            from.encode(out);
            rlp::optional(out, self.to.as_ref());
            self.mint.unwrap_or_default().encode(out);
            self.value.encode(out);
            self.gas.encode(out);
            self.is_system_tx.unwrap_or_default().encode(out);
            self.input.encode(out);
        });
        Ok(())
    }

    /// What all types since London share; `more` writes what follows the access list.
    fn encode_with_fees(
        &self,
        out: &mut Vec<u8>,
        more: impl FnOnce(&mut Vec<u8>),
    ) -> Result<(), Unencodable> {
        let chain_id = self.need(self.chain_id, "chainId")?;
        let priority = self.need(self.max_priority_fee_per_gas, "maxPriorityFeePerGas")?;
        let fee = self.need(self.max_fee_per_gas, "maxFeePerGas")?;
        let accesses = self.need(self.access_list.as_ref(), "accessList")?;
        let parity = self.parity()?;
        out.push(self.kind);
        rlp::list(out, |out| {
            chain_id.encode(out);
            self.nonce.encode(out);
            priority.encode(out);
            fee.encode(out);
            self.gas.encode(out);
            self.encode_call(out);
            rlp::list_of(out, accesses);
            more(out);
            self.encode_signature(parity, out);
        });
        Ok(())
    }

    fn encode_call(&self, out: &mut Vec<u8>) {
        rlp::optional(out, self.to.as_ref());
        self.value.encode(out);
        self.input.encode(out);
    }

    fn encode_signature(&self, parity: u64, out: &mut Vec<u8>) {
        parity.encode(out);
        self.r.encode(out);
        self.s.encode(out);
    }

    /// Providers write `yParity`, `v`, or both; some add 27 to `v` as legacy signatures do.
    fn parity(&self) -> Result<u64, Unencodable> {
        match (self.y_parity, self.v) {
            (Some(parity), Some(v)) if v != parity && v != parity.saturating_add(27) => {
                Err(Unencodable::Contradiction)
            }
            (Some(parity), _) => Ok(parity),
            (None, v) => self.need(v, "yParity"),
        }
    }

    fn need<T>(&self, field: Option<T>, name: &'static str) -> Result<T, Unencodable> {
        field.ok_or(Unencodable::Missing { kind: self.kind, field: name })
    }
}
