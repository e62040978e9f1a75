//! An error object, however it is shaped.

use serde_json::Value;

use super::classify::classify;
use super::retry_hint;
use crate::chain::error::ChainError;
use crate::core::class::Class;

/// What a provider says went wrong.
#[derive(Clone, Debug, PartialEq)]
pub struct Fault {
    /// Its code; 0 where it gave none.
    pub code: i64,
    /// Its words.
    pub message: String,
    /// Whatever came with it.
    pub data: Value,
}

impl Fault {
    /// Reads the `error` of an answer. Some providers send a text in place of an object, a code as text, or no message.
    pub fn read(json: &str) -> Self {
        let error: Value = serde_json::from_str(json).unwrap_or(Value::Null);
        let code = &error["code"];
        let code = code.as_i64().or_else(|| code.as_str()?.parse().ok()).unwrap_or_default();
        let message = error.as_str().or_else(|| error["message"].as_str()).unwrap_or("no words");
        Self { code, message: message.to_owned(), data: error["data"].clone() }
    }

    /// Its class, if its code or words are known.
    pub fn recognised(&self) -> Option<Class> {
        let details = self.data.as_str().or_else(|| self.data["message"].as_str()).unwrap_or_default();
        let class = classify(self.code, &format!("{} {details}", self.message))?;
        Some(match class {
            Class::RateLimited { .. } => Class::RateLimited {
                retry_after: retry_hint::from_data(&self.data)
                    .or_else(|| retry_hint::from_words(&self.message)),
            },
            other => other,
        })
    }
}

impl From<Fault> for ChainError {
    /// What nobody knows is `Transient`: it decays, and another provider is asked meanwhile.
    fn from(fault: Fault) -> Self {
        let known = fault.recognised();
        let error =
            Self::new(known.unwrap_or(Class::Transient), format!("{} (code {})", fault.message, fault.code));
        Self { unknown_code: known.is_none().then_some(fault.code), ..error }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn every_shape_of_an_error_is_read() {
        for json in [
            r#"{"code":-32601,"message":"x"}"#,
            r#"{"code":"-32601"}"#,
            r#""method not found""#,
            r#"{"code":-32000,"message":"oops","data":"the method eth_x does not exist/is not available"}"#,
        ] {
            assert_eq!(ChainError::from(Fault::read(json)).class, Class::Capability, "{json}");
        }
        for json in ["7", "{}", "[]", "true"] {
            assert_eq!(ChainError::from(Fault::read(json)).class, Class::Transient, "{json}");
        }
    }

    #[test]
    fn the_code_of_an_unknown_error_is_kept() {
        let code = |json| ChainError::from(Fault::read(json)).unknown_code;
        assert_eq!(code(r#"{"code":30,"message":"timeout on the free tier"}"#), Some(30));
        assert_eq!(code(r#"{"code":-32005,"message":"limit exceeded"}"#), None);
    }

    #[test]
    fn a_rate_limit_carries_the_wait_it_asks_for() {
        let wait = |json| match ChainError::from(Fault::read(json)).class {
            Class::RateLimited { retry_after } => retry_after,
            other => panic!("{other}"),
        };
        let data = r#"{"code":-32005,"message":"x","data":{"rate":{"backoff_seconds":30.5}}}"#;
        assert_eq!(wait(data), Some(Duration::from_millis(30_500)));
        assert_eq!(
            wait(r#"{"code":429,"message":"slow down, try again in 250ms"}"#),
            Some(Duration::from_millis(250))
        );
        assert_eq!(wait(r#"{"code":429,"message":"slow down"}"#), None);
    }

    #[test]
    fn a_key_that_a_provider_quotes_is_not_repeated() {
        let json =
            r#"{"code":-1,"message":"no project CANARY_9f86d081884c7d65 at https://x.example/v2/CANARY"}"#;
        assert!(!ChainError::from(Fault::read(json)).to_string().contains("CANARY"));
    }
}
