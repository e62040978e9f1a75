//! Who served something.

use serde::Serialize;

use super::consensus::votes::Operator;

/// Who served a block.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Served {
    /// The provider.
    pub provider: String,
    /// Its operator.
    pub operator: Operator,
}
