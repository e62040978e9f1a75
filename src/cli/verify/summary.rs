//! What a faultless walk found, in one line, and how that ends.

use crate::cli::exit::Exit;
use crate::core::audit::Summary;

/// The line.
pub fn line(summary: &Summary) -> String {
    let (Some(first), Some(last)) = (summary.first, summary.last) else {
        return "empty: there is nothing to verify yet".into();
    };
    let tip = summary.tip.map_or_else(String::new, |tip| format!(", tip {tip}"));
    let finalized = summary.finalized.map_or_else(String::new, |height| format!(", final up to {height}"));
    format!(
        "valid: events {first} to {last}, {} applied, {} undone, nothing lost or doubled{tip}{finalized}",
        summary.applies, summary.undos
    )
}

/// An empty stream proves nothing.
pub fn exit(summary: &Summary) -> Exit {
    if summary.events == 0 { Exit::Mistaken } else { Exit::Fine }
}
