//! Whole blocks: true ones hold, and every change to one is found by the check that its name promises.

mod chains;
mod oracle;
mod samples;
mod spoiled;
mod tampering;
