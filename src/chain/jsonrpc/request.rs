//! Writing requests.

use bytes::Bytes;
use serde::Serialize;
use serde_json::Value;

/// One method and its parameters.
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    /// The method's name.
    pub method: &'static str,
    /// Its parameters, by position.
    pub params: Vec<Value>,
}

#[derive(Serialize)]
struct Request<'a> {
    jsonrpc: &'static str,
    id: u64,
    method: &'static str,
    params: &'a [Value],
}

impl Call {
    /// A call of `method` with `params`.
    pub fn new(method: &'static str, params: impl Into<Vec<Value>>) -> Self {
        Self { method, params: params.into() }
    }

    /// The request, under `id`.
    pub fn encode(&self, id: u64) -> Bytes {
        json(&self.request(id))
    }

    fn request(&self, id: u64) -> Request<'_> {
        Request { jsonrpc: "2.0", id, method: self.method, params: &self.params }
    }
}

/// One request for all of `calls`, under the ids from `first_id` on.
pub fn encode_batch(calls: &[Call], first_id: u64) -> Bytes {
    json(&calls.iter().zip(first_id..).map(|(call, id)| call.request(id)).collect::<Vec<_>>())
}

/// Writing plain values into memory does not fail; if it ever did, the provider would refuse the empty body.
fn json<T: Serialize>(value: &T) -> Bytes {
    serde_json::to_vec(value).unwrap_or_default().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_written_in_canonical_form() {
        let call = Call::new("eth_getBlockByNumber", ["0x10".into(), false.into()]);
        let one = r#"{"jsonrpc":"2.0","id":7,"method":"eth_getBlockByNumber","params":["0x10",false]}"#;
        assert_eq!(call.encode(7), one);
        let other = one.replace(":7,", ":8,");
        assert_eq!(encode_batch(&[call.clone(), call], 7), format!("[{one},{other}]"));
        assert_eq!(
            Call::new("eth_chainId", []).encode(1),
            r#"{"jsonrpc":"2.0","id":1,"method":"eth_chainId","params":[]}"#
        );
    }
}
