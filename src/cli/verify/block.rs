//! `blocktap verify block`

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use flate2::read::MultiGzDecoder;

use crate::chain::evm::verify::verify_json;
use crate::chain::verdict::{Check, Outcome, Verdict};
use crate::cli::arguments::VerifyBlockArguments;
use crate::cli::exit::Exit;
use crate::cli::print;
use crate::cli::table::Table;
use crate::core::plain;

/// Decompressed bytes that one file may have.
const LARGEST_BYTES: u64 = 256 << 20;

/// The first bytes of a gzip stream (RFC 1952).
const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];

/// Recomputes one block and prints each check.
pub fn verify(arguments: &VerifyBlockArguments) -> Exit {
    let files = read(&arguments.file)
        .and_then(|block| Ok((block, arguments.receipts.as_deref().map(read).transpose()?)));
    let (block, receipts) = match files {
        Ok(files) => files,
        Err(text) => return print::failure(&text, Exit::Mistaken),
    };
    match verify_json(&block, receipts.as_deref(), &arguments.chain) {
        Ok(verdict) => {
            print::line(&report(&verdict));
            standing(&verdict)
        }
        Err(error) => print::failure(
            &format!(
                "nothing could be verified: {}; the file must be the answer to eth_getBlockByNumber with whole transactions",
                error.message
            ),
            Exit::Mistaken,
        ),
    }
}

fn read(path: &Path) -> Result<Vec<u8>, String> {
    let readable = |error: io::Error| format!("{} cannot be read: {error}", path.display());
    let mut bytes = Vec::new();
    let limit = LARGEST_BYTES + 1;
    if path == Path::new("-") {
        io::stdin().lock().take(limit).read_to_end(&mut bytes).map_err(readable)?;
    } else {
        File::open(path).map_err(readable)?.take(limit).read_to_end(&mut bytes).map_err(readable)?;
    }
    // By its content rather than its name: standard input has none.
    if bytes.starts_with(&GZIP_MAGIC) {
        let mut inflated = Vec::new();
        MultiGzDecoder::new(bytes.as_slice()).take(limit).read_to_end(&mut inflated).map_err(readable)?;
        bytes = inflated;
    }
    if bytes.len() as u64 > LARGEST_BYTES {
        return Err(format!("{} is longer than {LARGEST_BYTES} bytes", path.display()));
    }
    Ok(bytes)
}

fn report(verdict: &Verdict) -> String {
    let mut table = Table::new(&["check", "outcome", ""]);
    for check in &verdict.checks {
        table.add(row(check));
    }
    let conclusion = match standing(verdict) {
        Exit::Fine => "valid: nothing contradicts the block",
        Exit::Failed => "invalid: the block contradicts itself",
        _ => "unverifiable: nothing could be recomputed",
    };
    format!("block {} {}\n\n{}\n\n{conclusion}", verdict.header.height, verdict.header.hash, table.render())
}

fn row(check: &Check) -> Vec<String> {
    let (outcome, detail) = match &check.outcome {
        Outcome::Valid => ("valid", String::new()),
        Outcome::Invalid { claimed, computed } => {
            ("invalid", format!("claimed {claimed}, computed {computed}"))
        }
        Outcome::Unverifiable { reason, .. } => ("unverifiable", reason.clone()),
    };
    // Some of it was copied out of the file, and a terminal obeys control characters.
    vec![check.name.into(), outcome.into(), plain::line(&detail)]
}

fn standing(verdict: &Verdict) -> Exit {
    if verdict.refutation().is_some() {
        Exit::Failed
    } else if verdict.verified().is_empty() {
        Exit::Mistaken
    } else {
        Exit::Fine
    }
}
