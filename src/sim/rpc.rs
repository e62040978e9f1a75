//! The JSON-RPC that simulated providers speak. It reads what we write and no more; it shares no code with the client, whose
//! mistakes it would otherwise repeat.

use bytes::Bytes;
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::core::hash::Hash;
use crate::core::numbers::Height;

/// A request as it came.
#[derive(Debug, Deserialize)]
pub struct Request {
    /// Given back as it is.
    pub id: Box<RawValue>,
    /// The method's name.
    pub method: String,
    /// Its parameters.
    #[serde(default)]
    pub params: Vec<serde_json::Value>,
}

/// One request, or several in one body.
#[derive(Debug)]
pub enum Call {
    /// One.
    Single(Request),
    /// Several.
    Batch(Vec<Request>),
}

/// What is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Question {
    /// `eth_chainId`.
    ChainId,
    /// `eth_blockNumber`.
    BlockNumber,
    /// `eth_getBlockByNumber` and `eth_getBlockByHash`.
    Block(Selector, Detail),
    /// `eth_getBlockReceipts`.
    Receipts(Selector),
    /// `eth_subscribe` to `newHeads`.
    Subscribe,
    /// `eth_unsubscribe`.
    Unsubscribe,
    /// Anything else.
    Unknown,
    /// A known method with parameters that make no sense.
    Malformed,
}

/// Which block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Selector {
    /// The newest.
    Latest,
    /// The newest safe one.
    Safe,
    /// The newest final one.
    Finalized,
    /// Of this height.
    Height(Height),
    /// Of this hash.
    Hash(Hash),
}

/// How much of a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Detail {
    /// Its transactions.
    Whole,
    /// The hashes of its transactions.
    Hashes,
}

/// The answer to one request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// A result: its JSON.
    Result(Bytes),
    /// An error.
    Error {
        /// The code.
        code: i64,
        /// The message.
        message: String,
        /// The JSON of `data`.
        data: Option<String>,
    },
}

impl Call {
    /// Reads a body; `None` if it is no JSON-RPC.
    pub fn read(body: &[u8]) -> Option<Self> {
        if body.trim_ascii_start().first() == Some(&b'[') {
            serde_json::from_slice(body).ok().map(Self::Batch)
        } else {
            serde_json::from_slice(body).ok().map(Self::Single)
        }
    }

    /// Its requests, in order.
    pub fn requests(&self) -> &[Request] {
        match self {
            Self::Single(request) => std::slice::from_ref(request),
            Self::Batch(requests) => requests,
        }
    }
}

impl Request {
    /// What it asks for.
    pub fn question(&self) -> Question {
        match self.method.as_str() {
            "eth_chainId" => Question::ChainId,
            "eth_blockNumber" => Question::BlockNumber,
            "eth_getBlockByNumber" | "eth_getBlockByHash" => self.block().unwrap_or(Question::Malformed),
            "eth_getBlockReceipts" => self.selector().map_or(Question::Malformed, Question::Receipts),
            "eth_subscribe" if self.text(0) == Some("newHeads") => Question::Subscribe,
            "eth_unsubscribe" => Question::Unsubscribe,
            _ => Question::Unknown,
        }
    }

    fn block(&self) -> Option<Question> {
        let detail = if self.params.get(1)?.as_bool()? { Detail::Whole } else { Detail::Hashes };
        Some(Question::Block(self.selector()?, detail))
    }

    fn selector(&self) -> Option<Selector> {
        let text = self.text(0).or_else(|| self.params.first()?.get("blockHash")?.as_str())?;
        match text {
            "latest" => Some(Selector::Latest),
            "safe" => Some(Selector::Safe),
            "finalized" => Some(Selector::Finalized),
            "earliest" => Some(Selector::Height(Height(0))),
            _ if text.len() == 66 => text.parse().ok().map(Selector::Hash),
            _ => {
                let digits =
                    text.strip_prefix("0x").filter(|digits| !digits.starts_with('0') || *digits == "0")?;
                u64::from_str_radix(digits, 16).ok().map(|number| Selector::Height(Height(number)))
            }
        }
    }

    fn text(&self, place: usize) -> Option<&str> {
        self.params.get(place)?.as_str()
    }
}

impl Answer {
    /// `null`: there is no such thing here.
    pub fn null() -> Self {
        Self::Result(Bytes::from_static(b"null"))
    }

    /// A number.
    pub fn quantity(number: u64) -> Self {
        Self::Result(format!("\"{number:#x}\"").into())
    }

    /// An error without data.
    pub fn error(code: i64, message: impl Into<String>) -> Self {
        Self::Error { code, message: message.into(), data: None }
    }

    /// The answer to a request of this id.
    pub fn rendered(&self, id: &str) -> Vec<u8> {
        let mut out = format!("{{\"jsonrpc\":\"2.0\",\"id\":{id},").into_bytes();
        match self {
            Self::Result(json) => {
                out.extend_from_slice(b"\"result\":");
                out.extend_from_slice(json);
            }
            Self::Error { code, message, data } => {
                let message = serde_json::Value::from(message.as_str());
                let data = data.as_ref().map(|data| format!(",\"data\":{data}")).unwrap_or_default();
                let error = format!("\"error\":{{\"code\":{code},\"message\":{message}{data}}}");
                out.extend_from_slice(error.as_bytes());
            }
        }
        out.push(b'}');
        out
    }
}

/// Several answers in one body.
pub fn batch(answers: &[Vec<u8>]) -> Vec<u8> {
    [b"[".as_slice(), &answers.join(&b','), b"]"].concat()
}

#[cfg(test)]
mod tests {
    use super::{Answer, Call, Detail, Question, Selector};
    use crate::core::numbers::Height;

    fn question(body: &str) -> Question {
        Call::read(body.as_bytes()).unwrap().requests()[0].question()
    }

    #[test]
    fn questions_are_understood() {
        let block = |params: &str| {
            question(&format!(
                r#"{{"jsonrpc":"2.0","id":1,"method":"eth_getBlockByNumber","params":{params}}}"#
            ))
        };
        assert_eq!(block(r#"["0x10",true]"#), Question::Block(Selector::Height(Height(16)), Detail::Whole));
        assert_eq!(block(r#"["safe",false]"#), Question::Block(Selector::Safe, Detail::Hashes));
        assert_eq!(block(r#"["0x010",true]"#), Question::Malformed);
        assert_eq!(block(r#"["0x10"]"#), Question::Malformed);
        assert_eq!(question(r#"{"id":"a","method":"eth_mine"}"#), Question::Unknown);
    }

    #[test]
    fn answers_carry_the_id_as_it_came() {
        assert_eq!(Answer::quantity(26).rendered("\"x\""), br#"{"jsonrpc":"2.0","id":"x","result":"0x1a"}"#);
        let error = Answer::error(-32601, "no \"such\" method").rendered("7");
        let value: serde_json::Value = serde_json::from_slice(&error).unwrap();
        assert_eq!(value["error"]["message"], "no \"such\" method");
    }
}
