//! A 32-byte hash, written as chains write it.

use std::fmt;
use std::str::FromStr;

use super::text_form::travels_as_text;

/// A 32-byte hash; its text is `0x` and 64 hexadecimal digits.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hash(pub [u8; 32]);

/// Why a text is not a hash.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a hash is 0x and 64 hexadecimal digits, not {0:?}")]
pub struct NotAHash(String);

impl Hash {
    /// The hash of nothing: a genesis block's parent.
    pub const ZERO: Self = Self([0; 32]);

    /// A form for people's eyes: `0x12345678…`.
    pub fn short(&self) -> String {
        format!("0x{}…", hex::encode(&self.0[..4]))
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "0x{}", hex::encode(self.0))
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, out)
    }
}

impl FromStr for Hash {
    type Err = NotAHash;

    fn from_str(text: &str) -> Result<Self, NotAHash> {
        let mut bytes = [0; 32];
        let digits = text.strip_prefix("0x").ok_or_else(|| NotAHash(text.into()))?;
        hex::decode_to_slice(digits, &mut bytes).map_err(|_| NotAHash(text.into()))?;
        Ok(Self(bytes))
    }
}

travels_as_text!(Hash);

#[cfg(test)]
mod tests {
    use super::Hash;

    #[test]
    fn text_and_bytes_are_two_forms_of_one_hash() {
        let hash = Hash([0xab; 32]);
        assert_eq!(hash.to_string().parse(), Ok(hash));
        assert!("0xab".parse::<Hash>().is_err());
        assert!("ab".repeat(32).parse::<Hash>().is_err());
    }
}
