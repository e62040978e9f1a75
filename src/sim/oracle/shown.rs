//! Which blocks an answer shows, read as lightly as can be.

use std::collections::BTreeSet;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, Error, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::core::hash::Hash;

/// One answer, or a notification. Values are skipped first and read afterwards: what is nested too deep to be read is skipped.
#[derive(Deserialize)]
struct Message<'a> {
    #[serde(default, borrow)]
    id: Option<&'a RawValue>,
    #[serde(default, borrow)]
    result: Option<&'a RawValue>,
    #[serde(default, borrow)]
    params: Option<Params<'a>>,
    #[serde(default)]
    error: Option<Refusal>,
}

/// A question, of which only the number matters.
#[derive(Deserialize)]
struct Question<'a> {
    #[serde(borrow)]
    id: &'a RawValue,
}

#[derive(Deserialize)]
struct Params<'a> {
    #[serde(default, borrow)]
    result: Option<&'a RawValue>,
}

/// An object of which no key stands twice: what it says otherwise is anybody's guess.
struct Unambiguous;

impl<'de> Deserialize<'de> for Unambiguous {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Keys;

        impl<'de> Visitor<'de> for Keys {
            type Value = Unambiguous;

            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Unambiguous, A::Error> {
                let mut keys = BTreeSet::new();
                while let Some((key, IgnoredAny)) = map.next_entry::<String, IgnoredAny>()? {
                    if !keys.insert(key) {
                        return Err(A::Error::custom("a key stands twice"));
                    }
                }
                Ok(Unambiguous)
            }
        }

        deserializer.deserialize_map(Keys)
    }
}

/// What of a block is looked at.
#[derive(Deserialize)]
struct Block {
    hash: Hash,
}

#[derive(Deserialize)]
struct Refusal {
    #[serde(default)]
    data: Option<Data>,
}

#[derive(Deserialize)]
struct Data {
    #[serde(default)]
    rate: Option<Rate>,
}

#[derive(Deserialize)]
struct Rate {
    #[serde(default)]
    backoff_seconds: Option<u64>,
}

/// What a body says.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Said {
    /// The hashes of the blocks in it.
    pub blocks: Vec<Hash>,
    /// Those of them that everybody reads alike, and that somebody asked for: what is odd may be taken or left.
    pub clear: Vec<Hash>,
    /// The longest time it asks to be left alone, in seconds.
    pub backoff_s: Option<u64>,
}

/// Levels of an object that everybody can read.
const LEVELS: usize = 128;

/// Reads what answers `request`: what bears the number of none of its questions is odd.
pub fn answer(request: &[u8], body: &[u8]) -> Said {
    let asked: BTreeSet<&str> = several::<Question<'_>>(request).iter().map(|asked| asked.id.get()).collect();
    let fits = |message: &Message<'_>| message.id.is_some_and(|id| asked.contains(id.get()));
    say(several(body), fits)
}

/// Reads one message, or several in a list; what is neither says nothing.
pub fn read(body: &[u8]) -> Said {
    say(several(body), |_| true)
}

fn several<'a, T: Deserialize<'a>>(body: &'a [u8]) -> Vec<T> {
    match body.iter().find(|byte| !byte.is_ascii_whitespace()) {
        Some(b'[') => serde_json::from_slice(body).unwrap_or_default(),
        Some(b'{') => serde_json::from_slice(body).ok().into_iter().collect(),
        _ => Vec::new(),
    }
}

/// Brackets within texts count, too: there are few.
fn is_shallow(json: &str) -> bool {
    let steps = json.bytes().scan(0_usize, |depth, byte| {
        match byte {
            b'[' | b'{' => *depth += 1,
            b']' | b'}' => *depth = depth.saturating_sub(1),
            _ => {}
        }
        Some(*depth)
    });
    steps.max().unwrap_or_default() <= LEVELS
}

fn say<'a>(messages: Vec<Message<'a>>, fits: impl Fn(&Message<'a>) -> bool) -> Said {
    let mut said = Said::default();
    for message in messages {
        let fits = fits(&message);
        let results = message.result.into_iter().chain(message.params.and_then(|params| params.result));
        for value in results.map(RawValue::get) {
            let Ok(Block { hash }) = serde_json::from_str(value) else { continue };
            said.blocks.push(hash);
            if fits && is_shallow(value) && serde_json::from_str::<Unambiguous>(value).is_ok() {
                said.clear.push(hash);
            }
        }
        let rate = message.error.and_then(|error| error.data?.rate);
        said.backoff_s = said.backoff_s.max(rate.and_then(|rate| rate.backoff_seconds));
    }
    said
}

#[cfg(test)]
mod tests {
    use super::{Said, answer, read};
    use crate::core::hash::Hash;

    #[test]
    fn blocks_are_found_in_answers_batches_and_notifications() {
        let hash = Hash([7; 32]);
        let shown = Said { blocks: vec![hash], clear: vec![hash], backoff_s: None };
        let block = format!(r#"{{"number":"0x1","hash":"{hash}","transactions":[{{"hash":"0x1"}}]}}"#);
        assert_eq!(read(format!(r#"{{"id":1,"result":{block}}}"#).as_bytes()), shown);
        assert_eq!(read(format!(r#"[{{"id":1,"result":{block}}},{{"result":[]}}]"#).as_bytes()), shown);
        assert_eq!(read(format!(r#"{{"method":"x","params":{{"result":{block}}}}}"#).as_bytes()), shown);
        let doubled = block.replacen('{', r#"{"number":"0x1","#, 1);
        let odd = Said { clear: Vec::new(), ..shown };
        assert_eq!(read(format!(r#"{{"id":1,"result":{doubled}}}"#).as_bytes()), odd);
    }

    #[test]
    fn what_nobody_asked_for_or_some_cannot_read_is_odd() {
        let hash = Hash([7; 32]);
        let shown = Said { blocks: vec![hash], clear: vec![hash], backoff_s: None };
        let odd = || Said { blocks: vec![hash], ..Said::default() };
        let told = |id: u64, more: &str| format!(r#"{{"id":{id},"result":{{"hash":"{hash}"{more}}}}}"#);
        let asked = br#"[{"id":3,"method":"x"},{"id":4,"method":"x"}]"#;
        assert_eq!(answer(asked, told(4, "").as_bytes()), shown);
        assert_eq!(answer(asked, told(5, "").as_bytes()), odd());
        let deep = format!(r#","calls":{}{}"#, "[".repeat(200), "]".repeat(200));
        assert_eq!(answer(asked, told(3, &deep).as_bytes()), odd());
    }

    #[test]
    fn a_wait_is_found_in_an_error() {
        let body = br#"{"id":1,"error":{"code":-32005,"data":{"rate":{"backoff_seconds":30}}}}"#;
        assert_eq!(read(body), Said { backoff_s: Some(30), ..Said::default() });
        assert_eq!(read(b"<html>"), Said::default());
    }
}
