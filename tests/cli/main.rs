//! The command line, as its users meet it: what is printed, and how it ends.

#![expect(clippy::unwrap_used, reason = "a test may panic; clippy sees only functions marked as tests")]

mod check;
mod configuration;
mod daemon;
mod demo;
mod living;
mod observe;
mod order;
mod quarantine;
mod run;
mod stop;
mod terminal;
mod verify_block;
mod verify_stream;
