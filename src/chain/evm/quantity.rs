//! Quantities as providers write them: `0x1f` by the book, `0x001f`, `31`, `true` and `0x` in the wild.
//!
//! Reading is lenient, because whatever matters is hashed afterwards and a wrong value shows there. Leading zeros
//! (reth#1486), JSON numbers (ganache#400), booleans (erigon#899) and an empty `0x` (ganache#2857) are taken for what they
//! mean, `null` for zero or nothing. Writing is canonical.

use std::fmt;
use std::marker::PhantomData;

use alloy_primitives::U256;
use serde::de::{Error, Visitor};
use serde::{Deserializer, Serializer};

/// Longest text of a quantity: `0x` and the digits of 256 bits.
const LONGEST: usize = 66;

/// An unsigned number that JSON-RPC writes in hexadecimal.
pub trait Quantity: Copy + fmt::LowerHex {
    /// Its zero.
    const ZERO: Self;

    /// The number with these hexadecimal digits and no leading zeros; nothing if it does not fit.
    fn of_digits(digits: &[u8]) -> Option<Self>;

    /// The number of this value; nothing if it does not fit.
    fn of_u64(value: u64) -> Option<Self>;
}

macro_rules! narrow {
    ($($kind:ty),*) => {$(
        impl Quantity for $kind {
            const ZERO: Self = 0;

            fn of_digits(digits: &[u8]) -> Option<Self> {
                if digits.len() > size_of::<Self>() * 2 {
                    return None;
                }
                let wide = digits.iter().try_fold(0u128, |sum, digit| Some(sum << 4 | u128::from(nibble(*digit)?)));
                Self::try_from(wide?).ok()
            }

            fn of_u64(value: u64) -> Option<Self> {
                Self::try_from(value).ok()
            }
        }
    )*};
}

narrow!(u8, u64, u128);

impl Quantity for U256 {
    const ZERO: Self = Self::ZERO;

    fn of_digits(digits: &[u8]) -> Option<Self> {
        let mut padded = [b'0'; 64];
        let mut bytes = [0; 32];
        padded.get_mut(64usize.checked_sub(digits.len())?..)?.copy_from_slice(digits);
        alloy_primitives::hex::decode_to_slice(padded, &mut bytes).ok()?;
        Some(Self::from_be_bytes(bytes))
    }

    fn of_u64(value: u64) -> Option<Self> {
        Some(Self::from(value))
    }
}

fn nibble(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}

/// Reads a quantity out of its text.
fn parse<Q: Quantity>(text: &str) -> Option<Q> {
    let digits = text.strip_prefix("0x").filter(|_| text.len() <= LONGEST)?.as_bytes();
    let zeros = digits.iter().take_while(|digit| **digit == b'0').count();
    Q::of_digits(digits.get(zeros..)?)
}

struct Lenient<Q>(PhantomData<Q>);

impl<Q: Quantity> Visitor<'_> for Lenient<Q> {
    type Value = Option<Q>;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a quantity: 0x and hexadecimal digits")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Option<Q>, E> {
        let wrong = || E::invalid_value(serde::de::Unexpected::Str(text), &self);
        parse(text).map(Some).ok_or_else(wrong)
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Option<Q>, E> {
        Q::of_u64(value).map(Some).ok_or_else(|| E::custom("a quantity that does not fit"))
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Option<Q>, E> {
        self.visit_u64(u64::from(value))
    }

    fn visit_unit<E: Error>(self) -> Result<Option<Q>, E> {
        Ok(None)
    }
}

/// Reads a quantity; `null` is zero.
///
/// # Errors
/// When it is no number, or too large.
pub fn deserialize<'de, Q: Quantity, D: Deserializer<'de>>(from: D) -> Result<Q, D::Error> {
    Ok(option::deserialize(from)?.unwrap_or(Q::ZERO))
}

/// Writes a quantity in its canonical form.
///
/// # Errors
/// Those of the serializer.
pub fn serialize<Q: Quantity, S: Serializer>(value: &Q, into: S) -> Result<S::Ok, S::Error> {
    into.collect_str(&format_args!("{value:#x}"))
}

