//! Reading one answer.

use bytes::Bytes;
use serde::{Deserialize, Deserializer};
use serde_json::error::Category;
use serde_json::value::RawValue;

use super::fault::Fault;
use super::is_object;
use super::nesting::is_shallow;
use crate::chain::error::ChainError;

/// A result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Its JSON, byte for byte: a slice of the body.
    Value(Bytes),
    /// `null`: nearly always "I do not have it", and never an empty success.
    Null,
}

impl Answer {
    /// The value; `null` is `NotYet`.
    ///
    /// # Errors
    /// `NotYet`, naming `what` was asked for.
    pub fn or_not_yet(self, what: &str) -> Result<Bytes, ChainError> {
        match self {
            Self::Value(json) => Ok(json),
            Self::Null => Err(ChainError::not_yet(format!("{what}: null"))),
        }
    }
}

/// An answer as it stands in a body. A key that stands there twice is refused: which of the two is meant is anybody's guess.
#[derive(Deserialize)]
pub(super) struct Envelope<'a> {
    #[serde(borrow, default, deserialize_with = "present")]
    pub id: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "present")]
    pub result: Option<&'a RawValue>,
    #[serde(borrow, default)]
    pub error: Option<&'a RawValue>,
}

/// Tells `null` from a key that is not there.
fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<&'de RawValue>, D::Error> {
    <&RawValue>::deserialize(deserializer).map(Some)
}

impl<'a> Envelope<'a> {
    /// Reads a body that holds one answer. The derived reader alone would take a list for the fields in their order.
    pub fn read(body: &'a [u8]) -> Result<Self, ChainError> {
        if is_object(body) {
            serde_json::from_slice(body).map_err(|error| unreadable(&error))
        } else {
            Err(ChainError::transient("the answer is no JSON-RPC object"))
        }
    }

    /// The id, if it is a number that we could have given, be it written as text.
    pub fn id(&self) -> Option<u64> {
        self.id?.get().trim_matches('"').parse().ok()
    }

    /// Whether it answers no request in particular: what a provider says when it did not even read the request.
    pub fn is_anonymous(&self) -> bool {
        self.id.is_none_or(|id| id.get() == "null")
    }

    /// The error, if it is one.
    pub fn fault(&self) -> Option<Fault> {
        self.error.map(|raw| Fault::read(raw.get()))
    }

    /// The result, as a slice of `body`.
    pub fn answer(&self, body: &Bytes) -> Result<Answer, ChainError> {
        if let Some(fault) = self.fault() {
            return Err(fault.into());
        }
        match self.result.map(RawValue::get) {
            Some("null") => Ok(Answer::Null),
            Some(json) if !is_shallow(json.as_bytes()) => {
                Err(ChainError::transient("the answer is nested too deeply"))
            }
            Some(json) => Ok(Answer::Value(body.slice_ref(json.as_bytes()))),
            None => Err(ChainError::transient("an answer with neither result nor error")),
        }
    }
}

/// The answer to the request `id`.
///
/// # Errors
/// The provider's error, classified; `Transient` for whatever is no answer to this request.
pub fn decode(body: &Bytes, id: u64) -> Result<Answer, ChainError> {
    let envelope = Envelope::read(body)?;
    let ours = envelope.id() == Some(id) || (envelope.error.is_some() && envelope.is_anonymous());
    if ours { envelope.answer(body) } else { Err(ChainError::transient("the answer to another request")) }
}

/// What is wrong with a body, without a word of it.
pub(super) fn unreadable(error: &serde_json::Error) -> ChainError {
    ChainError::transient(match error.classify() {
        Category::Eof => "the answer is cut short",
        Category::Syntax => "the answer is no JSON",
        Category::Data | Category::Io => "the answer is no JSON-RPC",
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::core::class::Class;

    fn read(body: &str, id: u64) -> Result<Answer, ChainError> {
        decode(&Bytes::copy_from_slice(body.as_bytes()), id)
    }

    #[test]
    fn a_result_is_a_slice_of_its_body() {
        let body = Bytes::from_static(br#"{"id":1,"result": {"a" : [1, 2]} ,"jsonrpc":"2.0"}"#);
        let Ok(Answer::Value(json)) = decode(&body, 1) else { panic!("no value") };
        assert_eq!(json, r#"{"a" : [1, 2]}"#);
        assert!(body.as_ptr_range().contains(&json.as_ptr()));
    }

    #[test]
    fn null_is_told_from_nothing_at_all() {
        assert_eq!(read(r#"{"jsonrpc":"2.0","id":1,"result":null}"#, 1), Ok(Answer::Null));
        assert_eq!(read(r#"{"id":1,"result":null,"error":null}"#, 1), Ok(Answer::Null));
        assert_eq!(read(r#"{"jsonrpc":"2.0","id":1}"#, 1).unwrap_err().class, Class::Transient);
        assert_eq!(Answer::Null.or_not_yet("block 7").unwrap_err(), ChainError::not_yet("block 7: null"));
    }

    #[test]
    fn only_our_own_id_is_accepted_as_number_or_text() {
        assert!(read(r#"{"id":12,"result":1}"#, 12).is_ok());
        assert!(read(r#"{"id":"12","result":1}"#, 12).is_ok());
        for other in ["13", "\"13\"", "null", "12.0", "[12]", "\"x\""] {
            let error = read(&format!(r#"{{"id":{other},"result":1}}"#), 12).unwrap_err();
            assert_eq!(error.class, Class::Transient, "{other}");
        }
        assert_eq!(read(r#"{"result":1}"#, 12).unwrap_err().class, Class::Transient);
    }

    #[test]
    fn an_error_may_come_without_an_id_but_not_under_another() {
        let error = |id: &str| read(&format!(r#"{{"id":{id},"error":{{"code":-32005,"message":"x"}}}}"#), 1);
        assert_eq!(error("null").unwrap_err().class, Class::RateLimited { retry_after: None });
        assert_eq!(error("1").unwrap_err().class, Class::RateLimited { retry_after: None });
        assert_eq!(error("2").unwrap_err().class, Class::Transient);
    }

    #[test]
    fn a_list_of_fields_is_no_answer() {
        assert_eq!(read(r#"[1,"0x12",null]"#, 1).unwrap_err().class, Class::Transient);
        assert_eq!(read("", 1).unwrap_err().class, Class::Transient);
    }

    #[test]
    fn a_doubled_key_is_refused() {
        assert_eq!(read(r#"{"id":1,"result":1,"result":2}"#, 1).unwrap_err().class, Class::Transient);
    }

    #[test]
    fn nesting_without_end_is_no_danger() {
        let deep = "[".repeat(200_000);
        assert!(read(&format!(r#"{{"id":1,"result":{deep}"#), 1).is_err());
        let closed = format!(r#"{{"id":1,"x":{deep}{},"result":1}}"#, "]".repeat(200_000));
        let _either_way_it_returns = read(&closed, 1);
    }

    proptest! {
        #[test]
        fn a_truncated_answer_is_never_a_success(cut in 0_usize..50) {
            let body = r#"{"jsonrpc":"2.0","id":1,"result":{"hash":"0x12"}}"#;
            prop_assume!(cut < body.len());
            prop_assert_eq!(read(&body[..cut], 1).unwrap_err().class, Class::Transient);
        }

        #[test]
        fn no_bytes_make_it_panic(body in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _any_outcome = decode(&body.into(), 1);
        }
    }
}
