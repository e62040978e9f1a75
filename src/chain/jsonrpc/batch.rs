//! Reading the answers to a batch.
//!
//! Answers come out of order, some do not come, some come as errors: each request gets its own result, found by its id. A
//! provider that cannot batch (so many, or at all) answers with one error for everything, or one object for one of the
//! requests: the whole exchange is `Split` then, and asking for less heals it.

use std::collections::BTreeMap;
use std::fmt;

use bytes::Bytes;
use serde::Deserializer;
use serde::de::{IgnoredAny, SeqAccess, Visitor};

use super::is_object;
use super::response::{Answer, Envelope, unreadable};
use crate::chain::error::ChainError;
use crate::core::class::Class;

/// The answers to `count` requests under the ids from `first_id` on, in the order of the requests.
///
/// # Errors
/// When nothing in the body can be told apart by id: the class of a known error that stands for all, or `Split`.
pub fn decode(
    body: &Bytes,
    first_id: u64,
    count: usize,
) -> Result<Vec<Result<Answer, ChainError>>, ChainError> {
    if is_object(body) {
        return Err(refused(body));
    }
    let envelopes = envelopes(body, count)?;
    let absent = envelopes.iter().find(|answer| answer.is_anonymous()).and_then(Envelope::fault);
    let absent =
        absent.map_or_else(|| ChainError::transient("missing in the answer to a batch"), ChainError::from);
    let mut by_id = by_id(&envelopes, body);
    let ids = (first_id..).take(count);
    Ok(ids.map(|id| by_id.remove(&id).unwrap_or_else(|| Err(absent.clone()))).collect())
}

/// The answers in a list. There is one for a question, and perhaps one for all of them; many more are there to fill the memory.
fn envelopes(body: &[u8], count: usize) -> Result<Vec<Envelope<'_>>, ChainError> {
    let mut reader = serde_json::Deserializer::from_slice(body);
    let read = reader.deserialize_seq(AtMost(2 * count + 1)).and_then(|list| reader.end().map(|()| list));
    match read.map_err(|error| unreadable(&error))? {
        Some(envelopes) => Ok(envelopes),
        None => Err(ChainError::transient("many more answers than questions in a batch")),
    }
}

/// Reads so many answers; `None` if there are more.
struct AtMost(usize);

impl<'de> Visitor<'de> for AtMost {
    type Value = Option<Vec<Envelope<'de>>>;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a list of answers")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut answers: A) -> Result<Self::Value, A::Error> {
        let mut read = Vec::new();
        while let Some(answer) = answers.next_element()? {
            if read.len() == self.0 {
                while answers.next_element::<IgnoredAny>()?.is_some() {}
                return Ok(None);
            }
            read.push(answer);
        }
        Ok(Some(read))
    }
}

/// One object where a list was due.
fn refused(body: &Bytes) -> ChainError {
    let envelope = match Envelope::read(body) {
        Ok(envelope) => envelope,
        Err(error) => return error,
    };
    let Some(fault) = envelope.fault() else {
        return ChainError::new(Class::Split, "one answer to a whole batch");
    };
    let error = ChainError::from(fault);
    match error.class {
        Class::RateLimited { .. } | Class::Config => error,
        _ => ChainError { class: Class::Split, ..error },
    }
}

/// Two answers under one id cannot both be true, so neither is believed.
fn by_id(envelopes: &[Envelope<'_>], body: &Bytes) -> BTreeMap<u64, Result<Answer, ChainError>> {
    let mut found = BTreeMap::new();
    for envelope in envelopes {
        let Some(id) = envelope.id() else { continue };
        let twice = || ChainError::transient("answered twice in a batch");
        found.entry(id).and_modify(|answer| *answer = Err(twice())).or_insert_with(|| envelope.answer(body));
    }
    found
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(body: &str, count: usize) -> Result<Vec<Result<Answer, ChainError>>, ChainError> {
        decode(&Bytes::copy_from_slice(body.as_bytes()), 5, count)
    }

    fn value(json: &str) -> Answer {
        Answer::Value(Bytes::copy_from_slice(json.as_bytes()))
    }

    #[test]
    fn each_request_gets_its_own_answer() {
        let body = r#"[{"id":"7","result":"c"},{"id":6,"error":{"code":-32601,"message":"no"}},{"id":5,"result":null}]"#;
        let answers = read(body, 4).unwrap();
        assert_eq!(answers[0], Ok(Answer::Null));
        assert_eq!(answers[1].as_ref().unwrap_err().class, Class::Capability);
        assert_eq!(answers[2], Ok(value("\"c\"")));
        assert_eq!(answers[3].as_ref().unwrap_err().class, Class::Transient);
    }

    #[test]
    fn an_answer_that_came_twice_is_not_believed() {
        let answers = read(r#"[{"id":5,"result":1},{"id":5,"result":2},{"id":6,"result":3}]"#, 2).unwrap();
        assert_eq!(answers[0].as_ref().unwrap_err().class, Class::Transient);
        assert_eq!(answers[1], Ok(value("3")));
    }

    #[test]
    fn answers_by_the_thousand_are_not_kept() {
        let error = read(&format!("[{}{{}}]", "{},".repeat(10_000)), 2).unwrap_err();
        assert_eq!(error, ChainError::transient("many more answers than questions in a batch"));
        assert!(read("[{},{},{},{},{}]", 2).is_ok());
        assert!(read("[{}] []", 2).is_err());
    }

    #[test]
    fn one_object_for_all_asks_for_a_smaller_batch() {
        for body in [
            r#"{"id":null,"error":{"code":-32600,"message":"batch of 100 exceeds 10"}}"#,
            r#"{"id":1,"error":{"code":-32601,"message":"batches are not supported"}}"#,
            r#"{"id":5,"result":"0x1"}"#,
        ] {
            assert_eq!(read(body, 2).unwrap_err().class, Class::Split, "{body}");
        }
    }

    #[test]
    fn one_error_for_all_keeps_its_meaning_where_a_smaller_batch_would_not_help() {
        let limited = r#"{"error":{"code":429,"message":"Too many requests, try again in 2s"}}"#;
        let wait = Some(std::time::Duration::from_secs(2));
        assert_eq!(read(limited, 2).unwrap_err().class, Class::RateLimited { retry_after: wait });
        let refused = r#"{"error":{"code":-32000,"message":"invalid api key"}}"#;
        assert_eq!(read(refused, 2).unwrap_err().class, Class::Config);
        let in_a_list = read(r#"[{"id":null,"error":{"code":429,"message":"slow down"}}]"#, 2).unwrap();
        assert!(in_a_list.iter().all(|a| matches!(a.as_ref().unwrap_err().class, Class::RateLimited { .. })));
    }

    proptest! {
        #[test]
        fn order_does_not_matter(order in Just((0_u64..9).collect::<Vec<_>>()).prop_shuffle()) {
            let items: Vec<String> = order.iter().map(|n| format!(r#"{{"id":{},"result":{n}}}"#, n + 5)).collect();
            let answers = read(&format!("[{}]", items.join(",")), 9).unwrap();
            for (n, answer) in answers.into_iter().enumerate() {
                prop_assert_eq!(answer, Ok(value(&n.to_string())));
            }
        }
    }
}
