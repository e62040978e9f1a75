//! What a subscription sends by itself.

use bytes::Bytes;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;

/// One message of a subscription.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notification {
    /// The subscription's id, as the provider gave it: JSON, quotes included.
    pub subscription: Bytes,
    /// What it tells: a slice of the message.
    pub result: Bytes,
}

#[derive(Deserialize)]
struct Message<'a> {
    #[serde(borrow)]
    method: &'a str,
    #[serde(borrow)]
    params: Params<'a>,
}

#[derive(Deserialize)]
struct Params<'a> {
    #[serde(borrow)]
    subscription: &'a RawValue,
    #[serde(borrow)]
    result: &'a RawValue,
}

/// Reads a notification of `method`; `None` for any other message.
pub fn decode(message: &Bytes, method: &str) -> Option<Notification> {
    let read: Message<'_> = serde_json::from_slice(message).ok()?;
    (read.method == method).then(|| Notification {
        subscription: message.slice_ref(read.params.subscription.get().as_bytes()),
        result: message.slice_ref(read.params.result.get().as_bytes()),
    })
}

/// Whether a message is one that nobody asked for, rather than an answer: it names a method.
pub fn is_one(message: &[u8]) -> bool {
    #[derive(Deserialize)]
    struct Named {
        #[serde(rename = "method")]
        _method: IgnoredAny,
    }
    serde_json::from_slice::<Named>(message).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notifications_are_told_from_other_messages() {
        let json = r#"{"jsonrpc":"2.0","method":"eth_subscription","params":{"result":{"number":"0x1"},"subscription":"0xab"}}"#;
        let message = Bytes::from_static(json.as_bytes());
        let read = decode(&message, "eth_subscription").unwrap();
        assert_eq!(
            (&read.subscription[..], &read.result[..]),
            (&b"\"0xab\""[..], &br#"{"number":"0x1"}"#[..])
        );
        assert_eq!(decode(&message, "other"), None);
        assert!(is_one(&message) && !is_one(br#"{"id":1,"result":"0xab"}"#));
        for other in [r#"{"id":1,"result":"0xab"}"#, "[]", "", r#"{"method":"eth_subscription","params":[]}"#]
        {
            assert_eq!(decode(&Bytes::from_static(other.as_bytes()), "eth_subscription"), None, "{other}");
        }
    }
}
