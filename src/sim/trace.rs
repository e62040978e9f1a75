//! A record of everything that a fleet was asked, for comparing two runs.

use std::fmt::Write as _;
use std::sync::{Arc, Mutex, PoisonError};

use sha2::{Digest, Sha256};

use super::reply::{HttpAnswer, Reply};
use crate::core::at::At;

/// Lines, one a request; clones share them. It records nothing until told to.
#[derive(Clone, Debug, Default)]
pub struct Trace {
    lines: Arc<Mutex<Option<String>>>,
}

impl Trace {
    /// Records from now on.
    pub fn start(&self) {
        let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        lines.get_or_insert_default();
    }

    /// Everything recorded so far.
    pub fn text(&self) -> String {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner).clone().unwrap_or_default()
    }

    /// Notes a request and what happened to it.
    pub fn add(&self, at: At, provider: &str, request: &[u8], reply: &Reply) {
        let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(lines) = lines.as_mut() else { return };
        let asked = String::from_utf8_lossy(request);
        let outcome = outcome(reply);
        // Writing to a string cannot fail.
        let _ = writeln!(lines, "{:.6} {provider} {asked} -> {outcome}", at.elapsed().as_secs_f64());
    }
}

fn outcome(reply: &Reply) -> String {
    match reply {
        Reply::Answer(answer) => digest(answer),
        Reply::Mangled(answer, wire) => format!("{}, but {wire}", digest(answer)),
        Reply::Reset => "reset".into(),
        Reply::Silence => "silence".into(),
    }
}

fn digest(answer: &HttpAnswer) -> String {
    let digest = hex::encode(&Sha256::digest(&answer.body)[..8]);
    format!("{} {} bytes {digest}", answer.status, answer.body.len())
}

#[cfg(test)]
mod tests;