/// A quantity that must be there, as a block's number must.
pub mod present {
    pub use super::serialize;
    use super::{Deserializer, Error, Quantity};

    /// Reads a quantity; `null` is an error.
    ///
    /// # Errors
    /// When it is `null`, no number, or too large.
    pub fn deserialize<'de, Q: Quantity, D: Deserializer<'de>>(from: D) -> Result<Q, D::Error> {
        super::option::deserialize(from)?.ok_or_else(|| D::Error::custom("a quantity that is null"))
    }
}

/// A quantity that may be absent.
pub mod option {
    use std::marker::PhantomData;

    use super::{Deserializer, Lenient, Quantity, Serializer};

    /// Reads a quantity; `null` is nothing.
    ///
    /// # Errors
    /// When it is no number, or too large.
    pub fn deserialize<'de, Q: Quantity, D: Deserializer<'de>>(from: D) -> Result<Option<Q>, D::Error> {
        from.deserialize_any(Lenient(PhantomData))
    }

    /// Writes a quantity in its canonical form, nothing as `null`.
    ///
    /// # Errors
    /// Those of the serializer.
    pub fn serialize<Q: Quantity, S: Serializer>(value: &Option<Q>, into: S) -> Result<S::Ok, S::Error> {
        match value {
            Some(value) => super::serialize(value, into),
            None => into.serialize_none(),
        }
    }
}

/// Bytes of any length; `null` is none. An odd number of digits is an error (ref-fvm#1212).
pub mod data {
    use alloy_primitives::Bytes;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    /// Reads bytes.
    ///
    /// # Errors
    /// When they are not hexadecimal, two digits each.
    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Bytes, D::Error> {
        Ok(Option::<Bytes>::deserialize(from)?.unwrap_or_default())
    }

    /// Writes bytes.
    ///
    /// # Errors
    /// Those of the serializer.
    pub fn serialize<S: Serializer>(value: &Bytes, into: S) -> Result<S::Ok, S::Error> {
        value.serialize(into)
    }
}

#[cfg(test)]
mod tests {
    use alloy_primitives::{U256, uint};
    use proptest::prelude::*;
    use serde::{Deserialize, Serialize};

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Number<Q: super::Quantity>(#[serde(with = "super")] Q);

    fn read<Q: super::Quantity>(json: &str) -> Option<Q> {
        serde_json::from_str::<Number<Q>>(json).ok().map(|number| number.0)
    }

    #[test]
    fn odd_spellings_are_taken_for_what_they_mean() {
        for json in [r#""0x1f""#, r#""0x001F""#, "31"] {
            assert_eq!(read::<u64>(json), Some(31), "{json}");
            assert_eq!(read::<U256>(json), Some(uint!(31_U256)), "{json}");
        }
        assert_eq!(read::<u64>("true"), Some(1));
        for json in [r#""0x""#, r#""0x0""#, "false", "null"] {
            assert_eq!(read::<u64>(json), Some(0), "{json}");
        }
        assert_eq!(read::<u64>(&format!(r#""0x{}1""#, "0".repeat(63))), Some(1));
    }

    #[test]
    fn what_is_no_number_is_refused() {
        let long = format!(r#""0x{}""#, "0".repeat(65));
        for json in [r#""31""#, r#""""#, r#""0x+1""#, r#""0xg""#, "-1", "1.5", "[]", "{}", long.as_str()] {
            assert_eq!(read::<u64>(json), None, "{json}");
            assert_eq!(read::<U256>(json), None, "{json}");
        }
        assert_eq!(read::<u64>(r#""0x10000000000000000""#), None);
        assert_eq!(read::<u8>("256"), None);
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(small: u64, middle: u128, limbs: [u64; 4]) {
            let large = U256::from_limbs(limbs);
            prop_assert_eq!(read::<u64>(&serde_json::to_string(&Number(small)).unwrap()), Some(small));
            prop_assert_eq!(read::<u128>(&serde_json::to_string(&Number(middle)).unwrap()), Some(middle));
            prop_assert_eq!(read::<U256>(&serde_json::to_string(&Number(large)).unwrap()), Some(large));
        }
    }
}
