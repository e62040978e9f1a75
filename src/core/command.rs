//! What a person may order of a running chain, and the answers there are.
//!
//! One door for all orders: the command line and the HTTP interface hand them in, the chain's Manager carries them out.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::cordon::Cordon;

/// An order to one chain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "command", deny_unknown_fields)]
pub enum Command {
    /// Take a provider out of service: it is neither asked nor heard.
    Cordon {
        /// Which.
        provider: String,
        /// For how many seconds; without it until it is uncordoned.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        for_s: Option<u64>,
        /// Who says so: what the caller claims, for people to read.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        by: Option<String>,
        /// Why.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
        /// Even if no eligible provider is left then.
        #[serde(default)]
        force: bool,
    },
    /// Take a cordoned provider into service again.
    Uncordon {
        /// Which.
        provider: String,
    },
    /// Go on after a halt.
    Resume {
        /// The operator to follow where operators contradict each other.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        with: Option<String>,
    },
}

/// An order that was carried out, in words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Done {
    /// What was done.
    pub done: String,
    /// What follows from it that somebody should know.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
}

/// An order that was not carried out.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Declined {
    /// It is not an order that makes sense.
    #[error("{0}")]
    Malformed(String),
    /// Nobody goes by that name.
    #[error("there is no {what} {name:?}; there is {}", .known.join(", "))]
    Unknown {
        /// A chain, or a provider of a chain.
        what: &'static str,
        /// The name.
        name: String,
        /// The names that there are.
        known: Vec<String>,
    },
    /// It would do harm, or there is nothing to do.
    #[error("{0}")]
    Unwise(String),
    /// Whoever should carry it out does not answer.
    #[error("the chain does not answer; nothing is known to be done: try again")]
    Unanswered,
}

impl Command {
    /// The longest that a provider can be cordoned for; who wants more leaves the time out.
    const LONGEST_S: u64 = 366 * 24 * 3600;

    /// The order as it may be carried out: words cut to what is shown, without control characters.
    ///
    /// # Errors
    /// `Malformed` when a time makes no sense.
    pub fn checked(self) -> Result<Self, Declined> {
        match self {
            Self::Cordon { for_s: Some(for_s), .. } if !(1..=Self::LONGEST_S).contains(&for_s) => {
                let most = Self::LONGEST_S;
                Err(Declined::Malformed(format!("for_s must be 1 to {most}: leave it out for no end")))
            }
            Self::Cordon { provider, for_s, by, reason, force } => {
                let by = by.and_then(|by| plain(&by, Cordon::LONGEST_NAME));
                let reason = reason.and_then(|reason| plain(&reason, Cordon::LONGEST_REASON));
                Ok(Self::Cordon { provider, for_s, by, reason, force })
            }
            Self::Uncordon { .. } | Self::Resume { .. } => Ok(self),
        }
    }
}

impl Done {
    /// Done, and nothing else to say.
    pub fn plainly(done: impl Into<String>) -> Self {
        Self { done: done.into(), warnings: Vec::new() }
    }
}

/// What a person typed, on one line and no longer than `most` characters; `None` if nothing is left.
fn plain(text: &str, most: usize) -> Option<String> {
    let line: String = text.chars().map(|sign| if sign.is_control() { ' ' } else { sign }).collect();
    let cut: String = line.trim().chars().take(most).collect();
    (!cut.is_empty()).then_some(cut)
}

/// Seconds as they stand in an order.
pub fn lasting(for_s: Option<u64>) -> Option<Duration> {
    for_s.map(Duration::from_secs)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Command, String> {
        let command: Command = serde_json::from_str(text).map_err(|error| error.to_string())?;
        command.checked().map_err(|declined| declined.to_string())
    }

    #[test]
    fn an_order_says_no_more_than_it_must() {
        let cordon = read(r#"{"command":"cordon","provider":"a"}"#).unwrap();
        let expected =
            Command::Cordon { provider: "a".into(), for_s: None, by: None, reason: None, force: false };
        assert_eq!(cordon, expected);
        assert_eq!(
            read(r#"{"command":"uncordon","provider":"a"}"#),
            Ok(Command::Uncordon { provider: "a".into() })
        );
    }

    #[test]
    fn what_is_misspelt_is_refused() {
        assert!(read(r#"{"command":"cordon","provider":"a","for":"1h"}"#).unwrap_err().contains("for_s"));
        assert!(read(r#"{"command":"cordn","provider":"a"}"#).is_err());
        assert!(read(r#"{"command":"uncordon"}"#).is_err());
    }

    #[test]
    fn times_without_sense_are_refused() {
        for for_s in ["0", "99999999999"] {
            let order = format!(r#"{{"command":"cordon","provider":"a","for_s":{for_s}}}"#);
            assert!(read(&order).unwrap_err().contains("for_s"), "{for_s}");
        }
    }

    #[test]
    fn words_are_kept_on_one_line_and_short() {
        let order = r#"{"command":"cordon","provider":"a","by":"  ","reason":"a\nb\u001b[31m"}"#;
        let Ok(Command::Cordon { by, reason, .. }) = read(order) else { panic!() };
        assert_eq!((by, reason.as_deref()), (None, Some("a b [31m")));
        let long = format!(r#"{{"command":"cordon","provider":"a","reason":"{}"}}"#, "é".repeat(1000));
        let Ok(Command::Cordon { reason, .. }) = read(&long) else { panic!() };
        assert_eq!(reason.unwrap().chars().count(), Cordon::LONGEST_REASON);
    }
}
