//! The command line, as its users meet it: what is printed, and how it ends.

mod check;
mod configuration;
mod observe;
mod run;
mod terminal;
mod verify_block;
mod verify_stream;
