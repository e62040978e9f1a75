//! What a block may hold, so that a few megabytes of JSON never become gigabytes of memory.
//!
//! Most fields of a transaction may be missing, so `{}` is one: three bytes that become several hundred. A provider that means
//! harm fills a whole answer with them. Two bounds keep what is read within a few times the answer's size: how many
//! transactions or receipts there may be, and how many objects so many bytes may hold.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{Error, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

use crate::chain::error::ChainError;

/// Entries of one list of transactions or receipts: ten times the largest blocks of the busiest chains.
const MOST_ENTRIES: usize = 1 << 16;

/// An entry of an access list without slots takes 75 bytes; every other object takes more.
const LEAST_BYTES_AN_OBJECT: usize = 64;

/// Objects that may be there in any case.
const FEW_OBJECTS: usize = 64;

/// Refuses what holds more objects than a block of its size can.
///
/// # Errors
/// `Bad`.
pub fn check(what: &str, json: &[u8]) -> Result<(), ChainError> {
    let most = FEW_OBJECTS + json.len() / LEAST_BYTES_AN_OBJECT;
    let count = json.iter().filter(|byte| **byte == b'{').count();
    if count > most {
        return Err(ChainError::bad(format!("malformed {what}: {count} objects in {} bytes", json.len())));
    }
    Ok(())
}

/// Reads a list of at most 65,536 entries.
///
/// # Errors
/// When there are more, at the first that is too many.
pub fn list<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Vec<T>, D::Error> {
    deserializer.deserialize_seq(Bounded(PhantomData))
}

struct Bounded<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for Bounded<T> {
    type Value = Vec<T>;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "a list of at most {MOST_ENTRIES} entries")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut entries: A) -> Result<Vec<T>, A::Error> {
        let mut read = Vec::new();
        while let Some(entry) = entries.next_element()? {
            if read.len() == MOST_ENTRIES {
                return Err(A::Error::custom(format_args!("more than {MOST_ENTRIES} entries")));
            }
            read.push(entry);
        }
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::class::Class;

    #[derive(Deserialize)]
    struct Listed(#[serde(deserialize_with = "list")] Vec<u8>);

    #[test]
    fn a_list_ends_at_its_bound() {
        let json = |entries: usize| format!("[{}0]", "0,".repeat(entries - 1));
        assert_eq!(serde_json::from_str::<Listed>(&json(MOST_ENTRIES)).unwrap().0.len(), MOST_ENTRIES);
        let refused = serde_json::from_str::<Listed>(&json(MOST_ENTRIES + 1)).err().unwrap();
        assert!(refused.to_string().starts_with("more than 65536 entries"), "{refused}");
    }

    #[test]
    fn empty_objects_by_the_thousand_are_no_block() {
        let bomb = format!("{{\"transactions\":[{}{{}}]}}", "{},".repeat(10_000));
        assert_eq!(check("block", bomb.as_bytes()).unwrap_err().class, Class::Bad);
        let lists =
            "{\"address\":\"0x0000000000000000000000000000000000000000\",\"storageKeys\":[]},".repeat(10_000);
        assert_eq!(check("block", lists.as_bytes()), Ok(()));
        assert_eq!(check("block", b"{}"), Ok(()));
    }
}
